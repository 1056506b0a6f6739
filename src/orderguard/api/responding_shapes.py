"""The shapes of answers about responses, for the API's description."""

from orderguard.api.shapes import Instant, Shape
from orderguard.domain.entries import StoppableKind
from orderguard.responses import PortionState


class Unsent(Shape):
    """Something due or begun that has not ended."""

    alert_id: str
    step: str
    action: str
    key: str
    state: PortionState
    due_at: Instant
    order_ids: list[str]


class OutboxPage(Shape):
    items: list[Unsent]
    next_cursor: str | None


class Stop(Shape):
    """A rule, an action or a shop that a person has stopped."""

    kind: StoppableKind
    name: str
    reason: str
    by: str
    stopped_at: Instant


class StopPage(Shape):
    items: list[Stop]
    next_cursor: str | None
