"""The tests inside health rules: what they run is the fold itself, and a broken one passes none."""

from msgspec.structs import replace
from tests.flows.stories import LIBRARY

from orderguard.domain.health import HealthRule
from orderguard.domain.library import Library
from orderguard.flows.proof import run_life_tests
from orderguard.rules import load_library
from orderguard.stores.memory import MemoryState

PICK = "lifecycle.not_picked"


def only(rule: HealthRule) -> Library:
    return replace(load_library(LIBRARY), rules=(), features=(), playbooks=(), health=(rule,))


def test_a_changed_limit_fails_the_test_that_depends_on_it() -> None:
    (rule,) = (one for one in load_library(LIBRARY).health if one.id == PICK)
    assert all(result.passed for result in run_life_tests(only(rule), MemoryState))
    slack = replace(rule, parameters={**rule.parameters, "within": 10 * 24 * 3_600_000})
    missed = [one for one in run_life_tests(only(slack), MemoryState) if not one.passed]
    assert [one.test for one in missed] == ["a day without picking"]


def test_a_life_that_cannot_be_judged_passes_no_test_not_even_a_near_miss() -> None:
    (rule,) = (one for one in load_library(LIBRARY).health if one.id == PICK)
    faulty = replace(rule, parameters={**rule.parameters, "within": "a day"})
    results = run_life_tests(only(faulty), MemoryState)
    assert {one.expects_hit for one in results} == {True, False}
    assert all(one.is_broken and not one.passed for one in results)
