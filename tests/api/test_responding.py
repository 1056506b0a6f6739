"""What is due, what people stop and approve, and how a buyer answers a message."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.api.installation import Installation, connect, listed_value
from tests.flows.acting import Acting, Provider
from tests.flows.stories import LIBRARY

from orderguard.actions import discover
from orderguard.api import Metrics, make_api
from orderguard.domain.accounts import Role
from orderguard.errors import NotDone
from orderguard.flows.connected import action_states
from orderguard.flows.outbox import Outbox
from orderguard.flows.questions import Questions
from orderguard.kit.clock import ManualClock
from orderguard.kit.sealing import Keyring

HOLD = "hold_shipment"


class Shop:
    """A server that acts, and who calls its API."""

    def __init__(self, acting: Acting, client: httpx.AsyncClient, provider: Provider) -> None:
        self.acting, self.client, self.provider = acting, client, provider

    def links(self) -> dict[str, str]:
        (doing,) = self.provider.doings.values()
        return {name: urlsplit(link).path for name, link in doing.links.items()}


@pytest.fixture
async def shop(
    starting: Installation, clock: ManualClock, keyring: Keyring, request: pytest.FixtureRequest
) -> AsyncIterator[Shop]:
    control, provider = starting.control, Provider(clock)
    low_budget = LIBRARY["playbooks/high.yaml"].replace("holds_per_hour: 500", "holds_per_hour: 1")
    library = {**LIBRARY, "playbooks/high.yaml": low_budget}
    questions = Questions("https://guard.example.com/", keyring)
    role: Role = getattr(request, "param", Role.RISK)
    token = control.accounts.token_add("a program", role)
    actions = {HOLD: provider, "sms": provider}
    async with Acting(actions, clock, library=library) as acting:
        acting.dispatcher._outbox = Outbox(
            acting.live, phone=lambda _order: None, links=questions.links
        )
        api = make_api(
            acting.live,
            control.accounts,
            Metrics(),
            clock=clock,
            listed_value=listed_value,
            read_answer=questions.read,
            screening=starting.screen(),
            action_states=partial(action_states, discover(), actions, acting.dispatcher, clock),
        )
        async with connect(api, {"authorization": f"Bearer {token}"}) as client:
            yield Shop(acting, client, provider)


async def test_the_outbox_shows_what_is_due_until_it_has_ended(shop: Shop) -> None:
    shop.provider.fails = lambda: NotDone("down")
    await shop.acting.burst("hoarder")
    await shop.acting.settles()
    told = (await shop.client.get("/api/v1/outbox")).json()
    (unsent,) = told["items"]
    assert (unsent["action"], unsent["state"]) == (HOLD, "sending")
    assert unsent["order_ids"] == [f"hoarder-{number}" for number in range(5)]
    order = (await shop.client.get("/api/v1/orders/standard/demo/hoarder-0")).json()
    steps = {step["step"]: step for step in order["responses"][0]["steps"]}
    assert steps["hold"]["state"] == "due"
    shop.provider.fails = lambda: None
    await shop.acting.passes(60)
    assert (await shop.client.get("/api/v1/outbox")).json() == {"items": [], "next_cursor": None}
    order = (await shop.client.get("/api/v1/orders/standard/demo/hoarder-0")).json()
    (hold,) = [one for one in order["responses"][0]["steps"] if one["step"] == "hold"]
    assert (hold["state"], hold["sent"][0]["outcome"]) == ("done", "done")
    assert hold["sent"][0]["reference"] == f"ref {unsent['key']}"


async def listed(shop: Shop) -> dict[str, Any]:
    told = (await shop.client.get("/api/v1/actions")).json()
    assert told["next_cursor"] is None
    return {item["name"]: item for item in told["items"]}


async def test_actions_are_listed_with_what_they_can_do_and_how_they_fare(shop: Shop) -> None:
    before = await listed(shop)
    assert before.keys() == discover().keys(), "those that nobody is connected for too"
    hold = before[HOLD]
    assert hold == {
        "name": HOLD,
        "title": {"zh": "拦截发货", "en": "Hold shipments"},
        "is_connected": True,
        "is_repeatable": True,
        "sends_codes": False,
        "asked_by": [
            {"playbook": name, "step": "hold"} for name in ("high", "critical", "split_oversold")
        ],
        "is_stopped": False,
        "is_down": False,
        "rests_ms": 0,
        "outcomes": {},
    }
    assert before["meeting"]["is_connected"] is False
    assert before["meeting"]["is_down"] is None
    shop.provider.fails = lambda: NotDone("down")
    await shop.acting.burst("hoarder")
    for _ in range(20):
        await shop.acting.passes(10)
        if (await listed(shop))[HOLD]["is_down"]:
            break
    down = (await listed(shop))[HOLD]
    assert down["is_down"] is True
    assert 0 < down["rests_ms"] <= 30_000
    assert (await listed(shop))["meeting"]["outcomes"] == {"not_connected": 1}
    shop.provider.fails = lambda: None
    await shop.acting.passes(300, step_s=10)
    well = (await listed(shop))[HOLD]
    assert (well["is_down"], well["rests_ms"], well["outcomes"]) == (False, 0, {"done": 1})


async def test_a_stopped_action_is_listed_as_that(shop: Shop) -> None:
    await shop.client.post("/api/v1/stops", json={"kind": "action", "name": HOLD})
    assert (await listed(shop))[HOLD]["is_stopped"] is True


async def test_a_provider_that_asked_for_time_rests(shop: Shop) -> None:
    shop.provider.fails = lambda: NotDone("429", retry_after_s=90)
    await shop.acting.burst("hoarder")
    await shop.acting.settles()
    hold = (await listed(shop))[HOLD]
    assert (hold["is_down"], hold["rests_ms"]) == (False, 90_000)


async def test_a_person_stops_an_action_and_lets_it_go_on(shop: Shop) -> None:
    stop = {"kind": "action", "name": HOLD, "reason": "the warehouse moves"}
    answer = await shop.client.post("/api/v1/stops", json=stop)
    assert answer.status_code == 201
    assert answer.json()["reason"] == "the warehouse moves"
    await shop.acting.burst("hoarder")
    await shop.acting.passes(10)
    assert not shop.provider.calls
    (standing,) = (await shop.client.get("/api/v1/stops")).json()["items"]
    assert standing == answer.json()
    named = {"kind": "action", "name": HOLD}
    assert (await shop.client.delete("/api/v1/stops", params=named)).status_code == 204
    assert (await shop.client.delete("/api/v1/stops", params=named)).status_code == 404
    assert (await shop.client.get("/api/v1/stops")).json()["items"] == []


async def test_a_person_approves_a_hold_over_its_budget_once(shop: Shop) -> None:
    for buyer in ("first", "second"):
        await shop.acting.burst(buyer)
    await shop.acting.passes(10)
    assert len(shop.provider.effects) == 1
    order = (await shop.client.get("/api/v1/orders/standard/demo/second-0")).json()
    assert order["held"] is False
    (response,) = order["responses"]
    (hold,) = [step for step in response["steps"] if step["step"] == "hold"]
    assert (hold["state"], hold["waits_for"]) == ("waiting", "person")
    path = f"/api/v1/alerts/{response['alert_id']}/steps/hold/approve"
    assert (await shop.client.post(path)).status_code == 204
    await shop.acting.settles()
    assert len(shop.provider.effects) == 2
    assert (await shop.client.post(path)).status_code == 422
    assert (await shop.client.post(path.replace("hold", "nothing"))).status_code == 404
    order = (await shop.client.get("/api/v1/orders/standard/demo/second-0")).json()
    assert order["held"] is True


@pytest.mark.parametrize("shop", [Role.ANALYST], indirect=True)
async def test_who_may_only_read_stops_and_approves_nothing(shop: Shop) -> None:
    stop = {"kind": "action", "name": HOLD}
    assert (await shop.client.post("/api/v1/stops", json=stop)).status_code == 403
    assert (await shop.client.delete("/api/v1/stops", params=stop)).status_code == 403
    path = "/api/v1/alerts/alt/steps/hold/approve"
    assert (await shop.client.post(path)).status_code == 403


async def test_a_buyer_answers_by_a_button_and_not_by_looking(shop: Shop) -> None:
    await shop.acting.near_threshold("o1", "newcomer")
    await shop.acting.settles()
    links = shop.links()
    assert set(links) == {"confirm", "deny"}
    for path in links.values():
        page = await shop.client.get(path)
        assert page.status_code == 200
        assert '<form method="post">' in page.text
        assert "form-action 'self'" in page.headers["content-security-policy"]
    (portion,) = shop.acting.portions("ask")
    assert portion.answer is None
    assert (await shop.client.post(links["deny"])).status_code == 200
    (portion,) = shop.acting.portions("ask")
    assert portion.answer == "denied"
    for path in links.values():
        assert (await shop.client.post(path)).status_code == 410, "each question has one answer"
    (cancel,) = shop.acting.portions("cancel")
    assert cancel.key


async def test_a_link_that_we_did_not_make_answers_nothing(shop: Shop) -> None:
    await shop.acting.near_threshold("o1", "newcomer")
    await shop.acting.settles()
    path = shop.links()["confirm"]
    wrong = path[:-1] + ("A" if path[-1] != "A" else "B")
    swapped = path[:-17] + "n" + path[-16:]
    for other in (wrong, swapped, "/x/x", "/x/%E4%BD%A0" + "a" * 40):
        assert (await shop.client.get(other)).status_code == 404
        assert (await shop.client.post(other)).status_code == 404
    (portion,) = shop.acting.portions("ask")
    assert portion.answer is None


async def test_a_question_ends_with_its_time(shop: Shop) -> None:
    await shop.acting.near_threshold("o1", "newcomer")
    await shop.acting.settles()
    await shop.acting.passes(2 * 3600, step_s=1800)
    assert (await shop.client.get(shop.links()["confirm"])).status_code == 410
    assert not list(shop.acting.live.fold.tables.asked)


def test_without_an_address_of_ours_messages_carry_no_links() -> None:
    assert Questions("", Keyring.for_replay()).links("alt", "ask", "stp_x") == {}
