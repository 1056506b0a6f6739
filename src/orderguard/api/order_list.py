"""GET /api/v1/orders: by whatever is known of them; and their buyers, unmasked for a reason."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from msgspec import Meta
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Decider, signed_in
from orderguard.api.answers import CURSOR_CHARACTERS_MAX, answer, read_cursor, write_cursor
from orderguard.api.context import Context, Given
from orderguard.api.order_shapes import OrderPage, Personal, order_row
from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Severity
from orderguard.domain.entries import ListKind, PersonalDataShown
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.errors import BadInput, NotFound
from orderguard.flows.order_search import Wanted, matches, newest_first, numbered
from orderguard.flows.tables import OrderRecord

FOUND_MAX = 50
LOOKED_AT_MAX = 2_000
"""Orders looked at for one page; one with few that fit is short, and tells where to go on."""
LOOKED_AT_ONCE = 50
"""Then others have their turn on the loop."""
REASON_CHARACTERS_MIN = 4
REASON_CHARACTERS_MAX = 300

router = APIRouter(prefix="/orders", tags=["orders"], dependencies=[Depends(signed_in)])

Word = Annotated[str | None, Query(max_length=256)]
Number = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Field(max_length=128)]


class Unmasking(BaseModel):
    """Whose data, and what for; the reason stands in the log."""

    model_config = ConfigDict(extra="forbid")

    channel: Name
    shop: Name
    order_id: Name
    reason: Annotated[
        str, Field(min_length=REASON_CHARACTERS_MIN, max_length=REASON_CHARACTERS_MAX)
    ]
    case_id: Name = ""


@router.get("", response_model=OrderPage)
async def list_orders(
    context: Given,
    *,
    q: Annotated[
        Word,
        Query(
            description="A number of an order, parcel, buyer, device or payer; a phone or an e-mail"
            " as it is written; an address' token, an IP, a SKU. Whole, or 4 characters and more"
            " of its beginning"
        ),
    ] = None,
    channel: Word = None,
    shop: Word = None,
    status: OrderStatus | None = None,
    risk: Annotated[Severity | None, Query(description="at least")] = None,
    health: Annotated[Severity | None, Query(description="at least")] = None,
    rule: Word = None,
    is_held: Annotated[bool | None, Query(alias="held")] = None,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
) -> Response:
    """Orders, newest first. A page may be short and still have a `next_cursor`."""
    wanted = Wanted(
        texts=_texts(context, q),
        channel=channel,
        shop=shop,
        status=status,
        risk=risk,
        health=health,
        rule=rule,
        is_held=is_held,
    )
    before = None if cursor is None else read_cursor(cursor, Number)
    found = numbered(context.live.fold, wanted) if wanted.texts else []
    named = {record.state.key for record in found}
    if before is not None:
        found = []
    looked_at, last = 0, before
    for number, record in newest_first(context.live.fold, before):
        looked_at, last = looked_at + 1, number
        if record.state.key not in named and matches(record, wanted):
            found.append(record)
        if len(found) >= FOUND_MAX or looked_at == LOOKED_AT_MAX:
            break
        if looked_at % LOOKED_AT_ONCE == 0:
            await asyncio.sleep(0)
    is_cut = last is not None and last > 1
    return answer(
        {
            "items": [order_row(context.live, record) for record in found],
            "looked_at": looked_at,
            "next_cursor": write_cursor(last) if is_cut else None,
        }
    )


@router.post("/unmasked", response_model=Personal)
async def unmask(context: Given, account: Decider, asked: Unmasking) -> Response:
    """How the buyer is called and reached. That it was asked, and why, is in the log first."""
    key = OrderKey(asked.channel, asked.shop, asked.order_id)
    if _record(context, key) is None:
        raise NotFound(Bilingual("There is no such order.", "没有这个订单。"))
    if len(asked.reason.strip()) < REASON_CHARACTERS_MIN:
        raise BadInput(
            Bilingual("`reason` says nothing.", "没有写原因（`reason`）。"),
            hint=Bilingual("Say what the data is needed for.", "请写明为什么需要这些资料。"),
        )
    await context.live.note(
        PersonalDataShown(
            received_ms=0,
            by=account.name,
            order=key,
            reason=asked.reason.strip(),
            case_id=asked.case_id,
        )
    )
    person = context.person(key)
    return answer(
        {
            "name": person.name,
            "phone": person.phone,
            "email": person.email,
            "address": person.address,
        }
    )


def _record(context: Context, key: OrderKey) -> OrderRecord | None:
    return context.live.order(key)


def _texts(context: Context, q: str | None) -> tuple[str, ...]:
    """What was typed, and the tokens that it would be as a phone or an e-mail."""
    text = (q or "").strip()
    if not text:
        return ()
    texts = {text: None}
    for kind in (ListKind.PHONE, ListKind.EMAIL):
        try:
            texts[context.listed_value(kind, text)[0]] = None
        except BadInput:
            continue  # It is none, or too much of it is hidden to be found.
    return tuple(texts)
