"""What JD sends and answers, member by member, as far as we use it.

A single value may come as a text or a number, and anything may be absent or null.
"""

import msgspec
from msgspec import Raw, Struct

from orderguard.channels.jd.values import Scalar


class Push(Struct, frozen=True, rename="camel"):
    """The business parameters of a push."""

    bill_id: Scalar = None
    order_id: Scalar = None
    status_id: Scalar = None
    timestamp: Scalar = None


class Item(Struct, frozen=True, rename="camel"):
    sku_id: Scalar = None
    outer_sku_id: Scalar = None
    ware_id: Scalar = None
    sku_name: Scalar = None
    jd_price: Scalar = None
    item_total: Scalar = None


class Coupon(Struct, frozen=True, rename="camel"):
    coupon_price: Scalar = None


class Consignee(Struct, frozen=True, rename="camel"):
    fullname: Scalar = None
    mobile: Scalar = None
    telephone: Scalar = None
    full_address: Scalar = None
    province: Scalar = None
    city: Scalar = None
    county: Scalar = None
    town: Scalar = None


class Order(Struct, frozen=True, rename="camel"):
    order_id: Scalar = None
    order_state: Scalar = None
    pay_type: Scalar = None
    order_payment: Scalar = None
    seller_discount: Scalar = None
    freight_price: Scalar = None
    order_start_time: Scalar = None
    order_end_time: Scalar = None
    payment_confirm_time: Scalar = None
    modified: Scalar = None
    pin: Scalar = None
    buyer_open_id: Scalar = msgspec.field(default=None, name="open_id_buyer")
    buyer_xid: Scalar = msgspec.field(default=None, name="xid_buyer")
    open_id_buyer: Scalar = msgspec.field(default=None, name="openIdBuyer")
    waybill: Scalar = None
    logistics_id: Scalar = None
    consignee_info: Consignee | None = None
    item_info_list: list[Item] | None = None
    coupon_detail_list: list[Coupon] | None = None


class Refund(Struct, frozen=True, rename="camel"):
    id: Scalar = None
    order_id: Scalar = None
    status: Scalar = None
    apply_refund_sum: Scalar = None
    """Fen."""
    apply_time: Scalar = None
    check_time: Scalar = None
    reason: Scalar = None


class Outcome(Struct, frozen=True, rename="camel"):
    """Whether the business part of a call went well."""

    success: Scalar = None
    chinese_err_code: Scalar = None
    english_err_code: Scalar = None
    number_code: Scalar = None


class Search(Struct, frozen=True, rename="camel"):
    api_result: Outcome | None = None
    order_total: Scalar = None
    order_info_list: list[Raw] | None = None


class Detail(Struct, frozen=True, rename="camel"):
    api_result: Outcome | None = None
    order_info: Raw = Raw()


class Refunds(Struct, frozen=True, rename="camel"):
    success: Scalar = None
    error_code: Scalar = None
    result: list[Raw] | None = None


class Answer(Struct, frozen=True):
    """What stands under `METHOD_responce`, by method."""

    code: Scalar = None
    zh_desc: Scalar = None
    search: Search | None = msgspec.field(default=None, name="searchorderinfo_result")
    detail: Detail | None = msgspec.field(default=None, name="orderDetailInfo")
    refunds: Refunds | None = msgspec.field(default=None, name="queryResult")
    remarked: Outcome | None = msgspec.field(default=None, name="modifyvenderremark_result")


class Failure(Struct, frozen=True):
    code: Scalar = None
    zh_desc: Scalar = None
    en_desc: Scalar = None


class Token(Struct, frozen=True):
    access_token: Scalar = None
    refresh_token: Scalar = None
    expires_in: Scalar = None
    code: Scalar = None
    msg: Scalar = None
