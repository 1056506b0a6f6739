"""`PACK/features.yaml`: the named values that a pack computes."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from msgspec import Struct

from orderguard.domain.entities import SOURCES, Entity
from orderguard.domain.facts import FactKind
from orderguard.domain.library import Feature, FeatureKind
from orderguard.domain.wording import Bilingual
from orderguard.rules.check import check
from orderguard.rules.page import Entry, Member, Passage, passage, read_members
from orderguard.rules.readers import (
    bilingual,
    entities,
    is_dotted,
    name_passage,
    normal,
    one_of,
    several_of,
    whole,
    window_ms,
)
from orderguard.rules.suggest import suggestion
from orderguard.rules.syntax import mentioned
from orderguard.rules.vocabulary import (
    FACT_NAMES,
    INSTANT_MEMBERS,
    MEMBER_TYPES,
    NUMERIC,
    PLACE_MEMBER,
    Names,
)

_SIZES = (("length", FeatureKind.PREFIX, 64), ("least", FeatureKind.DISTANCE, 1_000))
"""Members that only one kind has, and how large they may be."""

_MEMBERS: dict[str, Member[Any]] = {
    "title": Member(bilingual),
    "kind": Member(one_of(FeatureKind)),
    "by": Member(entities),
    "on": Member(several_of(FactKind)),
    "window": Member(window_ms),
    "of": Member(name_passage, required=False),
    "where": Member(passage, required=False),
    "at": Member(name_passage, required=False),
    "length": Member(whole, required=False),
    "least": Member(whole, required=False),
    "normal": Member(normal, required=False),
}
_OF_NUMBERS = {FeatureKind.SUM, FeatureKind.MIN, FeatureKind.MAX, FeatureKind.AVG}
_OF_ANYTHING = {FeatureKind.DISTINCT, FeatureKind.SHARE, FeatureKind.LAST}
_OF: dict[FeatureKind, frozenset[str]] = {
    **dict.fromkeys(
        _OF_NUMBERS, frozenset(name for name, of in MEMBER_TYPES.items() if of in NUMERIC)
    ),
    **dict.fromkeys(_OF_ANYTHING, frozenset(MEMBER_TYPES)),
    FeatureKind.PREFIX: frozenset(name for name, of in MEMBER_TYPES.items() if of == "text"),
    FeatureKind.DISTANCE: frozenset({PLACE_MEMBER}),
    FeatureKind.STOCK: frozenset({"stock.available"}),
}
"""What each kind may be `of`; kinds that are not here count facts and are of nothing."""


_STAND_IN: dict[str, Any] = {
    "title": Bilingual(en="-", zh="-"),
    "kind": FeatureKind.COUNT,
    "by": (Entity.PRODUCT,),
    "on": (FactKind.PLACED,),
    "window": 0,
}
"""For required members that could not be read."""


class FeatureDraft(Struct, frozen=True):
    """A feature whose condition waits until all names are known.

    Where the page has a fault, the feature stands in for what could not be read, so that the
    rules that use it can still be checked.
    """

    id: str
    entry: Entry
    where: Passage | None
    feature: Feature


def read_features(page: Entry) -> list[FeatureDraft]:
    entries = page.pairs()
    if entries is None:
        page.fault("here stands a mapping of features: buyer.orders_10m: {title: ..., kind: ...}")
        return []
    drafts = [_read_feature(name, entry) for name, entry in entries.items()]
    return [draft for draft in drafts if draft is not None]


def link_features(drafts: Sequence[FeatureDraft], names: Names) -> tuple[Feature, ...]:
    """All features, each after those that its condition uses; faulty conditions are told."""
    by_id = {draft.id: draft for draft in drafts}
    needs = {draft.id: [n for n in _needs(draft, names) if n in by_id] for draft in drafts}
    while circle := _circle(needs):
        entry = by_id[circle[0]].entry
        said = f"features need each other in a circle, {' -> '.join(circle)}: break it"
        entry.page.fault(entry.at, said)
        needs[circle[0]] = []
    return tuple(by_id[name].feature for name in TopologicalSorter(needs).static_order())


def needed_features(wanted: Iterable[str], features: Sequence[Feature]) -> tuple[Feature, ...]:
    """The wanted features and all that their conditions need, in the given order."""
    needed = set(wanted)
    for feature in reversed(features):
        if feature.id in needed and feature.where is not None:
            needed.update(mentioned(feature.where))
    return tuple(feature for feature in features if feature.id in needed)


def _needs(draft: FeatureDraft, names: Names) -> Sequence[str]:
    if draft.where is None:
        return ()
    for problem in check(draft.where.text, names).problems:
        draft.where.fault(problem.at, problem.message)
    return mentioned(draft.where.text)


def _circle(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Features that need each other, the first one again at the end; empty where none do."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _read_feature(name: str, entry: Entry) -> FeatureDraft | None:
    if not is_dotted(name):
        entry.page.fault(entry.at, f"`{name[:80]}` is no feature name: write buyer.orders_10m")
        return None
    if name in FACT_NAMES:
        entry.page.fault(entry.at, f"`{name}` is a member of facts: choose another name")
        return None
    read = read_members(entry, _MEMBERS)
    values = {**_STAND_IN, **read}
    if "kind" not in read or not _fits_kind(entry, values):
        values |= {"kind": FeatureKind.COUNT, "of": None}
    where: Passage | None = values.get("where")
    feature = Feature(
        id=name,
        title=values["title"],
        kind=values["kind"],
        by=values["by"],
        on=values["on"],
        window_ms=values["window"],
        of=_text(values.get("of")),
        where=_text(where),
        at=_text(values.get("at")),
        length=values.get("length"),
        least=values.get("least", 1),
        normal=values.get("normal"),
    )
    return FeatureDraft(name, entry, where, feature)


def _text(found: Passage | None) -> str | None:
    return None if found is None else found.text.strip()


def _fits_kind(entry: Entry, values: Mapping[str, Any]) -> bool:
    """Whether the members suit the kind; each that does not is told."""
    before = len(entry.page.faults)
    kind: FeatureKind = values["kind"]
    of, at = values.get("of"), values.get("at")
    allowed = _OF.get(kind, frozenset())
    if of is None and allowed:
        entry.page.fault(entry.at, f"`of` is missing: say which member a `{kind}` is of")
    if of is not None and not allowed:
        of.fault(0, f"a `{kind}` counts facts and is of nothing: remove `of`")
    elif of is not None and of.text not in allowed:
        of.fault(0, f"a `{kind}` is not of `{of.text}`: {suggestion(of.text, allowed)}")
    elif of is not None and of.text.startswith("line.") and not _per_line(values["by"]):
        of.fault(0, f"`{of.text}` differs from line to line: add product, sku or price to `by`")
    if at is not None and at.text not in INSTANT_MEMBERS:
        at.fault(0, f"`{at.text}` is no instant: {suggestion(at.text, INSTANT_MEMBERS)}")
    for member, owner, most in _SIZES:
        size = values.get(member)
        if size is not None and (kind is not owner or not 1 <= size <= most):
            said = f"`{member}` is for a `{owner}`, from 1 to {most}: change or remove it"
            entry.page.fault(entry.at, said)
    if kind is FeatureKind.PREFIX and "length" not in values:
        entry.page.fault(entry.at, "`length` is missing: say how many characters are alike")
    return len(entry.page.faults) == before


def _per_line(by: Sequence[Entity]) -> bool:
    return any(SOURCES[entity].per_line for entity in by)
