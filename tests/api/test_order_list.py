"""Orders by whatever is known of them, and their buyers unmasked."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.api.installation import Event, Installation, paid

from orderguard.api import order_list, order_shapes
from orderguard.domain.accounts import Role
from orderguard.domain.entries import PersonalDataShown
from orderguard.domain.orders import OrderKey
from orderguard.domain.record import decode
from orderguard.kit.clock import rfc3339


async def look(client: httpx.AsyncClient, **query: str) -> order_shapes.OrderPage:
    answer = await client.get(f"/api/v1/orders?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return order_shapes.OrderPage.model_validate_json(answer.content)


async def found(client: httpx.AsyncClient, **query: str) -> list[str]:
    return [row.order_id for row in (await look(client, **query)).items]


def shipped(order_id: str, tracking: str, *, at_ms: int) -> Event:
    return {
        "id": f"evt_{order_id}_shipped",
        "type": "shipment.shipped",
        "occurred_at": rfc3339(at_ms),
        "data": {
            "order_id": order_id,
            "shipment_id": f"parcel-of-{order_id}",
            "carrier": "SF",
            "tracking_no": tracking,
        },
    }


@pytest.fixture
async def known(running: Installation) -> Installation:
    """Two quiet orders, one of them shipped, and a burst of five."""
    now = running.clock.now_ms()
    quiet = paid("quiet-1", "zhao", at_ms=now, sku="hat-7")
    quiet["data"]["order"]["device"] = {"id": "tablet-1", "ip": "203.0.113.9"}
    quiet["data"]["order"]["ship_to"] = {
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "street": "文三路 90 号",
        "name": "赵一",
    }
    await running.tell(quiet, paid("quiet-2", "qian", at_ms=now))
    await running.tell(shipped("quiet-1", "SF1234567890", at_ms=now))
    await running.burst("sun")
    return running


async def test_orders_come_newest_first_with_what_is_known(
    known: Installation, analyst: httpx.AsyncClient
) -> None:
    page = await look(analyst)
    assert [row.order_id for row in page.items] == [
        *(f"sun-{number}" for number in range(5, 0, -1)),
        "quiet-2",
        "quiet-1",
    ]
    last = page.items[-1]
    assert (last.amount, last.currency, last.buyer) == ("59.00", "CNY", "zhao")
    assert (last.city, last.carrier, last.tracking) == ("杭州市", "SF", ["SF1234567890"])
    assert [(line.sku, line.quantity) for line in last.lines] == [("hat-7", 1)]
    assert page.next_cursor is None
    assert page.looked_at == 7
    assert known.live.fold.tables.progress.orders == 7


@pytest.mark.parametrize(
    "said",
    [
        *("quiet-1", "QUIET-1", "standard/demo/quiet-1", "SF1234567890", "sf1234", "zhao"),
        *("hat-7", "tablet-1", "203.0.113.9", "parcel-of-quiet-1"),
    ],
)
async def test_an_order_is_found_by_anything(
    known: Installation, analyst: httpx.AsyncClient, said: str
) -> None:
    assert await found(analyst, q=said) == ["quiet-1"]
    assert await found(analyst, q=f"  {said} ", risk="low") == []
    assert known.live.is_ready


async def test_short_beginnings_are_no_match(
    known: Installation, analyst: httpx.AsyncClient
) -> None:
    assert await found(analyst, q="zha") == []
    assert await found(analyst, q="quie") == ["quiet-2", "quiet-1"]
    assert known.live.is_ready


async def test_filters_ask_for_at_least_that_severity(
    known: Installation, analyst: httpx.AsyncClient
) -> None:
    burst = [f"sun-{number}" for number in range(5, 0, -1)]
    assert await found(analyst, risk="low") == burst
    assert await found(analyst, risk="high") == burst
    assert await found(analyst, risk="critical") == []
    assert await found(analyst, rule="velocity.same_item_burst") == burst
    assert await found(analyst, health="info") == []
    assert await found(analyst, status="shipped") == ["quiet-1"]
    assert await found(analyst, held="true") == burst
    assert await found(analyst, shop="other") == []
    assert known.live.is_ready


async def test_a_page_goes_on_where_the_last_one_stopped(
    known: Installation, analyst: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_list, "LOOKED_AT_MAX", 3)
    ids: list[str] = []
    query: dict[str, str] = {"q": "sun"}
    for _ in range(3):
        page = await look(analyst, **query)
        ids += [row.order_id for row in page.items]
        query["cursor"] = page.next_cursor or ""
    assert ids == [f"sun-{number}" for number in range(5, 0, -1)]
    assert query["cursor"] == ""
    assert known.live.is_ready


async def unmask(client: httpx.AsyncClient, **asked: str) -> httpx.Response:
    body: dict[str, Any] = {"channel": "standard", "shop": "demo", "order_id": "quiet-1", **asked}
    return await client.post("/api/v1/orders/unmasked", json=body)


async def test_personal_data_is_shown_for_a_reason_which_is_kept(
    known: Installation, risk_team: httpx.AsyncClient
) -> None:
    answer = await unmask(risk_team, reason="call to verify", case_id="cas_1")
    assert answer.json() == {
        "name": "赵一",
        "phone": "13800138000",
        "email": None,
        "address": "浙江省 杭州市 西湖区 文三路 90 号",
    }
    offset, _ = known.log.last()
    (row,) = known.log.read(offset - 1, 1)
    entry = decode(row.record)
    assert isinstance(entry, PersonalDataShown)
    assert entry.order == OrderKey("standard", "demo", "quiet-1")
    assert (entry.reason, entry.by, entry.case_id) == ("call to verify", "a risk program", "cas_1")
    assert "13800138000" not in repr(entry)


async def test_personal_data_needs_a_reason_an_order_and_the_right(
    known: Installation, risk_team: httpx.AsyncClient, analyst: httpx.AsyncClient
) -> None:
    before = known.log.last()
    assert (await unmask(risk_team, reason="no")).status_code == 422
    assert (await unmask(risk_team, reason="      ")).status_code == 422
    assert (await unmask(risk_team, reason="a call", order_id="none")).status_code == 404
    assert (await unmask(analyst, reason="a call")).status_code == 403
    assert known.log.last() == before
    assert known.token(Role.ANALYST)
