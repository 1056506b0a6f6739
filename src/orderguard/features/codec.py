"""The state of a group as bytes and back: a decoded state behaves exactly as the one encoded."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from orderguard.errors import UnknownRecord
from orderguard.features.busy import Busy
from orderguard.features.columns import needs_restoring, restored
from orderguard.features.layout import LAYOUTS_MAX, ROW_HEAD, Layout, Row, layout_of
from orderguard.features.state import GroupState

VERSION = 2


class _Encoded(Struct, array_like=True):
    """Entries row by row; the mask of a layout with many features is bytes, lowest first."""

    version: int
    layout: tuple[tuple[bytes, ...], tuple[str, ...]]
    is_busy: bool
    rows: list[list[Any]]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Encoded)
_MASK_BITS = 63
"""A number of the encoding holds no more."""


def encode_group(state: GroupState) -> bytes:
    is_busy = isinstance(state, Busy)
    layout: Layout = state.layout if isinstance(state, Busy) else state[0]
    rows: Sequence[Row] = state.rows() if isinstance(state, Busy) else state[1:]
    if len(layout.tags) > _MASK_BITS:
        length = len(layout.tags) // 8 + 1
        rows = [(*row[:2], row[2].to_bytes(length, "little"), *row[ROW_HEAD:]) for row in rows]
    return _ENCODER.encode((VERSION, _encoded_layout(layout), is_busy, rows))


@lru_cache(LAYOUTS_MAX)
def _encoded_layout(layout: Layout) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(layout))


def decode_group(encoded: bytes) -> GroupState:
    try:
        state = _DECODER.decode(encoded)
    except msgspec.MsgspecError as fault:
        raise _unreadable(str(fault)) from fault
    if state.version != VERSION:
        raise _unreadable(f"its version is {state.version}")
    layout, rows = layout_of(*state.layout), state.rows
    if len(layout.tags) > _MASK_BITS:
        for row in rows:
            row[2] = int.from_bytes(row[2], "little")
    for place, name in enumerate(layout.columns, ROW_HEAD):
        if needs_restoring(name):
            items = restored(name, [row[place] for row in rows])
            for row, item in zip(rows, items, strict=True):
                row[place] = item
    return Busy(layout, rows) if state.is_busy else (layout, *map(tuple, rows))


def _unreadable(why: str) -> UnknownRecord:
    return UnknownRecord(
        f"The state of a group of features cannot be read: {why}.",
        hint="Delete state.db: the next start makes it again from the log.",
    )
