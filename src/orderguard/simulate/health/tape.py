"""What the witnesses say of a life, and how late, how often and in what order it arrives."""

import random
from math import exp, log

from orderguard.simulate.health.life import Life, Purchase, Refund
from orderguard.simulate.health.shops import Shop
from orderguard.simulate.model import MINUTE_MS, SECOND_MS
from orderguard.simulate.wire import Json, money, rfc3339

LATE_SHARE, TWICE_SHARE = 0.04, 0.03
POLLED_SHARE = 0.08  # Of paid orders, told once more by somebody who asks.
PAID_FIRST_SHARE, BARE_SHARE = 0.05, 0.02
DELAY_MS = {
    "shipment": (2 * SECOND_MS, 4 * MINUTE_MS),
    "settlement": (5 * SECOND_MS, 10 * MINUTE_MS),
    "inventory": (SECOND_MS, 2 * MINUTE_MS),
}
"""How late a witness is beyond the wire; the channel pushes at once."""

STEPS = (
    ("requested", "shipment.requested"),
    ("accepted", "shipment.accepted"),
    ("picked", "shipment.picked"),
    ("shipped", "shipment.shipped"),
    ("moving", "shipment.in_transit"),
    ("delivered", "shipment.delivered"),
)


class Tape:
    """Every event with its time of receipt. What arrives after `until_ms` is never heard of."""

    def __init__(self, rng: random.Random, until_ms: int) -> None:
        self.rng = rng
        self._until_ms = until_ms
        self._latency_log_ms = log(rng.uniform(80, 400))
        self._count = 0
        self.arrivals: list[tuple[int, int, Json]] = []

    def tell(
        self, shop: Shop, kind: str, at: int, data: Json, *, late_ms: int = 0, prompt: bool = False
    ) -> None:
        rng = self.rng
        self._count += 1
        event: Json = {
            "id": f"evt_{self._count:07d}",
            "type": kind,
            "occurred_at": rfc3339(at),
            "channel": shop.channel,
            "shop": shop.name,
            "data": {"order": data} if kind.startswith("order.") else data,
        }
        delay_ms = exp(rng.gauss(self._latency_log_ms, 0.5))
        if not prompt and rng.random() < LATE_SHARE:
            delay_ms = rng.uniform(2 * SECOND_MS, 3 * MINUTE_MS)
        witness = DELAY_MS.get(kind.partition(".")[0])
        if witness is not None and not prompt:
            delay_ms += rng.uniform(*witness)
        self._receive(at + late_ms + int(delay_ms), event)
        if rng.random() < TWICE_SHARE:
            again_ms = delay_ms + rng.uniform(0.1, 1) * rng.choice((1, 30, 600)) * SECOND_MS
            self._receive(at + late_ms + int(again_ms), event)

    def _receive(self, at: int, event: Json) -> None:
        if at <= self._until_ms:
            self.arrivals.append((at, len(self.arrivals), event))

    def events(self) -> list[Json]:
        """All of them in order of arrival, as a file has them."""
        self.arrivals.sort(key=lambda arrival: arrival[:2])
        return [event | {"received_at": rfc3339(at)} for at, _, event in self.arrivals]


def order_json(purchase: Purchase, placed: int) -> Json:
    """The whole document of an order that was just placed."""
    shop = purchase.shop
    lines = []
    for number, item in enumerate(purchase.items, 1):
        line: Json = {
            "line_id": str(number),
            "channel_sku": item.product.channel_sku,
            "quantity": item.quantity,
            "unit_price": money(item.product.price_fen),
        }
        if shop.tells_sku:
            line["sku"] = item.sku
        lines.append(line)
    return {
        "order_id": purchase.order_id,
        "status": "pending_payment",
        "created_at": rfc3339(placed),
        "updated_at": rfc3339(placed),
        "buyer": {"id": purchase.buyer},
        "lines": lines,
        "amount": money(purchase.amount_fen),
        "currency": purchase.currency,
    }


def paid_json(purchase: Purchase, paid: int) -> Json:
    payment: Json = {
        "id": f"pay{purchase.order_id}",
        "method": "card",
        "account": f"acc-{purchase.buyer}",
        "amount": money(purchase.paid_fen),
        "currency": purchase.paid_currency,
        "paid_at": rfc3339(paid),
    }
    if purchase.exchange_rate is not None:
        payment["exchange_rate"] = purchase.exchange_rate
    return {
        "order_id": purchase.order_id,
        "status": "paid",
        "paid_at": rfc3339(paid),
        "updated_at": rfc3339(paid),
        "payment": payment,
    }


