"""Files of events told in a few words, and what a replay says of them."""

import json
from pathlib import Path
from typing import Any

from tests.flows.stories import LIBRARY, START_MS, Json

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.ports import AlertQuery
from orderguard.flows.replay import Replay
from orderguard.kit.clock import MS_PER_HOUR, rfc3339
from orderguard.stores.memory import MemoryState

REQUEST = "lifecycle.paid_not_requested"
SHIP = "lifecycle.not_shipped"
REFUND = "lifecycle.refund_unanswered"

MONEY = "settlement.unreconciled"
SHORT, LOCKED = "stock.oversold", "stock.phantom_lock"
UNMAPPED, AMBIGUOUS = "catalog.sku_unmapped", "catalog.sku_ambiguous"


class File:
    """Events in the order in which they arrive. Instants are hours since the sale began."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.jsonl"
        self.events: list[Json] = []

    def tell(
        self,
        kind: str,
        at: float,
        data: Json,
        *,
        known: float | None = None,
        shop: str = "demo",
        said_at: str | None = None,
    ) -> None:
        self.events.append(
            {
                "id": f"e{len(self.events)}",
                "type": kind,
                "occurred_at": said_at or rfc3339(at_ms(at)),
                "received_at": rfc3339(at_ms(at if known is None else known)),
                "channel": "standard",
                "shop": shop,
                "data": data,
            }
        )

    def order(self, verb: str, at: float, order_id: str = "a", **members: Any) -> None:
        """The channel's word; `lines`, `amount` and the like come with what is first told."""
        rest = {name: members.pop(name) for name in ("known", "shop", "said_at") if name in members}
        self.tell(f"order.{verb}", at, {"order": {"order_id": order_id, **members}}, **rest)

    def paid(self, at: float, order_id: str = "a", **members: Any) -> None:
        whole = {
            "status": "paid",
            "buyer": {"id": f"b-{order_id}"},
            "lines": [{"sku": "shoe", "quantity": 1}],
            "amount": "100.00",
            "currency": "CNY",
            "paid_at": rfc3339(at_ms(at)),
        }
        self.order("paid", at, order_id, **{**whole, **members})

    def parcel(self, verb: str, at: float, order_id: str = "a", **members: Any) -> None:
        rest = {name: members.pop(name) for name in ("known", "shop") if name in members}
        self.tell(f"shipment.{verb}", at, {"order_id": order_id, **members}, **rest)

    def refund(self, verb: str, at: float, refund_id: str, amount: str = "100.00") -> None:
        data = {"order_id": "a", "refund_id": refund_id, "amount": amount, "currency": "CNY"}
        self.tell(f"refund.{verb}", at, data)

    def settled(
        self, at: float, settlement_id: str, amount: str = "100.00", kind: str = "payment", **m: Any
    ) -> None:
        data = {"kind": kind, "amount": amount, "currency": "CNY", "settlement_id": settlement_id}
        self.tell("settlement.recorded", at, {"order_id": "a", **data, **m})

    def stock(self, at: float, sku: str = "shoe", **told: Any) -> None:
        self.tell("inventory.changed", at, {"sku": sku, **told})

    def sent(self, at: float, order_id: str = "a", **members: Any) -> None:
        """From the request until it is in motion, each an hour after the other."""
        verbs = ("requested", "picked", "shipped", "in_transit")
        for step, verb in enumerate(verbs):
            self.parcel(verb, at + step, order_id, **members)

    def until(self, at: float) -> "Result":
        """What a replay says of it once the clock has come to this instant."""
        self.tell("unheard.of", at, {})
        lines = "".join(json.dumps(event) + "\n" for event in self.events)
        self.path.write_text(lines)
        replay = Replay(LIBRARY, "standard", store=MemoryState(), strict=True)
        replay.run([self.path])
        assert replay.fold.tables.progress.faults == 0
        return Result(replay)


class Result:
    def __init__(self, replay: Replay) -> None:
        self.fold = replay.fold
        found = self.fold.tables.store.alerts(AlertQuery(kind=AlertKind.HEALTH, limit=1_000))
        self.alerts: list[Alert] = found[::-1]

    @property
    def rules(self) -> list[str]:
        return sorted(rule for alert in self.alerts for rule in alert.rules)

    def of(self, rule: str) -> Alert:
        (alert,) = [alert for alert in self.alerts if rule in alert.rules]
        return alert

    def open(self) -> list[str]:
        return sorted(alert.rules[0] for alert in self.alerts if not alert.closed)


def at_ms(at: float) -> int:
    return START_MS + round(at * MS_PER_HOUR)


def ids(alert: Alert) -> list[str]:
    return [key.order_id for key in alert.orders]
