"""Deadlines: millions of instants by the minute, against a plain list."""

import os
from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from orderguard.flows.deadlines import Deadlines

PROVE = os.environ.get("ORDERGUARD_PROVE") == "1"
DUE = st.integers(0, 600_000)
"""Ten minutes: some share a bucket, some do not."""


@settings(max_examples=2_000 if PROVE else 200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), DUE, st.integers(1, 50)), max_size=60), st.data())
def test_what_falls_due_is_what_a_list_says(
    steps: list[tuple[bool, int, int]], data: st.DataObject
) -> None:
    deadlines, expected, now = Deadlines(()), list[tuple[int, int]](), 0
    cells: dict[str, bytes] = {}
    for is_put, due, number in steps:
        if is_put:
            deadlines.put(due, number)
            expected.append((due, number))
        else:
            now = max(now, due)
            while (found := deadlines.pop_due(now)) is not None:
                assert found == min(expected)
                expected.remove(found)
            assert all(one[0] > now for one in expected)
        if expected:
            assert deadlines.next_due is not None
            assert deadlines.next_due <= min(expected)[0]
        if data.draw(st.booleans()):
            for key, encoded in deadlines.changes():
                if encoded is None:
                    cells.pop(key, None)
                else:
                    cells[key] = encoded
            deadlines.settle()
    for key, encoded in deadlines.changes():
        cells.pop(key, None) if encoded is None else cells.update({key: encoded})
    kept = Deadlines(cells.items())
    left: list[tuple[int, int]] = []
    while (found := kept.pop_due(600_000)) is not None:
        left.append(found)
    # A bucket is dropped as a whole: what fell due in one that is not over may come once more.
    assert set(expected) <= set(left)
    assert left == sorted(left)


def test_a_bucket_is_forgotten_when_nothing_is_left_of_it() -> None:
    deadlines = Deadlines(())
    deadlines.put(10, 1)
    deadlines.put(70_000, 2)
    assert deadlines.pop_due(10) == (10, 1)
    assert deadlines.changes() == [("0", None), ("1", array("q", [70_000, 2]).tobytes())]
    deadlines.settle()
    assert deadlines.changes() == []
    assert len(deadlines) == 1
