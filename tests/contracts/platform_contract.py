"""Canonical → simulator → adapter, without a difference: what a platform knows is what we learn."""

import datetime as dt
import os
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from orderguard.channels import discover, discover_calls
from orderguard.domain.calls import Asking, Calls, Request
from orderguard.domain.events import (
    CanonicalEvent,
    Data,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Device,
    Line,
    Order,
    OrderStatus,
    Payment,
    ShipTo,
)
from orderguard.domain.ports import Parsed
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.providers.server import Asked

ORDERS = 2_000 if os.environ.get("ORDERGUARD_PROVE") else 100
NOW_MS = 1_794_355_210_000
CHINA = dt.timezone(dt.timedelta(hours=8))
PLACES = (
    ("浙江省", "杭州市", "西湖区"),
    ("广东省", "深圳市", "南山区"),
    ("上海市", "上海市", "徐汇区"),
)


class PlatformContract:
    """Inherited unedited; the fixture `platform` gives the simulator."""

    @pytest.fixture
    def platform(self) -> Iterator[Platform]:
        raise NotImplementedError

    def test_an_order_is_learnt_whole(self, platform: Platform) -> None:
        rng = random.Random(7)
        for number in range(ORDERS):
            learnt = Learnt(platform)
            for event in life(rng, number):
                learnt.hear(event)
            (order_id,) = {one.order_id for one in learnt.orders.values()} or {""}
            if order_id:
                truth = platform.tellable(platform.orders[order_id])
                assert learnt.orders[order_id] == truth

    def test_what_it_pushes_is_told_apart(self, platform: Platform) -> None:
        """Each push has an id of its own, and the same one when it comes again."""
        rng = random.Random(8)
        ids: list[str] = []
        for number in range(20):
            learnt = Learnt(platform)
            for event in life(rng, number):
                learnt.hear(event)
            ids += learnt.ids
        assert len(set(ids)) == len(ids)

    def test_facts_beyond_the_order_are_told(self, platform: Platform) -> None:
        """Parcels and refunds come with the ids that they have."""
        rng = random.Random(9)
        for number in range(20):
            learnt = Learnt(platform)
            for event in life(rng, number):
                learnt.hear(event)
                if event.type in platform.tells:
                    assert event.type in learnt.types, f"{event.type} of {platform.channel}"


class Learnt:
    """What an adapter makes of what a platform sends, and answers when it is asked."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.channel = discover()[platform.channel]
        self.calls: Calls | None = discover_calls().get(platform.channel)
        self.shop = platform.connected()
        self.orders: dict[str, Order] = {}
        self.types: set[EventType] = set()
        self.ids: list[str] = []

    def hear(self, event: CanonicalEvent) -> None:
        for message in self.platform.happened(event):
            self.channel.verify(message, self.shop, NOW_MS)
            parsed = self.channel.parse(message, self.shop)
            assert parsed == self.channel.parse(message, self.shop)
            self.ids += [one.event.id for one in parsed]
            self._learn(parsed)
            for one in parsed:
                self._complete(one)

    def _complete(self, parsed: Parsed) -> None:
        if self.calls is None:
            return
        asking = Asking(shop=self.shop, access=self.platform.access, now_ms=NOW_MS)
        for want in self.calls.wants(parsed.event):
            told = self.platform.answer(asked(self.calls.detail(want, asking)))
            self._learn(self.calls.read_detail(want, told, asking))

    def _learn(self, parsed: tuple[Parsed, ...]) -> None:
        for one in parsed:
            self.types.add(one.event.type)
            if isinstance(one.event.data, OrderData):
                order = one.event.data.order
                known = self.orders.get(order.order_id)
                self.orders[order.order_id] = merged(known, order) if known else order


def asked(request: Request) -> Asked:
    """A call as the platform's server sees it."""
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(request.method, target, headers, request.body)


def merged(known: Any, told: Any) -> Any:
    """Parts are merged in depth; members that are not told keep their value."""
    news = {}
    for name in told.__struct_fields__:
        value, former = getattr(told, name), getattr(known, name)
        if value is None:
            continue
        both = isinstance(value, msgspec.Struct) and former is not None
        news[name] = merged(former, value) if both else value
    return msgspec.structs.replace(known, **news)


