"""Kinds that look back from the current fact to the one before it."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from orderguard.domain.library import FeatureKind
from orderguard.features.layout import NO_NUMBER

Entry = tuple[int, int, Any]
"""Instant, order number (NO_NUMBER where no order is concerned), item."""


class Moment(Struct, frozen=True):
    """The fact for which is read: `here` is the instant of its own entry, None if it has none."""

    at: int
    number: int
    here: int | None


Look = Callable[[Iterable[Entry], Moment], Any]
"""Takes the entries of the window, newest first."""


def gap(entries: Iterable[Entry], moment: Moment) -> float | None:
    """Seconds since the latest fact other than this one."""
    here = moment.here
    for instant, number, _ in entries:
        if instant == here and number == moment.number:
            here = None
        else:
            return (moment.at - instant) / 1000
    return None


def last(entries: Iterable[Entry], moment: Moment) -> Any:
    """What the latest fact of another order says; of any other fact where this concerns none."""
    here = moment.here
    for instant, number, item in entries:
        if number != moment.number:
            return item
        if number == NO_NUMBER:
            if instant != here:
                return item
            here = None
    return None


LOOKS: dict[FeatureKind, Look] = {FeatureKind.GAP: gap, FeatureKind.LAST: last}
