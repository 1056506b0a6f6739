"""The state of a group as bytes and back: a decoded state behaves exactly as the one encoded."""

from typing import Any

import msgspec
from msgspec import Struct

from orderguard.errors import UnknownRecord
from orderguard.features.columns import restored
from orderguard.features.layout import Layout, layout_of
from orderguard.features.series import Series
from orderguard.features.state import GroupState, Many

VERSION = 1


class _EncodedSeries(Struct, array_like=True):
    """Instants and numbers are 8 bytes each, in the order of bytes of this machine."""

    instants: bytes
    numbers: bytes
    column: str | None
    items: list[Any] | None


class _Encoded(Struct, array_like=True):
    """`rows` stand column by column; a mask is an integer in bytes, lowest first."""

    version: int
    tags: tuple[bytes, ...]
    columns: tuple[str, ...]
    rows: list[list[Any]]
    series: list[_EncodedSeries | None]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Encoded)


def encode_group(state: GroupState) -> bytes:
    if isinstance(state, Many):
        series = [None if one is None else _encode_series(one) for one in state.series]
        return _ENCODER.encode(_Encoded(VERSION, *state.layout, [], series))
    layout: Layout = state[0]
    instants, numbers, masks, *items = map(list, zip(*state[1:], strict=True))
    length = len(layout.tags) // 8 + 1
    masks = [mask.to_bytes(length, "little") for mask in masks]
    return _ENCODER.encode(_Encoded(VERSION, *layout, [instants, numbers, masks, *items], []))


def decode_group(encoded: bytes) -> GroupState:
    try:
        state = _DECODER.decode(encoded)
    except msgspec.MsgspecError as fault:
        raise _unreadable(str(fault)) from fault
    if state.version != VERSION:
        raise _unreadable(f"its version is {state.version}")
    layout = layout_of(state.tags, state.columns)
    if state.series:
        series = [None if one is None else _decode_series(one) for one in state.series]
        return Many(layout, series)
    instants, numbers, masks, *items = state.rows
    columns = map(restored, layout.columns, items)
    masks = [int.from_bytes(mask, "little") for mask in masks]
    return (layout, *zip(instants, numbers, masks, *columns, strict=True))


def _unreadable(why: str) -> UnknownRecord:
    return UnknownRecord(
        f"The state of a group of features cannot be read: {why}.",
        hint="Delete state.db: the next start makes it again from the log.",
    )


def _encode_series(series: Series) -> _EncodedSeries:
    instants, numbers = series.instants.tobytes(), series.numbers.tobytes()
    return _EncodedSeries(instants, numbers, series.column, series.items)


def _decode_series(encoded: _EncodedSeries) -> Series:
    series = Series(encoded.column)
    series.instants.frombytes(encoded.instants)
    series.numbers.frombytes(encoded.numbers)
    if encoded.column is not None:
        series.items = restored(encoded.column, encoded.items or [])
    return series
