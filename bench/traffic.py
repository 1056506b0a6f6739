"""What shops tell: order lives of honest buyers, and among them patterns whose alerts are due.

Everything follows from numbers: the same number gives the same buyer, order and event, in any run.
The honest part raises no alert: old accounts, own devices, own doors, own payers.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from orderguard.kit.clock import MS_PER_SECOND, rfc3339
from orderguard.kit.signing import sign_webhook, webhook_key

Json = dict[str, Any]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the published test vector.
PATH = "/webhooks/standard/demo"

BUYERS = 60_000
RUN_BUYERS = 1_000_000
"""The buyers of patterns in one run have numbers of their own, so many apart."""
PRODUCTS = 500
HOUSEHOLD = 2
"""Buyers who share a door."""

PAID_AFTER, SHIPPED_AFTER = 20, 60
"""How many orders are placed between an order and its payment, and its shipment."""

BLOCK = 100
"""Events among which one same-item burst and one shared payer account come to their end."""
BURST_ORDERS = 5
BURST_PLACES = (7, 27, 47, 67, 87)
PAIR_PLACES = (17, 37, 57, 77)
"""A pattern's next event comes a block later, so that no two of one are ever on their way."""

_REGIONS = (
    ("上海市", "上海市", "徐汇区", "漕溪北路"),
    ("北京市", "北京市", "朝阳区", "建国路"),
    ("广东省", "深圳市", "南山区", "科技园路"),
    ("广东省", "广州市", "天河区", "体育西路"),
    ("浙江省", "杭州市", "西湖区", "文三路"),
    ("四川省", "成都市", "武侯区", "科华北路"),
    ("江苏省", "南京市", "鼓楼区", "中山北路"),
    ("湖北省", "武汉市", "洪山区", "珞喻路"),
    ("陕西省", "西安市", "雁塔区", "长安南路"),
    ("山东省", "青岛市", "市南区", "香港中路"),
)
_CLIENTS = tuple(
    f"Mozilla/5.0 (Linux; Android {10 + number % 5}; {model}) AppleWebKit/537.36"
    f" (KHTML, like Gecko) Version/4.0 Chrome/{100 + number} Mobile Safari/537.36"
    for number, model in enumerate(("M2102J2SC", "V2072A", "PGKM10", "ALN-AL00", "23013RK75C") * 4)
)
_encode = msgspec.json.encode


class Message(Struct, frozen=True):
    """One event as a body. `due` names the pattern of which it is the last, "" for all others."""

    event_id: str
    order_id: str
    body: bytes
    due: str = ""


def buyer(number: int) -> Json:
    registered = f"20{12 + number % 11:02d}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    return {
        "id": f"buyer-{number:07d}",
        "registered_at": f"{registered}T09:30:00+08:00",
        "phone": f"13{number % 10}{number:08d}",
        "name": f"买家{number}",
    }


def ship_to(number: int) -> Json:
    door = number // HOUSEHOLD
    province, city, district, street = _REGIONS[door % len(_REGIONS)]
    return {
        "country": "CN",
        "province": province,
        "city": city,
        "district": district,
        "street": f"{street}{1 + door // 200}号{1 + door % 200}室",
        "name": f"买家{number}",
        "phone": f"13{number % 10}{number:08d}",
    }


def device(number: int) -> Json:
    network = number // 100
    return {
        "id": f"device-{number:07d}",
        "ip": f"{110 + network // 65_536 % 10}.{network // 256 % 256}.{network % 256}"
        f".{1 + number % 200}",
        "user_agent": _CLIENTS[number % len(_CLIENTS)],
    }


def lines(order: int, product: int) -> tuple[list[Json], int]:
    """One line or two, and what they cost, in fen."""
    told, total = [], 0
    for place, number in enumerate((product, (product * 7 + 3) % PRODUCTS)[: 1 + order % 2]):
        price = 1_990 + number * 131 % 60_000
        quantity = 1 + (order + place) % 3
        total += price * quantity
        told.append(
            {
                "line_id": str(place + 1),
                "channel_sku": f"c-{number:05d}",
                "sku": f"sku-{number:05d}",
                "product_id": f"product-{number:05d}",
                "title": f"商品{number} 春季新款 黑色 均码",
                "quantity": quantity,
                "unit_price": _money(price),
            }
        )
    return told, total


