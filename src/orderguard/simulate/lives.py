"""The life of an order: what the channel, the warehouse and the carrier tell of one purchase."""

from orderguard.simulate.journal import Journal
from orderguard.simulate.model import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Buyer, Purchase
from orderguard.simulate.stock import Ledger
from orderguard.simulate.wire import (
    Json,
    buyer_json,
    device_json,
    money,
    order_json,
    paid_json,
    rfc3339,
)
from orderguard.simulate.world import World

CARRIERS = ("SF", "ZTO", "YTO", "STO", "JD")
REASONS = ("不想要了", "尺码不合适", "与描述不符", "质量问题", "未收到货")
CLOSED_SHARE = 0.75  # of unpaid orders; the rest stay open for ever
EARLY_REFUND_SHARE = 0.2  # of refunds, asked for before the parcel leaves
REPEATED_SHARE = 0.12  # of orders that are told once more though nothing changed


class Lives:
    def __init__(self, world: World, journal: Journal, ledger: Ledger) -> None:
        self.world = world
        self.journal = journal
        self.ledger = ledger
        self.pay_delay_s_median = world.rng.uniform(12, 40)
        self.pace = world.rng.uniform(0.6, 1.3)  # how fast this warehouse works

    def later(self, at: int, shortest_ms: float, longest_ms: float) -> int:
        return at + int(self.world.rng.uniform(shortest_ms, longest_ms))

    def register(self, buyer: Buyer) -> None:
        data: Json = {"buyer": buyer_json(buyer), "channel_user_id": buyer.id}
        if device := device_json(buyer.shop, buyer.device, buyer.ip):
            data["device"] = device
        self.journal.tell(buyer.shop, "buyer.registered", buyer.registered_at, data)

    def live(self, purchase: Purchase, *, returned: float) -> None:
        """Tell one order from its first event to its last."""
        self.ledger.place(purchase)
        whole = order_json(purchase)
        if not purchase.pays:
            self._open(purchase, whole)
            self._abandon(purchase)
            return
        paid_at = self._pay(purchase, whole)
        refunded = self.world.chance(returned)
        if refunded and self.world.chance(EARLY_REFUND_SHARE):
            self._cancel_paid(purchase, paid_at)
            return
        delivered_at = self._ship(purchase, paid_at)
        if refunded:
            self._return(purchase, delivered_at)
        else:
            self._order(purchase, "completed", self.later(delivered_at, DAY_MS, 5 * DAY_MS))

    def _order(self, purchase: Purchase, status: str, at: int, verb: str = "") -> None:
        """The channel tells a new status and nothing else."""
        data: Json = {"order_id": purchase.order_id, "status": status, "updated_at": rfc3339(at)}
        self.journal.tell(purchase.buyer.shop, f"order.{verb or status}", at, data)

    def _open(self, purchase: Purchase, whole: Json) -> None:
        shop = purchase.buyer.shop
        if self.world.chance(shop.id_only):
            bare: Json = {"order_id": purchase.order_id}
            self.journal.tell(shop, "order.created", purchase.placed_at, bare)
            at = self.later(purchase.placed_at, 0.2 * SECOND_MS, 3.5 * SECOND_MS)
            self.journal.tell(shop, "order.updated", at, whole | {"updated_at": rfc3339(at)})
        else:
            self.journal.tell(shop, "order.created", purchase.placed_at, whole)

    def _pay(self, purchase: Purchase, placed: Json) -> int:
        world, shop = self.world, purchase.buyer.shop
        delay_s = self.pay_delay_s_median * world.rng.lognormvariate(0, 0.9)
        paid_at = purchase.placed_at + int(min(max(delay_s, 4), 1_700) * SECOND_MS)
        paid = paid_json(purchase, paid_at)
        whole = placed | paid
        if world.chance(shop.paid_first):
            self.journal.tell(shop, "order.paid", paid_at, whole)
        else:
            self._open(purchase, placed)
            self.journal.tell(shop, "order.paid", paid_at, whole if shop.paid_in_full else paid)
        if world.chance(REPEATED_SHARE):
            at = self.later(paid_at, 10 * SECOND_MS, 10 * MINUTE_MS)
            self.journal.tell(shop, "order.updated", at, whole | {"updated_at": rfc3339(at)})
        return paid_at

    def _abandon(self, purchase: Purchase) -> None:
        world = self.world
        if world.chance(CLOSED_SHARE):
            at = self.later(purchase.placed_at, 15 * MINUTE_MS, 110 * MINUTE_MS)
            self.ledger.cancel(purchase, at)
            self._order(purchase, world.rng.choice(("cancelled", "closed")), at)

    def _ship(self, purchase: Purchase, paid_at: int) -> int:
        rng, pace, shop = self.world.rng, self.pace, purchase.buyer.shop
        requested_at = self.later(paid_at, 11 * MINUTE_MS, 60 * MINUTE_MS)
        accepted_at = self.later(requested_at, MINUTE_MS, 30 * MINUTE_MS)
        picked_at = self.later(accepted_at, 0.5 * HOUR_MS, 16 * HOUR_MS * pace)
        shipped_at = self.later(picked_at, 0.3 * HOUR_MS, 14 * HOUR_MS * pace)
        moving_at = self.later(shipped_at, HOUR_MS, 20 * HOUR_MS)
        delivered_at = self.later(moving_at, 10 * HOUR_MS, 4 * DAY_MS)
        parcel: Json = {
            "order_id": purchase.order_id,
            "shipment_id": f"s{purchase.order_id}",
            "warehouse": f"wh-{shop.name}",
        }
        lines = [{"sku": line.sku, "quantity": line.quantity} for line in purchase.lines]
        carried = parcel | {
            "carrier": rng.choice(CARRIERS),
            "tracking_no": f"T{self.world.number()}",
        }
        for event_type, at, data in (
            ("shipment.requested", requested_at, parcel | {"lines": lines}),
            ("shipment.accepted", accepted_at, parcel),
            ("shipment.picked", picked_at, parcel | {"lines": lines}),
            ("shipment.shipped", shipped_at, carried | {"lines": lines}),
            ("shipment.in_transit", moving_at, carried),
            ("shipment.delivered", delivered_at, carried),
        ):
            self.journal.tell(shop, event_type, at, data)
        self.ledger.ship(purchase, shipped_at)
        told_at = self.later(shipped_at, 10 * SECOND_MS, 10 * MINUTE_MS)
        self._order(purchase, "shipped", told_at, verb="updated")
        return delivered_at

    def _refund(self, purchase: Purchase, requested_at: int, *, rejectable: bool) -> int | None:
        """Tell a refund; when it succeeded, or None where it was rejected."""
        world, shop = self.world, purchase.buyer.shop
        bare: Json = {"order_id": purchase.order_id, "refund_id": f"r{purchase.order_id}"}
        data = bare | {"amount": money(purchase.amount_fen), "currency": "CNY"}
        asked = data | {"reason": world.rng.choice(REASONS)}
        self.journal.tell(shop, "refund.requested", requested_at, asked)
        answered_at = self.later(requested_at, 10 * MINUTE_MS, 30 * HOUR_MS)
        if rejectable and world.chance(0.06):
            self.journal.tell(shop, "refund.rejected", answered_at, bare)
            return None
        self.journal.tell(shop, "refund.approved", answered_at, data)
        succeeded_at = self.later(answered_at, 5 * MINUTE_MS, 24 * HOUR_MS)
        self.journal.tell(shop, "refund.succeeded", succeeded_at, data)
        return succeeded_at

    def _cancel_paid(self, purchase: Purchase, paid_at: int) -> None:
        """The buyer thinks better of it before the warehouse was asked."""
        requested_at = self.later(paid_at, MINUTE_MS, 10 * MINUTE_MS)
        self._refund(purchase, requested_at, rejectable=False)
        cancelled_at = requested_at + SECOND_MS
        self.ledger.cancel(purchase, cancelled_at)
        self._order(purchase, "cancelled", cancelled_at)

    def _return(self, purchase: Purchase, delivered_at: int) -> None:
        requested_at = self.later(delivered_at, 2 * HOUR_MS, 5 * DAY_MS)
        succeeded_at = self._refund(purchase, requested_at, rejectable=True)
        if succeeded_at is None:
            self._order(purchase, "completed", self.later(requested_at, 2 * DAY_MS, 6 * DAY_MS))
        else:
            self._order(purchase, "closed", succeeded_at + SECOND_MS)