def life(rng: random.Random, number: int, now_ms: int = NOW_MS) -> Iterator[CanonicalEvent]:
    """Placed, then paid and shipped, or cancelled; sometimes sent back. At most a week long."""
    order = generated(rng, number, now_ms)
    at = order.created_at
    assert at is not None
    yield _event(number, EventType.ORDER_CREATED, at, OrderData(order=order))
    at += dt.timedelta(seconds=rng.randint(5, 900))
    if rng.random() < 0.15:
        yield _told(number, EventType.ORDER_CANCELLED, order, at, OrderStatus.CANCELLED)
        return
    paid = Payment(
        id=f"42000{rng.randrange(10**15):015d}",
        method=rng.choice(["alipay", "wechat", "unionpay"]),
        account=f"2088{rng.randrange(10**12):012d}",
        amount=order.amount,
        currency="CNY",
        paid_at=at,
    )
    whole = msgspec.structs.replace(
        order, status=OrderStatus.PAID, paid_at=at, updated_at=at, payment=paid
    )
    yield _event(number, EventType.ORDER_PAID, at, OrderData(order=whole))
    if rng.random() < 0.2:
        yield from _refund(rng, number, whole, at)
        return
    at += dt.timedelta(minutes=rng.randint(30, 2_000))
    lines = tuple(ShipmentLine(sku=line.sku, quantity=line.quantity) for line in whole.lines or ())
    parcel = ShipmentData(
        order_id=order.order_id,
        shipment_id=f"{7 * 10**9 + number}",
        warehouse="WH01",
        carrier="SF",
        tracking_no=f"SF{rng.randrange(10**12):012d}",
        lines=lines,
    )
    yield _event(number, EventType.SHIPMENT_SHIPPED, at, parcel)
    at += dt.timedelta(hours=rng.randint(20, 90))
    yield _told(number, EventType.ORDER_COMPLETED, order, at, OrderStatus.COMPLETED)


def _refund(
    rng: random.Random, number: int, order: Order, at: dt.datetime
) -> Iterator[CanonicalEvent]:
    refund = RefundData(
        order_id=order.order_id,
        refund_id=f"{8 * 10**18 + number}",
        amount=order.amount,
        currency="CNY",
        reason="不想要了",
    )
    for kind in (EventType.REFUND_REQUESTED, EventType.REFUND_APPROVED, EventType.REFUND_SUCCEEDED):
        at += dt.timedelta(minutes=rng.randint(1, 300))
        yield _event(number, kind, at, refund)


def _told(
    number: int, kind: EventType, order: Order, at: dt.datetime, status: OrderStatus
) -> CanonicalEvent:
    bare = Order(order_id=order.order_id, status=status, updated_at=at)
    return _event(number, kind, at, OrderData(order=bare))


def _event(number: int, kind: EventType, at: dt.datetime, data: Data) -> CanonicalEvent:
    event_id = f"{number}-{kind}"
    return CanonicalEvent(id=event_id, type=kind, type_name=kind.value, occurred_at=at, data=data)


def generated(rng: random.Random, number: int, now_ms: int = NOW_MS) -> Order:
    """An order as any of these platforms might have it: numeric ids above 2^53, fen, seconds."""
    at = dt.datetime.fromtimestamp(now_ms / 1000, CHINA).replace(microsecond=0)
    at -= dt.timedelta(seconds=rng.randrange(86_400))
    lines = tuple(_line(rng, number, place) for place in range(rng.randint(1, 4)))
    discount = rng.choice([0, 0, rng.randint(1, 500)])
    freight = rng.choice([0, 800, 1_200])
    total = sum(int(one.quantity or 0) * _fen(one.unit_price) for one in lines)
    province, city, district = rng.choice(PLACES)
    coupon = Coupon(id=f"{rng.choice(('', 'cp'))}{rng.randrange(10**9)}", amount=_yuan(discount))
    return Order(
        order_id=f"{4_705_288_465_508_532_862 + number}",
        status=OrderStatus.PENDING_PAYMENT,
        created_at=at,
        updated_at=at,
        buyer=Buyer(
            id=f"AAH{rng.randrange(10**10)}",
            phone=f"138{rng.randrange(10**8):08d}",
            name=rng.choice(["张三", "李四", "王 小明", "O'Neil & <Co>"]),
        ),
        lines=lines,
        amount=_yuan(max(1, total - discount + freight)),
        discount=_yuan(discount),
        freight=_yuan(freight),
        currency="CNY",
        coupons=(coupon,) if discount else (),
        ship_to=ShipTo(
            country="CN",
            province=province,
            city=city,
            district=district,
            street=f"文三路{rng.randint(1, 999)}号{rng.choice(['', ' 5幢 “甲”', ' <b>'])}",
            name="收件人",
            phone=f"139{rng.randrange(10**8):08d}",
        ),
        device=Device(ip=f"36.{rng.randrange(256)}.{rng.randrange(256)}.7", user_agent="Mozilla"),
    )


def _line(rng: random.Random, number: int, place: int) -> Line:
    product = rng.randrange(10**15)
    return Line(
        line_id=f"{4_705_288_465_508_632_862 + number * 10 + place}",
        channel_sku=f"{3_300_000_000_000_000_000 + product}",
        sku=f"SKU-{product % 1000}",
        product_id=f"{product}",
        title=rng.choice(["跑步鞋 41码", "T-shirt <L> & “蓝”", "保温杯"]),
        quantity=rng.randint(1, 5),
        unit_price=_yuan(rng.randint(100, 99_999)),
    )


def _fen(amount: str | None) -> int:
    return int((amount or "0").replace(".", ""))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
