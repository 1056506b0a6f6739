"""How an alert opens, grows within its bounds, and is over."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.alerts.findings import BUYER, finding, key

from orderguard.alerts import (
    HITS_MAX,
    ORDERS_MAX,
    Finding,
    has_grown,
    is_open,
    open_alert,
    regraded,
    with_hit,
)
from orderguard.domain.alerts import Alert, Severity, Subject
from orderguard.kit.clock import MS_PER_HOUR

SEVERITIES = list(Severity)
OTHER = "payment.shared_account"

findings = st.builds(
    finding,
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True),
    at=st.integers(0, 10 * MS_PER_HOUR),
    rule=st.sampled_from(["velocity.same_item_burst", OTHER]),
    severity=st.sampled_from(SEVERITIES),
    quiet_ms=st.integers(MS_PER_HOUR, 7 * MS_PER_HOUR),
)


def grown(alert: Alert, one: Finding) -> Alert:
    """The alert with a finding whose orders it may have already."""
    return with_hit(alert, one, tuple(order for order in one.orders if order not in alert.orders))


def test_an_alert_opens_with_all_of_its_pattern() -> None:
    alert = open_alert(finding(["a", "b", "c"], at=7, severity=Severity.HIGH))
    assert alert.order == key("c"), "the order that completed it"
    assert alert.orders == (key("a"), key("b"), key("c"))
    assert (alert.floor, alert.severity, alert.score) == (Severity.HIGH, Severity.HIGH, 0)
    assert {alert.occurred_at, alert.detected_at, alert.updated_at, alert.last_hit_at} == {7}
    assert alert.rules == ("velocity.same_item_burst",)
    assert (alert.playbook, alert.closed) == (None, False)


def test_further_hits_extend_it() -> None:
    alert = open_alert(finding(["a", "b"], at=1))
    alert = grown(alert, finding(["b", "c"], at=5, rule=OTHER, severity=Severity.HIGH))
    assert alert.orders == (key("a"), key("b"), key("c"))
    assert alert.order == key("b"), "the first pattern stays"
    assert alert.rules == (OTHER, "velocity.same_item_burst")
    assert [hit.rule for hit in alert.hits] == ["velocity.same_item_burst", OTHER]
    assert (alert.occurred_at, alert.detected_at, alert.updated_at) == (1, 1, 5)
    assert alert.floor is Severity.HIGH


def test_the_same_hit_again_is_no_news() -> None:
    alert = open_alert(finding(["a", "b"], at=1))
    again = grown(alert, finding(["a", "b"], at=5))
    assert again == replace(alert, last_hit_at=5)
    assert not has_grown(again, alert)


def test_the_same_hit_more_severe_is_news() -> None:
    alert = open_alert(finding(["a", "b"], at=1))
    raised = grown(alert, finding(["a", "b"], at=5, severity=Severity.HIGH))
    assert raised.updated_at == 5
    assert len(raised.hits) == 2
    assert has_grown(regraded(raised, 0, 5), alert)


def test_it_stays_open_until_its_subject_was_quiet_once() -> None:
    alert = open_alert(finding(["a"], at=1_000, quiet_ms=100))
    assert is_open(alert, 1_100)
    assert not is_open(alert, 1_101)
    assert is_open(alert, 900), "a late hit belongs to it"
    later = grown(alert, finding(["b"], at=1_100, quiet_ms=50))
    assert is_open(later, 1_200), "the longer of the windows counts"
    late = grown(later, finding(["c"], at=500, quiet_ms=50))
    assert late.last_hit_at == 1_100
    assert not is_open(replace(alert, closed=True), 1_000)


def test_the_first_and_the_newest_hits_are_kept() -> None:
    alert = open_alert(finding(["o0"]))
    for number in range(1, 3 * HITS_MAX):
        alert = grown(alert, finding([f"o{number}"], at=number))
    kept = [hit.order_id for hit in alert.hits]
    half = HITS_MAX // 2
    assert kept[:half] == [f"o{number}" for number in range(half)]
    assert kept[half:] == [f"o{number}" for number in range(3 * HITS_MAX - half, 3 * HITS_MAX)]
    assert len(alert.orders) == 3 * HITS_MAX, "the orders are all kept"


def test_the_orders_are_bounded() -> None:
    many = [f"o{number}" for number in range(ORDERS_MAX + 5)]
    assert len(open_alert(finding(many)).orders) == ORDERS_MAX
    alert = open_alert(finding(many[: ORDERS_MAX - 1]))
    full = grown(alert, finding(many[-3:], at=1))
    assert full.orders == (*alert.orders, key(many[-3]))
    fuller = grown(full, finding(["another"], at=2))
    assert fuller.orders == full.orders
    assert not has_grown(fuller, full)
    assert fuller.updated_at == full.updated_at


@given(st.lists(findings, min_size=1, max_size=12), st.data())
def test_nothing_about_it_ever_shrinks(some: list[Finding], data: st.DataObject) -> None:
    alert = open_alert(some[0])
    for one in some[1:]:
        before = alert
        score = data.draw(st.integers(0, 100))
        alert = regraded(grown(alert, one), score, one.detected_at)
        assert alert.orders[: len(before.orders)] == before.orders
        assert len(set(alert.orders)) == len(alert.orders)
        assert {*before.rules, one.hit.rule} == {*alert.rules}
        assert alert.severity.rank >= max(before.severity.rank, one.hit.severity.rank)
        assert alert.score == max(before.score, score)
        assert alert.last_hit_at >= before.last_hit_at
        assert alert.alert_id == before.alert_id
        if has_grown(alert, before):
            assert alert.updated_at >= one.detected_at


def test_a_score_changes_when_it_was_updated() -> None:
    alert = open_alert(finding(["a"], at=1))
    assert regraded(alert, 0, 9) is alert
    assert regraded(alert, 20, 9).updated_at == 9
    assert regraded(regraded(alert, 20, 9), 10, 12).updated_at == 9, "a lower one changes nothing"


def alert_id(subject: Subject = BUYER, event_id: str = "e", last: str = "a") -> str:
    return open_alert(finding([last], subject=subject, event_id=event_id)).alert_id


def test_an_id_names_the_event_the_rule_and_the_subject() -> None:
    ids = {
        alert_id(),
        alert_id(event_id="f"),
        alert_id(Subject("buyer", "other")),
        alert_id(Subject("payer", "hoarder")),
        open_alert(finding(["a"], event_id="e", rule=OTHER)).alert_id,
    }
    assert len(ids) == 5
    assert alert_id() == "alt_skxypzp6h9jwg7rw6pee", "the same in every run and release"


def test_an_id_does_not_depend_on_tokens() -> None:
    for kind in ("doorstep", "phone", "doorstep+product"):
        ours, theirs = Subject(kind, "token of ours"), Subject(kind, "token of theirs")
        assert alert_id(ours) == alert_id(theirs)
        assert alert_id(ours, last="a") != alert_id(ours, last="b"), "two doors of one late event"
