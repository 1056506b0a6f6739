"""Which rules can never hit on a shop, because its channel never tells what they need."""

from collections.abc import Collection, Mapping

from msgspec import Struct

from orderguard.domain.entities import SOURCES
from orderguard.domain.library import Feature, Library
from orderguard.rules.syntax import parse
from orderguard.rules.tree import And, Constant, Not, Or, Presence, Reference, Tree, references

_PHONE = ("buyer.phone", "ship_to.phone")
_SKU = ("lines.sku", "lines.channel_sku")

TOLD_BY: dict[str, tuple[str, ...]] = {
    "order_amount": ("amount",),
    "order_discount": ("discount",),
    "order_freight": ("freight",),
    "order_currency": ("currency",),
    "order_coupon_count": ("coupons",),
    "order_line_count": ("lines",),
    "order_quantity": ("lines",),
    "product": ("lines.product_id", *_SKU),
    "sku": _SKU,
    "quantity": ("lines.quantity",),
    "unit_price": ("lines.unit_price",),
    "buyer_id": ("buyer.id",),
    "buyer_household": ("buyer.id",),
    "buyer_registered_at": ("buyer.registered_at",),
    "buyer_account_age_days": ("buyer.registered_at",),
    "buyer_phone_token": ("buyer.phone_token", *_PHONE),
    "buyer_phone_segment": _PHONE,
    "buyer_phone_is_virtual": _PHONE,
    "buyer_email_token": ("buyer.email",),
    "buyer_email_is_disposable": ("buyer.email",),
    "payment_account": ("payment.account",),
    "payment_method": ("payment.method",),
    "payment_amount": ("payment.amount",),
    "payment_currency": ("payment.currency",),
    "payment_rate": ("payment.exchange_rate",),
    "payment_rate_error": ("payment.exchange_rate",),
    "customs_trade_mode": ("customs.trade_mode",),
    "customs_declared_currency": ("customs.declared_currency",),
    "customs_declared_share": ("customs.declared_value",),
    "customs_document_count": ("customs.documents",),
    "customs_has_invoice": ("customs.documents",),
    "customs_has_declaration": ("customs.documents",),
    "customs_has_identity": ("customs.documents",),
    "customs_bad_hs_codes": ("lines.hs_code",),
    "customs_worst_hs_code": ("lines.hs_code",),
    "device_id": ("device.id",),
    "device_ip": ("device.ip",),
    "device_client": ("device.user_agent",),
    "device_segment": ("device.ip",),
    "device_is_datacenter": ("device.ip",),
    "ship_to_country": ("ship_to.country",),
    "ship_to_province": ("ship_to.province",),
    "ship_to_city": ("ship_to.city",),
    "ship_to_district": ("ship_to.district",),
    "ship_to_doorstep": ("ship_to.street", "ship_to.address_token", "ship_to.lat"),
    "ship_to_place": ("ship_to.lat", "ship_to.city", "ship_to.district", "ship_to.province"),
}
"""For a member of a fact, those of the canonical order that tell it: any one is enough.

Members that are not here do not come with an order: the lists, the stock.
"""


class CannotFire(Struct, frozen=True):
    """A rule and, of what it needs, the members of the order that are never told."""

    rule: str
    lacks: tuple[str, ...]


def cannot_fire(library: Library, supplies: frozenset[str]) -> tuple[CannotFire, ...]:
    """The rules that cannot hit where a channel supplies these members of the order only."""
    features = {feature.id: feature for feature in library.features}
    found = []
    for rule in library.rules:
        tree = parse(rule.when).tree
        lacks = _lacks(tree, features, supplies)
        if not _can_be(tree, lacks, holds=True):
            found.append(CannotFire(rule.id, tuple(sorted(set().union(*lacks.values())))))
    return tuple(found)


def supplied(
    name: str, features: Mapping[str, Feature], channels: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """The channels that tell what a value needs, by what members each supplies."""
    tree = Reference(0, name)
    return tuple(one for one, supplies in channels.items() if not _lacks(tree, features, supplies))


def _lacks(
    tree: Tree, features: Mapping[str, Feature], supplies: frozenset[str]
) -> dict[str, set[str]]:
    """Each name of a condition that is never known, with what would tell it."""
    lacks: dict[str, set[str]] = {}
    for reference in references(tree):
        feature = features.get(reference.name)
        fields = [_field(reference.name)] if feature is None else _fields(feature)
        for field in fields:
            told_by = TOLD_BY.get(field, ())
            if told_by and supplies.isdisjoint(told_by):
                lacks.setdefault(reference.name, set()).add(" or ".join(told_by))
    return lacks


def _fields(feature: Feature) -> list[str]:
    """The members of a fact without which a feature has no value."""
    members = [member for member in (feature.of, feature.at) if member is not None]
    return [SOURCES[entity].field for entity in feature.by] + [_field(name) for name in members]


def _field(name: str) -> str:
    return name.removeprefix("line.").replace(".", "_")


def _can_be(tree: Tree, lacks: Collection[str], *, holds: bool) -> bool:
    """Whether the condition can ever certainly hold, or certainly not, without these names."""
    match tree:
        case Not():
            return _can_be(tree.operand, lacks, holds=not holds)
        case And() | Or():
            every = isinstance(tree, And) == holds
            can = (_can_be(operand, lacks, holds=holds) for operand in tree.operands)
            return all(can) if every else any(can)
        case Presence():
            return tree.reference.name not in lacks or tree.present != holds
        case Constant():
            return tree.value is holds
        case _:
            return not any(reference.name in lacks for reference in references(tree))
