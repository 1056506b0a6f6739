"""The tests inside the rules, run through the function that judges live traffic."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from orderguard.domain.alerts import Severity
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Library, RuleTest
from orderguard.rules.judge import compile_rules
from orderguard.rules.vocabulary import Names, ValueType, names_of


class RuleTestResult(Struct, frozen=True):
    """What a test expects and what the rule did: the severity it hit with, None for a miss.

    A test that expects a hit without a severity takes any. `is_broken`: judging it failed, which
    is never what a test expects.
    """

    rule: str
    test: str
    expects_hit: bool
    expects_severity: Severity | None
    severity: Severity | None
    is_broken: bool = False

    @property
    def passed(self) -> bool:
        if self.is_broken:
            return False
        if not self.expects_hit or self.severity is None:
            return self.expects_hit == (self.severity is not None)
        return self.expects_severity in (None, self.severity)


def run_rule_tests(library: Library) -> list[RuleTestResult]:
    """Every test of every rule, in the order of the library."""
    names = names_of(library.features)
    judge = compile_rules(library.rules, names)
    results: list[RuleTestResult] = []
    for place, rule in enumerate(library.rules):
        for test in rule.tests:
            rank = dict(judge(*_given(test, names, len(library.features)))).get(place)
            severity = None if rank is None else list(Severity)[rank]
            results.append(RuleTestResult(rule.id, test.name, test.hit, test.severity, severity))
    return results


def _given(test: RuleTest, names: Names, features: int) -> tuple[Fact, list[Any]]:
    """A fact and feature values of which nothing is known but what the test gives.

    It may give features that no rule of this library uses; they have no place in the values.
    """
    values: list[Any] = [None] * features
    members: dict[str, Any] = {}
    for name in test.given.keys() & names.keys():
        known, given = names[name], test.given[name]
        is_amount = known.type is ValueType.MONEY and given is not None
        value = Decimal(str(given)) if is_amount else given
        if isinstance(known.place, int):
            values[known.place] = value
        else:
            members[known.place] = value
    return _fact(members), values


def _fact(members: Mapping[str, Any]) -> Fact:
    base: dict[str, Any] = {"kind": FactKind.PLACED, "at": 0, "known_at": 0, "event_id": "test"}
    return Fact(**{**base, "channel": "standard", "shop": "test", **members})
