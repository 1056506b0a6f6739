"""What Youzan sends and answers, member by member, as far as we use it.

A single value may come as a text or a number, and any part may be absent, null or empty:
`values.py` makes canonical values of them, and reads the parts that stay raw here.
"""

from msgspec import Raw, Struct

from orderguard.channels.youzan.values import NOTHING, Scalar


class Push(Struct, frozen=True):
    type: str
    id: Scalar = None
    kdt_id: Scalar = None
    status: Scalar = None
    msg: Raw = NOTHING
    msg_id: Scalar = None
    version: Scalar = None
    test: Scalar = None


class Bare(Struct, frozen=True):
    """What the `msg` of a push may hold beside a whole order."""

    tid: Scalar = None
    status: Scalar = None
    update_time: Scalar = None
    close_type: Scalar = None
    refund_id: Scalar = None
    refund_type: Scalar = None
    refunded_fee: Scalar = None
    refund_fee: Scalar = None
    full_order_info: Raw = NOTHING


class OrderInfo(Struct, frozen=True):
    tid: Scalar = None
    status: Scalar = None
    created: Scalar = None
    update_time: Scalar = None
    pay_time: Scalar = None
    consign_time: Scalar = None
    close_type: Scalar = None
    pay_type: Scalar = None
    pay_type_str: Scalar = None


class Item(Struct, frozen=True):
    oid: Scalar = None
    item_id: Scalar = None
    sku_id: Scalar = None
    outer_item_id: Scalar = None
    outer_sku_id: Scalar = None
    title: Scalar = None
    num: Scalar = None
    price: Scalar = None


class PayInfo(Struct, frozen=True):
    payment: Scalar = None
    post_fee: Scalar = None
    transaction: list[Scalar] | None = None
    outer_transactions: list[Scalar] | None = None


class BuyerInfo(Struct, frozen=True):
    yz_open_id: Scalar = None
    buyer_phone: Scalar = None


class AddressInfo(Struct, frozen=True):
    delivery_province: Scalar = None
    delivery_city: Scalar = None
    delivery_district: Scalar = None
    delivery_address: Scalar = None
    delivery_postal_code: Scalar = None
    receiver_name: Scalar = None
    receiver_tel: Scalar = None


class FullOrderInfo(Struct, frozen=True):
    order_info: OrderInfo
    orders: Raw = NOTHING
    pay_info: Raw = NOTHING
    buyer_info: Raw = NOTHING
    address_info: Raw = NOTHING


class Promotion(Struct, frozen=True):
    item_discount_fee: Scalar = None
    order_discount_fee: Scalar = None


class Express(Struct, frozen=True):
    express_id: Scalar = None
    express_no: Scalar = None


class Parcel(Struct, frozen=True):
    dist_id: Scalar = None
    express_info: Raw = NOTHING


class ItemNumber(Struct, frozen=True):
    oid: Scalar = None


class Delivery(Struct, frozen=True):
    express_state: Scalar = None
    oids: Raw = NOTHING
    dists: Raw = NOTHING


class Trade(Struct, frozen=True):
    """`youzan.trade.get`, an element of `youzan.trades.sold.get`, the `msg` of some pushes."""

    full_order_info: FullOrderInfo
    order_promotion: Raw = NOTHING
    delivery_order: Raw = NOTHING


class Refund(Struct, frozen=True):
    """`youzan.trade.refund.get`, and an element of `youzan.trade.refund.search`."""

    refund_id: Scalar
    tid: Scalar = None
    status: Scalar = None
    refund_fee: Scalar = None
    demand: Scalar = None
    version: Scalar = None
    created: Scalar = None
    modified: Scalar = None
    refund_success_time: Scalar = None
