"""The facts of events with all that the tables know besides: shop, lists, relations, newness."""

from typing import Any

from msgspec.structs import replace

from orderguard.domain.entries import ListKind, ListName
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import Fact
from orderguard.flows.tables import ShopRecord, Tables
from orderguard.kit.clock import MS_PER_DAY
from orderguard.orders import OrderState, Told, direct_fact, order_fact

NEW_DAYS = 30
"""A buyer counts as new for so long."""

WATCHED_MS_MIN = 7 * MS_PER_DAY
"""How long a shop must have been watched before a buyer never seen there counts as new."""

LISTED: dict[ListKind, str] = {
    ListKind.BUYER: "buyer_id",
    ListKind.DEVICE: "device_id",
    ListKind.PAYER: "payment_account",
    ListKind.PHONE: "buyer_phone_token",
    ListKind.ADDRESS: "ship_to_doorstep",
    ListKind.EMAIL: "buyer_email_token",
}


class Facts:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def of_event(self, event: OrderEvent) -> Fact | None:
        """The fact of an event that speaks of no order, None where it tells none."""
        fact = direct_fact(event)
        return None if fact is None else replace(fact, **self._extras(fact))

    def of_order(self, state: OrderState, told: Told, known_at: int, event_id: str) -> Fact:
        """What was told of an order, with all that is known of it now."""
        shop = self._shop(state)
        fact = order_fact(
            state.key,
            state.number,
            state.members,
            told,
            known_at=known_at,
            event_id=event_id,
            currency=shop.currency,
            extras={},
        )
        return replace(fact, buyer_is_new=self._is_new(fact, shop), **self._extras(fact))

    def _is_new(self, fact: Fact, shop: ShopRecord) -> bool | None:
        """Whether the buyer registered lately; where the channel does not tell, ordered lately.

        The second is unknown until the shop has been watched for a while: at first all are new.
        """
        first = None
        if fact.buyer_id is not None:
            buyer = f"{fact.channel}/{fact.shop}/{fact.buyer_id}"
            first = self.tables.buyers.get(buyer)
            if first is None or fact.at < first:
                first = fact.at
                self.tables.buyers.put(buyer, first)
        if fact.buyer_account_age_days is not None:
            return fact.buyer_account_age_days < NEW_DAYS
        if first is None or fact.at - shop.since < WATCHED_MS_MIN:
            return None
        return fact.at - first < NEW_DAYS * MS_PER_DAY

    def _shop(self, state: OrderState) -> ShopRecord:
        """A shop's currency is that of its first order."""
        name = f"{state.key.channel}/{state.key.shop}"
        shop = self.tables.shops.get(name)
        currency = state.members.get("order_currency")
        if shop is None or (shop.currency is None and currency is not None):
            shop = ShopRecord(shop.since if shop else state.first_ms, currency)
            self.tables.shops.put(name, shop)
        return shop

    def _extras(self, fact: Fact) -> dict[str, Any]:
        """What lists and relations add to a fact."""
        extras: dict[str, Any] = {}
        if fact.buyer_id is not None:
            household = self.tables.households.get(f"{fact.channel}/{fact.shop}/{fact.buyer_id}")
            extras["buyer_household"] = household or fact.buyer_id
        if len(self.tables.lists):
            on = self._lists(fact)
            extras["lists_allowed"] = frozenset(on[ListName.ALLOW])
            extras["lists_watched"] = frozenset(on[ListName.WATCH])
            extras["lists_blocked"] = bool(on[ListName.BLOCK])
        return extras

    def _lists(self, fact: Fact) -> dict[ListName, list[ListKind]]:
        found: dict[ListName, list[ListKind]] = {name: [] for name in ListName}
        values = [(kind, getattr(fact, field)) for kind, field in LISTED.items()]
        values += [(ListKind.IP, fact.device_ip), (ListKind.IP, fact.device_segment)]
        if fact.buyer_id is not None:
            buyer = f"{fact.channel}/{fact.shop}/{fact.buyer_id}"
            values.append((ListKind.BUYER, buyer))
        for kind, value in values:
            for name in ListName if value is not None else ():
                listed = self.tables.lists.get(f"{name}/{kind}/{value}")
                if listed and (listed.until_ms is None or fact.known_at < listed.until_ms):
                    found[name].append(kind)
        return found
