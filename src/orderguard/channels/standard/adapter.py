"""The `standard` channel: canonical events, signed as Standard Webhooks says."""

import base64
import secrets
from typing import Annotated

import msgspec

from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.domain.wire import ORDER_MEMBERS, decode_event
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit.signing import (
    SECRET_PREFIX,
    is_fresh,
    timestamp_skew_ms,
    verify_webhook,
    webhook_key,
)

EVENTS_MAX = 500
SECRET_BYTES = 32

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

_decode_batch = msgspec.json.Decoder(
    Annotated[list[msgspec.Raw], msgspec.Meta(max_length=EVENTS_MAX)]
).decode


class StandardChannel(Channel):
    name = "standard"
    title = "Standard Webhooks"
    supplies = ORDER_MEMBERS

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:
        headers = message.headers
        timestamp = headers.get("webhook-timestamp", "")
        for secret in shop.secrets:
            if verify_webhook(
                webhook_key(secret),
                message_id=headers.get("webhook-id", ""),
                timestamp=timestamp,
                body=message.body,
                signatures=headers.get("webhook-signature", ""),
            ):
                if not is_fresh(timestamp, now_ms):
                    raise _stale(timestamp, now_ms)
                return
        is_missing = any(not headers.get(name) for name in _HEADERS)
        raise SignatureMismatch(
            "No signature in the header webhook-signature is one of this shop's secret.",
            hint="Sign `{webhook-id}.{webhook-timestamp}.{body}`, the body as it is sent.",
            fault=SignatureFault.MISSING if is_missing else SignatureFault.WRONG,
        )

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        body = message.body
        if not body.lstrip(b" \t\r\n").startswith(b"["):
            return (_parsed(body, shop),)
        try:
            elements = _decode_batch(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise MalformedMessage(f"Not an array of events: {error}.") from error
        parsed = []
        for index, element in enumerate(elements):
            try:
                parsed.append(_parsed(bytes(element), shop))
            except MalformedMessage as error:
                raise MalformedMessage(error.message, hint=error.hint, index=index) from error
        return tuple(parsed)

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:
        return Answer(202, b'{"accepted": %d, "duplicates": %d}' % (accepted, duplicates))

    def new_secret(self) -> str:
        return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _stale(timestamp: str, now_ms: int) -> SignatureMismatch:
    """What is wrong with the time of a message that the shop's secret did sign."""
    skew_ms = timestamp_skew_ms(timestamp, now_ms)
    fault = SignatureFault.MISSING
    if skew_ms is not None:
        fault = SignatureFault.TOO_NEW if skew_ms > 0 else SignatureFault.TOO_OLD
    return SignatureMismatch(
        "The header webhook-timestamp is unreadable or more than 5 minutes off.",
        hint="Sign each attempt anew, with the Unix time in seconds of a set clock.",
        fault=fault,
        skew_ms=skew_ms,
    )


def _parsed(raw: bytes, shop: ShopConfig) -> Parsed:
    told = decode_event(raw)
    for member, named, own in (
        ("channel", told.channel, shop.channel),
        ("shop", told.shop, shop.shop),
    ):
        if named is not None and named != own:
            raise MalformedMessage(
                f"The event's `{member}` is not that of the path.",
                hint=f"Leave `{member}` out, or send the event to its own webhook.",
            )
    return Parsed(told.event, raw)
