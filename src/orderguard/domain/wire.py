"""The canonical event as JSON: what the `standard` channel takes and `replay` reads.

A member given twice counts as given last. Unknown members are passed by, but must be JSON.
"""

from collections.abc import Callable
from typing import Annotated, get_args

import msgspec
from msgspec import Meta, Struct

from orderguard.domain.events import (
    DATA_TYPES,
    CanonicalEvent,
    Data,
    EventType,
    UnknownData,
)
from orderguard.domain.orders import Id, Instant, Order
from orderguard.errors import MalformedMessage
from orderguard.kit import jsontext


class _Envelope(Struct):
    """An event whose data waits for its type to be known."""

    id: Id
    type: Annotated[str, Meta(min_length=1, max_length=128)]
    occurred_at: Instant
    data: msgspec.Raw
    received_at: Instant | None = None
    channel: str | None = None
    shop: str | None = None


class WireEvent(Struct, frozen=True):
    """An event with what only a file tells of it: whose it is and when it was received."""

    event: CanonicalEvent
    channel: str | None
    shop: str | None
    received_at: Instant | None


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_KINDS: dict[str, tuple[EventType, Callable[[msgspec.Raw], Data]]] = {
    kind.value: (kind, msgspec.json.Decoder(data_type).decode)
    for kind, data_type in DATA_TYPES.items()
    if kind is not EventType.UNKNOWN
}
_NOTHING = UnknownData()


def decode_event(raw: bytes) -> WireEvent:
    """One event. Raise MalformedMessage for anything that is none."""
    if fault := jsontext.fault(raw):
        raise MalformedMessage(f"Not a canonical event: {fault}.")
    place = "$"
    try:
        envelope = _decode_envelope(raw)
        place = "$.data"
        kind, decode = _KINDS.get(envelope.type, (EventType.UNKNOWN, None))
        data = decode(envelope.data) if decode else _NOTHING
    except msgspec.DecodeError as error:
        raise MalformedMessage(_told(error, place)) from error
    event = CanonicalEvent(
        id=envelope.id,
        type=kind,
        type_name=envelope.type,
        occurred_at=envelope.occurred_at,
        data=data,
    )
    return WireEvent(event, envelope.channel, envelope.shop, envelope.received_at)


def _told(error: Exception, place: str) -> str:
    return f"Not a canonical event: {str(error).replace('`$', f'`{place}')}."


def _members(part: type, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for field in msgspec.structs.fields(part):
        found.add(prefix + field.name)
        for inner in _parts(field.type):
            found |= _members(inner, f"{prefix}{field.name}.")
    return found


def _parts(annotation: object) -> list[type]:
    """The structs within an annotation such as `tuple[Line, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _parts(argument)]


ORDER_MEMBERS = frozenset(_members(Order))
"""Every member of the canonical order, `ship_to.city` for one within another."""