class Teller:
    """Tells a life. `prompt`: without the accidents of the wire, for where a minute decides."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def tell(self, purchase: Purchase, life: Life, *, prompt: bool = False) -> None:
        self._tell_channel(purchase, life, prompt=prompt)
        self._tell_parcel(purchase, life)
        for number, (at, fen) in enumerate(life.settled, 1):
            self._settle(purchase, at, fen, "payment", f"st{number}-{purchase.order_id}")
        for refund in life.refunds:
            self._tell_refund(purchase, refund)
        if life.returned is not None:
            returned: Json = {"order_id": purchase.order_id, "reason": "unwanted"}
            self.tape.tell(purchase.shop, "return.received", life.returned, returned)

    def _status(self, purchase: Purchase, status: str, at: int, verb: str = "") -> None:
        data: Json = {"order_id": purchase.order_id, "status": status, "updated_at": rfc3339(at)}
        self.tape.tell(purchase.shop, f"order.{verb or status}", at, data)

    def _tell_channel(self, purchase: Purchase, life: Life, *, prompt: bool) -> None:
        tape, rng, shop = self.tape, self.tape.rng, purchase.shop
        whole = order_json(purchase, life.placed)
        draw = rng.random()
        pays_at_once = life.paid is not None and life.paid - life.placed < 10 * MINUTE_MS
        if draw >= PAID_FIRST_SHARE or not pays_at_once:
            if draw > 1 - BARE_SHARE:
                bare: Json = {"order_id": purchase.order_id}
                tape.tell(shop, "order.created", life.placed, bare, prompt=prompt)
                told_at = life.placed + rng.randrange(200, 3_500)
                document = whole | {"updated_at": rfc3339(life.placed)}
                tape.tell(shop, "order.updated", told_at, document, prompt=prompt)
            else:
                tape.tell(shop, "order.created", life.placed, whole, prompt=prompt)
        if life.paid is not None:
            document = whole | paid_json(purchase, life.paid)
            late_ms = life.told_late_ms.get("paid", 0)
            tape.tell(shop, "order.paid", life.paid, document, late_ms=late_ms, prompt=prompt)
            if rng.random() < POLLED_SHARE:
                # Who asks gets the same document; its modification time is the old one.
                asked_at = life.paid + rng.randrange(10_000, 900_000)
                told_at = asked_at if rng.random() < 0.5 else life.paid
                tape.tell(shop, "order.updated", told_at, document, late_ms=asked_at - told_at)
        if life.told_shipped is not None:
            self._status(purchase, "shipped", life.told_shipped, "updated")
        for at, status in life.documents:
            self._status(purchase, status, at, "updated")
        for ended_at, status in (
            (life.completed, "completed"),
            (life.cancelled, "cancelled"),
            (life.closed, "closed"),
        ):
            if ended_at is not None:
                self._status(purchase, status, ended_at)

    def _tell_parcel(self, purchase: Purchase, life: Life) -> None:
        parcel: Json = {
            "order_id": purchase.order_id,
            "shipment_id": f"s{purchase.order_id}",
            "warehouse": purchase.warehouse,
        }
        lines = [{"sku": item.sku, "quantity": item.quantity} for item in purchase.items]
        carried: Json = {"carrier": "SF", "tracking_no": f"T{purchase.order_id}"}
        for name, kind in STEPS:
            at: int | None = getattr(life, name)
            if at is None:
                continue
            data = dict(parcel)
            if name in {"shipped", "moving", "delivered"}:
                data |= carried
            if name in {"requested", "picked", "shipped"}:
                data["lines"] = lines
            late_ms = life.told_late_ms.get(name, 0)
            self.tape.tell(purchase.shop, kind, at, data, late_ms=late_ms)

    def _tell_refund(self, purchase: Purchase, refund: Refund) -> None:
        bare: Json = {"order_id": purchase.order_id, "refund_id": refund.refund_id}
        data = bare | {"amount": money(refund.fen), "currency": purchase.paid_currency}
        for kind, at, said in (
            ("refund.requested", refund.requested, data | {"reason": "unwanted"}),
            ("refund.rejected", refund.rejected, bare),
            ("refund.approved", refund.approved, data),
            ("refund.succeeded", refund.succeeded, data),
        ):
            if at is not None:
                self.tape.tell(purchase.shop, kind, at, said)
        for number, at in enumerate(refund.settled, 1):
            name = f"st{number}-{refund.refund_id}"
            self._settle(purchase, at, refund.fen, "refund", name)

    def _settle(self, purchase: Purchase, at: int, fen: int, kind: str, name: str) -> None:
        if not purchase.shop.has_finance:
            return
        data: Json = {
            "order_id": purchase.order_id,
            "kind": kind,
            "amount": money(fen),
            "currency": purchase.paid_currency,
            "settlement_id": name,
        }
        self.tape.tell(purchase.shop, "settlement.recorded", at, data)
