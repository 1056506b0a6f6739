"""POST /api/v1/screen: what a storefront is told before it accepts an order."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.api.installation import Event, Installation, connect, library, paid
from tests.api.test_metrics import told as measured

from orderguard.api import families, shapes
from orderguard.domain.accounts import Role
from orderguard.domain.entries import ListChanged, ListKind, ListName
from orderguard.flows.challenges import OPEN_MS_MAX
from orderguard.flows.screen import Screen
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_SECOND, rfc3339

SCRIPT, BEGINS = "attack.ip_segment_script", "attack.checkout_script"


@pytest.fixture
async def sale(starting: Installation) -> AsyncIterator[Installation]:
    """A server with all rules."""
    await starting.live.start(library("standard"))
    yield starting
    await starting.live.stop()


@pytest.fixture
async def storefront(sale: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(sale.api(), sale.token(Role.SERVICE)) as client:
        yield client


def attempt(attempt_id: str, **members: Any) -> Event:
    """An old customer on an own telephone."""
    return {
        "attempt_id": attempt_id,
        "channel": "standard",
        "shop": "demo",
        "buyer": {"id": f"buyer-{attempt_id}", "registered_at": "2024-01-01T00:00:00+08:00"},
        "device": {"id": f"phone-{attempt_id}", "ip": "198.51.100.7"},
        "lines": [{"sku": "shoe", "quantity": 1, "unit_price": "59.00"}],
        "amount": "59.00",
        "currency": "CNY",
        **members,
    }


def robot(sale: Installation, number: int, *, devices: int = 4) -> Event:
    return attempt(
        f"r{number}",
        buyer={
            "id": f"robot-{number}",
            "registered_at": rfc3339(sale.clock.now_ms() - MS_PER_HOUR),
        },
        device={"id": f"bot-{number % devices}", "ip": f"203.0.113.{number + 1}"},
        lines=[{"sku": "limited", "quantity": 1, "unit_price": "999.00"}],
    )


async def ask(client: httpx.AsyncClient, body: Event) -> shapes.ScreenAnswer:
    answer = await client.post("/api/v1/screen", json=body)
    assert answer.status_code == 200, answer.text
    return shapes.ScreenAnswer.model_validate_json(answer.content)


async def attack(sale: Installation, client: httpx.AsyncClient, attempts: int) -> list[Any]:
    seen = []
    for number in range(attempts):
        sale.clock.advance(640)
        seen.append(await ask(client, robot(sale, number)))
    return seen


async def test_a_buyer_as_all_others_is_let_pass(storefront: httpx.AsyncClient) -> None:
    told = await ask(storefront, attempt("a1"))
    assert told.model_dump() == {
        "decision": "allow",
        "severity": None,
        "score": 0,
        "rules": [],
        "unchecked": False,
        "challenge": None,
        "shadow": False,
    }


async def test_the_fourth_attempt_of_a_script_is_challenged(
    sale: Installation, storefront: httpx.AsyncClient
) -> None:
    seen = await attack(sale, storefront, 5)
    assert [one.decision for one in seen] == ["allow"] * 3 + ["challenge"] * 2
    fourth = seen[3]
    assert (fourth.severity, fourth.rules) == ("critical", [BEGINS])
    assert fourth.challenge.kind == "slider"
    assert fourth.challenge.url == f"/challenge/{fourth.challenge.id}"
    assert (await ask(storefront, attempt("honest"))).decision == "allow"


async def test_the_attempt_is_durable_and_counted_once(
    sale: Installation, storefront: httpx.AsyncClient
) -> None:
    first = await ask(storefront, attempt("a1"))
    assert await ask(storefront, attempt("a1")) == first
    assert sale.live.fold.tables.progress.attempts == 1
    after_a_crash = sale.restarted()
    await after_a_crash.start(library("standard"))
    assert after_a_crash.fold.tables.attempts.get("standard/demo/a1") is not None
    await after_a_crash.stop()


async def test_who_comes_where_a_challenge_is_on_is_challenged(
    sale: Installation, storefront: httpx.AsyncClient
) -> None:
    await attack(sale, storefront, 12)
    near = {"device": {"id": "own", "ip": "203.0.113.200"}, "lines": [{"sku": "limited"}]}
    assert (await ask(storefront, attempt("near", **near))).decision == "challenge"
    other = {**near, "lines": [{"sku": "socks"}]}
    assert (await ask(storefront, attempt("other", **other))).decision == "allow"
    sale.clock.advance(MS_PER_HOUR)
    assert (await ask(storefront, attempt("later", **near))).decision == "allow"


async def test_who_is_on_the_allow_list_is_never_challenged(
    sale: Installation, storefront: httpx.AsyncClient
) -> None:
    note = ListChanged(received_ms=0, name=ListName.ALLOW, kind=ListKind.DEVICE, value="trusted")
    await sale.live.change_list(note)
    await attack(sale, storefront, 12)
    near = {"device": {"id": "trusted", "ip": "203.0.113.200"}, "lines": [{"sku": "limited"}]}
    assert (await ask(storefront, attempt("family", **near))).decision == "allow"


async def test_a_suspicious_buyer_is_reviewed(
    sale: Installation, storefront: httpx.AsyncClient
) -> None:
    for number in range(4):
        sale.clock.advance(MS_PER_SECOND)
        await sale.tell(paid(f"o{number}", "hoarder", at_ms=sale.clock.now_ms(), sku="shoe"))
    told = await ask(storefront, attempt("fifth", buyer={"id": "hoarder"}))
    assert (told.decision, told.severity) == ("review", "high")
    assert told.rules == ["velocity.same_item_burst"]


# A solved challenge ------------------------------------------------------------------------------


async def test_a_solved_challenge_lets_the_same_attempt_pass_once(
    sale: Installation,
) -> None:
    screen = sale.screen()
    for number in range(4):
        sale.clock.advance(640)
        seen = await screen.ask(json.dumps(robot(sale, number)).encode(), "a shop")
    assert seen.challenge is not None
    opened = screen.challenges.find(seen.challenge.id)
    opened.token = "solved"  # noqa: S105 - as the challenge would set it.

    async def again(number: int, token: str) -> str:
        body = robot(sale, number) | {"challenge_token": token}
        return (await screen.ask(json.dumps(body).encode(), "a shop")).decision

    assert await again(3, "wrong") == "challenge"
    sale.clock.advance(640)
    assert await again(4, "solved") == "challenge", "it is bound to its attempt"
    assert await again(3, "solved") == "allow"
    assert await again(3, "solved") == "challenge", "it is used up"


async def test_a_token_does_not_live_long(sale: Installation) -> None:
    screen = sale.screen()
    opened = screen.challenges.open("standard/demo/a1")
    opened.token = "solved"  # noqa: S105 - as the challenge would set it.
    sale.clock.advance(OPEN_MS_MAX)
    assert not screen.challenges.redeem("standard/demo/a1", "solved")


# What is refused ---------------------------------------------------------------------------------

BAD = {
    "no JSON": b"{",
    "no object": b"[]",
    "nothing": b"",
    "not a number": b'{"attempt_id":"a","channel":"standard","shop":"demo","x":NaN}',
    "no UTF-8": b'{"attempt_id":"\xff","channel":"standard","shop":"demo"}',
    "no attempt": json.dumps({**attempt("a"), "attempt_id": None}).encode(),
    "a number for an id": json.dumps({**attempt("a"), "attempt_id": 7}).encode(),
    "no shop": json.dumps({**attempt("a"), "shop": None}).encode(),
    "an amount in words": json.dumps({**attempt("a"), "amount": "much"}).encode(),
    "lines that are none": json.dumps({**attempt("a"), "lines": "shoe"}).encode(),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_what_is_no_attempt_is_refused(
    sale: Installation, storefront: httpx.AsyncClient, body: bytes
) -> None:
    answer = await storefront.post("/api/v1/screen", content=body)
    assert answer.status_code == 400
    assert "decision" not in answer.json()
    assert sale.live.fold.tables.progress.attempts == 0


async def test_an_unknown_shop_and_an_encoded_body_are_refused(
    storefront: httpx.AsyncClient,
) -> None:
    unknown = await storefront.post("/api/v1/screen", json={**attempt("a"), "shop": "none"})
    assert unknown.status_code == 404
    encoded = await storefront.post(
        "/api/v1/screen", json=attempt("a"), headers={"content-encoding": "gzip"}
    )
    assert encoded.status_code == 400


async def test_a_stranger_is_told_nothing(sale: Installation) -> None:
    async with connect(sale.api()) as stranger:
        assert (await stranger.post("/api/v1/screen", json=attempt("a"))).status_code == 401


# Limits and failures -----------------------------------------------------------------------------


def flood(screen: Screen, count: int, by: str = "a shop") -> list[Any]:
    return [
        screen.ask(json.dumps(attempt(f"{by}-{number}")).encode(), by) for number in range(count)
    ]


async def test_who_asks_too_often_is_challenged(sale: Installation) -> None:
    screen = sale.screen(asks_per_s_max=2)
    decisions = await asyncio.gather(*flood(screen, 30))
    assert [one.decision for one in decisions] == ["allow"] * 10 + ["challenge"] * 20
    assert all(one.challenge is not None and one.unchecked for one in decisions[10:])
    sale.clock.advance(MS_PER_SECOND)
    late = await asyncio.gather(*flood(screen, 3, by="another"))
    assert [one.decision for one in late] == ["allow", "allow", "challenge"], "the shop has one"


async def test_nothing_is_logged_for_who_asks_too_often(sale: Installation) -> None:
    screen = sale.screen(asks_per_s_max=1)
    await asyncio.gather(*flood(screen, 30))
    assert sale.live.fold.tables.progress.attempts == 5


async def test_a_shop_goes_on_selling_when_we_cannot_write(
    sale: Installation, storefront: httpx.AsyncClient
) -> None:
    await attack(sale, storefront, 12)
    await sale.live.writer.stop()
    told = await ask(storefront, attempt("a1"))
    assert (told.decision, told.unchecked) == ("allow", True)


async def test_a_shop_goes_on_selling_while_we_start(starting: Installation) -> None:
    async with connect(starting.api(), starting.token(Role.SERVICE)) as client:
        told = await ask(client, attempt("a1"))
        assert (told.decision, told.unchecked) == ("allow", True)
        broken = await client.post("/api/v1/screen", content=b"{")
        assert broken.status_code == 400, "what is no attempt is never let pass"


async def test_in_shadow_mode_the_shop_is_told_to_let_pass(sale: Installation) -> None:
    screen = sale.screen(is_shadow=True)
    for number in range(4):
        sale.clock.advance(640)
        seen = await screen.ask(json.dumps(robot(sale, number)).encode(), "a shop")
    assert seen.decision == "challenge"
    assert seen.shadow is True


async def test_what_storefronts_were_told_is_counted(
    sale: Installation, storefront: httpx.AsyncClient
) -> None:
    await ask(storefront, attempt("honest"))
    seen = [answer.decision for answer in await attack(sale, storefront, 6)]
    assert "challenge" in seen
    assert (await storefront.post("/api/v1/screen", json={})).status_code == 400
    counted = measured(sale.metrics, families.SCREENED)
    expected = Counter([*seen, "allow"])
    assert counted == {(one,): expected[one] for one in ("allow", "challenge", "review")}
