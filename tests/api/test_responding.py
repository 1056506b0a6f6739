"""What is due, what people stop and approve, and how a buyer answers a message."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from tests.api.installation import Installation, connect, listed_value
from tests.flows.acting import Acting, Provider
from tests.flows.stories import LIBRARY

from orderguard.api import Metrics, make_api
from orderguard.domain.accounts import Role
from orderguard.errors import NotDone
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
    async with Acting({HOLD: provider, "sms": provider}, clock, library=library) as acting:
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
    for other in (wrong, swapped, "/q/x", "/q/%E4%BD%A0" + "a" * 40):
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
