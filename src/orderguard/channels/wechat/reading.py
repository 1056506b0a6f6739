"""Reads what arrives: JSON or XML as the console is set, whole or with an encrypted text in it."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError
from msgspec import Struct, field

from orderguard.errors import MalformedMessage
from orderguard.kit import jsontext

PARAMETERS_MAX = 32

S = TypeVar("S", bound=Struct)
_SPACE = b" \t\r\n"


class _Envelope(Struct, frozen=True):
    encrypt: str | None = field(default=None, name="Encrypt")


def parameters(query: str) -> Mapping[str, str]:
    """The parameters of an address, none where there are too many."""
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=PARAMETERS_MAX))
    except ValueError:
        return {}


def encrypted(body: bytes) -> str | None:
    """The `Encrypt` text of a body, exactly as it is signed; None where there is none."""
    try:
        return read(body, _Envelope).encrypt
    except MalformedMessage:
        return None


def read(body: bytes, shape: type[S]) -> S:
    """A message in either form. Raise MalformedMessage for what is neither."""
    try:
        if body.lstrip(_SPACE).startswith(b"<"):
            return msgspec.convert(_elements(body), shape)
        if fault := jsontext.fault(body):
            raise MalformedMessage(f"Not a WeChat message: {fault}.")
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as error:
        raise MalformedMessage(f"Not a WeChat message: {error}.") from error


def inner(value: S | str | None, shape: type[S]) -> S | None:
    """A member that some deliveries write as JSON within a text."""
    if isinstance(value, str):
        return read(value.encode(), shape) if value.strip() else None
    return value


def _elements(body: bytes) -> Any:
    """The members of the root element; one that has members is an object, else it is its text."""
    members = _Members()
    parser = DefusedXMLParser(target=members, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise MalformedMessage(f"Not a WeChat message: {error}.") from error
    return members.root


class _Members:
    """Takes elements as a parser meets them, so that no tree is built and no depth trusted."""

    def __init__(self) -> None:
        self.root: Any = None
        self._open: list[tuple[dict[str, Any], list[str]]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002
        if len(self._open) >= jsontext.DEPTH_MAX:
            raise ValueError(f"nested deeper than {jsontext.DEPTH_MAX}")
        self._open.append(({}, []))

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1][1].append(text)

    def end(self, tag: str) -> None:
        members, texts = self._open.pop()
        value = members or "".join(texts)
        if self._open:
            self._open[-1][0][tag] = value
        else:
            self.root = value

    def close(self) -> Any:
        return self.root
