"""The state of a group as bytes and back: a decoded state behaves exactly as the one encoded."""

from typing import Any

import msgspec
from msgspec import Struct

from orderguard.errors import UnknownRecord
from orderguard.features.busy import Busy
from orderguard.features.columns import restored
from orderguard.features.layout import Layout, layout_of
from orderguard.features.state import GroupState

VERSION = 2


class _Encoded(Struct, array_like=True):
    """Entries stand column by column; a mask is an integer in bytes, lowest first."""

    version: int
    tags: tuple[bytes, ...]
    columns: tuple[str, ...]
    is_busy: bool
    instants: list[int]
    numbers: list[int]
    masks: list[bytes]
    items: list[list[Any]]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Encoded)


def encode_group(state: GroupState) -> bytes:
    is_busy = isinstance(state, Busy)
    layout: Layout = state.layout if isinstance(state, Busy) else state[0]
    rows = state.rows() if isinstance(state, Busy) else state[1:]
    instants, numbers, masks, *items = map(list, zip(*rows, strict=True))
    length = len(layout.tags) // 8 + 1
    masks = [mask.to_bytes(length, "little") for mask in masks]
    return _ENCODER.encode(_Encoded(VERSION, *layout, is_busy, instants, numbers, masks, items))


def decode_group(encoded: bytes) -> GroupState:
    try:
        state = _DECODER.decode(encoded)
    except msgspec.MsgspecError as fault:
        raise _unreadable(str(fault)) from fault
    if state.version != VERSION:
        raise _unreadable(f"its version is {state.version}")
    layout = layout_of(state.tags, state.columns)
    items = map(restored, layout.columns, state.items)
    masks = [int.from_bytes(mask, "little") for mask in state.masks]
    rows = zip(state.instants, state.numbers, masks, *items, strict=True)
    return Busy(layout, list(rows)) if state.is_busy else (layout, *rows)


def _unreadable(why: str) -> UnknownRecord:
    return UnknownRecord(
        f"The state of a group of features cannot be read: {why}.",
        hint="Delete state.db: the next start makes it again from the log.",
    )
