import os

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orderguard.kit.cache import Drawers, WriteBack

KEYS = st.sampled_from("abcdefghij")
EXAMPLES = 2_000 if os.environ.get("ORDERGUARD_PROVE") else 100


class Below:
    """The slow store under a cache; counts what is looked up in it."""

    def __init__(self) -> None:
        self.cells: dict[str, bytes | None] = {}
        self.loads = 0

    def load(self, key: str) -> bytes | None:
        self.loads += 1
        return self.cells.get(key)

    def cache(self, *, capacity: int, below_is_empty: bool = False) -> WriteBack[list[int]]:
        return WriteBack(
            load=self.load,
            encode=bytes,
            decode=list,
            capacity=capacity,
            below_is_empty=below_is_empty,
        )


class CacheAgainstDict(RuleBasedStateMachine):
    """Whatever is put, saved, lost or dropped: a value read is the last one put."""

    capacity = 4

    def __init__(self) -> None:
        super().__init__()
        self.below = Below()
        self.cache = self.below.cache(capacity=self.capacity, below_is_empty=True)
        self.expected: dict[str, list[int]] = {}
        self.batch: list[tuple[str, bytes | None]] | None = None

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        assert self.cache.get(key) == self.expected.get(key)

    @rule(key=KEYS, number=st.integers(0, 255))
    def put(self, key: str, number: int) -> None:
        self.cache.put(key, [number])
        self.expected[key] = [number]

    @rule(key=KEYS, number=st.integers(0, 255))
    def change_in_place(self, key: str, number: int) -> None:
        value = self.cache.get(key)
        if value is not None:
            value.append(number)
            self.cache.put(key, value)
            self.expected[key] = list(value)

    @rule(key=KEYS)
    def drop(self, key: str) -> None:
        self.cache.drop(key)
        self.expected.pop(key, None)

    @rule()
    def begin_save(self) -> None:
        """After a save that failed, too: then nothing of it is below."""
        self.batch = self.cache.changes()

    @precondition(lambda self: self.batch is not None)
    @rule()
    def finish_save(self) -> None:
        assert self.batch is not None
        self.below.cells.update(self.batch)
        self.cache.settle()
        self.batch = None

    @rule()
    def start_again(self) -> None:
        """A clean stop: all is saved; the next process begins with nothing in memory."""
        self.below.cells.update(self.cache.changes())
        self.batch = None
        self.cache = self.below.cache(capacity=self.capacity)

    @invariant()
    def what_is_not_yet_below_is_recent(self) -> None:
        unsaved = {
            key: value
            for key, value in self.expected.items()
            if self.below.cells.get(key) != bytes(value)
        }
        recent = self.cache.recent()
        assert unsaved.items() <= recent.items()
        assert all(self.expected[key] == value for key, value in recent.items())


class DrawersAgainstDicts(RuleBasedStateMachine):
    """Whatever is put, dropped, saved or lost: a drawer holds what was put there last."""

    def __init__(self) -> None:
        super().__init__()
        self.below: dict[str, dict[str, bytes]] = {}
        self.expected: dict[str, dict[str, int]] = {name: {} for name in "xyz"}
        self.batch: list[tuple[str, str, bytes | None]] | None = None
        self._open(below_is_empty=True)

    def _open(self, *, below_is_empty: bool) -> None:
        self.drawers: Drawers[int] = Drawers(
            scan=lambda drawer: self.below.get(drawer, {}).items(),
            encode=lambda value: bytes([value]),
            decode=lambda encoded: encoded[0],
            below_is_empty=below_is_empty,
        )

    @rule(drawer=st.sampled_from("xyz"), key=KEYS, value=st.integers(0, 255))
    def put(self, drawer: str, key: str, value: int) -> None:
        self.drawers.put(drawer, key, value)
        self.expected[drawer][key] = value

    @rule(drawer=st.sampled_from("xyz"), key=KEYS)
    def drop(self, drawer: str, key: str) -> None:
        self.drawers.drop(drawer, key)
        self.expected[drawer].pop(key, None)

    @rule()
    def begin_save(self) -> None:
        """After a save that failed, too: then nothing of it is below."""
        self.batch = self.drawers.changes()

    @precondition(lambda self: self.batch is not None)
    @rule()
    def finish_save(self) -> None:
        self._write()
        self.drawers.settle()

    @rule()
    def start_again(self) -> None:
        self.batch = self.drawers.changes()
        self._write()
        self._open(below_is_empty=False)

    def _write(self) -> None:
        for drawer, key, encoded in self.batch or ():
            cells = self.below.setdefault(drawer, {})
            if encoded is None:
                cells.pop(key, None)
            else:
                cells[key] = encoded
        self.batch = None

    @invariant()
    def each_drawer_holds_what_was_put_there(self) -> None:
        for drawer, expected in self.expected.items():
            assert self.drawers.of(drawer) == expected


TestDrawersAgainstDicts = DrawersAgainstDicts.TestCase
TestDrawersAgainstDicts.settings = settings(max_examples=EXAMPLES, deadline=None)

TestCacheAgainstDict = CacheAgainstDict.TestCase
TestCacheAgainstDict.settings = settings(max_examples=EXAMPLES, deadline=None)


def test_after_a_settle_only_what_was_touched_of_late_is_held() -> None:
    below = Below()
    cache = below.cache(capacity=10)
    for number in range(1_000):
        cache.put(f"{number}", [number % 256])
        below.cells.update(cache.changes())
        cache.settle()
    assert len(cache) <= 10
    assert cache.get("0") == [0]
    assert below.loads == 1


def test_an_empty_store_below_is_never_asked_before_something_was_dropped() -> None:
    below = Below()
    cache = below.cache(capacity=10, below_is_empty=True)
    for number in range(5):
        assert cache.get(f"{number}") is None
        cache.put(f"{number}", [number])
    assert below.loads == 0


@pytest.mark.parametrize("settled", [False, True])
def test_changes_are_handed_over_until_they_are_settled(settled: bool) -> None:
    cache = Below().cache(capacity=10)
    cache.put("a", [1])
    assert cache.changes() == [("a", b"\x01")]
    if settled:
        cache.settle()
    cache.put("b", [2])
    assert cache.changes() == [("a", b"\x01")] * (not settled) + [("b", b"\x02")]
