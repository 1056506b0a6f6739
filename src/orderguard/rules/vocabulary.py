"""The names that conditions may use: members of facts, and features."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.library import Feature, FeatureKind


class ValueType(StrEnum):
    INT = "int"
    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    BOOL = "bool"


NUMERIC = frozenset({ValueType.INT, ValueType.NUMBER, ValueType.MONEY})


class Name(Struct, frozen=True, kw_only=True):
    """What a condition may say of a name, and where its value stands.

    `place` is a field of Fact for a member, an index into the feature values for a feature.
    `low` and `high` are the least and the greatest value that it can ever have.
    """

    type: ValueType
    place: str | int
    title: Bilingual
    low: int | None = None
    high: int | None = None
    normal: int | float | str | None = None


Names = Mapping[str, Name]


def _member(name: str, of: ValueType, en: str, zh: str, low: int | None = None) -> tuple[str, Name]:
    place = name.replace(".", "_")
    return name, Name(type=of, place=place, title=Bilingual(en=en, zh=zh), low=low)


_REMEMBERED = (
    ("buyer", "买家"),
    ("payer", "付款账号"),
    ("device", "设备"),
    ("doorstep", "收货地点"),
    ("phone", "手机号"),
    ("segment", "网段"),
)
"""Entities whose risk profile tells how many of their orders people found bad."""

FACT_NAMES: dict[str, Name] = dict(
    [
        _member("order.amount", ValueType.MONEY, "order amount", "订单金额"),
        _member("order.discount", ValueType.MONEY, "discount", "优惠金额"),
        _member("order.freight", ValueType.MONEY, "freight", "运费"),
        _member("order.currency", ValueType.TEXT, "currency", "币种"),
        _member("order.coupon_count", ValueType.INT, "coupons used", "用券数", 0),
        _member("order.line_count", ValueType.INT, "order lines", "商品行数", 0),
        _member("order.quantity", ValueType.INT, "units ordered", "件数", 0),
        _member("buyer.id", ValueType.TEXT, "buyer", "买家"),
        _member("buyer.household", ValueType.TEXT, "household", "家庭"),
        _member("buyer.account_age_days", ValueType.NUMBER, "account age in days", "账号天数"),
        _member("buyer.is_new", ValueType.BOOL, "new buyer", "新买家"),
        _member("buyer.phone_segment", ValueType.TEXT, "phone segment", "号段"),
        _member("buyer.phone_is_virtual", ValueType.BOOL, "virtual phone number", "虚拟号码"),
        _member("buyer.email_is_disposable", ValueType.BOOL, "disposable e-mail", "一次性邮箱"),
        _member("payment.account", ValueType.TEXT, "payer account", "付款账号"),
        _member("payment.method", ValueType.TEXT, "payment method", "支付方式"),
        _member("payment.amount", ValueType.MONEY, "amount paid", "实付金额"),
        _member("payment.currency", ValueType.TEXT, "currency paid in", "支付币种"),
        _member("payment.rate", ValueType.MONEY, "exchange rate", "汇率"),
        _member("payment.rate_error", ValueType.NUMBER, "off the rate by", "偏离汇率比例", 0),
        _member("customs.trade_mode", ValueType.TEXT, "trade mode", "贸易方式"),
        _member("customs.declared_currency", ValueType.TEXT, "currency declared", "申报币种"),
        _member("customs.declared_share", ValueType.NUMBER, "part declared", "申报占订单比例"),
        _member("customs.document_count", ValueType.INT, "customs documents", "报关单证数", 0),
        _member("customs.has_invoice", ValueType.BOOL, "invoice", "有发票"),
        _member("customs.has_declaration", ValueType.BOOL, "declaration", "有报关单"),
        _member("customs.has_identity", ValueType.BOOL, "identity document", "有身份证件"),
        _member(
            "customs.bad_hs_codes", ValueType.INT, "lines with a bad HS code", "HS编码有误行数", 0
        ),
        _member("customs.worst_hs_code", ValueType.TEXT, "HS code", "HS编码"),
        _member("device.id", ValueType.TEXT, "device", "设备"),
        _member("device.client", ValueType.TEXT, "client software", "客户端"),
        _member("device.segment", ValueType.TEXT, "IP segment", "网段"),
        _member("device.is_datacenter", ValueType.BOOL, "data centre address", "机房网络"),
        _member("ship_to.country", ValueType.TEXT, "country", "国家"),
        _member("ship_to.province", ValueType.TEXT, "province", "省份"),
        _member("ship_to.city", ValueType.TEXT, "city", "城市"),
        _member("ship_to.district", ValueType.TEXT, "district", "区县"),
        _member("ship_to.doorstep", ValueType.TEXT, "doorstep", "收货地点"),
        _member("ship_to.is_public", ValueType.BOOL, "campus, office or locker", "公共收货点"),
        _member("refund.amount", ValueType.MONEY, "refund amount", "退款金额"),
        _member("stock.available", ValueType.INT, "units available", "可售库存"),
        _member("stock.sku", ValueType.TEXT, "SKU", "SKU"),
        _member("behaviour.action", ValueType.TEXT, "behaviour", "行为"),
        _member("attempt.is_open", ValueType.BOOL, "still at the checkout", "尚在结算页"),
        _member("lists.blocked", ValueType.BOOL, "on the block list", "在黑名单"),
        *(
            _member(
                f"{entity}.confirmed_bad",
                ValueType.INT,
                f"orders of the {entity} confirmed bad",
                f"该{zh}已确认有问题的订单数",
                0,
            )
            for entity, zh in _REMEMBERED
        ),
    ]
)

MEMBER_TYPES: dict[str, ValueType] = {
    **{name: known.type for name, known in FACT_NAMES.items()},
    "order.id": ValueType.TEXT,
    "attempt.id": ValueType.TEXT,
    "buyer.phone_token": ValueType.TEXT,
    "buyer.email_token": ValueType.TEXT,
    "device.ip": ValueType.TEXT,
    "stock.warehouse": ValueType.TEXT,
    "line.product": ValueType.TEXT,
    "line.quantity": ValueType.INT,
    "line.unit_price": ValueType.MONEY,
}
"""Members that a feature may be `of`; identities among them say nothing in a condition."""

PLACE_MEMBER = "ship_to.place"
"""The one member that is a place on the map: what `distance` is `of`."""

INSTANT_MEMBERS = frozenset({"buyer.registered_at"})
"""Members that may give a feature its `at`."""

_FEATURE_TYPES: dict[FeatureKind, tuple[ValueType, int | None, int | None]] = {
    FeatureKind.COUNT: (ValueType.INT, 0, None),
    FeatureKind.DISTINCT: (ValueType.INT, 0, None),
    FeatureKind.PREFIX: (ValueType.INT, 0, None),
    FeatureKind.STOCK: (ValueType.INT, None, None),
    FeatureKind.SHARE: (ValueType.NUMBER, 0, 1),
    FeatureKind.SPACING: (ValueType.NUMBER, 0, None),
    FeatureKind.GAP: (ValueType.NUMBER, 0, None),
    FeatureKind.DISTANCE: (ValueType.NUMBER, 0, None),
    FeatureKind.AVG: (ValueType.NUMBER, None, None),
}


def feature_name(feature: Feature, index: int) -> Name:
    """The name of a feature whose value stands at `index`.

    Kinds without a type of their own have the type of what they are `of`.
    """
    if feature.kind in _FEATURE_TYPES:
        value_type, low, high = _FEATURE_TYPES[feature.kind]
    else:
        assert feature.of is not None, "sum, min, max and last say what they are of"
        value_type, low, high = MEMBER_TYPES[feature.of], None, None
    return Name(
        type=value_type,
        place=index,
        title=feature.title,
        low=low,
        high=high,
        normal=feature.normal,
    )


def names_of(features: Sequence[Feature]) -> dict[str, Name]:
    """All names of a library whose feature values stand in the order of `features`."""
    return FACT_NAMES | {
        feature.id: feature_name(feature, index) for index, feature in enumerate(features)
    }
