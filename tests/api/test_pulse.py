import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from tests.api.installation import SECRET, Event, Installation, library, paid, served
from tests.api.test_stream import STREAM, events, listening

from orderguard.api import health_shapes, pulse
from orderguard.api.pulse import Pulse, State
from orderguard.domain.accounts import Role
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.entries import CaseDisposed, Disposition
from orderguard.domain.ports import ShopConfig
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, rfc3339

RISK = AlertKind.RISK


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.01)


def pulse_of(running: Installation) -> Pulse:
    found: Pulse = running.api().state.context.pulse
    return found


async def healths_of(told: Pulse) -> AsyncGenerator[str, None]:
    """All that a listener hears."""
    bell = asyncio.Event()
    with told.listening(bell) as hearing:
        while await bell.wait():
            bell.clear()
            if (newest := hearing.take()) is not None:
                yield newest


async def health(running: Installation) -> health_shapes.Health:
    """What a listener who comes now hears first."""
    async with asyncio.timeout(5), aclosing(healths_of(pulse_of(running))) as healths:
        return health_shapes.Health.model_validate_json(await anext(healths))


async def test_the_health_comes_without_an_id_and_again_and_again(running: Installation) -> None:
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.SERVICE)) as client,
        client.stream("GET", STREAM) as answer,
    ):
        found = await events(answer, 3, "health")
    assert all(set(event) == {"event", "data"} for event in found)
    assert [health_shapes.Health.model_validate_json(event["data"]).state for event in found] == [
        State.QUIET
    ] * 3
    await listening(running, 0)


async def test_alerts_and_the_health_share_a_stream(running: Installation) -> None:
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.SERVICE)) as client,
        client.stream("GET", STREAM) as answer,
    ):
        await listening(running, 1)
        await running.burst("buyer-1", 6)
        assert [alert["event"] for alert in await events(answer, 2)] == ["alert", "alert"]


async def test_an_empty_installation_is_quiet(running: Installation) -> None:
    found = await health(running)
    assert (found.state, found.orders, found.events, found.held_orders) == (State.QUIET, 0, 0, 0)
    assert found.shops == []
    assert found.server.ack_ms_p50 is None
    assert found.server.event_to_alert_ms_p99 is None
    assert found.server.queue_entries == 0


async def test_orders_are_counted_with_what_is_thought_of_them(running: Installation) -> None:
    await running.tell(paid("calm", "buyer-0", at_ms=running.clock.now_ms()))
    await running.burst("buyer-1", 6)
    told = pulse_of(running)
    for _ in range(3):
        # Whether saved meanwhile or not, and told again or not, what there is counts once.
        found = health_shapes.Health.model_validate(await told.health())
        assert (found.orders, found.events) == (7, 7)
        assert found.risk_orders_by_severity[Severity.HIGH] == found.held_orders == 6
        assert sum(found.health_orders_by_severity.values()) == 0
        assert found.alerts[RISK][Severity.HIGH] == found.recent_alerts[RISK][Severity.HIGH] == 1
        assert found.state is State.ATTENTION
        assert found.as_of == rfc3339(running.live.fold.clock_ms)
        await running.live.flush()
    await running.tell(paid("buyer-1-7", "buyer-1", at_ms=running.clock.now_ms()))
    assert (await told.health())["held_orders"] == 7


async def test_an_alert_is_of_concern_until_it_was_quiet_or_is_closed(
    running: Installation,
) -> None:
    told = pulse_of(running)
    await running.burst("buyer-1")
    await running.burst("buyer-2")
    assert await state(told) == ("attention", 2)
    (first, second) = running.live.fold.tables.alerts.recent()
    await running.live.note(
        CaseDisposed(
            received_ms=0,
            case_id="case_1",
            alert_ids=(first,),
            disposition=Disposition.CONFIRMED,
        )
    )
    assert await state(told) == ("attention", 1)
    running.clock.advance(9 * MS_PER_MINUTE)
    await running.tell(paid("buyer-2-6", "buyer-2", at_ms=running.clock.now_ms()))
    assert running.live.alert(second), "it has grown, nine minutes later"
    running.clock.advance(9 * MS_PER_MINUTE)
    await running.tell(paid("calm", "buyer-0", at_ms=running.clock.now_ms()))
    assert await state(told) == ("attention", 1)
    running.clock.advance(MS_PER_MINUTE)
    await running.tell(paid("calm-2", "buyer-0", at_ms=running.clock.now_ms()))
    assert await state(told) == ("quiet", 0)
    assert (await told.health())["alerts"][RISK][Severity.HIGH] == 2


async def state(told: Pulse) -> tuple[str, int]:
    found = await told.health()
    return found["state"], found["recent_alerts"][RISK][Severity.HIGH]


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], State.QUIET),
        ([Severity.INFO, Severity.LOW], State.QUIET),
        ([Severity.LOW, Severity.MEDIUM], State.ATTENTION),
        ([Severity.HIGH], State.ATTENTION),
        ([Severity.CRITICAL, Severity.LOW], State.ATTACK),
    ],
)
def test_the_worst_alert_of_concern_makes_the_state(
    severities: list[Severity], expected: State
) -> None:
    recent = pulse.ByKind({(RISK, severity): 1 for severity in severities})
    recent[AlertKind.HEALTH, Severity.CRITICAL] = 0
    assert pulse._state(recent) is expected


