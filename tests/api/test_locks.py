"""GET /api/v1/locks, and what Prometheus hears of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from tests.api.installation import Installation, connect, listed_value
from tests.api.test_metrics import told
from tests.flows.test_ledger import LINES, Locking

from orderguard.api import Disk, Metrics, families, locks, make_api
from orderguard.domain.accounts import Role
from orderguard.domain.entries import Disposition
from orderguard.flows.senders import Senders
from orderguard.kit.clock import ManualClock, rfc3339

NEAR = "amount.near_threshold"
PATH = "/api/v1/locks"


@dataclass
class Served:
    shop: Locking
    client: httpx.AsyncClient

    async def numbers(self, **asked: str) -> list[int]:
        answer = await self.client.get(PATH, params=asked)
        assert answer.status_code == 200
        return [item["number"] for item in answer.json()["items"]]


@pytest.fixture
async def served(starting: Installation, clock: ManualClock) -> AsyncIterator[Served]:
    token = starting.control.accounts.token_add("a program", Role.ANALYST)
    async with Locking(clock) as shop:
        api = make_api(
            shop.live,
            starting.control.accounts,
            Metrics(),
            clock=clock,
            listed_value=listed_value,
            screening=starting.screen(),
        )
        async with connect(api, {"authorization": f"Bearer {token}"}) as client:
            yield Served(shop, client)


async def test_a_lock_is_shown_with_its_owner_its_reason_and_its_end(served: Served) -> None:
    await served.shop.doubtful()
    (item,) = (await served.client.get(PATH)).json()["items"]
    lock = served.shop.lock()
    assert item["reason"] == {"zh": lock.reason.zh, "en": lock.reason.en}
    assert item == {
        "number": 1,
        "channel": "standard",
        "shop": "demo",
        "order_id": "o1",
        "lines": [{"sku": LINES[0]["sku"], "quantity": 3}],
        "units": 3,
        "value": "990.00",
        "currency": "CNY",
        "owner": {
            "alert_id": lock.alert_id,
            "playbook": "low",
            "step": "lock",
            "rules": [NEAR],
        },
        "reason": item["reason"],
        "mode": "live",
        "locked_at": rfc3339(lock.locked_at),
        "ends_at": rfc3339(lock.ends_at or 0),
        "ended_at": None,
        "end": None,
        "is_reservation": False,
        "is_overdue": False,
        "is_wrong": None,
        "wrong_unit_minutes": 0.0,
    }
    await served.shop.says("confirmed")
    (item,) = (await served.client.get(PATH)).json()["items"]
    assert (item["end"], item["is_reservation"], item["is_wrong"]) == ("confirmed", True, True)


async def test_locks_are_found_by_what_they_are(served: Served) -> None:
    for order_id in ("o1", "o2", "o3"):
        await served.shop.doubtful(order_id)
    await served.shop.becomes("shipped", "order.updated")
    await served.shop.found(Disposition.FALSE_ALARM)
    assert await served.numbers() == [3, 2, 1], "newest first"
    assert await served.numbers(standing="true") == [3, 2]
    assert await served.numbers(standing="false") == [1]
    assert await served.numbers(wrong="true") == [1]
    assert await served.numbers(order_id="o2") == [2]
    assert await served.numbers(order_id="o2", channel="standard", shop="demo") == [2]
    assert await served.numbers(order_id="o2", channel="standard", shop="elsewhere") == []
    assert await served.numbers(sku="shoe", rule=NEAR, mode="live") == [3, 2, 1]
    assert await served.numbers(sku="hat") == []
    assert await served.numbers(rule="velocity.same_item_burst") == []
    assert await served.numbers(mode="shadow") == []


async def test_pages_follow_one_another_to_the_end(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        await served.shop.doubtful(f"o{number}")
    monkeypatch.setattr(locks, "LOOKED_AT_MAX", 2)
    for asked, expected in (({}, [5, 4, 3, 2, 1]), ({"order_id": "o2"}, [2])):
        found, cursor = list[int](), ""
        for _ in range(5):
            params = asked | ({"cursor": cursor} if cursor else {})
            told_page = (await served.client.get(PATH, params=params)).json()
            found += [item["number"] for item in told_page["items"]]
            cursor = told_page["next_cursor"]
            if cursor is None:
                break
        assert cursor is None
        assert found == expected
    assert (await served.client.get(PATH, params={"cursor": "x"})).status_code == 422


async def test_totals_by_day_and_rule_are_told_to_people_and_to_prometheus(
    served: Served, clock: ManualClock
) -> None:
    for order_id in ("o1", "o2"):
        await served.shop.doubtful(order_id)
    await served.shop.found(Disposition.FALSE_ALARM)
    await served.shop.passes(600, step_s=60)
    totals = (await served.client.get(f"{PATH}/totals")).json()
    assert totals["standing"] == {"live": 2, "shadow": 0}
    assert totals["overdue"] == {"live": 0, "shadow": 0}
    minutes = 3 * (served.shop.live.fold.clock_ms - served.shop.lock().locked_at) / 60_000
    counted = {"day": "2026-11-11", "mode": "live", "locks": 2, "units": 6, "wrong": 1}
    assert totals["items"] == [
        {**counted, "rule": rule, "wrong_unit_minutes": minutes} for rule in ("all", NEAR)
    ]
    metrics = Metrics()
    metrics.watch(served.shop.live, clock, Senders(None, clock), _no_disk)
    assert told(metrics, families.LOCKS) == {("live",): 2, ("shadow",): 0}
    assert told(metrics, families.OVERDUE_LOCKS) == {("live",): 0, ("shadow",): 0}
    assert told(metrics, families.WRONG_LOCKS) == {
        ("2026-11-11", rule, "live"): minutes for rule in ("all", NEAR)
    }


def _no_disk() -> Disk:
    raise OSError
