"""Answers and the texts in requests that several handlers read and write alike."""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Response
from msgspec import Meta

from orderguard.bilingual import Bilingual
from orderguard.domain.orders import Instant
from orderguard.errors import BadInput
from orderguard.kit.clock import to_ms

T = TypeVar("T")

PAGE_ITEMS_MAX = 100
CURSOR_CHARACTERS_MAX = 1_024

Ms = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""An instant in a cursor: whoever wrote it, a store can hold it."""

_encode = msgspec.json.Encoder(decimal_format="string").encode


def answer(value: Any, status: int = 200) -> Response:
    """The value as JSON; what is known of orders is not for caches on the way."""
    return Response(
        _encode(value),
        status_code=status,
        headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
        media_type="application/json",
    )


def page(found: Sequence[T], shown: Callable[[T], Any], place: Callable[[T], Any]) -> Response:
    """One page of `found`, which has one item more where there are more pages.

    `place` is what the next page starts after.
    """
    items = found[:PAGE_ITEMS_MAX]
    more = len(found) > PAGE_ITEMS_MAX
    next_cursor = write_cursor(place(items[-1])) if more else None
    return answer({"items": [shown(item) for item in items], "next_cursor": next_cursor})


def write_cursor(place: Any) -> str:
    """The place as an opaque text."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def read_cursor(text: str, shape: type[T]) -> T:
    """The place that `write_cursor` made a text of."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(packed, type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise BadInput(
            Bilingual("`cursor` is no cursor of this list.", "`cursor` 不是这个列表的游标。"),
            hint=Bilingual(
                "Give back `next_cursor` as it was, or leave it out to start over.",
                "请原样交回 `next_cursor`，或不写，从头开始。",
            ),
        ) from error


def read_instant(text: str, name: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 text with its offset."""
    try:
        moment: dt.datetime = msgspec.convert(text, Instant)
        return to_ms(moment)
    except (msgspec.ValidationError, OverflowError) as error:
        raise BadInput(
            Bilingual(f"`{name}` is no instant.", f"`{name}` 不是时刻。"),
            hint=Bilingual(
                "Write RFC 3339 with an offset, 2026-11-11T00:00:00+08:00; in a query + is %2B.",
                "请写带时差的 RFC 3339：2026-11-11T00:00:00+08:00；查询串里的 + 写成 %2B。",
            ),
        ) from error
