"""Shops over the API: added, heard, changed, tested; nothing secret is told twice."""

import httpx
import pytest
from tests.api.installation import START_MS, Installation, paid
from tests.chinese import check_chinese

from orderguard.api import shop_shapes
from orderguard.app import channels
from orderguard.bilingual import Bilingual
from orderguard.domain.ports import Channel, RawMessage
from orderguard.domain.senders import Connection
from orderguard.errors import FeedLost, SignatureMismatch

NEW = {"channel": "standard", "shop": "new"}
SHOPIFY = {"channel": "shopify", "shop": "uk", "secret": "shpss_very-secret"}


async def test_a_new_shop_is_told_its_address_and_once_its_secret(
    admin: httpx.AsyncClient, running: Installation
) -> None:
    answer = await admin.post("/api/v1/shops", json=NEW)
    added = shop_shapes.ShopAdded.model_validate_json(answer.content)
    assert answer.status_code == 201
    assert added.webhook_url == "https://guard.example.com/webhooks/standard/new"
    assert added.last_event_at is None
    shop = running.control.find("standard", "new")
    assert shop is not None
    assert shop.secrets == (added.secret,)
    assert added.secret
    assert added.secret not in (await admin.get("/api/v1/shops")).text
    assert (await admin.post("/api/v1/shops", json=NEW)).status_code == 422


async def test_a_secret_that_was_given_is_never_told(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/v1/shops", json=SHOPIFY)
    assert (answer.status_code, answer.json()["secret"]) == (201, None)
    assert "very-secret" not in answer.text + (await admin.get("/api/v1/shops")).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "jd", "shop": "x"},
        {"channel": "nowhere", "shop": "x"},
        {**NEW, "shop": "a/b"},
        {**NEW, "shop": ".."},
        {**NEW, "settings": {"unheard": "of"}},
        {**NEW, "secret": "not base64"},
    ],
    ids=["lacks settings", "no channel", "slash", "dots", "unknown setting", "bad secret"],
)
async def test_what_cannot_work_is_not_added(
    admin: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    assert (await admin.post("/api/v1/shops", json=wrong)).status_code == 422
    shops = (await admin.get("/api/v1/shops")).json()["items"]
    assert [shop["shop"] for shop in shops] == ["demo"]


async def test_the_first_event_is_seen(admin: httpx.AsyncClient, running: Installation) -> None:
    place = "/api/v1/shops/standard/demo"
    assert (await admin.get(place)).json()["last_event_at"] is None
    await running.tell(paid("o-1", "b-1", at_ms=START_MS))
    seen = (await admin.get(place)).json()
    assert seen["last_event_at"] == "2026-11-11T00:00:00.000+08:00"
    assert seen["problems"] == []


async def test_refused_signatures_are_counted_with_what_to_do(
    admin: httpx.AsyncClient, running: Installation
) -> None:
    headers = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,d3Jvbmc="}
    for _ in range(3):
        with pytest.raises(SignatureMismatch):
            await running.intake().receive("standard", "demo", RawMessage(headers, "", b"{}"))
    seen = (await admin.get("/api/v1/shops/standard/demo")).json()
    assert seen["refused"] == {"wrong": 3}
    assert seen["problems"][0]["short"] == "wrong secret"


async def test_settings_change_and_secret_ones_stay_hidden(admin: httpx.AsyncClient) -> None:
    given = {"app_key": "k-1", "app_secret": "s-1"}
    added = await admin.post(
        "/api/v1/shops", json={"channel": "douyin", "shop": "d", "settings": given}
    )
    assert added.status_code == 201, added.text
    place = "/api/v1/shops/douyin/d"
    changed = await admin.patch(f"{place}/settings", json={"settings": {"app_key": "k-2"}})
    values = {one["name"]: one["value"] for one in changed.json()["settings"]}
    assert values["app_key"] == "k-2"
    assert "s-1" not in changed.text
    refused = await admin.patch(f"{place}/settings", json={"settings": {"app_key": ""}})
    assert refused.status_code == 422


async def test_a_rotation_keeps_the_former_secret(
    admin: httpx.AsyncClient, running: Installation
) -> None:
    before = running.control.find("standard", "demo")
    rotated = await admin.post("/api/v1/shops/standard/demo/rotate-secret", json={})
    shop = running.control.find("standard", "demo")
    assert before is not None
    assert shop is not None
    assert shop.secrets == (rotated.json()["secret"], *before.secrets)
    nowhere = await admin.post("/api/v1/shops/standard/no/rotate-secret", json={})
    assert nowhere.status_code == 404


async def test_a_platform_makes_its_own_secrets(admin: httpx.AsyncClient) -> None:
    given = {"app_key": "k-1", "app_secret": "s-1"}
    await admin.post("/api/v1/shops", json={"channel": "douyin", "shop": "d", "settings": given})
    refused = await admin.post("/api/v1/shops/douyin/d/rotate-secret", json={})
    assert refused.status_code == 422


async def test_a_shop_is_tested(admin: httpx.AsyncClient) -> None:
    found = shop_shapes.ShopTest.model_validate_json(
        (await admin.post("/api/v1/shops/standard/demo/test")).content
    )
    states = {one.what: one.state for one in found.items}
    assert states == {"settings": "ok", "events": "unknown", "calls": "unknown"}


async def test_what_cannot_fire_there_is_named_with_what_lacks(admin: httpx.AsyncClient) -> None:
    given = {"app_secret": "s-1", "app_key": "k", "customer_id": "c", "orders_of": "tmall/x"}
    added = await admin.post(
        "/api/v1/shops", json={"channel": "wms_qimen", "shop": "uk", "settings": given}
    )
    assert added.status_code == 201, added.text
    place = "/api/v1/shops/{}/coverage"
    full = (await admin.get(place.format("standard/demo"))).json()
    less = (await admin.get(place.format("wms_qimen/uk"))).json()
    assert full["cannot_fire"] == []
    assert less["cannot_fire"]
    assert all(one["lacks"] and one["title"]["zh"] for one in less["cannot_fire"])
    assert less["rules"] >= len(less["cannot_fire"])


async def test_each_channel_says_how_it_is_connected(analyst: httpx.AsyncClient) -> None:
    told = shop_shapes.ChannelPage.model_validate_json(
        (await analyst.get("/api/v1/channels")).content
    )
    known = {one.name: one for one in told.items}
    assert len(known) >= 9
    assert all(one.guide for one in told.items)
    assert known["douyin"].guide.startswith("1. Sign in at")
    assert "## What becomes what" not in known["douyin"].guide
    assert known["standard"].makes_secret
    assert not known["douyin"].makes_secret


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/shops", NEW),
        ("POST", "/api/v1/shops/standard/demo/rotate-secret", {}),
        ("POST", "/api/v1/shops/standard/demo/test", None),
        ("PATCH", "/api/v1/shops/standard/demo/settings", {"settings": {}}),
    ],
)
async def test_only_an_admin_changes_shops(
    risk_team: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, object] | None,
) -> None:
    assert (await risk_team.request(method, path, json=body)).status_code == 403
    assert (await stranger.request(method, path, json=body)).status_code == 401


