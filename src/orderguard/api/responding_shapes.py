"""The shapes of answers about responses, for the API's description."""

from orderguard.api.shapes import Bilingual, Instant, Shape
from orderguard.domain.entries import StoppableKind
from orderguard.domain.ports import Outcome
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


class AskedBy(Shape):
    playbook: str
    step: str


class ActionOutside(Shape):
    """A kind of action; what only a provider tells is null where none is connected.

    `is_repeatable`: a try that was not answered is made again under the same key. `is_down`: it
    failed five times in a row and is tried every 30 s; `rests_ms`: for so long it is left alone.
    `outcomes` counts the steps that ended since the start.
    """

    name: str
    title: Bilingual
    is_connected: bool
    is_repeatable: bool | None
    sends_codes: bool | None
    asked_by: list[AskedBy]
    is_stopped: bool
    is_down: bool | None
    rests_ms: int | None
    outcomes: dict[Outcome, int]


class ActionPage(Shape):
    items: list[ActionOutside]
    next_cursor: str | None
