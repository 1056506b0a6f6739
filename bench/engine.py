"""The engine in this process: the one place where the benchmarks touch it.

Its inside may change at will; what is used here is `Fold.apply`, `Engine` with its `features.enter`
and `judge`, and the cache and codec that the engine is given.
"""

from collections.abc import Iterator, Sequence

from bench.traffic import Message
from msgspec import Struct

from orderguard.app import PACKAGED_LIBRARY, memory_state, read_library
from orderguard.domain.alerts import FeatureValue
from orderguard.domain.entities import entity_keys
from orderguard.domain.entries import LibraryPublished
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import Fact
from orderguard.domain.library import Feature
from orderguard.domain.wire import decode_event
from orderguard.features import FeatureEngine, GroupState, Reading, decode_group, encode_group
from orderguard.flows.engine import Engine
from orderguard.flows.fold import Fold
from orderguard.flows.protect import protect
from orderguard.kit.cache import WriteBack
from orderguard.kit.clock import to_ms
from orderguard.kit.sealing import Keyring
from orderguard.rules import Condition, compile_condition, names_of

PRESET = "standard"
_TOKENS = Keyring.for_replay()


class Caches:
    """What the engine remembers, all of it in memory, as the tables of a fold keep it."""

    def __init__(self) -> None:
        self._by_space: dict[str, WriteBack[GroupState]] = {}

    def __call__(self, space: str) -> WriteBack[GroupState]:
        if space not in self._by_space:
            self._by_space[space] = WriteBack(
                load=lambda _key: None,
                encode=encode_group,
                decode=decode_group,
                capacity=2**40,
                below_is_empty=True,
            )
        return self._by_space[space]

    def save(self) -> int:
        """How many bytes all that changed since the last save takes below."""
        size = 0
        for cache in self._by_space.values():
            size += sum(len(encoded or b"") for _, encoded in cache.changes())
            cache.settle()
        return size


def compiled(caches: Caches, preset: str = PRESET) -> Engine:
    return Engine.compile(read_library(PACKAGED_LIBRARY), preset=preset, states=caches)


def single(feature: Feature) -> FeatureEngine:
    """An engine of one feature without a condition."""
    return FeatureEngine((feature,), {}, Caches())


def taken_in(message: Message) -> OrderEvent:
    """The event as the log keeps it, received when it occurred."""
    told = decode_event(message.body).event
    return protect(
        told,
        channel="standard",
        shop="demo",
        received_ms=to_ms(told.occurred_at),
        tokens=_TOKENS,
    )


class _Noting:
    """A feature engine that notes the facts which enter it."""

    def __init__(self, features: FeatureEngine) -> None:
        self._features = features
        self.facts: list[Fact] = []

    def enter(self, fact: Fact) -> Reading:
        self.facts.append(fact)
        return self._features.enter(fact)

    def __getattr__(self, name: str) -> object:
        return getattr(self._features, name)


def facts_of(messages: Sequence[Message]) -> list[Fact]:
    """Every fact that these events bring before the features of the standard preset."""
    fold = Fold(memory_state())
    files = read_library(PACKAGED_LIBRARY)
    library = LibraryPublished(received_ms=0, version="", preset=PRESET, files=files)
    fold.apply(1, library)
    noting = _Noting(fold.engine.features)
    fold.engine.features = noting  # type: ignore[assignment]  # It does what the engine does.
    for offset, message in enumerate(messages, start=2):
        fold.apply(offset, taken_in(message))
    assert not fold.tables.progress.faults
    return noting.facts


class Entering(Struct, frozen=True):
    """Which features a fact enters, each with its condition."""

    features: tuple[tuple[Feature, Condition | None], ...]

    @classmethod
    def of(cls, engine: Engine) -> "Entering":
        features = engine.library.features
        names = names_of(features)
        return cls(
            tuple(
                (one, None if one.where is None else compile_condition(one.where, names))
                for one in features
            )
        )

    def pairs(self, fact: Fact, values: Sequence[FeatureValue]) -> Iterator[tuple[str, str]]:
        """(feature, key) of each place that the fact enters; `values` were read for it."""
        for feature, condition in self.features:
            if fact.kind not in feature.on or not _is_known(fact, feature.of):
                continue
            if condition is None or condition(fact, values):
                for key in entity_keys(feature.by, fact):
                    yield feature.id, key


def _is_known(fact: Fact, member: str | None) -> bool:
    if member is None or member.startswith("line."):
        return True
    return getattr(fact, member.replace(".", "_", 1), None) is not None
