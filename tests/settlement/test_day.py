"""What a day has of the orders' money, and how old it is."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.settlement.test_reckon import PAYMENTS, lives
from tests.settlement.told import TERMS, at, money, paid, paid_out, refunded, settled

from orderguard.domain.events import OrderEvent, SettlementKind
from orderguard.kit.clock import MS_PER_DAY
from orderguard.settlement import (
    Line,
    OrderMoney,
    Place,
    Totals,
    age,
    day_of,
    day_text,
    minus,
    plus,
    posted,
    reckon,
    version,
)

ZONE = "Asia/Shanghai"


def day(known: OrderMoney, hours: float = 10_000) -> dict[Place, Totals]:
    return posted(known, reckon(known, TERMS), at(hours), ZONE)


def test_a_right_order_makes_a_day_that_adds_up() -> None:
    known = money(
        paid("100.00"), settled("s1", "100.00"), refunded("r1", "30.00"), paid_out("s2", "30.00")
    )
    ((place, totals),) = day(known).items()
    assert place == (day_of(at(0), ZONE), "CNY")
    assert totals.channel_amount == totals.net == totals.net_settled == Decimal(70)
    assert totals.difference == 0
    assert totals.causes == {}
    assert totals.orders == 1


def test_a_refund_stands_on_its_own_day_with_what_was_settled_of_it() -> None:
    known = money(
        paid("100.00"),
        settled("s1", "100.00", 200),
        refunded("r1", "30.00", 48),
        paid_out("s2", "30.00", 300),
    )
    first, second = day(known).values()
    hundred, thirty, nothing = Decimal(100), Decimal(30), Decimal(0)
    assert (first.paid, first.settled, first.refunded) == (hundred, hundred, nothing)
    assert (second.paid, second.refunded, second.settled_refunds) == (nothing, thirty, thirty)


def test_what_is_awaited_is_no_fault_until_it_is_due() -> None:
    known = money(paid("100.00"))
    (before,) = day(known, 71).values()
    assert before.faulty == {}
    assert before.causes["awaited"].effect == Decimal(-100)
    (after,) = day(known, 72).values()
    assert after.faulty["payment_missing"].effect == Decimal(-100)


def test_not_expected_is_no_fault() -> None:
    (totals,) = day(money(paid("100.00"), refunded("r1", "100.00"))).values()
    assert totals.faulty == {}
    assert totals.difference == 0


def test_a_day_begins_at_midnight_of_the_shop() -> None:
    midnight_in_shanghai = 1_794_067_200_000  # 2026-11-08T00:00:00+08:00
    assert day_text(day_of(midnight_in_shanghai, ZONE)) == "2026-11-08"
    assert day_text(day_of(midnight_in_shanghai - 1, ZONE)) == "2026-11-07"
    assert day_text(day_of(midnight_in_shanghai, "Europe/Berlin")) == "2026-11-07"


def test_differences_age_by_the_shops_days() -> None:
    today = day_of(at(0), ZONE)
    ages = [age(today, at(0) + days * MS_PER_DAY, ZONE) for days in (0, 1, 2, 3, 4, 8, 30, 31)]
    assert ages == ["0-1", "0-1", "2-3", "2-3", "4-7", "8-30", "8-30", ">30"]


def test_the_version_tells_money_apart_and_not_how_it_is_written() -> None:
    one = Totals(orders=1, paid=Decimal("1.00"))
    assert version({"CNY": one}) == version({"CNY": Totals(orders=1, paid=Decimal(1))})
    assert version({"CNY": one}) != version({"CNY": Totals(orders=1, paid=Decimal("1.01"))})
    assert version({"CNY": one}) != version({"USD": one})


@settings(max_examples=300, deadline=None)
@given(lives(), PAYMENTS, st.sampled_from([0, 25, 71, 72, 500]))
def test_causes_add_up_to_the_difference_to_the_last_digit(
    events: list[OrderEvent], payment: object, hours: int
) -> None:
    known = money(payment, *events)  # type: ignore[arg-type]  # as drawn
    for totals in day(known, hours).values():
        effects = [share.effect for share in totals.causes.values()]
        assert sum(effects, Decimal(0)) == totals.difference


@settings(max_examples=200, deadline=None)
@given(lives(), PAYMENTS, lives(), PAYMENTS)
def test_what_was_added_can_be_taken_away(
    events: list[OrderEvent], payment: object, others: list[OrderEvent], other: object
) -> None:
    one = day(money(payment, *events))  # type: ignore[arg-type]  # as drawn
    two = day(money(other, *others))  # type: ignore[arg-type]  # as drawn
    for place, totals in one.items():
        more = plus(two.get(place, Totals()), totals)
        assert version({"": minus(more, totals)}) == version({"": two.get(place, Totals())})


@settings(max_examples=200, deadline=None)
@given(lives(), PAYMENTS, st.sampled_from([25, 72, 500]))
def test_the_short_way_for_ordinary_orders_says_the_same(
    events: list[OrderEvent], payment: object, hours: int
) -> None:
    known = money(payment, *events[:1])  # type: ignore[arg-type]  # as drawn
    lines = reckon(known, TERMS)
    # A second line of nothing makes it take the long way.
    nothing = Line(kind=SettlementKind.PAYMENT, currency=None, at=0)
    assert posted(known, lines, at(hours), ZONE) == posted(
        known, (*lines, nothing), at(hours), ZONE
    )
