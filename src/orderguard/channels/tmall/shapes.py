"""What TOP sends, member by member, as far as we use it.

A single value may come as a text or a number, a list with or without its wrapper or as one object,
and anything may be absent or null: `values.py` makes canonical values of them.
"""

import msgspec
from msgspec import Struct

Scalar = str | int | float | bool | None


class Message(Struct, frozen=True):
    """A message as the pull API writes it; `time` and `outtime` are the long connection's names."""

    topic: Scalar = None
    id: Scalar = None
    content: msgspec.Raw = msgspec.Raw(b"null")
    pub_time: Scalar = None
    time: Scalar = None
    outtime: Scalar = None


class Content(Struct, frozen=True):
    """The content of any topic that we read: trades, refunds, goods and parcels."""

    tid: Scalar = None
    oid: Scalar = None
    buyer_nick: Scalar = None
    buyer_open_uid: Scalar = None
    payment: Scalar = None
    post_fee: Scalar = None
    status: Scalar = None
    type: Scalar = None
    refund_id: Scalar = None
    refund_fee: Scalar = None
    buyer_refund_fee: Scalar = None
    modified: Scalar = None
    num_iid: Scalar = None
    sku_id: Scalar = None
    num: Scalar = None
    sku_num: Scalar = None
    action: Scalar = None
    company_name: Scalar = None
    out_sid: Scalar = None
    desc: Scalar = None
    time: Scalar = None


class MessageList(Struct, frozen=True):
    tmc_message: list[msgspec.Raw] | None = None


class Consumed(Struct, frozen=True):
    messages: MessageList | list[msgspec.Raw] | None = None


class SubOrder(Struct, frozen=True):
    """One line of a trade, which TOP calls an order."""

    oid: Scalar = None
    status: Scalar = None
    sku_id: Scalar = None
    outer_sku_id: Scalar = None
    outer_iid: Scalar = None
    num_iid: Scalar = None
    title: Scalar = None
    num: Scalar = None
    price: Scalar = None
    discount_fee: Scalar = None
    consign_time: Scalar = None
    logistics_company: Scalar = None
    invoice_no: Scalar = None


class SubOrderList(Struct, frozen=True):
    order: list[SubOrder] | SubOrder | None = None


class Promotion(Struct, frozen=True):
    promotion_id: Scalar = None
    discount_fee: Scalar = None


class PromotionList(Struct, frozen=True):
    promotion_detail: list[Promotion] | Promotion | None = None


class Trade(Struct, frozen=True):
    tid: Scalar = None
    tid_str: Scalar = None
    status: Scalar = None
    type: Scalar = None
    created: Scalar = None
    pay_time: Scalar = None
    modified: Scalar = None
    consign_time: Scalar = None
    buyer_nick: Scalar = None
    buyer_open_uid: Scalar = None
    payment: Scalar = None
    discount_fee: Scalar = None
    post_fee: Scalar = None
    receiver_state: Scalar = None
    receiver_city: Scalar = None
    receiver_district: Scalar = None
    receiver_zip: Scalar = None
    oaid: Scalar = None
    orders: SubOrderList | list[SubOrder] | None = None
    promotion_details: PromotionList | list[Promotion] | None = None


class TradeGot(Struct, frozen=True):
    trade: Trade | None = None


class Refund(Struct, frozen=True):
    refund_id: Scalar = None
    tid: Scalar = None
    status: Scalar = None
    created: Scalar = None
    modified: Scalar = None
    refund_fee: Scalar = None
    reason: Scalar = None
    num: Scalar = None
    outer_id: Scalar = None


class RefundGot(Struct, frozen=True):
    refund: Refund | None = None


class TradeList(Struct, frozen=True):
    trade: list[Trade] | Trade | None = None


class RefundList(Struct, frozen=True):
    refund: list[msgspec.Raw] | None = None


class Listed(Struct, frozen=True):
    """A page of trades or of refunds."""

    trades: TradeList | list[Trade] | None = None
    refunds: RefundList | list[msgspec.Raw] | None = None
    has_next: Scalar = None
    total_results: Scalar = None


class Said(Struct, frozen=True):
    """Any body that we keep, by whichever member it has."""

    topic: Scalar = None
    refund_id: Scalar = None
    trade_fullinfo_get_response: TradeGot | None = None
    refund_get_response: RefundGot | None = None
    tmc_messages_consume_response: Consumed | None = None
