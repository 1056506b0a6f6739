"""What is asked of the merchant's own system, and what it answers: one JSON object each.

    {"id": key, "action": "hold_shipment", "alert_id", "severity", "rules", "reason": {zh, en},
     "orders": [{"channel", "shop", "order_id", "status", "lines": [{"sku", "quantity"}]}],
     "values": {…}}

Taking it back: `{"id": key + ".undo", "action", "undoes": key, "reference"}`. The answer may be
empty, which is done, or `{"outcome": "done" | "too_late" | "refused", "reference", "detail"}`.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from orderguard.domain.ports import Doing, Outcome, Receipt

UNDO = ".undo"
_OUTCOMES = {"too_late": Outcome.TOO_LATE, "refused": Outcome.REFUSED}


class MerchantSettings(Struct, frozen=True, kw_only=True):
    """Your own system, which does this when it is asked by a signed call."""

    url: Annotated[
        str,
        Meta(
            max_length=2048,
            description="The address that is called; it may lie in your own network.",
        ),
    ] = ""
    secret: Annotated[
        str,
        Meta(max_length=1024, description="Signs each call: `whsec_` and base64."),
    ] = ""
    knows_ids: Annotated[
        bool,
        Meta(
            description="Whether a call that comes again under the same `webhook-id` does nothing."
            " Without it a call that was not answered is never repeated: the step says"
            " `maybe_done`."
        ),
    ] = True
    seconds_max: Annotated[
        float, Meta(ge=0.1, le=300, description="Seconds that one try may take.")
    ] = 10.0
    parallel_max: Annotated[
        int, Meta(ge=1, le=100, description="Calls that may be under way at once.")
    ] = 8


class _Line(Struct):
    sku: str
    quantity: int


class _Order(Struct):
    channel: str
    shop: str
    order_id: str
    status: str
    lines: list[_Line]


class _Asked(Struct):
    id: str
    action: str
    alert_id: str
    severity: str
    rules: tuple[str, ...]
    reason: dict[str, str]
    orders: list[_Order]
    values: dict[str, str]


class _Undone(Struct):
    id: str
    action: str
    undoes: str
    reference: str


class _Told(Struct):
    outcome: str = ""
    reference: str = ""
    detail: str = ""


def asked(action: str, doing: Doing) -> bytes:
    last = doing.alert.hits[-1].explanation if doing.alert.hits else None
    return msgspec.json.encode(
        _Asked(
            id=doing.key,
            action=action,
            alert_id=doing.alert.alert_id,
            severity=doing.alert.severity,
            rules=doing.alert.rules,
            reason={} if last is None else {"zh": last.zh, "en": last.en},
            orders=[
                _Order(
                    channel=order.key.channel,
                    shop=order.key.shop,
                    order_id=order.key.order_id,
                    status=order.status,
                    lines=[_Line(sku, quantity) for sku, quantity in order.lines],
                )
                for order in doing.orders
            ],
            values=dict(doing.values),
        )
    )


def undone(action: str, receipt: Receipt) -> tuple[str, bytes]:
    """The id of the call, and its body."""
    key = f"{receipt.key}{UNDO}"
    body = _Undone(id=key, action=action, undoes=receipt.key, reference=receipt.reference)
    return key, msgspec.json.encode(body)


def told(key: str, answer: bytes) -> Receipt:
    """What the answer says; one that is not readable came with a 2xx, and is done."""
    try:
        said = msgspec.json.decode(answer, type=_Told) if answer.strip() else _Told()
    except msgspec.DecodeError:
        said = _Told()
    outcome = _OUTCOMES.get(said.outcome, Outcome.DONE)
    return Receipt(key=key, outcome=outcome, reference=said.reference, detail=said.detail)
