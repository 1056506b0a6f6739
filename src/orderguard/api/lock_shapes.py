"""The shapes of answers about stock locks, for the API's description."""

from typing import Literal

from orderguard.api.shapes import Bilingual, Instant, Page, Shape
from orderguard.domain.locks import LockEnd

Mode = Literal["live", "shadow"]


class LockedLine(Shape):
    sku: str
    quantity: int


class LockOwner(Shape):
    """Whose lock it is: the step of a playbook, in the response to an alert."""

    alert_id: str
    playbook: str
    step: str
    rules: list[str]


class Lock(Shape):
    """`value`: the price of its units, null where one is unknown. `is_wrong` null: nobody knows."""

    number: int
    channel: str
    shop: str
    order_id: str
    lines: list[LockedLine]
    units: int
    value: str | None
    currency: str | None
    owner: LockOwner
    reason: Bilingual
    mode: Mode
    locked_at: Instant
    ends_at: Instant | None
    ended_at: Instant | None
    end: LockEnd | None
    is_reservation: bool
    is_overdue: bool
    is_wrong: bool | None
    wrong_unit_minutes: float


class LockPage(Page):
    items: list[Lock]


class LockTotals(Shape):
    """Locks set aside on a day (at +08:00) under a rule; `all` counts each lock once."""

    day: str
    rule: str
    mode: Mode
    locks: int
    units: int
    wrong: int
    wrong_unit_minutes: float


class LockTotalsPage(Shape):
    """`standing` and `overdue`: locks by mode that have not ended."""

    items: list[LockTotals]
    standing: dict[Mode, int]
    overdue: dict[Mode, int]
