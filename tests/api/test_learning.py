import httpx
from tests.api.installation import Installation, connect
from tests.api.test_cases import CASES, decide, opened

from orderguard.api import case_shapes
from orderguard.domain.accounts import Role
from orderguard.flows.live_library import Published
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
    assert suggestion.backtest == case_shapes.Backtest(
        bad=5, good=LABELLED_MIN, bad_missed=5, good_spared=LABELLED_MIN
    )
    await decided_back(risk_team, bad)
    assert (await told(risk_team)).suggestions == []


async def decided_back(client: httpx.AsyncClient, case_id: str) -> None:
    assert (await client.post(f"{CASES}/{case_id}/undo")).status_code == 200


async def test_a_person_retires_the_rule_and_it_judges_nobody_any_more(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    approve = f"/api/v1/learning/suggestions/{BURST}/approve"
    assert (await risk_team.post(approve)).status_code == 404, "nothing is proposed yet"
    cases = await opened(running, *(f"b{number}" for number in range(LABELLED_MIN // 5)), "crook")
    bulk = {"case_ids": cases[:-1], "found": {"disposition": "false_alarm"}}
    await risk_team.post(f"{CASES}/bulk", json=bulk)
    await decide(risk_team, cases[-1], "confirmed")
    kept: dict[str, str] = {}
    api = running.api(written=kept)
    async with (
        connect(api, running.token(Role.FINANCE)) as finance,
        connect(api, running.token(Role.OPERATIONS)) as approver,
    ):
        assert (await finance.post(approve)).status_code == 403
        assert (await approver.post(approve)).status_code == 204
        assert (await approver.post(approve)).status_code == 404
        alerts = len((await approver.get("/api/v1/alerts")).json()["items"])
        await running.burst("later")
        await running.live.flush()
        assert len((await approver.get("/api/v1/alerts")).json()["items"]) == alerts
        assert (await told(approver)).suggestions == []
    (name,) = kept
    assert name == "velocity/same_item_burst.yaml"
    assert "\nstatus: retired\n" in kept[name]
    library = running.live.fold.tables.library.get("")
    assert library is not None
    assert library.by.startswith("a operations"), "the log says who approved"
    assert library.version == Published(library.files, library.preset).digest
