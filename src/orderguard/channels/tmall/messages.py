"""From bytes to events: messages pushed or pulled, alone or many, and what calls answered."""

import codecs
from collections.abc import Iterable

import msgspec

from orderguard.channels.tmall import shapes
from orderguard.channels.tmall.events import TOPICS, Told, refund_told, trade_told
from orderguard.channels.tmall.values import ID_LENGTH_MAX, identity, instant, text
from orderguard.domain.events import CanonicalEvent, EventType, UnknownData
from orderguard.domain.ports import Parsed
from orderguard.errors import MalformedMessage
from orderguard.kit import jsontext
from orderguard.kit.ids import stable_id

MESSAGES_MAX = 1_000
"""Messages in one call; the pull API gives 200 at most."""
TYPE_NAME_LENGTH_MAX = 128

_decode_message = msgspec.json.Decoder(shapes.Message).decode
_decode_content = msgspec.json.Decoder(shapes.Content).decode
_decode_said = msgspec.json.Decoder(shapes.Said).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode
_decode_refund = msgspec.json.Decoder(shapes.Refund).decode
_check_json = msgspec.json.Decoder(msgspec.Raw).decode


def parsed_body(body: bytes, charset: str, app_key: str) -> tuple[Parsed, ...]:
    """The events of a body: a message, an array of them, the pull API's answer, or a call's."""
    body = utf8(body, charset)
    try:
        _check_json(body)
        if body.lstrip()[:1] == b"[":
            return _parsed_all(_decode_list(body))
        said = _decode_said(body)
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not a message of TOP: {error}.") from error
    if said.trade_fullinfo_get_response and said.trade_fullinfo_get_response.trade:
        return parsed_told(trade_told(said.trade_fullinfo_get_response.trade, app_key), body)
    if said.refund_get_response and said.refund_get_response.refund:
        return parsed_told([refund_told(said.refund_get_response.refund)], body)
    if said.tmc_messages_consume_response:
        messages = said.tmc_messages_consume_response.messages
        if isinstance(messages, shapes.MessageList):
            messages = messages.tmc_message
        return _parsed_all(messages or [])
    if said.topic is None and identity(said.refund_id):
        return parsed_told([refund_told(_decode_refund(body))], body)
    return _parsed_all([msgspec.Raw(body)])


def parsed_message(raw: bytes) -> Parsed:
    """One message in the pull API's shape."""
    try:
        message = _decode_message(raw)
        topic = text(message.topic)
        if topic is None:
            raise MalformedMessage("The member `topic` is missing.")
        return _parsed(message, topic, bytes(raw))
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not a message of TOP: {error}.") from error


def parsed_told(told: Iterable[Told], raw: bytes) -> tuple[Parsed, ...]:
    """Of a call's answer: each event has an id and a time of its own."""
    return tuple(Parsed(_event(one, one.name, one.id), raw) for one in told)


def utf8(body: bytes, charset: str) -> bytes:
    """The body as everything below reads it. Raise MalformedMessage where it is not so written."""
    if charset != "utf-8":
        try:
            body = str(body, charset).encode()
        except UnicodeError as error:
            raise MalformedMessage(f"Not a message of TOP: it is not {charset}.") from error
    if fault := jsontext.fault(body):
        raise MalformedMessage(f"Not a message of TOP: {fault}.")
    return body


def charset_of(content_type: str) -> str:
    """As the sender says, all of the GB family being GBK; UTF-8 where it says nothing known."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.strip().lower() != "charset":
            continue
        known = value.strip().strip("\"'").lower()
        if known.startswith("gb"):
            return "gbk"
        try:
            return codecs.lookup(known).name if known.isascii() and known else "utf-8"
        except LookupError:
            return "utf-8"
    return "utf-8"


def _parsed_all(raws: Iterable[msgspec.Raw]) -> tuple[Parsed, ...]:
    found: list[Parsed] = []
    for place, raw in enumerate(raws):
        if place >= MESSAGES_MAX:
            raise MalformedMessage(f"More than {MESSAGES_MAX} messages in one call.")
        try:
            found.append(parsed_message(bytes(raw)))
        except MalformedMessage as error:
            raise MalformedMessage(error.message, hint=error.hint, index=place) from error
    return tuple(found)


def _parsed(message: shapes.Message, topic: str, raw: bytes) -> Parsed:
    content = _content(message)
    at = instant(message.pub_time) or instant(message.time) or instant(message.outtime)
    tell = TOPICS.get(topic)
    told = Told(type=EventType.UNKNOWN, data=UnknownData())
    if tell is not None:
        told = tell(_decode_content(content))
    if told.at is None:
        if at is None:
            raise MalformedMessage("Nothing in the message says when it happened.")
        told = msgspec.structs.replace(told, at=at)
    return Parsed(_event(told, told.name or topic, _message_id(message, topic, content)), raw)


def _content(message: shapes.Message) -> bytes:
    """The content is JSON within a text; some senders write it as an object."""
    raw = bytes(message.content)
    if raw[:1] != b'"':
        return raw if raw != b"null" else b"{}"
    content = _decode_text(raw).encode()
    if fault := jsontext.fault(content):
        raise MalformedMessage(f"The content of the message is {fault}.")
    return content


def _message_id(message: shapes.Message, topic: str, content: bytes) -> str:
    """The message, which a redelivery should name alike; without its id, what it says."""
    number = identity(message.id)
    if number is None:
        said = content.decode("utf-8", "replace")
        return stable_id("tmall", topic, said, str(message.pub_time or message.time))
    name = f"{topic}:{number}"
    return name if len(name) <= ID_LENGTH_MAX else stable_id("tmall", topic, number)


def _event(told: Told, name: str, event_id: str) -> CanonicalEvent:
    known = told.type is not EventType.UNKNOWN
    if told.at is None:
        raise MalformedMessage("Nothing in the message says when it happened.")
    return CanonicalEvent(
        id=event_id,
        type=told.type,
        type_name=told.type.value if known else name[:TYPE_NAME_LENGTH_MAX] or "unknown",
        occurred_at=told.at,
        data=told.data,
    )