class Seller:
    """Writes the events of orders.

    Each `run` on one server has orders of its own, other products for the honest buyers, and other
    buyers in its patterns, so that none of them goes on where the last run ended.
    """

    def __init__(self, run: int = 0) -> None:
        self.run = run
        self._prefix = f"{run}-" if run else ""
        self._key = webhook_key(SECRET)

    def placed(
        self,
        order: int,
        who: int,
        product: int,
        at_ms: int,
        *,
        name: str = "o",
        due: str = "",
        registered_ms: int | None = None,
        sent_to: int | None = None,
    ) -> Message:
        """`sent_to`: the buyer at whose door it shall arrive, the own one unless said."""
        order_id = self._order_id(name, order)
        document = _order(order_id, order, who, product, at_ms)
        if registered_ms is not None:
            document["buyer"]["registered_at"] = rfc3339(registered_ms)
        if sent_to is not None:
            document["ship_to"] = ship_to(sent_to)
        return _message("order.created", order_id, {"order": document}, at_ms, due)

    def sold(
        self, order: int, who: int, product: int, at_ms: int, *, ship_by_ms: int | None = None
    ) -> Message:
        """An order of which the shop tells but once, when it is paid.

        With `ship_by_ms` it is to leave by then, and the shop has begun with it.
        """
        order_id = self._order_id("o", order)
        document = _order(order_id, order, who, product, at_ms)
        document |= _payment(order_id, order, product, at_ms, f"account-{who:07d}")
        if ship_by_ms is not None:
            document |= {"status": "fulfilling", "ship_by": rfc3339(ship_by_ms)}
        return _message("order.paid", order_id, {"order": document}, at_ms, "")

    def stocked(self, product: int, units: int, at_ms: int) -> Message:
        """A warehouse counted a product."""
        data = {"sku": f"sku-{product:05d}", "warehouse": "w0", "on_hand": units}
        return _message("inventory.changed", f"stock-{product}-{at_ms}", data, at_ms, "")

    def paid(
        self,
        order: int,
        product: int,
        at_ms: int,
        *,
        account: str,
        name: str = "o",
        due: str = "",
    ) -> Message:
        order_id = self._order_id(name, order)
        document = {"order_id": order_id, "updated_at": rfc3339(at_ms)}
        document |= _payment(order_id, order, product, at_ms, account)
        return _message("order.paid", order_id, {"order": document}, at_ms, due)

    def shipped(self, order: int, product: int, at_ms: int, *, name: str = "o") -> Message:
        order_id = self._order_id(name, order)
        data = {
            "order_id": order_id,
            "shipment_id": f"shipment-of-{order_id}",
            "warehouse": f"w{order % 3}",
            "carrier": "sf",
            "tracking_no": f"SF{order:012d}",
            "lines": [{"sku": f"sku-{product:05d}", "quantity": 1}],
        }
        return _message("shipment.shipped", order_id, data, at_ms, "")

    def _order_id(self, name: str, order: int) -> str:
        return f"{self._prefix}{name}-{order:08d}"

    def request(self, message: Message, at_ms: int) -> bytes:
        """The whole signed HTTP request; `at_ms` must be within 5 minutes of its arrival."""
        return self.signed(message.event_id, message.body, at_ms)

    def signed(self, message_id: str, body: bytes, at_ms: int) -> bytes:
        timestamp = str(at_ms // MS_PER_SECOND)
        signature = sign_webhook(self._key, message_id, timestamp, body)
        return (
            f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nwebhook-id: {message_id}\r\n"
            f"webhook-timestamp: {timestamp}\r\nwebhook-signature: {signature}\r\n\r\n"
        ).encode() + body


def _order(order_id: str, order: int, who: int, product: int, at_ms: int) -> Json:
    """All that a shop tells of an order that was just placed."""
    told, total = lines(order, product)
    return {
        "order_id": order_id,
        "status": "pending_payment",
        "created_at": rfc3339(at_ms),
        "updated_at": rfc3339(at_ms),
        "buyer": buyer(who),
        "lines": told,
        "amount": _money(total),
        "discount": "0.00",
        "freight": "0.00",
        "currency": "CNY",
        "coupons": [{"id": "spring", "amount": "5.00"}] if order % 3 else [],
        "ship_to": ship_to(who),
        "device": device(who),
    }


def _payment(order_id: str, order: int, product: int, at_ms: int, account: str) -> Json:
    """What a payment adds to an order."""
    _, total = lines(order, product)
    payment = {
        "id": f"payment-of-{order_id}",
        "method": "alipay",
        "account": account,
        "amount": _money(total),
        "currency": "CNY",
        "paid_at": rfc3339(at_ms),
    }
    return {"status": "paid", "paid_at": rfc3339(at_ms), "payment": payment}


def some_product(random: Random) -> int:
    """Some sell far better than others: a fifth of them makes half of the sales."""
    return int(PRODUCTS * random.random() ** 2.5)


def honest(seller: Seller, instants_ms: Iterator[int]) -> Iterator[Message]:
    """Order lives, each placed, then paid, then shipped, their events mixed; without an end."""
    random = Random(seller.run)
    products: list[int] = []
    order, first = 0, seller.run * 7_919
    while True:
        products.append(some_product(random))
        yield seller.placed(order, (first + order) % BUYERS, products[order], next(instants_ms))
        if (paid := order - PAID_AFTER) >= 0:
            account = f"account-{(first + paid) % BUYERS:07d}"
            yield seller.paid(paid, products[paid], next(instants_ms), account=account)
        if (shipped := order - SHIPPED_AFTER) >= 0:
            yield seller.shipped(shipped, products[shipped], next(instants_ms))
        order += 1


def stream(
    seller: Seller, count: int, instants_ms: Sequence[int], *, blocks: int = 1
) -> list[Message]:
    """So many events: honest lives, and among them patterns whose last event is due an alert.

    The patterns: five orders of one product by one buyer, and one account paying for two buyers,
    who never order anything else. One of each begins in one block out of `blocks`.
    """
    at = iter(instants_ms)
    lives = honest(seller, at)
    return [
        _pattern_event(seller, *divmod(number, BLOCK), at, blocks) or next(lives)
        for number in range(count)
    ]


def _pattern_event(
    seller: Seller, block: int, place: int, at: Iterator[int], blocks: int
) -> Message | None:
    """What stands at this place of the block, None for an honest event."""
    for places, event in ((BURST_PLACES, _burst_order), (PAIR_PLACES, _pair_event)):
        if place in places:
            stage = places.index(place)
            number, rest = divmod(block - stage, blocks)
            if number >= 0 and not rest:
                return event(seller, number, stage, next(at))
    return None


def _burst_order(seller: Seller, burst: int, stage: int, at_ms: int) -> Message:
    due = f"burst-{burst}" if stage == BURST_ORDERS - 1 else ""
    who = seller.run * RUN_BUYERS + 2 * BUYERS + 4 * burst
    order = burst * BURST_ORDERS + stage
    return seller.placed(order, who, burst % PRODUCTS, at_ms, name="burst", due=due)


def _pair_event(seller: Seller, pair: int, stage: int, at_ms: int) -> Message:
    """Two buyers of different doors, placed and paid in turn by one account."""
    second, is_paid = divmod(stage, 2)
    order, product = pair * 2 + second, (pair * 3 + second) % PRODUCTS
    if not is_paid:
        who = seller.run * RUN_BUYERS + 4 * BUYERS + 8 * pair + 4 * second
        return seller.placed(order, who, product, at_ms, name="pair")
    due = f"pair-{pair}" if second else ""
    account = f"shared-account-{seller.run}-{pair:07d}"
    return seller.paid(order, product, at_ms, account=account, name="pair", due=due)


def _message(kind: str, order_id: str, data: Json, at_ms: int, due: str) -> Message:
    event_id = f"{order_id}.{kind}"
    document = {"id": event_id, "type": kind, "occurred_at": rfc3339(at_ms), "data": data}
    return Message(event_id, order_id, _encode(document), due)


def _money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
