"""Days and differences as answers show them."""

from orderguard.domain.events import SettlementKind
from orderguard.flows.money_tables import MoneyTables, SignOff
from orderguard.flows.present import Json
from orderguard.flows.reconciliation import Bucket, DayRow, Reconciliation, WrongOrder
from orderguard.kit.clock import rfc3339
from orderguard.settlement import (
    AWAITED,
    HARMLESS,
    NOT_EXPECTED,
    TITLES,
    Cause,
    Line,
    Share,
    explain,
    money_text,
)

_HARMLESS_TITLES = {
    AWAITED: ("within its grace", "时限内待结算"),
    NOT_EXPECTED: ("not expected to be settled", "无需结算"),
}


def day_json(money: Reconciliation, row: DayRow) -> Json:
    totals = row.totals
    signed = money.sign_offs(row.channel, row.shop, row.day)
    standing = money.version(row.channel, row.shop, row.day)
    return {
        "channel": row.channel,
        "shop": row.shop,
        "day": row.day,
        "currency": row.currency,
        "orders": totals.orders,
        "channel_amount": money_text(totals.channel_amount),
        "payments": money_text(totals.paid),
        "refunds": money_text(totals.refunded),
        "net": money_text(totals.net),
        "settled": money_text(totals.net_settled),
        "difference": money_text(totals.difference),
        "causes": [_share_json(name, one) for name, one in sorted(totals.faulty.items())],
        **{
            name: _share_json(name, totals.causes[name]) if name in totals.causes else None
            for name in sorted(HARMLESS)
        },
        "age": row.age,
        "signed": signed_json(signed[-1], standing) if signed else None,
    }


def signed_json(one: SignOff, standing: str) -> Json:
    return {
        "by": one.by,
        "at": rfc3339(one.at),
        "comment": one.comment,
        "version": one.version,
        "changed": one.version != standing,
    }


def age_json(bucket: Bucket) -> Json:
    return {
        "currency": bucket.currency,
        "age": bucket.age,
        "orders": bucket.orders,
        "amount": money_text(bucket.amount),
    }


def shop_json(tables: MoneyTables, channel: str, shop: str) -> Json:
    known = tables.shop(f"{channel}/{shop}")
    tells = True if known.first_at is not None else (False if known.is_silent else None)
    return {
        "channel": channel,
        "shop": shop,
        "zone": known.zone,
        "tells_settlements": tells,
        "first_at": None if known.first_at is None else rfc3339(known.first_at),
        "misses": known.misses,
    }


def order_json(order: WrongOrder) -> Json:
    return {
        "order_id": order.key.order_id,
        "differences": [_line_json(line) for line in order.lines],
    }


def cause_title(name: str) -> tuple[str, str]:
    """In English and Chinese."""
    return _HARMLESS_TITLES[name] if name in _HARMLESS_TITLES else TITLES[Cause(name)]


def _share_json(name: str, share: Share) -> Json:
    en, zh = cause_title(name)
    return {
        "cause": name,
        "title": {"en": en, "zh": zh},
        "orders": share.orders,
        "amount": money_text(share.amount),
        "effect": money_text(share.effect),
    }


def _line_json(line: Line) -> Json:
    assert line.cause is not None, "only what is wrong is told"
    assert line.counts_at is not None, "what is wrong counts from some instant on"
    title_en, title_zh = TITLES[line.cause]
    en, zh = explain([line])
    return {
        "cause": line.cause,
        "title": {"en": title_en, "zh": title_zh},
        "kind": SettlementKind(line.kind),
        "currency": line.currency,
        "owed": money_text(line.owed),
        "settled": money_text(line.got),
        "amount": None if line.amount is None else money_text(line.amount),
        "since": rfc3339(line.counts_at),
        "explanation": {"en": en, "zh": zh},
    }
