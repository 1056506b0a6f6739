"""What an order that crosses a border tells of itself: documents, declared value, HS codes."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from orderguard.domain.orders import Customs, Line, Order

DOCUMENTS: dict[str, frozenset[str]] = {
    "customs_has_invoice": frozenset({"invoice", "commercial_invoice", "proforma_invoice"}),
    "customs_has_declaration": frozenset(
        {"declaration", "customs_declaration", "export_declaration", "import_declaration"}
    ),
    "customs_has_identity": frozenset({"identity", "identity_card", "id_card", "passport"}),
}
"""Kinds of documents that rules ask for, and what channels call them."""

CHAPTERS = frozenset(range(1, 98)) - {77}
"""Of the Harmonized System; 77 is kept free, 98 and 99 mean something else in each country."""

_SEPARATORS = re.compile(r"[ .\-]")
_CODE = re.compile(r"[0-9]{6}(?:[0-9]{2}){0,2}\Z|[0-9]{13}\Z")
_WORDS = re.compile(r"[^a-z]+")


def customs_members(order: Order) -> dict[str, Any]:
    """What an order's document tells of customs, by member; what it leaves out is unknown."""
    known = {} if order.customs is None else _declared(order.customs)
    codes = [line.hs_code for line in order.lines or ()]
    if any(codes):
        bad = bad_codes(order.lines or ())
        known["customs_bad_hs_codes"] = len(bad)
        if bad:
            known["customs_worst_hs_code"] = bad[0] or "-"
    return known


def bad_codes(lines: Sequence[Line]) -> list[str]:
    """The HS codes that cannot be: no six to ten digits (China's have up to 13), or no chapter."""
    return [line.hs_code or "" for line in lines if not is_code(line.hs_code or "")]


def is_code(text: str) -> bool:
    digits = _SEPARATORS.sub("", text)
    return _CODE.match(digits) is not None and int(digits[:2]) in CHAPTERS


def _declared(customs: Customs) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if customs.declared_value is not None:
        known["customs_declared_value"] = Decimal(customs.declared_value)
    if customs.declared_currency is not None:
        known["customs_declared_currency"] = customs.declared_currency
    if customs.trade_mode is not None:
        known["customs_trade_mode"] = customs.trade_mode
    if customs.documents is not None:
        # A document without a number is not there yet.
        kinds = {
            _WORDS.sub("_", (one.kind or "").lower()).strip("_")
            for one in customs.documents
            if one.number
        }
        known["customs_document_count"] = len(kinds)
        for member, names in DOCUMENTS.items():
            known[member] = not kinds.isdisjoint(names)
    return known


def money_fields(members: Any) -> dict[str, Any]:
    """How the moneys of an order fit together, in the currencies in which they were told.

    A rate may be told either way round, so that it fits if one of them does.
    """
    found: dict[str, Any] = {}
    ordered, paid = members.get("order_amount"), members.get("payment_amount")
    currency, paid_in = members.get("order_currency"), members.get("payment_currency")
    rate, declared = members.get("exchange_rate"), members.get("customs_declared_value")
    if paid_in is not None:
        found["payment_currency"] = paid_in
    if rate is not None:
        found["payment_rate"] = rate
    is_complete = None not in (ordered, paid, rate, currency, paid_in)
    if is_complete and currency != paid_in and ordered > 0 and rate > 0:
        wanted = (ordered * rate, ordered / rate)
        found["payment_rate_error"] = float(min(abs(paid / one - 1) for one in wanted if one))
    if declared is not None and ordered and members.get("customs_declared_currency") == currency:
        found["customs_declared_share"] = float(declared / ordered)
    return found
