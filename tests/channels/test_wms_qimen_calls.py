"""What a warehouse is asked for, and how its gateway answers."""

import datetime as dt
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import fromstring

import pytest
from msgspec.structs import replace

from orderguard.channels.wms_qimen import CALLS, CHANNEL
from orderguard.domain.alerts import Alert, AlertKind, Severity, Subject
from orderguard.domain.calls import Access, Asking, Request
from orderguard.domain.events import CanonicalEvent, EventType, ShipmentData, ShipmentLine
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Concerned, Doing, Outcome, Receipt
from orderguard.errors import PlatformBusy, PlatformRefused, PlatformTooLate
from orderguard.simulate.channels.wms_qimen import QimenPlatform
from orderguard.simulate.providers.server import Asked, Fault, Told

NOW_MS = 1_794_355_210_000
NOON = dt.datetime(2026, 11, 11, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
ORDER = Concerned(key=OrderKey("tmall", "flagship", "7"), status=OrderStatus.PAID)
ALERT = Alert(
    alert_id="a",
    kind=AlertKind.RISK,
    subject=Subject("order", "7"),
    channel="tmall",
    shop="flagship",
    order=ORDER.key,
    orders=(ORDER.key,),
    rules=("velocity.same_item_burst",),
    hits=(),
    floor=Severity.LOW,
    severity=Severity.HIGH,
    score=80,
    occurred_at=0,
    detected_at=0,
    updated_at=0,
    last_hit_at=0,
    quiet_ms=0,
)
DOING = Doing(key="k", step="hold_shipment", alert=ALERT, orders=(ORDER,))
RECEIPT = Receipt(key="k", outcome=Outcome.DONE)


@pytest.fixture
def platform() -> Iterator[QimenPlatform]:
    platform = QimenPlatform(now_ms=lambda: NOW_MS)
    yield platform
    platform.close()


@pytest.fixture
def asking(platform: QimenPlatform) -> Asking:
    connected = platform.connected()
    place = replace(connected, settings={**connected.settings, "code_prefix": "SO"})
    return Asking(shop=place, access=Access(), now_ms=NOW_MS)


def ask(platform: QimenPlatform, request: Request) -> Told:
    parts = urlsplit(request.url)
    return platform.answer(
        Asked(request.method, f"{parts.path}?{parts.query}", request.headers, request.body)
    )


def shipped(order_id: str) -> CanonicalEvent:
    return CanonicalEvent(
        id="e1",
        type=EventType.SHIPMENT_SHIPPED,
        type_name="shipment.shipped",
        occurred_at=NOON,
        data=ShipmentData(
            order_id=order_id,
            shipment_id="9",
            warehouse="WH01",
            carrier="SF",
            tracking_no="SF1",
            lines=(ShipmentLine(sku="<蓝>&", quantity=2),),
        ),
    )


def test_a_parcel_is_learnt_whole(platform: QimenPlatform) -> None:
    event = shipped("SO7")
    (message,) = platform.happened(event)
    CHANNEL.verify(message, platform.shop, NOW_MS)
    (parsed,) = CHANNEL.parse(message, platform.shop)
    learnt = parsed.event
    assert (learnt.type, learnt.occurred_at) == (event.type, event.occurred_at)
    assert learnt.data == replace(event.data, shipment_id="9:SF1")


def test_holding_releasing_and_cancelling(platform: QimenPlatform, asking: Asking) -> None:
    told = ask(platform, CALLS.tell("hold_shipment", ORDER, DOING, asking))
    assert CALLS.read_told("hold_shipment", told) == ""
    assert platform.held == {"SO7"}
    again = ask(platform, CALLS.tell("hold_shipment", ORDER, DOING, asking))
    assert CALLS.read_told("hold_shipment", again) == ""
    freed = ask(platform, CALLS.untell("hold_shipment", ORDER, RECEIPT, asking))
    CALLS.read_told("hold_shipment", freed)
    assert platform.held == set()
    CALLS.read_told("cancel_order", ask(platform, CALLS.tell("cancel_order", ORDER, DOING, asking)))
    assert platform.effects[-1] == "cancel SO7"


def test_what_the_warehouse_is_told(asking: Asking) -> None:
    request = CALLS.tell("hold_shipment", ORDER, DOING, asking)
    told = {node.tag: node.text for node in fromstring(request.body)}  # noqa: S314 - our own.
    assert told == {
        "warehouseCode": "OTHER",
        "orderCode": "SO7",
        "orderType": "JYCK",
        "actionType": "pending",
        "reason": "velocity.same_item_burst",
    }


@pytest.mark.parametrize("action", ["hold_shipment", "cancel_order"])
def test_what_has_left_is_too_late(platform: QimenPlatform, asking: Asking, action: str) -> None:
    platform.happened(shipped("SO7"))
    told = ask(platform, CALLS.tell(action, ORDER, DOING, asking))
    with pytest.raises(PlatformTooLate) as caught:
        CALLS.read_told(action, told)
    assert caught.value.code == "E0002"
    assert platform.effects == []


def test_the_gateway_refuses_a_wrong_signature(platform: QimenPlatform, asking: Asking) -> None:
    wrong = replace(asking, shop=replace(asking.shop, secrets=("other",)))
    for request in (CALLS.tell("hold_shipment", ORDER, DOING, wrong), CALLS.probe(wrong)):
        told = ask(platform, request)
        with pytest.raises(PlatformRefused) as caught:
            CALLS.read_probe(told)
        assert caught.value.code == "25"
    CALLS.read_probe(ask(platform, CALLS.probe(asking)))


def test_a_busy_gateway_and_one_that_answers_no_document(
    platform: QimenPlatform, asking: Asking
) -> None:
    request = CALLS.tell("cancel_order", ORDER, DOING, asking)
    for fault, may_have_acted in ((Fault.BUSY, False), (Fault.BROKEN, True)):
        platform.fault = fault
        with pytest.raises(PlatformBusy) as caught:
            CALLS.read_told("cancel_order", ask(platform, request))
        assert caught.value.may_have_acted is may_have_acted


def test_calls_need_an_app_key_and_a_customer(asking: Asking) -> None:
    assert CALLS.is_ready(asking.shop)
    for name in ("app_key", "customer_id"):
        settings = {key: value for key, value in asking.shop.settings.items() if key != name}
        assert not CALLS.is_ready(replace(asking.shop, settings=settings))
