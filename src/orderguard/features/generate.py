"""The way of one kind of fact through the groups, as Python source.

What does not depend on the fact is settled once: which members it needs, which features of a group
an entry joins, and what they say where a key has no other entry, which is the most common case.
All else is left to the functions that any fact could take. Nothing reaches the source but names of
members and small numbers.
"""

import builtins
from collections.abc import Callable, Mapping, Sequence
from textwrap import indent
from typing import Any, NamedTuple

from orderguard.domain.entities import BY_TYPE_JOIN, SOURCES, Entity, key_text
from orderguard.domain.facts import Fact, FactLine
from orderguard.domain.library import FeatureKind
from orderguard.features.keys import PLAIN
from orderguard.features.layout import NO_NUMBER, ROW_HEAD
from orderguard.features.plan import Condition, Plan
from orderguard.features.visit import (
    Visit,
    is_over,
    visit_group,
    visit_known,
    visit_one_of,
    visit_staying,
)

MARGIN = "    "

Way = Callable[..., None]
"""Called with (fact, scope, values, again, sights)."""


class Stage(NamedTuple):
    """Conditions that are asked together, once for a fact, and the groups visited after that."""

    conditions: tuple[Condition, ...]
    visits: tuple[Visit, ...]


_OF_ONE: dict[FeatureKind, Any] = {
    FeatureKind.COUNT: 1,
    FeatureKind.DISTINCT: 1,
    FeatureKind.PREFIX: 1,
    FeatureKind.SHARE: 1.0,
    FeatureKind.SPACING: None,
    FeatureKind.DISTANCE: None,
}
"""What a feature says of its key's only entry, for the kinds that say the same of all."""


