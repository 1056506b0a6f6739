import httpx
from tests.api.installation import Installation
from tests.api.test_cases import CASES, decide, opened

from orderguard.api import case_shapes
from orderguard.labels import LABELLED_MIN

BURST = "velocity.same_item_burst"


async def told(client: httpx.AsyncClient) -> case_shapes.Learning:
    return case_shapes.Learning.model_validate_json((await client.get("/api/v1/learning")).content)


async def test_a_rule_is_measured_by_what_came_of_its_orders(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    before = await told(risk_team)
    assert (before.orders, before.base, before.rules, before.suggestions) == (0, None, [], [])
    bad, good = await opened(running, "b1", "b2")
    await decide(risk_team, bad, "confirmed")
    await decide(risk_team, good, "false_alarm")
    after = await told(risk_team)
    (rule,) = after.rules
    assert (rule.rule, rule.severity, rule.bad, rule.good, rule.lift) == (BURST, "high", 5, 5, 1)
    assert rule.precision is not None
    assert rule.precision.low < 0.5 < rule.precision.high
    assert rule.recall is not None
    assert rule.recall.share == 1
    assert rule.believed is not None
    assert [(band.orders, band.bad.share) for band in after.calibration] == [(10, 0.5)]
    assert after.suggestions == [], "too few orders to tell"


async def test_a_rule_no_better_than_chance_is_proposed_for_retirement(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    cases = await opened(running, *(f"b{number}" for number in range(LABELLED_MIN // 5)))
    bulk = {"case_ids": cases, "found": {"disposition": "false_alarm"}}
    await risk_team.post(f"{CASES}/bulk", json=bulk)
    assert (await told(risk_team)).suggestions == [], "nothing is known to be bad"
    (bad,) = await opened(running, "crook")
    await decide(risk_team, bad, "confirmed")
    (suggestion,) = (await told(risk_team)).suggestions
    assert (suggestion.rule, suggestion.what) == (BURST, "retire")
    assert "14%" in suggestion.why.en
