"""A rule, and a new feature, as the text of their files."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Severity
from orderguard.domain.entities import SOURCES, Entity
from orderguard.domain.facts import FactKind
from orderguard.domain.library import Concern, Feature, FeatureKind, Prior, Raise, Rule, RuleTest
from orderguard.domain.wording import RuleStatus
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.rules.syntax import parse
from orderguard.rules.tree import And, Compare, Constant, Membership, Reference, Tree
from orderguard.rules.vocabulary import Names, ValueType

WIDTH = 96
UNITS = ((MS_PER_DAY, "d"), (MS_PER_HOUR, "h"), (MS_PER_MINUTE, "m"), (MS_PER_SECOND, "s"))
_SPANS_ZH = {"d": "天", "h": "小时", "m": "分钟", "s": "秒"}
_SPANS_EN = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class RuleText(Struct, frozen=True, kw_only=True):
    """What people say of a rule; its id and its status stand beside it."""

    title: Bilingual
    why: str
    severity: Severity
    when: str
    subject: tuple[Entity, ...]
    explanation: Bilingual
    prior: Prior
    false_alarms: tuple[str, ...]
    runbook: str
    tests: tuple[RuleTest, ...] = ()
    group: str = ""
    concerns: tuple[Concern, ...] = ()
    raises: tuple[Raise, ...] = ()


class NewValue(Struct, frozen=True, kw_only=True):
    """A value that no pack computes yet: orders counted, or amounts summed up, under one key."""

    kind: FeatureKind
    by: tuple[Entity, ...]
    window_ms: int
    of: str | None = None


def read_text(rule: Rule) -> RuleText:
    """What a rule says, to be changed."""
    return RuleText(
        title=rule.title,
        why=rule.why,
        severity=rule.severity,
        when=rule.when,
        subject=rule.subject,
        explanation=rule.explanation,
        prior=rule.prior,
        false_alarms=rule.false_alarms,
        runbook=rule.runbook,
        tests=rule.tests,
        group=rule.group,
        concerns=rule.concerns,
        raises=rule.raises,
    )


def write_rule(rule_id: str, status: RuleStatus, text: RuleText) -> str:
    """The file of a rule, as `rules check` and git know it."""
    said: dict[str, Any] = {
        "id": rule_id,
        "title": _both(text.title),
        "why": text.why,
        "status": status.value,
        "severity": text.severity.value,
        "group": text.group or rule_id.partition(".")[0],
        "subject": [entity.value for entity in text.subject],
        "when": text.when,
        "concerns": [_without_null(one) for one in text.concerns],
        "raise": [_without_null(one) for one in text.raises],
        "explanation": _both(text.explanation),
        "prior": msgspec.to_builtins(text.prior),
        "false_alarms": list(text.false_alarms),
        "runbook": text.runbook,
        "tests": [_without_null(one) for one in text.tests],
    }
    for optional in ("concerns", "raise"):
        if not said[optional]:
            del said[optional]
    return as_yaml(said)


def new_feature(value: NewValue) -> Feature:
    """The value as a feature of its own, named and titled by what it is."""
    size, unit = next((s, u) for s, u in UNITS if value.window_ms % s == 0)
    count = value.window_ms // size
    what = value.kind.value + ("" if value.of is None else "_" + value.of.replace(".", "_"))
    head, *others = (entity.value for entity in value.by)
    name = "_".join([*others, "orders" if value.kind is FeatureKind.COUNT else what])
    of_en = "orders" if value.of is None else f"{value.kind.value} of {value.of}"
    of_zh = "订单数" if value.of is None else f"{value.of}（{value.kind.value}）"
    by_zh = "、".join(SOURCES[entity].title_zh for entity in value.by)
    by_en = " and ".join(entity.value.replace("_", " ") for entity in value.by)
    return Feature(
        id=f"{head}.{name}_{count}{unit}",
        title=Bilingual(
            en=f"{of_en} of one {by_en} within {count} {_SPANS_EN[unit]}",
            zh=f"{count}{_SPANS_ZH[unit]}内同一{by_zh}的{of_zh}",
        ),
        kind=value.kind,
        by=value.by,
        on=(FactKind.PLACED,),
        window_ms=value.window_ms,
        of=value.of,
    )


def write_feature(feature: Feature) -> str:
    """A feature as its lines in `features.yaml`."""
    said: dict[str, Any] = {
        "title": _both(feature.title),
        "kind": feature.kind.value,
        "by": [entity.value for entity in feature.by],
        "on": [kind.value for kind in feature.on],
        "window": span_text(feature.window_ms),
    }
    if feature.of is not None:
        said["of"] = feature.of
    return as_yaml({feature.id: said})


def suggest_tests(when: str, names: Names) -> tuple[RuleTest, ...]:
    """A hit and a near miss for a condition all of whose parts compare a value with literals.

    Nothing for any other: there a person has to think of them.
    """
    tree = parse(when).tree
    parts = tree.operands if isinstance(tree, And) else (tree,)
    hit: dict[str, Any] = {}
    missed: tuple[str, Any] | None = None
    for part in parts:
        found = _fitting(part, names)
        if found is None:
            return ()
        name, fits, misses = found
        hit[name] = fits
        missed = missed or (name, misses)
    if missed is None:
        return ()
    return (
        RuleTest(name="reaches every threshold", hit=True, given=hit),
        RuleTest(name="just misses one", hit=False, given={**hit, missed[0]: missed[1]}),
    )


def span_text(span_ms: int | None) -> str:
    """A time in its largest whole unit, as files have it: `2h`; empty for none at all."""
    if not span_ms:
        return ""
    size, unit = next((s, u) for s, u in UNITS if span_ms % s == 0)
    return f"{span_ms // size}{unit}"


def _fitting(tree: Tree, names: Names) -> tuple[str, Any, Any] | None:
    """(name, a value for which the part holds, one for which it just does not)."""
    match tree:
        case Reference(name=name):
            return name, True, False
        case Compare(left=Reference(name=name), right=Constant(exact=exact)) if exact is not None:
            step = Decimal(1) if names[name].type is ValueType.INT else Decimal("0.01")
            at, above, below = exact, exact + step, exact - step
            fits, misses = {
                "<": (below, at),
                "<=": (at, above),
                "==": (at, above),
                "!=": (above, at),
                ">=": (at, below),
                ">": (above, at),
            }[tree.operator]
            return name, _plain(fits), _plain(misses)
        case Compare(left=Reference(name=name), right=Constant(value=value), operator="=="):
            return name, value, f"not {value}" if isinstance(value, str) else not value
        case Membership(item=Reference(name=name), values=(first, *_)) if isinstance(
            first.value, str
        ):
            return name, first.value, f"not {first.value}"
    return None


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _both(text: Bilingual) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _without_null(value: Struct) -> Any:
    """Null is only written where it says something: a value that a test does not give."""
    said: Mapping[str, Any] = msgspec.to_builtins(value)
    kept = {name: one for name, one in said.items() if one is not None}
    return kept["feature"] if kept.keys() == {"feature"} else kept


def as_yaml(said: Mapping[str, Any]) -> str:
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=WIDTH)
