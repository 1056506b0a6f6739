"""What conditions mean, what is wrong with faulty ones, and what is made of them."""

import ast
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chinese import check_chinese

from orderguard.bilingual import Bilingual
from orderguard.domain.facts import Fact, FactKind
from orderguard.errors import LibraryFaults
from orderguard.rules import FACT_NAMES, Name, ValueType, compile_condition
from orderguard.rules.check import check
from orderguard.rules.syntax import CHARACTERS_MAX, parse

TITLE = Bilingual(en="a feature", zh="特征")
FEATURES = {
    "buyer.orders_10m": Name(type=ValueType.INT, place=0, title=TITLE, low=0),
    "segment.share_60s": Name(type=ValueType.NUMBER, place=1, title=TITLE, low=0, high=1),
    "buyer.amount_avg_30d": Name(type=ValueType.NUMBER, place=2, title=TITLE),
    "buyer.amount_max_30d": Name(type=ValueType.MONEY, place=3, title=TITLE),
    "buyer.city_last_90d": Name(type=ValueType.TEXT, place=4, title=TITLE),
}
NAMES = {**FACT_NAMES, **FEATURES}


def holds(condition: str, known: Mapping[str, Any]) -> bool:
    """Whether it certainly holds of a fact and features of which only this is known."""
    members: dict[str, Any] = {}
    values: list[Any] = [None] * len(FEATURES)
    for name, value in known.items():
        place = NAMES[name].place
        if isinstance(place, int):
            values[place] = value
        else:
            members[place] = value
    base: dict[str, Any] = {"kind": FactKind.PLACED, "at": 0, "known_at": 0, "event_id": "e"}
    fact = Fact(**{**base, "channel": "standard", "shop": "s", **members})
    return compile_condition(condition, NAMES)(fact, values)


def told(condition: str) -> list[tuple[int, str]]:
    problems = check(condition, NAMES).problems
    for problem in problems:
        check_chinese(problem.message)
    return [(problem.at, problem.message.en) for problem in problems]


@pytest.mark.parametrize(
    ("condition", "known", "expected"),
    [
        ("buyer.orders_10m >= 5", {"buyer.orders_10m": 5}, True),
        ("buyer.orders_10m >= 5", {"buyer.orders_10m": 4}, False),
        ("buyer.orders_10m >= 5", {}, False),
        ("!(buyer.orders_10m >= 5)", {}, False),
        ("buyer.orders_10m >= 5 || lists.blocked", {"lists.blocked": True}, True),
        ("!(buyer.orders_10m >= 5 && lists.blocked)", {"lists.blocked": False}, True),
        ("order.discount == null", {}, True),
        ("order.discount == null", {"order.discount": Decimal(0)}, False),
        ("null != order.discount", {"order.discount": Decimal(0)}, True),
        ("!(order.discount != null)", {}, True),
        ("order.amount == 0.3", {"order.amount": Decimal("0.3")}, True),
        ("order.amount >= 0.97 * 999.0", {"order.amount": Decimal("969.03")}, True),
        ("order.amount >= 0.97 * 999.0", {"order.amount": Decimal("969.02")}, False),
        ("order.amount - 0.1 == 0.2", {"order.amount": Decimal("0.3")}, True),
        ("order.amount in [9.9, 19.9]", {"order.amount": Decimal("19.90")}, True),
        (
            "order.amount > 3 * buyer.amount_avg_30d",
            {"order.amount": Decimal("30.01"), "buyer.amount_avg_30d": 10.0},
            True,
        ),
        (
            "order.discount > 0.5 * order.amount",
            {"order.amount": Decimal(100), "order.discount": Decimal("50.01")},
            True,
        ),
        (
            "order.amount / order.line_count > 10",
            {"order.amount": Decimal(100), "order.line_count": 0},
            False,
        ),
        (
            "!(order.amount / order.line_count > 10)",
            {"order.amount": Decimal(100), "order.line_count": 0},
            False,
        ),
        (
            "1.0 * buyer.orders_10m / order.line_count > 2.4",
            {"buyer.orders_10m": 5, "order.line_count": 2},
            True,
        ),
        ("-buyer.orders_10m < -4", {"buyer.orders_10m": 5}, True),
        ("buyer.city_last_90d.startsWith('上')", {"buyer.city_last_90d": "上海"}, True),
        (r'buyer.city_last_90d == "a\"\u4e0a\n"', {"buyer.city_last_90d": 'a"上\n'}, True),
        ("ship_to.city.contains(buyer.city_last_90d)", {"ship_to.city": "上海"}, False),
        ("!lists.blocked", {"lists.blocked": False}, True),
        ("buyer.phone_is_virtual == true", {"buyer.phone_is_virtual": True}, True),
        ("buyer.phone_is_virtual", {}, False),
        ("(((lists.blocked)))", {"lists.blocked": True}, True),
        ("lists.blocked // a comment", {"lists.blocked": True}, True),
    ],
)
def test_a_condition_holds_when_it_is_certain(
    condition: str, known: dict[str, Any], *, expected: bool
) -> None:
    assert holds(condition, known) is expected


