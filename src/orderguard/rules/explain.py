"""Why a rule hit: the values it saw, what is normal, and a sentence in both languages."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from orderguard.domain.alerts import Explanation, FeatureValue
from orderguard.domain.facts import Fact
from orderguard.domain.health import HealthRule
from orderguard.domain.library import Rule
from orderguard.rules.rule_file import PLACEHOLDER
from orderguard.rules.syntax import mentioned, parse
from orderguard.rules.tree import (
    MIRRORED,
    Compare,
    Constant,
    Membership,
    Reference,
    Scalar,
    Tree,
    children,
)
from orderguard.rules.vocabulary import Names

_WORDS_EN = {None: "unknown", True: "yes", False: "no"}
_WORDS_ZH = {None: "未知", True: "是", False: "否"}


class Explained(NamedTuple):
    """What a hit carries: sentences, the values that its conditions name, and their normals."""

    explanation: Explanation
    features: dict[str, FeatureValue]
    normal: dict[str, FeatureValue]


class Threshold(NamedTuple):
    """A comparison of a name with a literal, which people may tune."""

    name: str
    operator: str
    value: Scalar | tuple[Scalar, ...]


def explain(rule: Rule, names: Names, fact: Fact, values: Sequence[FeatureValue]) -> Explained:
    """Why a rule hit a fact."""

    def value_of(name: str) -> Any:
        place = names[name].place
        return values[place] if isinstance(place, int) else getattr(fact, place)

    def fill(template: str, words: Mapping[bool | None, str]) -> str:
        return PLACEHOLDER.sub(lambda found: _said(value_of(found[1]), words), template)

    used = names_used(rule)
    return Explained(
        Explanation(
            zh=fill(rule.explanation.zh, _WORDS_ZH), en=fill(rule.explanation.en, _WORDS_EN)
        ),
        {name: _plain(value_of(name)) for name in used},
        {name: names[name].normal for name in used if names[name].normal is not None},
    )


def explain_fault(rule: HealthRule, values: Mapping[str, FeatureValue]) -> Explanation:
    """What a health rule found, in both languages."""

    def fill(template: str, words: Mapping[bool | None, str]) -> str:
        return PLACEHOLDER.sub(lambda found: _said(values.get(found[1]), words), template)

    return Explanation(
        zh=fill(rule.explanation.zh, _WORDS_ZH), en=fill(rule.explanation.en, _WORDS_EN)
    )


def names_used(rule: Rule) -> tuple[str, ...]:
    """The names in a rule's conditions, each once, in the order of the text."""
    return tuple(dict.fromkeys(name for text in rule.conditions for name in mentioned(text)))


def thresholds(rule: Rule) -> tuple[Threshold, ...]:
    """The comparisons with literals in a rule's conditions, in the order of the text."""
    return tuple(found for text in rule.conditions for found in _thresholds(parse(text).tree))


def _thresholds(tree: Tree) -> Iterator[Threshold]:
    match tree:
        case Compare(left=Reference(name=name), right=Constant(value=value)):
            yield Threshold(name, tree.operator, value)
        case Compare(left=Constant(value=value), right=Reference(name=name)):
            yield Threshold(name, MIRRORED[tree.operator], value)
        case Membership(item=Reference(name=name)):
            yield Threshold(name, "in", tuple(constant.value for constant in tree.values))
        case _:
            for child in children(tree):
                yield from _thresholds(child)


def _plain(value: Any) -> FeatureValue:
    """The value as an alert carries it: a decimal in its own digits."""
    return format(value, "f") if isinstance(value, Decimal) else value


def _said(value: Any, words: Mapping[bool | None, str]) -> str:
    """The value as a sentence says it; a fraction to two places."""
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, float):
        return f"{value:z.2f}".rstrip("0").rstrip(".")
    return str(_plain(value))
