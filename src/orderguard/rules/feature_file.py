"""`PACK/features.yaml`: the named values that a pack computes."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.entities import SOURCES, Entity
from orderguard.domain.facts import FactKind
from orderguard.domain.library import Feature, FeatureKind
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
        said = Bilingual(
            "here stands a mapping of features: buyer.orders_10m: {title: ..., kind: ...}",
            "这里要写各个特征：buyer.orders_10m: {title: ..., kind: ...}",
        )
        page.fault(said)
        return []
    drafts = [_read_feature(name, entry) for name, entry in entries.items()]
    return [draft for draft in drafts if draft is not None]


def link_features(drafts: Sequence[FeatureDraft], names: Names) -> tuple[Feature, ...]:
    """All features, each after those that its condition uses; faulty conditions are told."""
    by_id = {draft.id: draft for draft in drafts}
    needs = {draft.id: [n for n in _needs(draft, names) if n in by_id] for draft in drafts}
    while circle := _circle(needs):
        entry = by_id[circle[0]].entry
        said = Bilingual(
            f"features need each other in a circle, {' -> '.join(circle)}: break it",
            f"特征互相依赖成环，{' -> '.join(circle)}：请断开",
        )
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
        said = Bilingual(
            f"`{name[:80]}` is no feature name: write buyer.orders_10m",
            f"`{name[:80]}` 不是特征名：写成 buyer.orders_10m 这样",
        )
        entry.page.fault(entry.at, said)
        return None
    if name in FACT_NAMES:
        said = Bilingual(
            f"`{name}` is a member of facts: choose another name",
            f"`{name}` 是事实的成员：请换一个名称",
        )
        entry.page.fault(entry.at, said)
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
    _check_of(entry, kind, values.get("of"), values["by"])
    at: Passage | None = values.get("at")
    if at is not None and at.text not in INSTANT_MEMBERS:
        hint = suggestion(at.text, INSTANT_MEMBERS)
        said = Bilingual(
            f"`{at.text}` is no instant: {hint.en}", f"`{at.text}` 不是时刻：{hint.zh}"
        )
        at.fault(0, said)
    for member, owner, most in _SIZES:
        size = values.get(member)
        if size is not None and (kind is not owner or not 1 <= size <= most):
            said = Bilingual(
                f"`{member}` is for a `{owner}`, from 1 to {most}: change or remove it",
                f"`{member}` 只用于 `{owner}`，取 1 到 {most}：请修改或删去",
            )
            entry.page.fault(entry.at, said)
    if kind is FeatureKind.PREFIX and "length" not in values:
        said = Bilingual(
            "`length` is missing: say how many characters are alike",
            "缺少 `length`：请写明前几个字符相同",
        )
        entry.page.fault(entry.at, said)
    return len(entry.page.faults) == before


def _check_of(entry: Entry, kind: FeatureKind, of: Passage | None, by: Sequence[Entity]) -> None:
    """Tell what is wrong with the member that a feature is of."""
    allowed = _OF.get(kind, frozenset())
    if of is None and allowed:
        said = Bilingual(
            f"`of` is missing: say which member a `{kind}` is of",
            f"缺少 `of`：请写明 `{kind}` 针对哪个成员",
        )
        entry.page.fault(entry.at, said)
    if of is not None and not allowed:
        said = Bilingual(
            f"a `{kind}` counts facts and is of nothing: remove `of`",
            f"`{kind}` 只数事实，不针对成员：请删去 `of`",
        )
        of.fault(0, said)
    elif of is not None and of.text not in allowed:
        hint = suggestion(of.text, allowed)
        said = Bilingual(
            f"a `{kind}` is not of `{of.text}`: {hint.en}",
            f"`{kind}` 不能针对 `{of.text}`：{hint.zh}",
        )
        of.fault(0, said)
    elif of is not None and of.text.startswith("line.") and not _per_line(by):
        said = Bilingual(
            f"`{of.text}` differs from line to line: add product, sku or price to `by`",
            f"`{of.text}` 每个商品行不同：请在 `by` 里加上 product、sku 或 price",
        )
        of.fault(0, said)


def _per_line(by: Sequence[Entity]) -> bool:
    return any(SOURCES[entity].per_line for entity in by)
