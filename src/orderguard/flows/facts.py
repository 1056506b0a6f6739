"""The facts of events with all that the tables know besides: shop, lists, relations, newness."""

from typing import Any, cast

from orderguard.domain.entities import SOURCES, Entity
from orderguard.domain.entries import ListKind, ListName
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import Fact
from orderguard.flows.tables import ShopRecord, Tables
from orderguard.kit.clock import MS_PER_DAY
from orderguard.orders import (
    Fields,
    OrderState,
    Told,
    direct_fields,
    in_shop_currency,
    order_fields,
)
from orderguard.profiles import ProfileKind

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


REMEMBERED: dict[ProfileKind, str] = {kind: SOURCES[Entity(kind)].field for kind in ProfileKind}
"""Where a fact names whom we may have a profile of."""


def profile_key(kind: ProfileKind, value: str, channel: str, shop: str) -> str:
    """The key of an entity's profile: within its shop, unless it means the same in all of them."""
    is_wide = SOURCES[Entity(kind)].merchant_wide
    return value if is_wide else f"{channel}/{shop}/{value}"


class Facts:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def of_event(self, event: OrderEvent) -> Fact | None:
        """The fact of an event that speaks of no order, None where it tells none."""
        fields = direct_fields(event)
        if fields is None:
            return None
        self._add_household(fields)
        if len(self.tables.profiles):
            self._add_profiles(fields)
        if len(self.tables.lists):
            self._add_lists(fields, event.received_ms)
        return Fact(known_at=event.received_ms, event_id=event.id, **fields)

    def of_attempt(self, event: OrderEvent, number: int) -> Fact | None:
        """What an attempt tells, as the order would that comes of it."""
        direct = direct_fields(event)
        if direct is None:
            return None
        name = f"{event.channel}/{event.shop}"
        shop = self.tables.shops.get(name) or ShopRecord(event.occurred_ms)
        # Fields are members and a few more; the conversion looks at amounts alone.
        fields: Fields = dict(in_shop_currency(cast("Any", direct), shop.currency))
        self._add_household(fields)
        fields["buyer_is_new"] = self._is_new(fields, shop, is_order=False)
        fields["number"], fields["attempt_is_open"] = number, True
        if len(self.tables.lists):
            self._add_lists(fields, event.received_ms)
        return Fact(known_at=event.received_ms, event_id=event.id, **fields)

    def of_order(self, state: OrderState, told: Told, known_at: int, event_id: str) -> Fact:
        """What was told of an order, with all that is known of it now."""
        shop = self._shop(state)
        fields = order_fields(state.key, state.number, state.members, told, shop.currency)
        self._add_household(fields)
        fields["buyer_is_new"] = self._is_new(fields, shop)
        if len(self.tables.profiles):
            self._add_profiles(fields)
        if len(self.tables.lists):
            self._add_lists(fields, known_at)
        return Fact(known_at=known_at, event_id=event_id, **fields)

    def _is_new(self, fields: Fields, shop: ShopRecord, *, is_order: bool = True) -> bool | None:
        """Whether the buyer registered lately; where the channel does not tell, ordered lately.

        The second is unknown until the shop has been watched for a while: at first all are new.
        """
        first, at = None, fields["at"]
        if "buyer_id" in fields:
            buyer = f"{fields['channel']}/{fields['shop']}/{fields['buyer_id']}"
            first = self.tables.buyers.get(buyer)
            if first is None or at < first:
                first = at
                if is_order:
                    self.tables.buyers.put(buyer, at)
        age = fields.get("buyer_account_age_days")
        if age is not None:
            return bool(age < NEW_DAYS)
        if first is None or at - shop.since < WATCHED_MS_MIN:
            return None
        return bool(at - first < NEW_DAYS * MS_PER_DAY)

    def _shop(self, state: OrderState) -> ShopRecord:
        """A shop's currency is that of its first order."""
        name = f"{state.key.channel}/{state.key.shop}"
        shop = self.tables.shops.get(name)
        currency = state.members.get("order_currency")
        if shop is None or (shop.currency is None and currency is not None):
            shop = ShopRecord(shop.since if shop else state.first_ms, currency)
            self.tables.shops.put(name, shop)
        return shop

    def _add_household(self, fields: Fields) -> None:
        """Buyers who are related count as one."""
        if "buyer_id" in fields:
            buyer = fields["buyer_id"]
            fields["buyer_household"] = buyer
            if len(self.tables.households):
                name = f"{fields['channel']}/{fields['shop']}/{buyer}"
                fields["buyer_household"] = self.tables.households.get(name) or buyer

    def _add_profiles(self, fields: Fields) -> None:
        """What is remembered of whom the fact names."""
        good: dict[str, int] = {}
        for kind, field in REMEMBERED.items():
            value = fields.get(field)
            if value is None:
                continue
            key = profile_key(kind, value, fields["channel"], fields["shop"])
            profile = self.tables.profiles.get(f"{kind}|{key}")
            if profile is not None:
                fields[f"{kind}_confirmed_bad"] = profile.confirmed_bad
                good[kind] = profile.confirmed_good
        if good:
            fields["profiles_good"] = good

    def _add_lists(self, fields: Fields, known_at: int) -> None:
        on = self._lists(fields, known_at)
        fields["lists_allowed"] = frozenset(on[ListName.ALLOW])
        fields["lists_watched"] = frozenset(on[ListName.WATCH])
        fields["lists_blocked"] = bool(on[ListName.BLOCK])

    def _lists(self, fields: Fields, known_at: int) -> dict[ListName, list[ListKind]]:
        found: dict[ListName, list[ListKind]] = {name: [] for name in ListName}
        values = [(kind, fields.get(field)) for kind, field in LISTED.items()]
        values += [(ListKind.IP, fields.get(field)) for field in ("device_ip", "device_segment")]
        if "buyer_id" in fields:
            buyer = f"{fields['channel']}/{fields['shop']}/{fields['buyer_id']}"
            values.append((ListKind.BUYER, buyer))
        for kind, value in values:
            for name in ListName if value is not None else ():
                listed = self.tables.lists.get(f"{name}/{kind}/{value}")
                if listed and (listed.until_ms is None or known_at < listed.until_ms):
                    found[name].append(kind)
        return found
