import datetime as dt
from typing import Any

import msgspec
import pytest

from orderguard.domain.events import (
    BehaviourData,
    CanonicalEvent,
    CheckoutData,
    Data,
    EventType,
    InventoryData,
    OrderData,
    OrderEvent,
    RegistrationData,
    Traits,
    UnknownData,
)
from orderguard.domain.orders import (
    Buyer,
    Customs,
    CustomsDocument,
    Device,
    Order,
    Payment,
    ShipTo,
)
from orderguard.domain.record import decode, encode_event
from orderguard.errors import MalformedMessage
from orderguard.flows.protect import doorstep, email_token, phone_token, protect
from orderguard.kit.clock import to_ms
from orderguard.kit.sealing import Keyring

KEYRING = Keyring.for_replay()
OCCURRED_AT = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)
RECEIVED_MS = to_ms(OCCURRED_AT) + 360
PERSONAL = ["张三", "13812345678", "zhang@qq.com", "世纪大道", "31.2304", "200120", "110101"]
BUYER = Buyer(id="b-1", phone="13812345678", email="Zhang@qq.com", name="张三")
SHIP_TO = ShipTo(
    country="CN",
    province="上海市",
    city="上海市",
    district="浦东新区",
    street="世纪大道100号2栋501室",
    postcode="200120",
    lat=31.23041,
    lng=121.54402,
    name="张三",
    phone="13812345678",
)
DEVICE = Device(id="d-1", ip="203.0.113.7", user_agent="Mozilla/5.0")


def event(data: Data, kind: EventType = EventType.ORDER_PAID, **members: Any) -> CanonicalEvent:
    told = {"id": "e-1", "type_name": kind.value, "occurred_at": OCCURRED_AT, **members}
    return CanonicalEvent(type=kind, data=data, **told)


def protected(data: Data, kind: EventType = EventType.ORDER_PAID, **members: Any) -> OrderEvent:
    return protect(
        event(data, kind, **members),
        channel="standard",
        shop="demo",
        received_ms=RECEIVED_MS,
        tokens=KEYRING,
    )


def traits(buyer: Buyer | None = None, **ship_to: Any) -> Traits:
    order = Order(order_id="o-1", buyer=buyer, ship_to=ShipTo(**ship_to))
    return protected(OrderData(order=order)).traits


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (
            EventType.ORDER_PAID,
            OrderData(
                order=Order(
                    order_id="o-1",
                    buyer=BUYER,
                    ship_to=SHIP_TO,
                    device=DEVICE,
                    customs=Customs(documents=(CustomsDocument(kind="id_card", number="110101"),)),
                )
            ),
        ),
        (
            EventType.CHECKOUT_ATTEMPTED,
            CheckoutData(attempt_id="a-1", buyer=BUYER, ship_to=SHIP_TO, device=DEVICE),
        ),
        (EventType.BUYER_REGISTERED, RegistrationData(buyer=BUYER, device=DEVICE)),
        (EventType.BEHAVIOUR_RECORDED, BehaviourData(buyer=BUYER, device=DEVICE)),
    ],
)
def test_nothing_personal_stands_in_the_open(kind: EventType, data: Data) -> None:
    opened = protected(data, kind)
    text = msgspec.json.encode(opened).decode()
    assert not [word for word in PERSONAL if word.casefold() in text.casefold()]
    assert opened.traits.phone_token == phone_token("+86 138-1234-5678", KEYRING)
    assert opened.traits.email_token == email_token("zhang@qq.com", KEYRING)
    assert opened.traits.phone_segment == "1381234"
    assert opened.traits.network == "203.0.113.0/24"


def test_what_is_not_personal_stays() -> None:
    payment = Payment(id="p-1", account="acc-1", amount="9.00", paid_at=OCCURRED_AT)
    order = Order(
        order_id="o-1", buyer=BUYER, ship_to=SHIP_TO, device=DEVICE, payment=payment, coupons=()
    )
    data = protected(OrderData(order=order)).data
    assert isinstance(data, OrderData)
    assert data.order == msgspec.structs.replace(
        order,
        buyer=Buyer(id="b-1"),
        ship_to=ShipTo(country="CN", province="上海市", city="上海市", district="浦东新区"),
    )


def test_data_about_no_person_passes_as_it_is() -> None:
    stock = InventoryData(sku="A", available=3)
    opened = protected(stock, EventType.INVENTORY_CHANGED)
    assert opened.data is stock
    assert opened.traits == Traits()
    assert opened.type_name is None


def test_an_unknown_type_keeps_its_name() -> None:
    opened = protected(UnknownData(), EventType.UNKNOWN, type_name="order.teleported")
    assert opened.type_name == "order.teleported"


def test_instants() -> None:
    opened = protected(UnknownData(), EventType.UNKNOWN)
    assert (opened.occurred_ms, opened.received_ms) == (to_ms(OCCURRED_AT), RECEIVED_MS)
    assert not opened.clamped