async def test_orders_stand_in_the_minute_of_their_first_event(running: Installation) -> None:
    start = running.clock.now_ms()
    running.clock.advance(90 * MS_PER_MINUTE)
    now = running.clock.now_ms()
    for name, ago_min in (("a", 0), ("b", 0), ("c", 1), ("d", 59), ("e", 60), ("f", 90)):
        await running.tell(paid(name, f"buyer-{name}", at_ms=now - ago_min * MS_PER_MINUTE))
    shipped: Event = {"id": "s", "type": "shipment.shipped", "occurred_at": rfc3339(now)}
    await running.tell({**shipped, "data": {"order_id": "c"}})  # Tells of no new order.
    found = await health(running)
    (shop,) = found.shops
    assert (shop.channel, shop.shop, shop.orders) == ("standard", "demo", 6)
    assert shop.orders_per_minute == [1, *[0] * 57, 1, 2]
    assert found.minutes_from == rfc3339(start + 31 * MS_PER_MINUTE)
    running.clock.advance(2 * MS_PER_MINUTE)
    await running.tell(paid("g", "buyer-g", at_ms=running.clock.now_ms()))
    (shop,) = (await health(running)).shops
    assert shop.orders_per_minute == [*[0] * 56, 1, 2, 0, 1]


async def test_the_age_at_the_source_is_told_by_shop(running: Installation) -> None:
    running.control.shop_add(ShopConfig(channel="standard", shop="far", secrets=(SECRET,)))
    now = running.clock.now_ms()
    for name, ago_ms in (("a", 100), ("b", 300), ("c", 90_000)):
        await running.tell(paid(name, name, at_ms=now - ago_ms), shop="far")
    await running.tell(paid("d", "d", at_ms=now))
    found = await health(running)
    assert [(shop.shop, shop.source_lag_ms_p50) for shop in found.shops] == [
        ("demo", 0),
        ("far", 300),
    ]
    assert {shop.last_event_at for shop in found.shops} == {rfc3339(now)}


async def test_a_restarted_server_knows_the_last_hour(running: Installation) -> None:
    running.control.shop_add(ShopConfig(channel="standard", shop="far", secrets=(SECRET,)))
    await running.tell(paid("old", "b", at_ms=running.clock.now_ms()))
    running.clock.advance(2 * MS_PER_HOUR)
    for number in range(120):
        running.clock.advance(MS_PER_SECOND)
        shop = "far" if number % 3 else "demo"
        at_ms = running.clock.now_ms()
        await running.tell(paid(f"o{number}", f"b{number}", at_ms=at_ms), shop=shop)
    before = await health(running)
    await running.live.flush()
    running.live = running.restarted()
    await running.live.start(library())
    await running.tell(paid("new", "b", at_ms=running.clock.now_ms()))
    after = await health(running)
    assert [sum(shop.orders_per_minute) for shop in before.shops] == [40, 80]
    assert [sum(shop.orders_per_minute) for shop in after.shops] == [41, 80]
    assert [shop.orders for shop in before.shops] == [41, 80]
    assert [shop.orders for shop in after.shops] == [None, None], "whose the older are is unknown"
    assert after.orders == 122
    await running.live.stop()


async def test_a_single_shop_knows_all_its_orders_after_a_restart(running: Installation) -> None:
    await running.burst("buyer-1")
    await running.live.flush()
    running.live = running.restarted()
    await running.live.start(library())
    (shop,) = (await health(running)).shops
    assert (shop.orders, shop.last_event_at, shop.source_lag_ms_p50) == (5, None, None)
    assert sum(shop.orders_per_minute) == 5
    await running.live.stop()


async def test_our_own_latency_is_told_apart(running: Installation) -> None:
    running.metrics.webhook_answered("/webhooks/{channel}/{shop}", 202, 0.004)
    running.metrics.webhook_answered("/webhooks/{channel}/{shop}", 401, 9.0)  # No acknowledgement.
    running.metrics.alert_told(0.002)
    running.metrics.alert_told(0.2)
    server = (await health(running)).server
    assert server.ack_ms_p50 == server.ack_ms_p99 == pytest.approx(4, rel=0.07)
    assert server.event_to_alert_ms_p50 == pytest.approx(2, rel=0.07)
    assert server.event_to_alert_ms_p99 == pytest.approx(200, rel=0.07)


async def test_it_is_measured_once_for_all_and_only_while_somebody_listens(
    running: Installation,
) -> None:
    told = pulse_of(running)
    assert told._telling is None
    async with aclosing(healths_of(told)) as one, aclosing(healths_of(told)) as other:
        first = [await anext(one), await anext(other)]
        again = [await anext(one), await anext(other)]
        assert told._telling is not None
    assert told._telling is None
    assert first[0] == first[1] or again[0] == again[1]
    assert told._health is None
    await asyncio.sleep(0.05)
    assert told._health is None


async def test_who_comes_later_hears_nothing_old(running: Installation) -> None:
    told = pulse_of(running)
    async with aclosing(healths_of(told)) as healths:
        await anext(healths)
    await running.burst("buyer-1")
    async with aclosing(healths_of(told)) as healths:
        assert health_shapes.Health.model_validate_json(await anext(healths)).orders == 5


async def test_a_health_that_fails_is_tried_again(
    running: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = pulse_of(running)
    works = told.health
    failures = iter([RuntimeError("the disk is gone")])

    async def failing() -> dict[str, Any]:
        for failure in failures:
            raise failure
        return await works()

    monkeypatch.setattr(told, "health", failing)
    async with asyncio.timeout(5), aclosing(healths_of(told)) as healths:
        assert await anext(healths)
    assert "it is tried again" in caplog.text
