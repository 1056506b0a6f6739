"""The `youzan` channel: messages that Youzan's cloud pushes, one a call."""

import secrets
from urllib.parse import unquote, unquote_plus

import msgspec

from orderguard.channels.youzan import events, shapes
from orderguard.channels.youzan.events import Told
from orderguard.channels.youzan.orders import SUPPLIES, TOKENS
from orderguard.channels.youzan.settings import SETTINGS
from orderguard.channels.youzan.values import identity, text
from orderguard.domain.events import CanonicalEvent, EventType
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit import jsontext
from orderguard.kit.envelopes import is_same, md5_hex, wrapped
from orderguard.kit.ids import stable_id

SECRET_BYTES = 16
ANSWERED = "youzan_"
"""How the ids of events begin that an answer told, and that want nothing more."""
TYPE_NAME_LENGTH_MAX = 128

_decode_push = msgspec.json.Decoder(shapes.Push).decode
_decode_bare = msgspec.json.Decoder(shapes.Bare).decode
_decode_trade = msgspec.json.Decoder(shapes.Trade).decode
_decode_refund = msgspec.json.Decoder(shapes.Refund).decode
_decode_text = msgspec.json.Decoder(str).decode


class YouzanChannel(Channel):
    name = "youzan"
    title = "有赞"
    supplies = SUPPLIES
    settings = SETTINGS
    tokens = TOKENS

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:  # noqa: ARG002
        # Nothing of the envelope tells its time: what comes again is known by its id.
        client_id = shop.settings.get("client_id", "")
        signature = message.headers.get("event-sign", "")
        is_ours = bool(client_id) and message.headers.get("client-id", client_id) == client_id
        for secret in filter(None, shop.secrets):
            expected = md5_hex(wrapped(client_id, message.body, secret))
            if is_same(expected, signature) and is_ours:
                return
        raise SignatureMismatch(
            "The header Event-Sign is missing or not made with this shop's app, or Client-Id is"
            " another one.",
            hint="Give the shop the client_id and client_secret of the app that pushes.",
            fault=SignatureFault.WRONG if signature else SignatureFault.MISSING,
        )

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        raw = message.body
        _check(raw)
        try:
            push = _decode_push(raw)
        except msgspec.DecodeError as error:
            raise MalformedMessage(f"Not a message of Youzan: {error}.") from error
        wanted, its = shop.settings.get("kdt_id", ""), text(push.kdt_id)
        if push.test in {True, "true"} or (wanted and its and its != wanted):
            return ()
        inner = _inner(push.msg)
        bare, trade = _read_bare(inner), _read_trade(inner)
        event_id = identity(push.msg_id) or stable_id(
            "yz",
            push.type,
            *(text(one) or "" for one in (push.kdt_id, push.id, push.version)),
            inner.decode(),
        )
        told = events.pushed(push, bare, trade)
        return tuple(
            _parsed(one, raw, event_id, push.type)
            for one in told
            if one.at is not None or one.type is not EventType.UNKNOWN
        )

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        """A push, or an order of an answer, which has no type."""
        try:
            return self.parse(RawMessage({}, "", raw), shop)
        except MalformedMessage:
            return answered_trade(raw)

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        return Answer(200, b'{"code":0,"msg":"success"}')

    def refuse(self, status: int, reason: str) -> Answer | None:
        # The word that stands for a yes must not be in it.
        said = reason.replace("success", "s-u-c-c-e-s-s")
        return Answer(status, msgspec.json.encode({"code": status, "msg": said}))

    def new_secret(self) -> str:
        return secrets.token_hex(SECRET_BYTES)


def answered_trade(raw: bytes) -> tuple[Parsed, ...]:
    """An order as a call answers it. Raise MalformedMessage where it is none."""
    _check(raw)
    try:
        trade = _decode_trade(raw)
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not an order: {error}.") from error
    info = trade.full_order_info.order_info
    told = events.trade_of(trade)
    tid, state = identity(info.tid) or "", text(info.status) or ""
    return tuple(
        _parsed(one, raw, stable_id("youzan", "trade", tid, _at(one), state, one.part))
        for one in told
    )


def answered_refund(raw: bytes, order_id: str = "") -> tuple[Parsed, ...]:
    """A refund as a call answers it; `order_id` where the answer does not tell it."""
    _check(raw)
    try:
        refund = _decode_refund(raw)
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not a refund: {error}.") from error
    told = events.refund_of(refund, order_id)
    if told is None:
        return ()
    refund_id = identity(refund.refund_id) or ""
    return (_parsed(told, raw, stable_id("youzan", "refund", refund_id, _at(told), told.type)),)


def _check(raw: bytes) -> None:
    if fault := jsontext.fault(raw):
        raise MalformedMessage(f"Not Youzan's JSON: {fault}.")


def _inner(msg: msgspec.Raw) -> bytes:
    """The `msg` of a push as JSON: an object, or the text of one that is encoded for an address."""
    written = bytes(msg).strip()
    if not written.startswith(b'"'):
        return written
    try:
        encoded = _decode_text(written)
        for decoded in (unquote(encoded), unquote_plus(encoded)):
            inner = decoded.encode()
            if jsontext.fault(inner) is None and _is_object(inner):
                return inner
    except (msgspec.DecodeError, UnicodeEncodeError):
        pass
    return b""


def _is_object(inner: bytes) -> bool:
    try:
        _decode_bare(inner)
    except msgspec.DecodeError:
        return False
    return True


def _read_bare(inner: bytes) -> shapes.Bare:
    try:
        return _decode_bare(inner)
    except msgspec.DecodeError:
        return shapes.Bare()


def _read_trade(inner: bytes) -> shapes.Trade | None:
    try:
        return _decode_trade(inner)
    except msgspec.DecodeError:
        return None


def _parsed(told: Told, raw: bytes, event_id: str, name: str = "") -> Parsed:
    if told.at is None:
        raise MalformedMessage("Nothing in it says when it happened.")
    is_unknown = told.type is EventType.UNKNOWN
    event = CanonicalEvent(
        id=event_id,
        type=told.type,
        type_name=name[:TYPE_NAME_LENGTH_MAX] or "unknown" if is_unknown else told.type.value,
        occurred_at=told.at,
        data=told.data,
    )
    return Parsed(event, raw)


def _at(told: Told) -> str:
    return told.at.isoformat() if told.at else ""
