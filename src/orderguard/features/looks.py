"""Kinds that look back from the current fact to the one before it."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from orderguard.domain.library import FeatureKind
from orderguard.features.columns import NO_NUMBER


class Entry(NamedTuple):
    """`number` is the order's, NO_NUMBER where no order is concerned."""

    instant: int
    number: int
    item: Any


class Moment(NamedTuple):
    """The fact for which is read: `here` is the instant of its own entry, None if it has none."""

    at: int
    number: int
    here: int | None


Look = Callable[[Iterable[Entry], Moment], Any]
"""Takes the entries of the window, newest first."""


def gap(entries: Iterable[Entry], moment: Moment) -> float | None:
    """Seconds since the latest fact other than this one."""
    for instant, _, _ in _others(entries, moment):
        return (moment.at - instant) / 1000
    return None


def last(entries: Iterable[Entry], moment: Moment) -> Any:
    """What the latest fact of another order says; of any other fact where this concerns none."""
    for _, number, item in _others(entries, moment):
        if number != moment.number or number == NO_NUMBER:
            return item
    return None


def _others(entries: Iterable[Entry], moment: Moment) -> Iterable[Entry]:
    """The entries without the fact's own: the latest of its order at its instant."""
    own = (moment.here, moment.number)
    for entry in entries:
        if entry[:2] == own:
            own = (None, NO_NUMBER)
        else:
            yield entry


LOOKS: dict[FeatureKind, Look] = {FeatureKind.GAP: gap, FeatureKind.LAST: last}
