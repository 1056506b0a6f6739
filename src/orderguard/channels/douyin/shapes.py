"""What Douyin sends and answers, member by member, as far as we use it.

A single value may come as a text or a number, an object as itself, as the text of one or in an
array: `values.py` makes canonical values of them, and reads the parts that stay raw here.
"""

from msgspec import Raw, Struct, field

from orderguard.channels.douyin.values import NOTHING, Scalar


class Message(Struct, frozen=True):
    """One member of the pushed array. `msgId` is how older documents write `msg_id`."""

    tag: Scalar
    msg_id: Scalar = None
    older_id: Scalar = field(default=None, name="msgId")
    data: Raw = NOTHING


class Data(Struct, frozen=True):
    """What any trade or refund message may hold."""

    p_id: Scalar = None
    s_ids: Raw = NOTHING
    shop_id: Scalar = None
    order_status: Scalar = None
    pay_type: Scalar = None
    create_time: Scalar = None
    pay_time: Scalar = None
    cancel_time: Scalar = None
    complete_time: Scalar = None
    update_time: Scalar = None
    modify_time: Scalar = None
    apply_time: Scalar = None
    agree_time: Scalar = None
    refuse_time: Scalar = None
    success_time: Scalar = None
    close_time: Scalar = None
    pay_amount: Scalar = None
    post_amount: Scalar = None
    receiver_msg: Raw = NOTHING
    logistics_msg: Raw = NOTHING
    aftersale_id: Scalar = None
    aftersale_type: Scalar = None
    refund_amount: Scalar = None


class Receiver(Struct, frozen=True):
    name: Scalar = None
    tel: Scalar = None
    encrypt_tel: Scalar = None
    addr: Raw = NOTHING


class Region(Struct, frozen=True):
    name: Scalar = None


class Address(Struct, frozen=True):
    province: Raw = NOTHING
    city: Raw = NOTHING
    town: Raw = NOTHING
    detail: Scalar = None
    encrypt_detail: Scalar = None


class ShippedLine(Struct, frozen=True):
    shipped_num: Scalar = None


class Logistics(Struct, frozen=True):
    express_company_id: Scalar = None
    logistics_code: Scalar = None
    pack_id: Scalar = None
    shipped_order_info: Raw = NOTHING


class CouponInfo(Struct, frozen=True):
    coupon_id: Scalar = None
    coupon_amount: Scalar = None


class Discount(Struct, frozen=True):
    coupon_info: Raw = NOTHING


class Promotion(Struct, frozen=True):
    shop_discount_detail: Raw = NOTHING
    platform_discount_detail: Raw = NOTHING
    kol_discount_detail: Raw = NOTHING


class SkuOrder(Struct, frozen=True):
    order_id: Scalar = None
    product_id: Scalar = None
    sku_id: Scalar = None
    out_sku_id: Scalar = None
    code: Scalar = None
    product_name: Scalar = None
    item_num: Scalar = None
    origin_amount: Scalar = None


class ShopOrder(Struct, frozen=True):
    """`order.orderDetail`, and an element of `order.searchList`."""

    order_id: Scalar
    order_status: Scalar = None
    main_status: Scalar = None
    create_time: Scalar = None
    pay_time: Scalar = None
    update_time: Scalar = None
    exp_ship_time: Scalar = None
    doudian_open_id: Scalar = None
    open_address_id: Scalar = None
    encrypt_post_tel: Scalar = None
    encrypt_post_receiver: Scalar = None
    post_addr: Raw = NOTHING
    pay_type: Scalar = None
    channel_payment_no: Scalar = None
    pay_amount: Scalar = None
    post_amount: Scalar = None
    promotion_amount: Scalar = None
    promotion_detail: Raw = NOTHING
    sku_order_list: Raw = NOTHING


class AfterSaleInfo(Struct, frozen=True):
    """The same thing has two spellings: in the detail and in the list."""

    after_sale_id: Scalar = None
    aftersale_id: Scalar = None
    after_sale_status: Scalar = None
    aftersale_status: Scalar = None
    after_sale_type: Scalar = None
    aftersale_type: Scalar = None
    refund_status: Scalar = None
    refund_total_amount: Scalar = None
    refund_amount: Scalar = None
    real_refund_amount: Scalar = None
    reason: Scalar = None
    apply_time: Scalar = None
    update_time: Scalar = None


class ProcessInfo(Struct, frozen=True):
    after_sale_info: AfterSaleInfo


class AfterSaleOrder(Struct, frozen=True):
    shop_order_id: Scalar = None


class AfterSale(Struct, frozen=True):
    """`afterSale.Detail` by `process_info`, an element of `afterSale.List` by `aftersale_info`."""

    process_info: ProcessInfo | None = None
    aftersale_info: AfterSaleInfo | None = None
    order_info: AfterSaleOrder | None = None