@pytest.mark.parametrize(
    ("condition", "at", "said"),
    [
        ("", 0, "ends too early"),
        ("buyer.orders_10m >= ", 20, "ends too early"),
        ("buyer.orders_10m = 5", 17, "CEL has =="),
        ("lists.blocked and lists.blocked", 14, "write &&"),
        ("lists.blocked &&& lists.blocked", 16, "`&`"),
        ("buyer.orders_1m > 1", 0, "did you mean `buyer.orders_10m`?"),
        ("order.amount > 1 && x > 1", 20, "unknown name `x`"),
        ('buyer.orders_10m >= "five"', 0, "write a whole number"),
        ("order.currency > 'CNY'", 0, "orders numbers"),
        ("order.currency == 5", 0, "write a text"),
        ("buyer.orders_10m", 0, "compare it with something"),
        ("order.currency + 1 == 2", 0, "takes numbers"),
        ("order.amount.startsWith('a')", 0, "needs a text"),
        ("'a'.startsWith(order.currency)", 0, "tests a literal"),
        ("order.amount * buyer.amount_avg_30d > 1", 0, "do not mix"),
        ("order.amount / order.discount > 1", 0, "order.discount > 0.5 * order.amount"),
        ("1 / order.amount > 1", 0, "divided by an amount"),
        ("buyer.orders_10m / 2 > 1", 0, "1.0 * a / b"),
        ("order.amount > 7 / 2", 15, "1.0 * a / b"),
        ("order.amount / 0 > 1", 15, "divides by zero"),
        ("order.amount > 1 / 0", 19, "divides by zero"),
        ("1 < 2", 0, "two literals"),
        ("order.amount >= order.amount", 0, "compared with itself"),
        ("order.currency in []", 0, "empty"),
        ("order.currency in [1, 'CNY']", 19, "write a text"),
        ("order.currency in 'CNY'", 18, "stands a list"),
        ("order.currency in [buyer.id]", 19, "literals only"),
        ("5 in [5]", 0, "looks for a literal"),
        ("order.currency == ['CNY']", 18, "right of `in`"),
        ("null == null", 0, "only be compared"),
        ("order.amount + 1 == null", 0, "only a name"),
        ("order.amount > null", 15, "only be compared"),
        ("(order.amount > 1) == true", 1, "comparison is not a value"),
        ("size(order.currency) > 1", 0, "unknown function `size`"),
        ("order.currency.matches('a')", 0, "unknown function `matches`"),
        ("order.currency.startsWith()", 0, "takes one text"),
        ("order.currency[0] == 'C'", 0, "an index"),
        ("order.amount > 1 ? true : false", 0, "`? :`"),
        ("order.quantity % 2 == 1", 0, "`%`"),
        ("{'a': 1} == 1", 0, "a map"),
        ("Order{amount: 1} == 1", 0, "a message"),
        (".buyer == 'a'", 0, "begin with a dot"),
        (".buyer.id == 'a'", 0, "only names have members"),
        ("a.b.c == 1", 0, "more than two parts"),
        ("order.__class__ == 1", 0, "no name"),
        ("Order.amount == 1", 0, "no name"),
        ("order.currency == r'a'", 18, "without a prefix"),
        ("order.currency == b'a'", 18, "without a prefix"),
        (r"order.currency == 'a\q'", 20, "no escape"),
        ("order.amount > 5u", 15, "no number"),
        ("order.amount > 0x10", 15, "no number"),
        ("order.amount > 1e999", 15, "out of range"),
        ("order.amount > 1e15 * 10", 15, "out of range"),
        ("!" * 40 + "lists.blocked", 32, "nested deeper"),
        ("-" * 40 + "order.amount > 1", 31, "nested deeper"),
        ("buyer.orders_10m > 1" + " + order.quantity" * 9, 19, "operators in one number"),
        ("lists.blocked ||" * 200 + " lists.blocked", 0, f"{CHARACTERS_MAX} characters"),
    ],
)
def test_a_fault_is_told_where_it_is(condition: str, at: int, said: str) -> None:
    problems = told(condition)
    assert [place for place, message in problems if said in message] == [at], problems


