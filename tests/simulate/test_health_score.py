"""The judge of planted faults: what it must see in alerts that are right, late or missing."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from orderguard.domain.alerts import Alert, AlertKind, Explanation, Hit, Severity, Subject
from orderguard.domain.orders import OrderKey
from orderguard.simulate.health.score import Judge, Said, Score, joined
from orderguard.simulate.health.truth import IMPOSSIBLE_TAG, RULES, Fault, Kind

SHOP = "standard/flagship"
ALL_RULES = frozenset(RULES.values())


def key(number: int) -> OrderKey:
    return OrderKey("standard", "flagship", f"o{number}")


STUCK = Fault(kind=Kind.NOT_PICKED, shop=SHOP, since=1_000, due=5_000, orders=(key(1),))
UNPAID = Fault(
    kind=Kind.SETTLED_BUT_PENDING,
    shop=SHOP,
    since=1_000,
    orders=(key(2),),
    also=("lifecycle.payment_pending",),
)
SHORT = Fault(
    kind=Kind.SETTLEMENT_SHORT, shop=SHOP, since=1_000, orders=(key(3),), money=Decimal("0.30")
)
OVERSOLD = Fault(
    kind=Kind.OVERSOLD, shop=SHOP, since=1_000, orders=(key(4), key(5)), skus=("shoe",)
)
SURGE = Fault(kind=Kind.VOLUME_SURGE, shop=SHOP, since=1_000, until=9_000)
CROSSED = Fault(
    kind=Kind.CANCELLED_BUT_SENT, shop=SHOP, since=1_000, orders=(key(6),), cause="sent"
)
IMPOSSIBLE = Fault(kind=Kind.IMPOSSIBLE_ORDER, shop=SHOP, since=0, orders=(key(7),))
FAULTS = (STUCK, UNPAID, SHORT, OVERSOLD, SURGE, CROSSED, IMPOSSIBLE)


def alert(fault: Fault, **changes: object) -> Alert:
    """The alert that says of a fault what is to be said."""
    values: dict[str, int | float | str | bool | None] = {}
    if fault.money is not None:
        values["difference"] = f"-{fault.money}"
    if fault.cause is not None:
        values["cause"] = fault.cause
    subject = Subject("order", str(fault.orders[0])) if fault.orders else Subject("shop", SHOP)
    if fault.skus:
        subject = Subject("sku", fault.skus[0])
    at = fault.due or fault.since
    hit = Hit(
        rule=fault.rule,
        version="1",
        order_id=None,
        severity=Severity.LOW,
        at=at,
        features=values,
        normal={},
        explanation=Explanation(zh="-", en="-"),
    )
    right = Alert(
        alert_id=f"alt-{fault.kind}",
        kind=AlertKind.HEALTH,
        subject=subject,
        channel="standard",
        shop="flagship",
        order=None,
        orders=fault.orders,
        rules=(fault.rule,),
        hits=(hit,),
        floor=Severity.LOW,
        severity=Severity.LOW,
        score=0,
        occurred_at=at,
        detected_at=at,
        updated_at=at,
        last_hit_at=at,
        quiet_ms=0,
    )
    return replace(right, **changes)


ALERTS = {fault.kind: alert(fault) for fault in FAULTS if fault is not IMPOSSIBLE}
ORDERS = {key(7): Said([IMPOSSIBLE_TAG], []), key(8): Said(["split"], [])}


def judged(*alerts: Alert, orders: dict[OrderKey, Said] = ORDERS) -> Score:
    return Judge(FAULTS, ALL_RULES).score(alerts, orders, healthy=500)


def test_alerts_that_are_right_lack_nothing() -> None:
    score = judged(*ALERTS.values())
    assert {kind: count.recall for kind, count in score.kinds.items()} == dict.fromkeys(
        (fault.kind for fault in FAULTS), 1.0
    )
    assert score.kinds[Kind.OVERSOLD].planted == 2
    assert (score.false_alarms, score.notes) == ({}, [])
    assert score.causes_right == score.moneys_right == 1


@pytest.mark.parametrize("kind", ALERTS)
def test_what_is_not_told_is_missed(kind: Kind) -> None:
    score = judged(*(alert for other, alert in ALERTS.items() if other is not kind))
    assert [other for other, count in score.kinds.items() if count.recall < 1] == [kind]
    assert len(score.notes) == 1


def test_a_tag_too_few_and_one_too_many() -> None:
    score = judged(
        *ALERTS.values(), orders={key(7): Said([], []), key(8): Said([IMPOSSIBLE_TAG], [])}
    )
    assert score.kinds[Kind.IMPOSSIBLE_ORDER].found == 0
    assert score.false_alarms == {IMPOSSIBLE_TAG: 1}
    assert score.false_per_1000 == 2


@pytest.mark.parametrize(
    "stranger",
    [
        alert(STUCK, orders=(key(9),)),
        alert(STUCK, rules=("lifecycle.no_trace",)),
        alert(SURGE, detected_at=10**8),
        alert(OVERSOLD, subject=Subject("sku", "boot"), orders=()),
    ],
)
def test_an_alert_on_what_is_healthy_is_a_false_one(stranger: Alert) -> None:
    score = judged(*ALERTS.values(), stranger)
    assert score.false_alarms == {stranger.rules[0]: 1}


def test_orders_named_beyond_the_truth_are_false_alarms() -> None:
    more = alert(OVERSOLD, orders=(*OVERSOLD.orders, key(8), key(9)))
    score = judged(more)
    assert score.kinds[Kind.OVERSOLD].found == 2
    assert score.false_alarms == {"stock.oversold": 2}


def test_an_order_that_is_named_no_more_was_concerned() -> None:
    orders = {key: Said([], ["stock.oversold"]) for key in (*OVERSOLD.orders, key(9))}
    score = judged(alert(OVERSOLD, orders=OVERSOLD.orders[:1]), orders=ORDERS | orders)
    assert score.kinds[Kind.OVERSOLD].found == 2
    assert score.false_alarms == {"stock.oversold": 1}


def test_another_rule_may_speak_of_a_fault_with_reason_and_does_not_find_it() -> None:
    score = judged(alert(UNPAID, rules=("lifecycle.payment_pending",)))
    assert score.kinds[Kind.SETTLED_BUT_PENDING].found == 0
    assert not score.false_alarms


def test_risk_is_not_judged_here() -> None:
    assert not judged(alert(STUCK, kind=AlertKind.RISK, orders=(key(9),))).false_alarms


@pytest.mark.parametrize(
    "wrong",
    [
        alert(STUCK, detected_at=4_999),
        alert(STUCK, detected_at=65_001),
        alert(SHORT, detected_at=999),
        alert(replace(CROSSED, cause="lost")),
    ],
)
def test_a_wrong_deadline_or_cause_is_no_right_cause(wrong: Alert) -> None:
    score = judged(wrong)
    assert sum(count.found for count in score.kinds.values()) == 1 + 1  # And the tag.
    assert score.causes_right == 0


def test_money_is_wrong_by_a_cent() -> None:
    score = judged(alert(replace(SHORT, money=Decimal("0.31"))))
    assert score.moneys_right == 0
    assert score.causes_right == 1


def test_rules_that_are_not_there_are_left_out() -> None:
    score = Judge(FAULTS, {"stock.oversold"}).score([], {}, healthy=1)
    assert set(score.kinds) == {Kind.OVERSOLD}


def test_runs_are_counted_together() -> None:
    both = joined(judged(*ALERTS.values()), judged(alert(STUCK, orders=(key(9),))))
    assert (both.kinds[Kind.NOT_PICKED].planted, both.kinds[Kind.NOT_PICKED].found) == (2, 1)
    assert both.false_alarms == {"lifecycle.not_picked": 1}
    assert both.healthy == 1_000
