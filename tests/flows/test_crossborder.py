"""What goes wrong at a border, through the fold; and nothing at home."""

from typing import Any

import pytest
from tests.flows.stories import Story

from orderguard.domain.alerts import Severity

MONEY = "crossborder.currency_mismatch"
PAPERS = "crossborder.missing_documents"
CODES = "crossborder.hs_code"

ABROAD = {"country": "US", "city": "Seattle"}
INVOICE: dict[str, Any] = {"documents": [{"kind": "Commercial Invoice", "number": "I-1"}]}


def paid_in(currency: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"method": "card", "account": "a", "currency": currency, "amount": amount, **more}


def line(hs_code: str | None) -> dict[str, Any]:
    return {"sku": "shoe", "quantity": 1, "unit_price": "59.00", "hs_code": hs_code}


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "no invoice": (PAPERS, {"customs": {"documents": []}}),
    "an invoice without a number": (PAPERS, {"customs": {"documents": [{"kind": "invoice"}]}}),
    "no declaration": (PAPERS, {"customs": {**INVOICE, "trade_mode": "9710"}}),
    "paid in another currency": (MONEY, {"payment": paid_in("EUR", "59.00")}),
    "off the rate": (MONEY, {"payment": paid_in("USD", "9.90", exchange_rate="7.1")}),
    "declared in another": (
        MONEY,
        {"payment": paid_in("CNY", "59.00"), "customs": {**INVOICE, "declared_currency": "USD"}},
    ),
    "declared at a tenth": (
        MONEY,
        {"customs": {**INVOICE, "declared_currency": "CNY", "declared_value": "5.90"}},
    ),
    "chapter 77": (CODES, {"lines": [line("770100")]}),
    "three digits": (CODES, {"lines": [line("640411"), line("640")]}),
    "a line without a code": (CODES, {"lines": [line("640411"), line(None)]}),
}
RIGHT: dict[str, dict[str, Any]] = {
    "all in order": {
        "lines": [line("6404.11.00")],
        "payment": paid_in("CNY", "59.00"),
        "customs": {**INVOICE, "declared_currency": "CNY", "declared_value": "59.00"},
    },
    "nothing is told": {},
    "the rate one way": {"payment": paid_in("USD", "8.31", exchange_rate="7.1")},
    "the rate the other way": {"payment": paid_in("USD", "8.31", exchange_rate="0.140845")},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name: str) -> None:
    rule, members = WRONG[name]
    story = Story(preset="crossborder")
    story.paid("a", "li", at=0, **{"ship_to": ABROAD, **members})
    (alert,) = [one for one in story.alerts() if one.rules[0].startswith("crossborder.")]
    assert alert.rules == (rule,)
    assert alert.severity is Severity.MEDIUM


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not(name: str) -> None:
    story = Story(preset="crossborder")
    story.paid("a", "li", at=0, **{"ship_to": ABROAD, **RIGHT[name]})
    assert story.alerts() == []


@pytest.mark.parametrize("name", [name for name in WRONG if name != "no declaration"])
def test_at_home_nothing_of_it_is_asked(name: str) -> None:
    _, members = WRONG[name]
    story = Story(preset="crossborder")
    story.paid("a", "li", at=0, **members)
    assert story.alerts() == []


def test_a_rate_that_is_told_later_is_judged_then() -> None:
    story = Story(preset="crossborder")
    customs: dict[str, Any] = {"customs": {"declared_currency": "CNY", **INVOICE}}
    story.paid("a", "li", at=0, ship_to=ABROAD, **customs)
    assert story.alerts() == []
    late = {"order_id": "a", "payment": {"currency": "USD", "amount": "1", "exchange_rate": "7.1"}}
    story.event("order.updated", {"order": late}, at=60)
    assert [alert.rules for alert in story.alerts()] == [(MONEY,)]