@pytest.mark.parametrize(
    ("condition", "at"),
    [
        ("buyer.orders_10m > 5 && buyer.orders_10m < 3", 24),
        ("buyer.orders_10m > 5 && buyer.orders_10m < 6", 24),
        ("buyer.orders_10m > 5 && lists.blocked && 3 > buyer.orders_10m", 41),
        ("segment.share_60s > 0.5 && segment.share_60s < 0.5", 27),
        ("segment.share_60s > 1.5", 0),
        ("segment.share_60s >= 1 && segment.share_60s != 1", 26),
        ("buyer.orders_10m < 0", 0),
        ("buyer.orders_10m == 2.5", 0),
        ("buyer.orders_10m <= 1 && buyer.orders_10m != 0 && buyer.orders_10m != 1", 50),
        ("payment.method == 'a' && payment.method == 'b'", 25),
        ("payment.method == 'a' && !(payment.method in ['a', 'b'])", 25),
        ("payment.method == 'ab' && payment.method.startsWith('b')", 26),
        ("ship_to.city.contains('a') && !ship_to.city.contains('a')", 30),
        ("order.discount == null && order.discount > 0", 26),
        ("order.discount == null && order.discount + order.freight > 0", 26),
        ("lists.blocked && !lists.blocked", 17),
        ("lists.blocked && false", 17),
        ("lists.blocked || order.amount > 5 && order.amount < 4", 37),
        ("buyer.orders_10m >= 3 && (buyer.orders_10m < 2 || lists.blocked)", 26),
        ("lists.blocked && (order.amount > 1 || order.amount < 1 && !lists.blocked)", 58),
        ("!(buyer.orders_10m > 5 || buyer.orders_10m < 6)", 0),
    ],
)
def test_what_can_never_hold_is_told(condition: str, at: int) -> None:
    ((place, message),) = told(condition)
    assert (place, "never hold" in message) == (at, True)


@pytest.mark.parametrize(
    ("condition", "at"),
    [
        ("buyer.orders_10m >= 0", 0),
        ("lists.blocked && segment.share_60s <= 1", 17),
        ("lists.blocked || true", 0),
        ("order.discount == null || order.discount != null", 0),
        ("buyer.orders_10m > 5 || buyer.orders_10m < 6", 0),
    ],
)
def test_what_always_holds_is_told(condition: str, at: int) -> None:
    assert [(place, "always holds" in message) for place, message in told(condition)] == [
        (at, True)
    ]


def test_every_fault_is_told_not_only_the_first() -> None:
    condition = "ordr.amount > 1 && order.amount >= 'a' && segment.share_60s > 2 || size(1) > 1"
    assert [at for at, _ in told(condition)] == [0, 19, 42, 67]


def test_a_condition_with_many_cases_is_taken_unsearched() -> None:
    pair = "(buyer.orders_10m > {0} || order.quantity > {0})"
    assert told(" && ".join(pair.format(number) for number in range(20))) == []


@pytest.mark.parametrize(
    "injection",
    [
        "__import__('os').system('touch ran') == 0",
        "open('ran', 'w') != null",
        "eval('1') == 1",
        "buyer.orders_10m.__class__ != null",
        "().__class__.__bases__[0] != null",
        "(lambda: true)()",
        "[x for x in [1]] == [1]",
        "[1].exists(x, x > 0)",
        "exec('1') == null",
        "globals() != null",
        "buyer.orders_10m >= 1 or __builtins__ != null",
        "f'{1}' == '1'",
        "getattr(buyer.orders_10m, 'real') > 0",
        "__builtins__ != null",
        "order.amount > 1\n    import os",
        "buyer.orders_10m > (x := 5)",
        "order.currency == 'a'; import os",
        "v[0] == 1",
        "f.order_amount == 1",
        "True",
    ],
)
def test_python_is_refused(injection: str) -> None:
    assert told(injection)
    with pytest.raises(LibraryFaults):
        compile_condition(injection, NAMES)


def test_texts_never_reach_the_source() -> None:
    text = "'); import os; k0 = ('"
    condition = compile_condition(f'order.currency == "{text}"', NAMES)
    code = [line for line in condition.source.splitlines() if not line.startswith("#")]
    assert "import" not in "\n".join(code)
    assert holds(f'order.currency == "{text}"', {"order.currency": text})


def test_a_line_break_in_a_text_stays_in_its_comment() -> None:
    condition = compile_condition(r'order.currency == "\nimport os\r\n\u2028"', NAMES)
    assert [type(line) for line in ast.parse(condition.source).body] == [ast.FunctionDef]


def test_a_condition_says_which_members_it_reads() -> None:
    condition = compile_condition("buyer.orders_10m > 1 && order.amount > 1", NAMES)
    assert condition.members == {"order_amount"}


def test_a_name_loads_once_and_is_guarded_once() -> None:
    condition = compile_condition("order.amount > 1 && order.amount < 5", NAMES)
    assert condition.source.count("f.order_amount") == 1
    assert condition.source.count("is not None") == 1


@given(st.text(max_size=80) | st.text("ab.<>=!&|()[]'\"\\0159 \n{}?:%+-*/", max_size=60))
def test_any_text_is_parsed_or_told(text: str) -> None:
    checked = check(text, NAMES)
    assert all(0 <= problem.at <= len(text) for problem in checked.problems)
    assert parse(text) is parse(text)
