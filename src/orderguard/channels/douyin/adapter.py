"""The `douyin` channel: messages of the Douyin shop platform, each push an array of them."""

import datetime as dt
import re
import uuid
from typing import Annotated

import msgspec

from orderguard.channels.douyin import events, shapes
from orderguard.channels.douyin.events import Told
from orderguard.channels.douyin.orders import SUPPLIES, TOKENS
from orderguard.channels.douyin.settings import SETTINGS
from orderguard.channels.douyin.signing import MD5, PUSH_SIGN, PUSH_SIGNERS
from orderguard.channels.douyin.values import ID_LENGTH_MAX, identity, instant, part, text
from orderguard.domain.events import CanonicalEvent, EventType
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit import jsontext
from orderguard.kit.envelopes import is_same
from orderguard.kit.ids import stable_id

MESSAGES_MAX = 500
ANSWERED = "douyin_"
"""How the ids of events begin that an answer told, and that want nothing more."""
_MARK = b"\xef\xbb\xbf"
"""Some senders put a byte order mark before their JSON."""
_SECONDS = re.compile(r":(1[0-9]{9}):")
"""A message's id looks like `shop::tag:seconds:number`."""

_decode_array = msgspec.json.Decoder(
    Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MESSAGES_MAX)]
).decode
_decode_message = msgspec.json.Decoder(shapes.Message).decode
_decode_order = msgspec.json.Decoder(shapes.ShopOrder).decode
_decode_after_sale = msgspec.json.Decoder(shapes.AfterSale).decode


class DouyinChannel(Channel):
    name = "douyin"
    title = "抖店"
    supplies = SUPPLIES
    settings = SETTINGS
    tokens = TOKENS

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:  # noqa: ARG002
        # Nothing of the envelope tells its time: what comes again is known by its id.
        app_key = shop.settings.get("app_key", "")
        signature = message.headers.get("event-sign", "")
        is_ours = is_same(app_key, message.headers.get("app-id", "")) and bool(app_key)
        for make in PUSH_SIGNERS.get(shop.settings.get(PUSH_SIGN) or MD5, ()):
            for secret in filter(None, shop.secrets):
                if is_same(make(app_key, message.body, secret), signature) and is_ours:
                    return
        is_missing = not (signature and message.headers.get("app-id"))
        raise SignatureMismatch(
            "The header event-sign is missing or not made with this shop's app, or app-id is"
            " another one.",
            hint="Give the shop the app_key and app_secret of the app that pushes; where it sends"
            " `sign-method: hmac-sha256`, set push_sign to hmac-sha256.",
            fault=SignatureFault.MISSING if is_missing else SignatureFault.WRONG,
        )

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        body = message.body.removeprefix(_MARK)
        _check(body)
        try:
            elements = (
                _decode_array(body)
                if body.lstrip(b" \t\r\n").startswith(b"[")
                else [msgspec.Raw(body)]
            )
        except msgspec.DecodeError as error:
            raise MalformedMessage(f"Not an array of messages: {error}.") from error
        parsed: list[Parsed] = []
        for index, element in enumerate(elements):
            try:
                parsed += _of_message(bytes(element), shop)
            except MalformedMessage as error:
                raise MalformedMessage(error.message, hint=error.hint, index=index) from error
        return tuple(parsed)

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        """A message, or an order of an answer, which has no tag."""
        try:
            return self.parse(RawMessage({}, "", raw), shop)
        except MalformedMessage:
            return answered_order(raw)

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        return Answer(200, b'{"code":0,"msg":"success"}')

    def refuse(self, status: int, reason: str) -> Answer | None:
        return Answer(status, msgspec.json.encode({"code": status, "msg": reason}))

    def new_secret(self) -> str:
        return str(uuid.uuid4())


def answered_order(raw: bytes) -> tuple[Parsed, ...]:
    """An order as a call answers it. Raise MalformedMessage where it is none."""
    _check(raw)
    try:
        order = _decode_order(raw)
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not an order: {error}.") from error
    told = events.order_of(order)
    state = f"{text(order.order_status)}/{text(order.main_status)}"
    order_id = identity(order.order_id) or ""
    return (_parsed(told, raw, stable_id("douyin", "order", order_id, _at(told), state)),)


def answered_refund(raw: bytes, order_id: str = "") -> tuple[Parsed, ...]:
    """A refund as a call answers it; `order_id` where the answer does not tell it."""
    _check(raw)
    try:
        found = _decode_after_sale(raw)
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not an after-sale: {error}.") from error
    if order_id and not (found.order_info and identity(found.order_info.shop_order_id)):
        order_info = shapes.AfterSaleOrder(shop_order_id=order_id)
        found = msgspec.structs.replace(found, order_info=order_info)
    told = events.refund_of(found)
    if told is None:
        return ()
    refund_id = getattr(told.data, "refund_id", "")
    return (_parsed(told, raw, stable_id("douyin", "refund", refund_id, _at(told), told.type)),)


def _check(body: bytes) -> None:
    if fault := jsontext.fault(body):
        raise MalformedMessage(f"Not Douyin's JSON: {fault}.")


def _of_message(raw: bytes, shop: ShopConfig) -> list[Parsed]:
    try:
        message = _decode_message(raw)
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not a message: {error}.") from error
    tag = text(message.tag)
    if tag is None:
        raise MalformedMessage("The member `tag` is missing or no tag.")
    if tag == events.TEST:
        return []
    data = part(message.data, shapes.Data) or shapes.Data()
    wanted, its = shop.settings.get("shop_id", ""), text(data.shop_id)
    if wanted and its and its != wanted:
        return []
    message_id = identity(message.msg_id) or identity(message.older_id) or ""
    parsed = []
    for told in events.pushed(tag, data):
        at = told.at or _time_of(message_id)
        if at is None and told.type is EventType.UNKNOWN:
            continue
        name = ":".join(filter(None, (message_id, told.part)))
        if not message_id or len(name) > ID_LENGTH_MAX:
            name = stable_id("dy", raw.decode(), told.part)
        parsed.append(_parsed(msgspec.structs.replace(told, at=at), raw, name))
    return parsed


def _time_of(message_id: str) -> dt.datetime | None:
    found = _SECONDS.search(message_id)
    return instant(found.group(1)) if found else None


def _parsed(told: Told, raw: bytes, event_id: str) -> Parsed:
    if told.at is None:
        raise MalformedMessage("Nothing in it says when it happened.")
    event = CanonicalEvent(
        id=event_id,
        type=told.type,
        type_name=told.name or told.type.value,
        occurred_at=told.at,
        data=told.data,
    )
    return Parsed(event, raw)


def _at(told: Told) -> str:
    return told.at.isoformat() if told.at else ""
