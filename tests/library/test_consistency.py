"""What a replayed sale says in one file it says in the others too."""

from collections import defaultdict
from datetime import datetime

import pytest
from tests.library.situations import LIBRARY, Json, Results, replayed

from orderguard.alerts import ORDERS_MAX, band
from orderguard.domain.alerts import SEVERITY_RANK, Severity
from orderguard.domain.library import Library
from orderguard.rules import load_library
from orderguard.simulate.sale import make_sale

ORDERS = 2_000
ALERTS_MIN = 50
PERSON_FROM = Severity.MEDIUM

Alerts = list[Json]


def risks(results: Results) -> Alerts:
    return [alert for alert in results.alerts if alert["kind"] == "risk"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    start = datetime.fromisoformat("2026-11-11T00:00:00+08:00")
    sale = make_sale(21, orders=ORDERS, days_of_history=30, start=start)
    found = replayed(sale.events, tmp_path_factory.mktemp("sale"))
    assert len(found.alerts) >= ALERTS_MIN
    return found


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(LIBRARY, preset="standard")


@pytest.fixture
def alerts_of(results: Results) -> dict[str, Alerts]:
    """The alerts that name an order."""
    found: dict[str, Alerts] = defaultdict(list)
    for alert in results.alerts:
        for order_id in alert["order_ids"]:
            found[order_id].append(alert)
    return found


def rank(severity: str | None) -> int:
    return -1 if severity is None else SEVERITY_RANK[Severity(severity)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_order_is_as_severe_as_its_worst_alert(
    results: Results, alerts_of: dict[str, Alerts]
) -> None:
    for order_id, order in results.orders.items():
        for kind in ("risk", "health"):
            worst = max(
                (rank(a["severity"]) for a in alerts_of[order_id] if a["kind"] == kind), default=-1
            )
            assert rank(order[f"{kind}_severity"]) == worst, order_id


def test_an_order_is_held_if_a_playbook_of_its_alerts_holds(
    results: Results, alerts_of: dict[str, Alerts], library: Library
) -> None:
    holding = {playbook.id for playbook in library.playbooks if playbook.holds}
    assert holding == {"high", "critical"}
    for order_id, order in results.orders.items():
        assert order["held"] == any(a["playbook"] in holding for a in alerts_of[order_id])


def test_an_order_names_the_rules_of_its_alerts(
    results: Results, alerts_of: dict[str, Alerts]
) -> None:
    for order_id, order in results.orders.items():
        alerts = alerts_of[order_id]
        assert order["rules"] == sorted({rule for alert in alerts for rule in alert["rules"]})
        assert order["tags"] == sorted({rule.split(".")[-1] for rule in order["rules"]})
        assert (order["score"] > 0) == any(alert["kind"] == "risk" for alert in alerts)


def test_an_alert_scores_as_its_worst_order(results: Results) -> None:
    for alert in risks(results):
        scores = [results.orders[order_id]["score"] for order_id in alert["order_ids"]]
        assert alert["score"] == max(scores)


def test_an_alert_is_as_severe_as_its_rules_and_its_score_say(
    results: Results, library: Library
) -> None:
    rules = {rule.id: rule for rule in library.rules}
    for alert in risks(results):
        floors, tops = [], []
        for rule_id in alert["rules"]:
            raised = [step.to.rank for step in rules[rule_id].raises]
            floors.append(rules[rule_id].severity.rank)
            tops.append(max([rules[rule_id].severity.rank, *raised]))
        banded = band(alert["score"]).rank
        assert max([*floors, banded]) <= rank(alert["severity"]) <= max([*tops, banded])


def test_an_alert_names_each_order_once_and_the_one_that_completed_it(results: Results) -> None:
    for alert in results.alerts:
        ids = alert["order_ids"]
        assert len(ids) == len(set(ids)) <= ORDERS_MAX
        if not ids:
            # A lock that is nobody's may be traced to no order.
            assert (alert["order_id"], alert["subject"]["type"]) == (None, "sku")
            continue
        assert alert["order_id"] in ids
        assert all(order_id in results.orders for order_id in ids)


def test_every_hit_explains_itself(results: Results, library: Library) -> None:
    versions = {rule.id: rule.version for rule in library.rules}
    versions |= {rule.id: rule.version for rule in library.health}
    for alert in results.alerts:
        assert {hit["rule"] for hit in alert["hits"]} == set(alert["rules"])
        assert alert["order_id"] == alert["hits"][0]["order_id"]
        for hit in alert["hits"]:
            assert hit["order_id"] in (alert["order_ids"] or [None])
            assert hit["version"] == versions[hit["rule"]]
            assert hit["normal"].keys() <= hit["features"].keys()
            assert set(hit["features"].values()) != {None}
            for text in hit["explanation"].values():
                assert text
                assert not {"{", "}"} & set(text)


def test_what_happened_was_known_later_and_changed_after_that(results: Results) -> None:
    for alert in results.alerts:
        told = [moment(alert[name]) for name in ("occurred_at", "detected_at", "updated_at")]
        assert told == sorted(told)


def test_every_alert_is_responded_to_by_the_playbook_of_its_severity(
    results: Results, library: Library
) -> None:
    playbooks = {playbook.id: playbook for playbook in library.playbooks}
    assert results.responses.keys() == {alert["alert_id"] for alert in risks(results)}
    for alert in risks(results):
        run = results.responses[alert["alert_id"]]
        assert alert["playbook"] == run["playbook"] == alert["severity"]
        plan = playbooks[run["playbook"]]
        assert run["version"] == plan.version
        assert [step["step"] for step in run["steps"]][-len(plan.steps) :] == [
            step.step for step in plan.steps
        ]


def test_steps_are_for_orders_of_the_alert(results: Results) -> None:
    for alert in risks(results):
        for step in results.responses[alert["alert_id"]]["steps"]:
            ids = step["order_ids"]
            assert set(ids) <= set(alert["order_ids"])
            assert len(set(ids)) == len(ids)
            assert step["state"] in {"waiting", "skipped", "would_do"}, "nothing acts in a replay"
            assert (step["state"] == "would_do") <= bool(ids)
            assert moment(step["due_at"]) >= moment(alert["detected_at"])


def clusters(alerts: Alerts) -> int:
    """How many groups of alerts there are that share no order and no subject."""
    groups: list[set[str]] = []
    for alert in alerts:
        shop = f"{alert['channel']}/{alert['shop']}"
        names = {f"{shop}/{order_id}" for order_id in alert["order_ids"]}
        names.add(f"{alert['subject']['type']}={alert['subject']['key']}")
        apart = [group for group in groups if group.isdisjoint(names)]
        groups = [*apart, names.union(*(group for group in groups if group not in apart))]
    return len(groups)


def test_whatever_needs_a_person_opens_one_case_for_each_cluster(results: Results) -> None:
    needing = [a for a in risks(results) if rank(a["severity"]) >= PERSON_FROM.rank]
    assert results.summary["cases"] == clusters(needing) < len(needing)
    for alert in risks(results):
        steps = results.responses[alert["alert_id"]]["steps"]
        begun = [step for step in steps if step["state"] not in {"skipped", "waiting"}]
        cases = [step for step in begun if step["action"] == "open_case"]
        assert len(cases) == (alert in needing)
        assert all(step["order_ids"] == alert["order_ids"] for step in cases)


def test_no_effect_is_asked_for_twice_for_one_order(results: Results) -> None:
    for run in results.responses.values():
        asked = [
            (step["action"], order_id)
            for step in run["steps"]
            if step["state"] == "would_do"
            for order_id in step["order_ids"]
        ]
        assert len(set(asked)) == len(asked)


def test_the_summary_counts_what_the_files_say(results: Results) -> None:
    summary, orders = results.summary, results.orders.values()
    assert summary["alerts"] == len(results.alerts)
    assert summary["orders"] == len(results.orders)
    assert summary["risk_orders"] == sum(o["risk_severity"] is not None for o in orders)
    assert summary["health_orders"] == sum(o["health_severity"] is not None for o in orders)
    for rule, counts in summary["rules"].items():
        assert counts["orders"] == sum(rule in order["rules"] for order in orders)
        assert counts["hits"] >= sum(rule in alert["rules"] for alert in results.alerts)


def test_alerts_stand_in_the_order_of_their_detection(results: Results) -> None:
    places = [(moment(alert["detected_at"]), alert["alert_id"]) for alert in results.alerts]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
