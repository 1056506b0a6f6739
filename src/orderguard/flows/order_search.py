"""Orders by whatever somebody has of them: a number, a buyer, a phone, a parcel, a product.

    what is asked ─► the order of that number, in each shop ─┐
                 └─► the newest orders, one after another ───┴─► those that fit

There is no index beside that of the numbers: who asks for anything else looks through so many
orders at a time, and goes on from there.
"""

from collections.abc import Iterator

from msgspec import Struct

from orderguard.domain.alerts import Severity
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.flows.fold import Fold
from orderguard.flows.tables import OrderRecord
from orderguard.orders import status_of

BEGINNING_CHARACTERS_MIN = 4
"""So much of a value must be written for its beginning to be enough."""

_MEMBERS = (
    *("buyer_id", "buyer_phone_token", "buyer_email_token", "payment_account"),
    *("device_id", "device_ip", "ship_to_doorstep", "attempt_id"),
)


class Wanted(Struct, frozen=True, kw_only=True):
    """Which orders; None asks for any.

    `texts` are ways to say one thing: as it was typed, and the tokens that it stands for. `risk`
    and `health` ask for at least that severity.
    """

    texts: tuple[str, ...] = ()
    channel: str | None = None
    shop: str | None = None
    status: OrderStatus | None = None
    risk: Severity | None = None
    health: Severity | None = None
    rule: str | None = None
    is_held: bool | None = None

    def fits(self, record: OrderRecord) -> bool:
        """All but the texts; the cheap questions first."""
        key, standing = record.state.key, record.standing
        return (
            self.channel in (None, key.channel)
            and self.shop in (None, key.shop)
            and self.is_held in (None, standing.held)
            and _reaches(standing.risk_severity, self.risk)
            and _reaches(standing.health_severity, self.health)
            and (self.rule is None or self.rule in standing.rules)
            and (self.status is None or self.status is status_of(record.state))
        )


def numbered(fold: Fold, wanted: Wanted) -> list[OrderRecord]:
    """Orders whose whole number was asked for, one in each shop at most."""
    found: dict[str, OrderRecord] = {}
    for text in wanted.texts:
        parts = text.split("/", 2)
        keys = [OrderKey(*parts)] if len(parts) == len(OrderKey.__struct_fields__) else []
        for shop, _record in list(fold.tables.shops.items()):
            channel, _, name = shop.partition("/")
            keys.append(OrderKey(channel, name, text))
        for key in keys:
            record = fold.tables.orders.get(str(key))
            if record is not None and wanted.fits(record):
                found[str(key)] = record
    return list(found.values())


def newest_first(fold: Fold, before: int | None) -> Iterator[tuple[int, OrderRecord]]:
    """Orders by their numbers in the order of arrival, from the one before `before` on."""
    tables = fold.tables
    last = tables.progress.orders if before is None else before - 1
    for number in range(last, 0, -1):
        key = tables.keys.get(str(number))
        record = None if key is None else tables.orders.get(str(key))
        if record is not None:
            yield number, record


def matches(record: OrderRecord, wanted: Wanted) -> bool:
    """Whether an order fits, and one of its values is a text or begins with it."""
    if not wanted.fits(record):
        return False
    return not wanted.texts or any(
        _is_said(value.casefold(), text.casefold())
        for value in _values(record)
        for text in wanted.texts
    )


def _values(record: OrderRecord) -> Iterator[str]:
    state = record.state
    yield state.key.order_id
    yield from state.tracking
    if state.parcel:
        yield state.parcel
    yield from state.parcels
    for member in _MEMBERS:
        value = state.members.get(member)
        if isinstance(value, str):
            yield value
    for line in state.members.get("lines", ()):
        yield from (value for value in (line.sku, line.product) if value)


def _is_said(value: str, text: str) -> bool:
    return value == text or (len(text) >= BEGINNING_CHARACTERS_MIN and value.startswith(text))


def _reaches(severity: Severity | None, least: Severity | None) -> bool:
    return least is None or (severity is not None and severity.rank >= least.rank)