@pytest.mark.parametrize(("ahead_s", "clamped"), [(300, False), (301, True), (10**10, True)])
def test_a_clock_far_ahead_is_set_back(ahead_s: int, *, clamped: bool) -> None:
    ahead = dt.timedelta(milliseconds=360, seconds=ahead_s)
    opened = protected(UnknownData(), EventType.UNKNOWN, occurred_at=OCCURRED_AT + ahead)
    assert opened.clamped is clamped
    assert opened.occurred_ms - RECEIVED_MS == (0 if clamped else ahead_s * 1000)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00+08:00"])
def test_nothing_happened_before_1970(text: str) -> None:
    with pytest.raises(MalformedMessage):
        protected(UnknownData(), EventType.UNKNOWN, occurred_at=dt.datetime.fromisoformat(text))


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=8))),
        dt.datetime(9999, 12, 31, 23, tzinfo=dt.timezone(dt.timedelta(hours=-8))),
    ],
)
def test_an_impossible_instant_is_unknown(moment: dt.datetime) -> None:
    order = Order(
        order_id="o-1",
        created_at=moment,
        paid_at=moment,
        updated_at=moment,
        buyer=Buyer(id="b-1", registered_at=moment),
        payment=Payment(id="p-1", paid_at=moment),
    )
    opened = protected(OrderData(order=order))
    assert opened.data == OrderData(
        order=Order(order_id="o-1", buyer=Buyer(id="b-1"), payment=Payment(id="p-1"))
    )
    assert decode(encode_event(opened, b"", KEYRING)) == opened


def test_a_given_phone_token_stands() -> None:
    given = "of the channel"
    assert traits(msgspec.structs.replace(BUYER, phone_token=given)).phone_token == given


def test_the_phone_on_the_parcel_stands_in_for_the_buyers() -> None:
    assert traits(phone="13812345678") == traits(Buyer(phone="13812345678"))
    assert traits(Buyer(phone="13912345678"), phone="13812345678").phone_segment == "1391234"


@pytest.mark.parametrize("phone", ["", "138****5678", "unknown", "１"])
def test_a_hidden_phone_has_no_token(phone: str) -> None:
    assert traits(Buyer(phone=phone)).phone_token is None


def test_virtual_numbers_and_throw_away_mail() -> None:
    found = traits(Buyer(phone="17012345678", email="x@mailinator.com"))
    assert found.phone_is_virtual
    assert found.email_is_disposable


@pytest.mark.parametrize("email", ["", "x", "z***g@qq.com", "@qq.com"])
def test_a_hidden_mail_address_has_no_token(email: str) -> None:
    found = traits(Buyer(email=email))
    assert (found.email_token, found.email_is_disposable) == (None, None)


def door(**ship_to: Any) -> str | None:
    return doorstep(ShipTo(**ship_to), KEYRING)


def test_the_best_witness_of_a_door_counts() -> None:
    token = {"address_token": "t-1"}
    street = {"city": "上海市", "district": "浦东新区", "street": "世纪大道100号501室"}
    at = {"lat": 31.22101, "lng": 121.54402}
    assert door(**token, **street, **at) == door(**token)
    assert door(**street, **at) == door(**street) != door(**at)
    assert len({door(**token), door(**street), door(**at)}) == 3
    assert door() is None
    assert door(city="上海市") is None
    assert door(lat=31.2) is None


def test_a_door_is_one_in_its_city_and_district() -> None:
    street = {"street": "世纪大道100号501室"}
    here = door(city="上海市", district="浦东新区", **street)
    assert here == door(city="上海", district="浦东新区", street="世纪大道 100-501")
    assert here == door(city="上海市", district="浦东新区", street="上海市浦东新区世纪大道100号501")
    assert here != door(city="北京市", district="浦东新区", **street)
    assert here != door(city="上海市", district="徐汇区", **street)


def test_coordinates_are_one_door_within_4_decimals() -> None:
    assert door(lat=31.22101, lng=121.54402) == door(lat=31.22099, lng=121.54398)
    assert door(lat=31.2210, lng=121.5440) != door(lat=31.2212, lng=121.5440)


def test_a_hidden_street_leaves_the_coordinates() -> None:
    assert door(street="世纪大道***", lat=1.0, lng=2.0) == door(lat=1.0, lng=2.0)


def test_places() -> None:
    assert traits(lat=31.22149, lng=-121.54451, city="北京市").place == (31.221, -121.545)
    assert traits(lat=31.22149, lng=-121.54451).place_error_km == 0.1
    region = traits(province="上海市", city="上海市", district="浦东新区")
    assert region.place
    assert region.place_error_km
    assert region.place_error_km > 0.1
    assert traits(country="JP", city="福山市").place is None
    assert traits(country="中国", city="杭州市").place is not None
    assert traits().place is None
