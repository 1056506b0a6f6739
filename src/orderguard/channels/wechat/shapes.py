"""What WeChat sends and answers, member by member, as far as we use it.

A single value may come as a text or a number, an object as JSON within a text, and anything may be
absent: `values.py` and `reading.inner` make of them what they mean.
"""

from msgspec import Struct, field

from orderguard.channels.wechat.values import Scalar


class OrderInfo(Struct, frozen=True):
    order_id: Scalar = None
    cancel_type: Scalar = None
    pay_time: Scalar = None
    finish_delivery: Scalar = None
    type: Scalar = None


class AftersaleInfo(Struct, frozen=True):
    status: Scalar = None
    after_sale_order_id: Scalar = None
    order_id: Scalar = None


class Complaint(Struct, frozen=True):
    complaint_id: Scalar = None
    order_id: Scalar = None


class Stock(Struct, frozen=True):
    sku_id: Scalar = None
    remaining_stock_amount: Scalar = None


class Push(Struct, frozen=True):
    """An event; the last members are those of mini-program shipping."""

    created: Scalar = field(default=None, name="CreateTime")
    kind: Scalar = field(default=None, name="MsgType")
    event: Scalar = field(default=None, name="Event")
    order_info: OrderInfo | str | None = None
    aftersale: AftersaleInfo | str | None = field(
        default=None, name="finder_shop_aftersale_status_update"
    )
    gift_aftersale: AftersaleInfo | str | None = field(
        default=None, name="finder_shop_present_aftersale_status_update"
    )
    complaint: Complaint | str | None = field(default=None, name="finder_shop_complaint")
    stock: Stock | str | None = field(default=None, name="channels_ec_stock_no_enough")
    merchant_trade_no: Scalar = None
    transaction_id: Scalar = None
    pay_time: Scalar = None
    confirm_receive_time: Scalar = None
    settlement_time: Scalar = None


class ProductInfo(Struct, frozen=True):
    product_id: Scalar = None
    sku_id: Scalar = None
    sku_code: Scalar = None
    out_sku_id: Scalar = None
    title: Scalar = None
    sku_cnt: Scalar = None
    sale_price: Scalar = None


class PayInfo(Struct, frozen=True):
    transaction_id: Scalar = None
    pay_time: Scalar = None
    payment_method: Scalar = None


class PriceInfo(Struct, frozen=True):
    order_price: Scalar = None
    freight: Scalar = None
    discounted_price: Scalar = None


class AddressInfo(Struct, frozen=True):
    user_name: Scalar = None
    postal_code: Scalar = None
    province_name: Scalar = None
    city_name: Scalar = None
    county_name: Scalar = None
    detail_info: Scalar = None
    tel_number: Scalar = None
    hash_code: Scalar = None


class ParcelProduct(Struct, frozen=True):
    sku_id: Scalar = None
    product_cnt: Scalar = None


class Parcel(Struct, frozen=True):
    waybill_id: Scalar = None
    delivery_id: Scalar = None
    delivery_time: Scalar = None
    product_infos: list[ParcelProduct] | None = None


class DeliveryInfo(Struct, frozen=True):
    address_info: AddressInfo | None = None
    delivery_product_info: list[Parcel] | None = None


class CouponInfo(Struct, frozen=True):
    user_coupon_id: Scalar = None


class OrderDetail(Struct, frozen=True):
    product_infos: list[ProductInfo] | None = None
    pay_info: PayInfo | None = None
    price_info: PriceInfo | None = None
    delivery_info: DeliveryInfo | None = None
    coupon_info: CouponInfo | None = None


class Order(Struct, frozen=True):
    order_id: Scalar = None
    status: Scalar = None
    create_time: Scalar = None
    update_time: Scalar = None
    openid: Scalar = None
    order_detail: OrderDetail | None = None


class RefundInfo(Struct, frozen=True):
    amount: Scalar = None


class AftersaleOrder(Struct, frozen=True):
    after_sale_order_id: Scalar = None
    order_id: Scalar = None
    status: Scalar = None
    reason: Scalar = None
    reason_text: Scalar = None
    refund_info: RefundInfo | None = None
    create_time: Scalar = None
    update_time: Scalar = None


class Answer(Struct, frozen=True):
    """Of any call: `errcode` is 0 or absent where it went well."""

    errcode: Scalar = None
    errmsg: Scalar = None
    order: Order | None = None
    after_sale_order: AftersaleOrder | None = None
    order_id_list: list[Scalar] | None = None
    has_more: Scalar = None
    next_key: Scalar = None
    access_token: Scalar = None
    expires_in: Scalar = None
