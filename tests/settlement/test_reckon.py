"""Payment and refunds against what was settled of them."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.settlement.told import TERMS, at, faulty, money, paid, paid_out, refunded, settled, wrong

from orderguard.domain.events import OrderEvent, SettlementKind
from orderguard.settlement import Payment, expected, explain, faults, money_text, next_due, reckon
from orderguard.settlement.reckon import _payment_lines, _plain, _settled

REFUND = SettlementKind.REFUND


def test_what_was_paid_and_settled_is_right() -> None:
    assert wrong(money(paid("100.00"), settled("s1", "100.00"))) == []


def test_equal_amounts_are_equal_however_they_are_written() -> None:
    assert wrong(money(paid("100.00"), settled("s1", "100"))) == []


def test_a_payment_is_missing_exactly_at_the_end_of_its_grace() -> None:
    known = money(paid("100.00"))
    due = at(72)
    lines = reckon(known, TERMS)
    assert next_due(lines, at(0)) == due
    assert wrong(known, 72 - 0.001) == []
    assert wrong(known, 72) == [("payment_missing", "100.00")]
    assert next_due(lines, due) is None


def test_a_payment_that_was_told_late_leaves_time_for_the_other_word() -> None:
    known = money(Payment(at(0), at(100), Decimal(100), "CNY", Decimal(100), "CNY"))
    assert wrong(known, 100.9) == []
    assert [line.counts_at for line in faulty(known, 101)] == [at(101)]


def test_a_refund_is_missing_after_its_own_grace() -> None:
    known = money(paid("100.00"), settled("s1", "100.00"), refunded("r1", "30.00", hours=50))
    assert wrong(known, 50 + 71.9) == []
    assert wrong(known, 50 + 72) == [("refund_missing", "30.00")]


@pytest.mark.parametrize(
    ("amount", "cause", "difference"),
    [("99.99", "short", "0.01"), ("100.01", "over", "0.01"), ("60.00", "short", "40.00")],
)
def test_another_amount_is_wrong_at_once(amount: str, cause: str, difference: str) -> None:
    known = money(paid("100.00"), settled("s1", amount, 24))
    assert wrong(known, 24) == [(cause, difference)]
    assert wrong(known, 23.9) == []


def test_the_same_settlement_again_is_the_same() -> None:
    again = settled("s1", "100.00", 30, event_id="told again")
    assert wrong(money(paid("100.00"), settled("s1", "100.00"), again)) == []


def test_a_repeat_under_another_id_is_double() -> None:
    known = money(paid("100.00"), settled("s1", "100.00"), settled("s2", "100.00", 30))
    assert wrong(known, 30) == [("double", "100.00")]


def test_a_settlement_without_an_id_is_one_of_its_own() -> None:
    known = money(
        paid("100.00"),
        settled(None, "100.00", event_id="first"),
        settled(None, "100.00", event_id="second"),
    )
    assert wrong(known) == [("double", "100.00")]


def test_pieces_that_add_up_are_no_double() -> None:
    assert wrong(money(paid("100.00"), settled("s1", "60.00"), settled("s2", "40.00"))) == []


def test_a_kind_that_is_not_told_is_a_payment() -> None:
    assert wrong(money(paid("100.00"), settled("s1", "100.00", kind=None))) == []


def test_a_corrected_settlement_has_the_word() -> None:
    known = money(paid("100.00"), settled("s1", "90.00", 24), settled("s1", "100.00", 30))
    assert wrong(known) == []
    told_backwards = money(paid("100.00"), settled("s1", "100.00", 30), settled("s1", "90.00", 24))
    assert wrong(told_backwards) == []


def test_unequal_currencies_are_never_compared() -> None:
    known = money(paid("100.00", "USD"), settled("s1", "720.00", 24, "CNY"))
    assert wrong(known, 24) == [("wrong_currency", "100.00"), ("wrong_currency", "720.00")]


def test_a_payment_in_another_currency_may_be_settled_in_either() -> None:
    payment = paid("720.00", "CNY", order=("100.00", "USD"))
    assert wrong(money(payment, settled("s1", "720.00", 24, "CNY"))) == []
    assert wrong(money(payment, settled("s1", "100.00", 24, "USD"))) == []
    assert wrong(money(payment, settled("s1", "90.00", 24, "USD"))) == [("short", "10.00")]


def test_settled_and_never_paid_waits_for_the_channels_word() -> None:
    known = money(None, settled("s1", "100.00", 24))
    assert wrong(known, 24.9) == []
    assert wrong(known, 25) == [("settled_unpaid", "100.00")]
    assert wrong(money(paid("100.00", hours=20), settled("s1", "100.00", 24))) == []


def test_a_settled_refund_that_nobody_made() -> None:
    known = money(paid("100.00"), settled("s1", "100.00"), paid_out("s2", "30.00", 40))
    assert wrong(known, 40.9) == []
    assert wrong(known, 41) == [("settled_without_refund", "30.00")]


def test_refunds_find_their_settlements_by_amount() -> None:
    known = money(
        paid("100.00"),
        settled("s1", "100.00"),
        refunded("r1", "10.00", 1),
        refunded("r2", "25.00", 2),
        paid_out("s2", "25.00"),
        paid_out("s3", "10.00"),
    )
    assert wrong(known) == []


def test_two_refunds_may_be_settled_in_one() -> None:
    known = money(
        paid("100.00"),
        settled("s1", "100.00"),
        refunded("r1", "10.00"),
        refunded("r2", "25.00"),
        paid_out("s2", "35.00"),
    )
    assert wrong(known) == []


def test_a_refund_settled_twice_is_double() -> None:
    known = money(
        paid("100.00"),
        settled("s1", "100.00"),
        refunded("r1", "10.00"),
        paid_out("s2", "10.00", 30),
        paid_out("s3", "10.00", 31),
    )
    assert wrong(known, 31) == [("double", "10.00")]


def test_a_refund_settled_short() -> None:
    known = money(
        paid("100.00"), settled("s1", "100.00"), refunded("r1", "10.00"), paid_out("s2", "9.00", 30)
    )
    assert wrong(known, 30) == [("short", "1.00")]


def test_a_refund_in_another_currency() -> None:
    known = money(
        paid("100.00", "USD"),
        settled("s1", "100.00", 24, "USD"),
        refunded("r1", "10.00", 1, "USD"),
        paid_out("s2", "72.00", 30, "CNY"),
    )
    assert wrong(known, 30) == [("wrong_currency", "10.00"), ("wrong_currency", "72.00")]


def test_more_paid_back_than_paid() -> None:
    known = money(
        paid("100.00"),
        settled("s1", "100.00", 2),
        refunded("r1", "80.00", 3),
        refunded("r2", "30.00", 4),
    )
    assert wrong(known, 4) == [("refund_beyond_paid", "10.00")]


def test_paid_back_in_full_before_anything_was_settled_owes_nothing() -> None:
    known = money(paid("100.00"), refunded("r1", "100.00", 5))
    assert wrong(known) == []
    assert wrong(money(paid("100.00"), refunded("r1", "99.00", 5))) == [
        ("payment_missing", "100.00"),
        ("refund_missing", "99.00"),
    ]


def test_once_one_side_is_settled_the_other_is_owed_again() -> None:
    known = money(paid("100.00"), refunded("r1", "100.00", 5), settled("s1", "100.00", 6))
    assert wrong(known) == [("refund_missing", "100.00")]


def test_nothing_to_pay_is_nothing_to_settle() -> None:
    assert wrong(money(paid("0.00"))) == []
    assert wrong(money(paid("0.00"), settled("s1", "5.00"))) == [("over", "5.00")]


def test_an_amount_that_nobody_told_is_not_compared_but_missed() -> None:
    assert wrong(money(paid(None, None), settled("s1", "5.00"))) == []
    assert wrong(money(paid(None, None))) == [("payment_missing", "None")]
    known = money(paid("9.00"), settled("s1", "9.00"), refunded("r1", None), paid_out("s2", "3.00"))
    assert wrong(known) == []


def test_a_refund_told_again_has_its_newest_amount_and_its_first_instant() -> None:
    known = money(paid("100.00"), refunded("r1", "10.00", 5), refunded("r1", "12.00", 9))
    assert known.refunds["r1"].at == at(5)
    assert known.refunds["r1"].amount == Decimal("12.00")
    backwards = money(paid("100.00"), refunded("r1", "12.00", 9), refunded("r1", "10.00", 5))
    assert backwards.refunds["r1"].at == at(5)
    assert backwards.refunds["r1"].amount == Decimal("12.00")


def test_what_is_not_expected_is_no_fault() -> None:
    known = money(paid("100.00", hours=5), settled("s1", "100.00"), refunded("r1", "30.00", 6))
    lines = reckon(known, TERMS)
    assert faults(expected(lines, at(6)), at(10_000)) == faults(lines, at(10_000))
    assert faults(expected(lines, at(6) + 1), at(10_000)) == ()


def test_the_words_say_how_much_is_wrong_in_both_languages() -> None:
    en, zh = explain(faulty(money(paid("100.00"), settled("s1", "99.9"))))
    assert en == "Payment: settled too little; owed 100.00, settled 99.90, difference 0.10 CNY."
    assert zh == "付款：少结；应结 100.00，已结 99.90，差额 0.10 CNY。"


def test_money_is_written_alike_for_equal_amounts() -> None:
    texts = [money_text(Decimal(text)) for text in ("1", "1.0", "1.000", "1E+2", "-0", "0.125")]
    assert texts == ["1.00", "1.00", "1.00", "100.00", "0.00", "0.125"]


AMOUNTS = st.sampled_from(["0", "0.01", "10", "10.00", "25.5", "35.5", "99.99", "100"])
CURRENCIES = st.sampled_from(["CNY", "CNY", "CNY", "USD"])


@st.composite
def lives(draw: st.DrawFn) -> list[OrderEvent]:
    """Up to three refunds and five settlements, in any order, of any amount."""
    refunds = [
        refunded(f"r{n}", draw(st.none() | AMOUNTS), n + 1, draw(st.none() | CURRENCIES))
        for n in range(draw(st.integers(0, 3)))
    ]
    kinds = st.sampled_from([SettlementKind.PAYMENT, REFUND])
    settlements = [
        settled(f"s{n}", draw(AMOUNTS), 20 + n, draw(CURRENCIES), kind=draw(kinds))
        for n in range(draw(st.integers(0, 5)))
    ]
    return draw(st.permutations([*refunds, *settlements]))


PAYMENTS = st.none() | st.builds(
    paid, st.none() | AMOUNTS, st.sampled_from([None, "CNY", "USD"]), order=st.just(("100", "CNY"))
)


@settings(max_examples=300, deadline=None)
@given(lives(), PAYMENTS, st.booleans())
def test_all_that_was_settled_stands_in_exactly_one_line(
    events: list[OrderEvent], payment: object, is_paid: bool
) -> None:
    known = money(payment if is_paid else None, *events)  # type: ignore[arg-type]  # as drawn
    lines = reckon(known, TERMS)
    for kind in SettlementKind:
        got = sum((line.got for line in lines if line.kind is kind), Decimal(0))
        told = [one.amount for one in known.settlements.values() if one.kind is kind]
        assert got == sum(told, Decimal(0))
    for line in lines:
        assert (line.effect == 0) or line.cause is not None, "a difference has a cause"


@settings(max_examples=100, deadline=None)
@given(lives(), PAYMENTS)
def test_the_order_of_arrival_does_not_matter(events: list[OrderEvent], payment: object) -> None:
    expected = reckon(money(payment, *events), TERMS)  # type: ignore[arg-type]  # as drawn
    for other in list(permutations(events))[:24]:
        assert reckon(money(payment, *other), TERMS) == expected  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(lives(), PAYMENTS)
def test_the_short_way_for_ordinary_orders_says_the_same(
    events: list[OrderEvent], payment: object
) -> None:
    for known in (money(payment, *events[:1]), money(payment)):  # type: ignore[arg-type]
        plain = _plain(known, TERMS)
        if plain is not None and not known.refunds:
            payments = _settled(known, SettlementKind.PAYMENT)
            assert [plain] == list(_payment_lines(known.payment, payments, TERMS))
