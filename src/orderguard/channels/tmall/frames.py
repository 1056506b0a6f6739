"""The frames of a TMC connection: bytes both ways, everything little-endian.

    version (2) · kind · { header kind (int16) · its value } · 0 (int16)

A header of one's own has a name (counted text), a format and a value of it. The platform's clients
differ on the width of a status code; a frame is read by the width that is given, else by the other.
"""

import struct
from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

VERSION = 2
HEADERS_MAX = 100
KIND = "__kind"


class FrameKind(IntEnum):
    CONNECT = 0
    CONNECTACK = 1
    SEND = 2
    SENDACK = 3


class MessageKind(IntEnum):
    """The value of the header `__kind`."""

    NONE = 0
    PULL_REQUEST = 1
    CONFIRM = 2
    DATA = 3
    FAILED = 20


class Moment(Struct, frozen=True):
    """A date, in ms since the epoch."""

    ms: int


Value = None | str | int | bytes | Moment


class Frame(Struct, frozen=True, kw_only=True):
    kind: int
    code: int | None = None
    """Zero and absent are a yes."""
    phrase: str | None = None
    flag: int | None = None
    token: str | None = None
    headers: Mapping[str, Value] = {}


class UnreadableFrame(ValueError):
    """Bytes that are no frame."""


_END, _CUSTOM, _CODE, _PHRASE, _FLAG, _TOKEN = range(6)
_VOID, _TEXT, _BYTE, _INT16, _INT32, _INT64, _DATE, _BYTES = range(8)
_NUMBERS = {_BYTE: "<b", _INT16: "<h", _INT32: "<i", _INT64: "<q", _DATE: "<q"}
_CODES = {2: "<h", 4: "<i"}


def encode(frame: Frame, *, code_bytes: int = 4) -> bytes:
    """The bytes of a frame. `__kind` is a byte, any other number an int64."""
    parts = [struct.pack("<BB", VERSION, frame.kind)]
    if frame.code is not None:
        parts += [struct.pack("<h", _CODE), struct.pack(_CODES[code_bytes], frame.code)]
    if frame.phrase is not None:
        parts += [struct.pack("<h", _PHRASE), _counted(frame.phrase.encode())]
    if frame.flag is not None:
        parts.append(struct.pack("<hi", _FLAG, frame.flag))
    if frame.token is not None:
        parts += [struct.pack("<h", _TOKEN), _counted(frame.token.encode())]
    for name, value in frame.headers.items():
        parts += [struct.pack("<h", _CUSTOM), _counted(name.encode()), _written(name, value)]
    parts.append(struct.pack("<h", _END))
    return b"".join(parts)


def decode(data: bytes, *, code_bytes: int = 4) -> Frame:
    """The frame of these bytes. Raise UnreadableFrame where neither width makes one of them."""
    try:
        return _Reader(data).frame(_CODES[code_bytes])
    except UnreadableFrame:
        return _Reader(data).frame(_CODES[6 - code_bytes])


def _counted(data: bytes) -> bytes:
    return struct.pack("<i", len(data)) + data


def _written(name: str, value: Value) -> bytes:
    match value:
        case None:
            return struct.pack("<B", _VOID)
        case str():
            return struct.pack("<B", _TEXT) + _counted(value.encode())
        case bytes():
            return struct.pack("<B", _BYTES) + _counted(value)
        case Moment():
            return struct.pack("<Bq", _DATE, value.ms)
    return struct.pack("<Bb" if name == KIND else "<Bq", _BYTE if name == KIND else _INT64, value)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def frame(self, code_format: str) -> Frame:
        version, kind = self._number("<B"), self._number("<B")
        if version != VERSION:
            raise UnreadableFrame(f"protocol version {version}")
        code = flag = None
        phrase = token = None
        headers: dict[str, Value] = {}
        for _ in range(HEADERS_MAX):
            match self._number("<h"):
                case 0:
                    return self._whole(
                        Frame(
                            kind=kind,
                            code=code,
                            phrase=phrase,
                            flag=flag,
                            token=token,
                            headers=headers,
                        )
                    )
                case 1:
                    name = self._text()
                    headers[name] = self._value()
                case 2:
                    code = self._number(code_format)
                case 3:
                    phrase = self._text()
                case 4:
                    flag = self._number("<i")
                case 5:
                    token = self._text()
                case unknown:
                    raise UnreadableFrame(f"header kind {unknown}")
        raise UnreadableFrame(f"more than {HEADERS_MAX} headers")

    def _whole(self, frame: Frame) -> Frame:
        if self._place != len(self._data):
            raise UnreadableFrame("bytes behind its end")
        return frame

    def _number(self, form: str) -> int:
        (number,) = struct.unpack(form, self._bytes(struct.calcsize(form)))
        return int(number)

    def _bytes(self, count: int) -> bytes:
        end = self._place + count
        if count < 0 or end > len(self._data):
            raise UnreadableFrame("cut short")
        taken, self._place = self._data[self._place : end], end
        return taken

    def _text(self) -> str:
        try:
            return self._bytes(self._number("<i")).decode()
        except UnicodeDecodeError as error:
            raise UnreadableFrame("a text is not UTF-8") from error

    def _value(self) -> Value:
        form = self._number("<B")
        if form in _NUMBERS:
            number = self._number(_NUMBERS[form])
            return Moment(number) if form == _DATE else number
        if form == _VOID:
            return None
        if form == _TEXT:
            return self._text()
        if form == _BYTES:
            return self._bytes(self._number("<i"))
        raise UnreadableFrame(f"value format {form}")
