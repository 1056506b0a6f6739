"""Entities: whom and what features, subjects and lists are keyed by."""

from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from orderguard.domain.facts import Fact, FactLine


class Entity(StrEnum):
    ORDER = "order"
    BUYER = "buyer"
    PAYER = "payer"
    DEVICE = "device"
    SEGMENT = "segment"
    CLIENT = "client"
    PHONE = "phone"
    PHONE_SEGMENT = "phone_segment"
    DOORSTEP = "doorstep"
    DISTRICT = "district"
    PRODUCT = "product"
    SKU = "sku"
    PRICE = "price"
    AMOUNT = "amount"
    SHOP = "shop"


class Source(Struct, frozen=True):
    """Where an entity's value stands in a fact, and how far the value means the same thing.

    `field` is a field of Fact, or of FactLine where `per_line`. `merchant_wide` values mean the
    same in every shop of the merchant; all others are scoped by channel and shop.
    """

    field: str
    title_zh: str
    per_line: bool = False
    merchant_wide: bool = False


SOURCES: dict[Entity, Source] = {
    Entity.ORDER: Source("order_id", "订单"),
    Entity.BUYER: Source("buyer_id", "买家"),
    Entity.PAYER: Source("payment_account", "付款账号", merchant_wide=True),
    Entity.DEVICE: Source("device_id", "设备", merchant_wide=True),
    Entity.SEGMENT: Source("device_segment", "网段"),
    Entity.CLIENT: Source("device_client", "客户端"),
    Entity.PHONE: Source("buyer_phone_token", "手机号", merchant_wide=True),
    Entity.PHONE_SEGMENT: Source("buyer_phone_segment", "号段"),
    Entity.DOORSTEP: Source("ship_to_doorstep", "收货地点"),
    Entity.DISTRICT: Source("ship_to_district", "区县"),
    Entity.PRODUCT: Source("product", "商品", per_line=True),
    Entity.SKU: Source("sku", "SKU", per_line=True, merchant_wide=True),
    Entity.PRICE: Source("unit_price", "单价", per_line=True),
    Entity.AMOUNT: Source("order_amount", "订单金额"),
    Entity.SHOP: Source("shop", "店铺"),
}

BY_TYPE_JOIN = "+"


def entity_type(by: tuple[Entity, ...]) -> str:
    """`segment+product`: the name of a combined entity."""
    return BY_TYPE_JOIN.join(by)


def is_merchant_wide(by: tuple[Entity, ...]) -> bool:
    return all(SOURCES[entity].merchant_wide for entity in by)


def entity_keys(by: tuple[Entity, ...], fact: Fact) -> tuple[str, ...]:
    """The keys of a combined entity in a fact, without scope: one, one a line, or none."""
    sources = [SOURCES[entity] for entity in by]
    if by == (Entity.SHOP,):
        return (f"{fact.channel}/{fact.shop}",)
    outer = [None if s.per_line else getattr(fact, s.field) for s in sources]
    if any(v is None and not s.per_line for v, s in zip(outer, sources, strict=True)):
        return ()
    if not any(s.per_line for s in sources):
        return (BY_TYPE_JOIN.join(map(key_text, outer)),)
    lines = fact.lines or _stock_line(fact)
    keys: dict[str, None] = {}
    for line in lines:
        values = [
            getattr(line, s.field) if s.per_line else v for v, s in zip(outer, sources, strict=True)
        ]
        if None not in values:
            keys[BY_TYPE_JOIN.join(map(key_text, values))] = None
    return tuple(keys)


@lru_cache(4096)
def key_text(value: object) -> str:
    """A value within a key. Equal amounts are one, whether 989 or 989.00 is written."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _stock_line(fact: Fact) -> tuple[FactLine, ...]:
    if fact.stock_sku is None:
        return ()
    return (FactLine(fact.stock_sku, fact.stock_sku, 0, None),)