def way_of(stages: Sequence[Stage]) -> Way:
    """One function for all these groups; for facts that amend nothing."""
    constants: dict[str, Any] = {
        "visit_group": visit_group,
        "visit_known": visit_known,
        "visit_one_of": visit_one_of,
        "visit_staying": visit_staying,
        "is_over": is_over,
        "key_text": key_text,
        "NO_NUMBER": NO_NUMBER,
        "of_lines": of_lines,
        "len": len,
    }
    members: set[str] = set()
    body: list[str] = []
    for stage in stages:
        for condition in stage.conditions:
            name = f"condition{len(constants)}"
            constants[name] = condition
            body.append(f"holds.append({name}(fact, values))")
        for visit in stage.visits:
            body += _group(visit, members, constants)
    lines = [*_loads(members), *body, "return None"]
    text = indent("\n".join(lines), MARGIN)
    source = f"def way(fact, scope, values, again, sights):\n{text}\n"
    namespace: dict[str, Any] = {"__builtins__": {}, **constants}
    code = builtins.compile(source, "<way>", "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102 - emitted from names of members and numbers alone
    way: Way = namespace["way"]
    return way


def _loads(members: set[str]) -> list[str]:
    lines = [
        "holds = [True]",
        "at = fact.at",
        "number = NO_NUMBER if fact.number is None else fact.number",
        "lines = fact.lines",
        "several = len(lines) > 1",
        'each_product = of_lines(lines, "product")',
        'each_sku = of_lines(lines, "sku")',
    ]
    return lines + [f"{member} = fact.{member}" for member in sorted(members)]


def _group(visit: Visit, members: set[str], constants: dict[str, Any]) -> list[str]:
    """The lines for one group."""
    name = f"g{visit.group_index}"
    group = visit.joined.group
    constants[name] = visit
    anyhow = [f"visit_group({name}, fact, scope, holds, values, again)"]
    by = group.plans[0].feature.by
    is_per_line = any(SOURCES[entity].per_line for entity in by)
    if visit.stays and (is_per_line or not visit.plans or not _is_plain(visit)):
        return [f"sights[{visit.group_index:d}] = {anyhow[0]}"]
    if not visit.plans or not _is_plain(visit):
        return anyhow
    constants[f"get{visit.group_index}"] = visit.joined.cache.get
    constants[f"put{visit.group_index}"] = visit.joined.cache.put
    constants[f"layout{visit.group_index}"] = group.layout
    fields = [SOURCES[entity].field for entity in by if not SOURCES[entity].per_line]
    members.update(fields)
    known = [f"{_checked(field)} is not None" for field in fields]
    per_line = [SOURCES[entity].field for entity in by if SOURCES[entity].per_line]
    if not per_line:
        lines = _when(known, _entered(visit, by, members, constants, several=False))
        return [f"sights[{visit.group_index:d}] = ()", *lines] if visit.stays else lines
    each = _when(["of_line is not None"], _entered(visit, by, members, constants, several=True))
    lines = [f"for of_line in each_{_checked(per_line[0])}:", *_indented(each)]
    lines = _when(known, lines) if known else lines
    return ["if lines:", *_indented(lines), "else:", *_indented(anyhow)]


def of_lines(lines: Sequence[FactLine], field: str) -> tuple[str | None, ...]:
    """What the lines have there, each value once."""
    if len(lines) == 1:
        return (getattr(lines[0], field),)
    return tuple(dict.fromkeys([getattr(line, field) for line in lines]))


def _entered(
    visit: Visit,
    by: Sequence[Entity],
    members: set[str],
    constants: dict[str, Any],
    *,
    several: bool,
) -> list[str]:
    """The key is known: the entry joins its features, and what they say is read.

    With `several` it may be one of several keys, over which the greatest value holds.
    """
    index, group = visit.group_index, visit.joined.group
    parts = [_key_part(entity) for entity in by]
    key = f' + "{BY_TYPE_JOIN}" + '.join(parts)
    lines = [f"key = {key}"]
    lines += ["stored = scope + key" if group.scoped else "stored = key"]
    columns = []
    for column in group.fields:
        members.add(column)
        columns.append(_checked(column))
    for at, read in enumerate(group.derived):
        constants[f"derived{index}_{at}"] = read
        lines.append(f"derived{at} = derived{index}_{at}(fact, key)")
        columns.append(f"derived{at}")
    lines += _mask(visit, columns)
    lines.append(f"state = get{index}(stored)")
    if visit.stays:
        row = ", ".join(["at", "number", "0", *columns])
        given = f"(g{index}, stored, state, [{row}], mask, fact, values, again)"
        return [*lines, f"sights[{index:d}] = visit_staying{given}"]
    row = ", ".join(["at", "number", "mask", *columns])
    until = f"at - {group.keep_ms:d}"
    lines.append(f"if mask and (state is None or is_over(state, {until})):")
    alone = [f"put{index}(stored, (layout{index}, ({row})))"]
    said = [_said_alone(visit, plan) for window in visit.reads for plan in window.plans]
    alone += [f"values[{place:d}] = {value}" for place, value in said] if not several else []
    if several:
        told = [f"values[{place:d}] = {value}" for place, value in said] or ["pass"]
        merged = [line for place, value in said for line in _greatest(place, value)] or ["pass"]
        alone += ["if several:", *_indented(merged), "else:", *_indented(told)]
    lines += _indented(alone)
    row = ", ".join(["at", "number", "0", *columns])
    given = f"(g{index}, stored, state, [{row}], mask, fact, values, again)"
    if several:
        lines += ["elif several:", *_indented([f"visit_one_of{given}"])]
    return [*lines, "else:", *_indented([f"visit_known{given}"])]


def _greatest(place: int, value: str) -> list[str]:
    if value == "None":
        return []
    return [
        f"said = {value}",
        f"known = values[{place:d}]",
        "if known is None or (said is not None and said > known):",
        f"{MARGIN}values[{place:d}] = said",
    ]


def _mask(visit: Visit, columns: Sequence[str]) -> list[str]:
    """Which features the entry joins: where its item is known and the condition holds."""
    always = 0
    lines = []
    for item, condition, bits in visit.enters:
        asked = [f"holds[{condition:d}]"] if condition else []
        asked += [f"{columns[item - ROW_HEAD]} is not None"] if item else []
        if asked:
            lines += [f"if {' and '.join(asked)}:", f"{MARGIN}mask |= {bits:d}"]
        else:
            always |= bits
    return [f"mask = {always:d}", *lines]


def _said_alone(visit: Visit, plan: Plan) -> tuple[int, str]:
    """The place of a feature's value, and what that is where the entry is alone."""
    always = any(
        not item and not condition and bits & plan.bit for item, condition, bits in visit.enters
    )
    value = repr(_OF_ONE[plan.feature.kind])
    if not always:
        value = f"{value} if mask & {plan.bit:d} else {plan.empty!r}"
    return plan.index, value


def _is_plain(visit: Visit) -> bool:
    """Whether an entry stands at its fact's instant, under one key, and says the same alone."""
    group = visit.joined.group
    by = group.plans[0].feature.by
    per_line = [entity for entity in by if SOURCES[entity].per_line]
    return (
        group.plans[0].feature.at is None
        and len(per_line) <= 1
        and {*by} <= PLAIN | {Entity.AMOUNT}
        and all(plan.feature.kind in _OF_ONE for window in visit.reads for plan in window.plans)
    )


def _key_part(entity: Entity) -> str:
    if SOURCES[entity].per_line:
        return "of_line"
    field = _checked(SOURCES[entity].field)
    return f"key_text({field})" if entity is Entity.AMOUNT else field


def _checked(member: str) -> str:
    if not member.isidentifier() or member not in _MEMBERS:
        raise ValueError(member)
    return member


_MEMBERS: Mapping[str, object] = dict.fromkeys(
    [*Fact.__struct_fields__, *(source.field for source in SOURCES.values())]
)


def _when(conditions: Sequence[str], lines: Sequence[str]) -> list[str]:
    return [f"if {' and '.join(conditions)}:", *_indented(lines)]


def _indented(lines: Sequence[str]) -> list[str]:
    return [indent(line, MARGIN) for line in lines]
