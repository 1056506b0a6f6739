"""The tests inside the rules, run through the function that judges live traffic."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from orderguard.domain.alerts import Severity
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Library, Rule, RuleTest
from orderguard.rules.judge import Judge, compile_rules
from orderguard.rules.vocabulary import Names, ValueType, names_of


class RuleTestResult(Struct, frozen=True):
    """What a test expects and what the rule did: the severity it hit with, None for a miss.

    A test that expects a hit without a severity takes any.
    """

    rule: str
    test: str
    expects_hit: bool
    expects_severity: Severity | None
    severity: Severity | None

    @property
    def passed(self) -> bool:
        if not self.expects_hit or self.severity is None:
            return self.expects_hit == (self.severity is not None)
        return self.expects_severity in (None, self.severity)


def run_rule_tests(library: Library) -> list[RuleTestResult]:
    """Every test of every rule, in the order of the library."""
    names = names_of(library.features)
    judge = compile_rules(library.rules, names)
    return [
        _run(judge, index, rule, test, names, len(library.features))
        for index, rule in enumerate(library.rules)
        for test in rule.tests
    ]


def _run(
    judge: Judge, index: int, rule: Rule, test: RuleTest, names: Names, features: int
) -> RuleTestResult:
    values: list[Any] = [None] * features
    members: dict[str, Any] = {}
    for name, given in test.given.items():
        known = names.get(name)
        if known is None:  # The test gives a feature that no rule of this library uses.
            continue
        value = Decimal(given) if known.type is ValueType.MONEY and given is not None else given
        if isinstance(known.place, int):
            values[known.place] = value
        else:
            members[known.place] = value
    rank = dict(judge(_fact(members), values)).get(index)
    severity = None if rank is None else list(Severity)[rank]
    return RuleTestResult(rule.id, test.name, test.hit, test.severity, severity)


def _fact(members: Mapping[str, Any]) -> Fact:
    """A fact of which nothing is known but these members."""
    base: dict[str, Any] = {"kind": FactKind.PLACED, "at": 0, "known_at": 0, "event_id": "test"}
    return Fact(**{**base, "channel": "standard", "shop": "test", **members})
