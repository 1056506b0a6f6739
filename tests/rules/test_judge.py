"""Rules at work: judged, proved by their own tests, explained."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from tests.rules.samples import FILES, changed

from orderguard.domain.alerts import Severity
from orderguard.domain.facts import Fact, FactKind
from orderguard.rules import (
    Threshold,
    compile_rules,
    explain,
    load_library,
    names_of,
    names_used,
    run_rule_tests,
    thresholds,
)

LIBRARY = load_library(FILES)
NAMES = names_of(LIBRARY.features)
CARDS, BURST = LIBRARY.rules


def fact(**members: Any) -> Fact:
    base: dict[str, Any] = {"kind": FactKind.PLACED, "at": 0, "known_at": 0, "event_id": "e"}
    return Fact(**{**base, "channel": "standard", "shop": "s", **members})


def values(**known: Any) -> list[Any]:
    """Feature values by the last part of their names."""
    return [known.get(feature.id.partition(".")[2]) for feature in LIBRARY.features]


def test_a_judge_names_the_rules_that_hit_and_how_severe_they_are() -> None:
    judge = compile_rules(LIBRARY.rules, NAMES)
    cheap = fact(order_amount=Decimal("9.90"))
    assert judge(fact(), values()) == []
    assert judge(cheap, values(cards_tried_1h=3)) == [(0, Severity.MEDIUM.rank)]
    assert judge(cheap, values(cards_tried_1h=3, same_product_orders_10m=20)) == [
        (0, Severity.MEDIUM.rank),
        (1, Severity.CRITICAL.rank),
    ]
    assert judge(fact(), values(same_product_orders_10m=19)) == [(1, Severity.HIGH.rank)]


def test_the_highest_raise_that_holds_counts() -> None:
    low, high = BURST.raises[0], replace(BURST.raises[0], when="lists.blocked")
    rule = replace(
        BURST,
        severity=Severity.INFO,
        raises=(replace(high, to=Severity.HIGH), replace(low, to=Severity.LOW)),
    )
    judge = compile_rules([rule], NAMES)
    many = values(same_product_orders_10m=20)
    assert judge(fact(lists_blocked=True), many) == [(0, Severity.HIGH.rank)]
    assert judge(fact(lists_blocked=False), many) == [(0, Severity.LOW.rank)]
    assert judge(fact(lists_blocked=False), values(same_product_orders_10m=5)) == [(0, 0)]


def test_an_empty_library_judges_nothing() -> None:
    assert compile_rules([], NAMES)(fact(), []) == []


def test_a_rule_name_that_is_no_name_does_not_reach_the_source() -> None:
    with pytest.raises(ValueError, match="os"):
        compile_rules([replace(BURST, id="a\nimport os")], NAMES)


def test_the_source_is_there_to_be_read() -> None:
    source = compile_rules(LIBRARY.rules, NAMES).source
    assert "# velocity.same_item_burst" in source
    assert "buyer__same_product_orders_10m >= 5" in source


def test_the_rules_own_tests_pass() -> None:
    results = run_rule_tests(LIBRARY)
    assert [(result.rule, result.test, result.passed) for result in results] == [
        ("payment.card_testing", "three cards", True),
        ("payment.card_testing", "exactly 20", True),
        ("velocity.same_item_burst", "five orders", True),
        ("velocity.same_item_burst", "twenty", True),
        ("velocity.same_item_burst", "four orders", True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("when: buyer.same_product_orders_10m >= 5", "when: lists.blocked", "five orders"),
        ("_10m >= 5", "_10m >= 4", "four orders"),
        ("severity: high}", "severity: critical}", "five orders"),
    ],
)
def test_a_rule_that_does_otherwise_fails_its_test(old: str, new: str, failing: str) -> None:
    results = run_rule_tests(load_library(changed("velocity/same_item_burst.yaml", old, new)))
    assert failing in [result.test for result in results if not result.passed]


def test_a_hit_is_explained_in_both_languages() -> None:
    explained = explain(
        BURST,
        NAMES,
        fact(order_amount=Decimal("1299.00")),
        values(same_product_orders_10m=6),
    )
    assert explained.explanation.en == "6 orders of one product, 1299.00 each."
    assert explained.explanation.zh == "同一商品 6 单，每单 1299.00。"
    assert explained.features == {"buyer.same_product_orders_10m": 6}
    assert explained.normal == {"buyer.same_product_orders_10m": 1}


def test_what_is_missing_is_said_to_be_unknown() -> None:
    explained = explain(BURST, NAMES, fact(), values())
    assert explained.explanation.en == "unknown orders of one product, unknown each."
    assert explained.explanation.zh == "同一商品 未知 单，每单 未知。"
    assert explained.features == {"buyer.same_product_orders_10m": None}


def test_amounts_are_explained_in_their_own_digits() -> None:
    known = values(cards_tried_1h=3, amount_max_30d=Decimal("1E+2"))
    explained = explain(CARDS, NAMES, fact(order_amount=Decimal("9.90")), known)
    assert explained.features == {
        "buyer.cards_tried_1h": 3,
        "order.amount": "9.90",
        "buyer.amount_max_30d": "100",
    }


@pytest.mark.parametrize(
    ("value", "en"),
    [(62.318, "62.32"), (50.0, "50"), (-0.001, "0"), (True, "yes"), (False, "no"), ("a", "a")],
)
def test_values_are_said_plainly(value: object, en: str) -> None:
    explained = explain(BURST, NAMES, fact(), values(same_product_orders_10m=value))
    assert explained.explanation.en.startswith(f"{en} orders")


def test_names_and_thresholds_are_there_for_people_to_tune() -> None:
    assert names_used(CARDS) == ("buyer.cards_tried_1h", "order.amount", "buyer.amount_max_30d")
    assert thresholds(CARDS) == (
        Threshold("buyer.cards_tried_1h", ">=", 3),
        Threshold("order.amount", "<", 20.0),
    )
    rule = replace(BURST, when="5 < order.quantity && order.currency in ['CNY', 'HKD']", raises=())
    assert thresholds(rule) == (
        Threshold("order.quantity", ">", 5),
        Threshold("order.currency", "in", ("CNY", "HKD")),
    )
