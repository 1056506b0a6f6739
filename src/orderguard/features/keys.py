"""The keys of a fact, read many times: what does not depend on the fact is done once."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from orderguard.domain.entities import BY_TYPE_JOIN, SOURCES, Entity, entity_keys
from orderguard.domain.facts import Fact, FactLine

PLAIN = frozenset(Entity) - {Entity.SHOP, Entity.AMOUNT, Entity.PRICE}
"""Entities whose value stands in a key as it is."""

KeyReader = Callable[[Fact], tuple[str, ...]]


def key_reader(by: tuple[Entity, ...]) -> KeyReader:
    """`entity_keys` for one combination of entities."""
    sources = [SOURCES[entity] for entity in by]
    if not PLAIN.issuperset(by) or any(source.per_line for source in sources[:-1]):
        return partial(entity_keys, by)
    outer = [attrgetter(source.field) for source in sources]
    if len(by) == 1 and not sources[0].per_line:
        return partial(_single_key, outer[0])
    if not sources[-1].per_line:
        return partial(_joined_key, outer)
    return partial(_line_keys, by, outer[:-1], outer[-1])


def _single_key(member: Callable[[Fact], Any], fact: Fact) -> tuple[str, ...]:
    value = member(fact)
    return () if value is None else (str(value),)


def _joined_key(members: Sequence[Callable[[Fact], Any]], fact: Fact) -> tuple[str, ...]:
    texts = []
    for member in members:
        value = member(fact)
        if value is None:
            return ()
        texts.append(str(value))
    return (BY_TYPE_JOIN.join(texts),)


def _line_keys(
    by: tuple[Entity, ...],
    outer: Sequence[Callable[[Fact], Any]],
    inner: Callable[[FactLine], Any],
    fact: Fact,
) -> tuple[str, ...]:
    if not fact.lines:
        return entity_keys(by, fact)
    start = ""
    if outer:
        joined = _joined_key(outer, fact)
        if not joined:
            return ()
        start = f"{joined[0]}{BY_TYPE_JOIN}"
    keys: dict[str, None] = {}
    for line in fact.lines:
        value = inner(line)
        if value is not None:
            keys[f"{start}{value}"] = None
    return tuple(keys)
