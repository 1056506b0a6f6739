"""What WeChat Pay tells, member by member, as far as we use it; `values.py` says what it means."""

from msgspec import Struct

from orderguard.channels.wechat_pay.values import Scalar


class Payer(Struct, frozen=True):
    openid: Scalar = None
    sub_openid: Scalar = None
    sp_openid: Scalar = None


class Amount(Struct, frozen=True):
    """`total_amount` is what a part of a combined payment says in place of `total`."""

    total: Scalar = None
    total_amount: Scalar = None
    refund: Scalar = None
    currency: Scalar = None


class Payment(Struct, frozen=True):
    """A payment, or a part of a combined one."""

    mchid: Scalar = None
    sp_mchid: Scalar = None
    sub_mchid: Scalar = None
    out_trade_no: Scalar = None
    transaction_id: Scalar = None
    trade_state: Scalar = None
    success_time: Scalar = None
    payer: Payer | None = None
    amount: Amount | None = None


class Resource(Payment, frozen=True):
    """A payment or a refund."""

    out_refund_no: Scalar = None
    refund_id: Scalar = None
    combine_mchid: Scalar = None
    combine_payer_info: Payer | None = None
    sub_orders: list[Payment] | None = None


class Notification(Struct, frozen=True):
    id: Scalar = None
    create_time: Scalar = None
    event_type: Scalar = None
    resource: Resource | None = None
