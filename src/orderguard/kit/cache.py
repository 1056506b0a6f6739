"""Values by key over something slower: a bounded write-back cache, and a small whole table."""

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
        self._changed: dict[str, V] = {}
        self._saving: dict[str, V] = {}
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
            value = self._changed.get(key)
            if value is None:
                value = self._saving.get(key)
            if value is None:
                encoded = self._load(key)
                if encoded is None:
                    return None
                value = self._decode(encoded)
        self._young[key] = value
        return value

    def put(self, key: str, value: V) -> None:
        """Keep a value that is new or was changed, in place or not."""
        self._young[key] = value
        self._old.pop(key, None)
        self._changed[key] = value

    def changes(self) -> list[tuple[str, bytes]]:
        """What is not known to be safe below, encoded now."""
        encode = self.encode
        return [(key, encode(value)) for key, value in self.take().items()]

    def take(self) -> dict[str, V]:
        """What is not known to be safe below, as it is: after a save that failed, that too."""
        still, changed = self._still, self._changed
        if still is not None:
            changed = {key: still(value) for key, value in changed.items()}
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
        """What changed and is not yet safe below."""
        return {**self._saving, **self._changed}


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
