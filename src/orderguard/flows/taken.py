"""What a save takes of the fold's tables, encoded a few values at a time beside live traffic."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from msgspec import Struct

from orderguard.domain.ports import AlertRow, CaseRow, Changes, TimelineRow

ENCODED_AT_ONCE = 100
"""Values encoded at a stretch in a save beside live traffic; other work is done in between."""

Cell = tuple[str, str, bytes | None]
"""Space, key and value; None deletes."""


class Taken(Struct, frozen=True, kw_only=True):
    """What the fold did since the last save, at one place of the log.

    `cached` has the values of each space, which nobody changes any more, and how they are encoded.
    """

    cursor: int
    kept: Sequence[Cell]
    cached: Sequence[tuple[str, Callable[[Any], bytes], Mapping[str, Any]]]
    timeline: tuple[TimelineRow, ...]
    alerts: list[AlertRow]
    cases: list[CaseRow]

    def encoded(self) -> Iterator[list[Cell]]:
        """All cells, a few at a time, in the order of their keys as a store likes them."""
        yield list(self.kept)
        for space, encode, values in self.cached:
            items = iter(sorted(values.items(), key=itemgetter(0)))
            while part := list(islice(items, ENCODED_AT_ONCE)):
                yield [
                    (space, key, None if value is None else encode(value)) for key, value in part
                ]

    def changes(self, cells: Sequence[Cell]) -> Changes:
        return Changes(
            cursor=self.cursor,
            cells=cells,
            timeline=self.timeline,
            alerts=self.alerts,
            cases=self.cases,
        )