async def test_what_went_wrong_towards_a_platform_is_told_in_the_reader_s_language(
    admin: httpx.AsyncClient, running: Installation
) -> None:
    shop = running.control.find("standard", "demo")
    assert shop is not None
    chinese, place = {"accept-language": "zh"}, "/api/v1/shops/standard/demo"
    for failure in (
        FeedLost("TMC: 忙"),
        FeedLost(Bilingual("TMC said nothing.", "TMC 没有消息。")),
    ):
        running.senders.connected(shop, Connection(failure=failure.whole))
        told = [
            (await admin.get(place, headers=headers)).json()["connection"]["failure"]
            for headers in ({}, chinese)
        ]
        assert told == [failure.told("en"), failure.told("zh")]
        tested = await admin.post(f"{place}/test", headers=chinese)
        said = {one["what"]: one["said"] for one in tested.json()["items"]}
        assert said["connection"] == failure.told("zh")


FAULTS = [
    ("jd", {"window_minutes": "soon"}),
    ("jd", {"push_map": "finishOrder"}),
    ("tmall", {"pull_s": "often"}),
    ("tmall", {"pull_s": "0"}),
    ("tmall", {"list_method": "no method"}),
    ("tmall", {"tmc_url": "https://example.com"}),
    ("wechat", {"encoding_aes_key": "short"}),
    ("wechat_pay", {"public_key": "no key"}),
    ("wechat_pay", {"api_v3_key": "short"}),
    ("wechat_pay", {"api_v3_key": "k" * 32, "orders_of": "nowhere"}),
    ("wms_qimen", {"orders_of": "nowhere"}),
    ("wms_qimen", {"orders_of": "tmall/x", "window_minutes": "soon"}),
    ("wms_qimen", {"orders_of": "tmall/x", "process_map": "PRINT"}),
]


def test_each_channel_that_looks_at_settings_has_its_faults_read() -> None:
    looking = {name for name, one in channels().items() if type(one).fault is not Channel.fault}
    assert looking == {name for name, _ in FAULTS}


@pytest.mark.parametrize(("name", "wrong"), FAULTS)
async def test_what_a_channel_cannot_work_with_is_told_in_the_reader_s_language(
    admin: httpx.AsyncClient, name: str, wrong: dict[str, str]
) -> None:
    channel = channels()[name]
    whole = {
        one.name: channel.new_secret() if one.signs else "x"
        for one in channel.settings
        if one.is_required
    }
    body = {"channel": name, "shop": "x", "settings": {**whole, **wrong}}
    told = []
    for language in ("en", "zh"):
        answer = await admin.post("/api/v1/shops", json=body, headers={"accept-language": language})
        assert answer.status_code == 422
        told.append(answer.json()["detail"])
    assert list(wrong)[-1] in told[0]
    check_chinese(Bilingual(*told))
