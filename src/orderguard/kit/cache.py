"""Values by key over something slower.

A bounded write-back cache, a small table that is held whole, and drawers that are read when asked
for and hold nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


class WriteBack(Generic[V]):
    """Values by key in two generations: what was not touched for a whole generation is dropped.

    A changed value stays until `changes` has handed it over and `settle` has said that it is safe,
    so a value is never read from below in an older state. `below_is_empty` spares the look below
    for keys never seen, until the first value has been dropped. `still` makes a copy of a value
    that may change in place, so that what was taken can be encoded later.
    """

    def __init__(
        self,
        *,
        load: Callable[[str], bytes | None],
        encode: Callable[[V], bytes],
        decode: Callable[[bytes], V],
        capacity: int,
        below_is_empty: bool = False,
        still: Callable[[V], V] | None = None,
    ) -> None:
        self._load, self._decode = load, decode
        self.encode = encode
        self._still = still
        self._half = max(1, capacity // 2)
        self._young: dict[str, V] = {}
        self._old: dict[str, V] = {}
        self._changed: dict[str, V | None] = {}
        self._saving: dict[str, V | None] = {}
        self._complete = below_is_empty

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: str) -> V | None:
        value = self._young.get(key)
        if value is not None:
            return value
        value = self._old.pop(key, None)
        if value is None:
            if self._complete:
                return None
            value = self._below(key)
            if value is None:
                return None
        self._young[key] = value
        return value

    def put(self, key: str, value: V) -> None:
        """Keep a value that is new or was changed, in place or not."""
        self._young[key] = value
        self._old.pop(key, None)
        self._changed[key] = value

    def drop(self, key: str) -> None:
        self._young.pop(key, None)
        self._old.pop(key, None)
        self._changed[key] = None

    def changes(self) -> list[tuple[str, bytes | None]]:
        """What is not known to be safe below, encoded now; None for what was dropped."""
        encode = self.encode
        return [
            (key, None if value is None else encode(value)) for key, value in self.take().items()
        ]

    def take(self) -> dict[str, V | None]:
        """What is not known to be safe below, as it is: after a save that failed, that too.

        None for what was dropped.
        """
        still, changed = self._still, self._changed
        if still is not None:
            changed = {
                key: None if value is None else still(value) for key, value in changed.items()
            }
        self._saving, self._changed = {**self._saving, **changed}, {}
        return self._saving

    def settle(self) -> None:
        """What `changes` returned last is safe below."""
        self._saving = {}
        if len(self._young) > self._half:
            if self._old:
                self._complete = False
            self._old, self._young = self._young, {}

    def recent(self) -> dict[str, V]:
        """What changed and is not yet safe below, without what was dropped."""
        both = {**self._saving, **self._changed}
        return {key: value for key, value in both.items() if value is not None}

    def _below(self, key: str) -> V | None:
        if key in self._changed:
            return self._changed[key]
        if key in self._saving:
            return self._saving[key]
        encoded = self._load(key)
        return None if encoded is None else self._decode(encoded)


class Kept(Generic[V]):
    """A table small enough to be held whole; remembers what changed since it was last saved."""

    def __init__(
        self,
        cells: Iterable[tuple[str, bytes]],
        *,
        encode: Callable[[V], bytes],
        decode: Callable[[bytes], V],
    ) -> None:
        self._encode = encode
        self._values = {key: decode(encoded) for key, encoded in cells}
        self._changed: dict[str, None] = {}
        self._saving: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def items(self) -> Iterable[tuple[str, V]]:
        return self._values.items()

    def values(self) -> Iterable[V]:
        return self._values.values()

    def get(self, key: str) -> V | None:
        return self._values.get(key)

    def put(self, key: str, value: V) -> None:
        self._values[key] = value
        self._changed[key] = None

    def drop(self, key: str) -> None:
        if self._values.pop(key, None) is not None:
            self._changed[key] = None

    def changes(self) -> list[tuple[str, bytes | None]]:
        """What changed and is not yet safe, encoded now; None for what was dropped."""
        self._saving.update(self._changed)
        self._changed = {}
        return [
            (key, self._encode(self._values[key]) if key in self._values else None)
            for key in self._saving
        ]

    def settle(self) -> None:
        """What `changes` returned last is safe."""
        self._saving = {}


class Drawers(Generic[V]):
    """Values by key in drawers by name: of millions of values a few are asked for, all at once.

    Only what is not yet safe below is held. To put and to drop reads nothing; `of` reads the whole
    drawer. `below_is_empty` spares that until something has been saved.
    """

    def __init__(
        self,
        *,
        scan: Callable[[str], Iterable[tuple[str, bytes]]],
        encode: Callable[[V], bytes],
        decode: Callable[[bytes], V],
        below_is_empty: bool = False,
    ) -> None:
        self._scan, self._encode, self._decode = scan, encode, decode
        self._changed: dict[str, dict[str, bytes | None]] = {}
        self._saving: dict[str, dict[str, bytes | None]] = {}
        self._is_empty = below_is_empty

    def __len__(self) -> int:
        return sum(len(drawer) for drawer in (*self._changed.values(), *self._saving.values()))

    def put(self, drawer: str, key: str, value: V) -> None:
        self._changed.setdefault(drawer, {})[key] = self._encode(value)

    def drop(self, drawer: str, key: str) -> None:
        self._changed.setdefault(drawer, {})[key] = None

    def of(self, drawer: str) -> dict[str, V]:
        """All that lies in a drawer, in no order that means anything."""
        found: dict[str, bytes | None] = {} if self._is_empty else dict(self._scan(drawer))
        found |= self._saving.get(drawer, {})
        found |= self._changed.get(drawer, {})
        decode = self._decode
        return {key: decode(encoded) for key, encoded in found.items() if encoded is not None}

    def changes(self) -> list[tuple[str, str, bytes | None]]:
        """(drawer, key, value) of what is not yet safe; None for what was dropped."""
        for drawer, changed in self._changed.items():
            self._saving.setdefault(drawer, {}).update(changed)
        self._changed = {}
        return [
            (drawer, key, encoded)
            for drawer, changed in self._saving.items()
            for key, encoded in changed.items()
        ]

    def settle(self) -> None:
        """What `changes` returned last is safe."""
        self._is_empty = self._is_empty and not self._saving
        self._saving = {}
