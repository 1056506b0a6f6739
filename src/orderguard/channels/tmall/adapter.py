"""The `tmall` channel: messages of the Taobao Open Platform, by its connection or by its calls."""

import contextlib
import datetime as dt
import hmac
import json
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec

from orderguard.bilingual import Bilingual
from orderguard.channels.tmall import settings
from orderguard.channels.tmall.messages import charset_of, parsed_body, parsed_message
from orderguard.channels.tmall.orders import SUPPLIES
from orderguard.channels.tmall.signing import SIGN, spi_sign
from orderguard.channels.tmall.values import CHINA, TIME_FORMAT
from orderguard.domain.connecting import TokenScope
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch

SECRET_BYTES = 16
PARAMETERS_MAX = 200
CONNECTED = "TMC"
"""The method of a message that came by the connection: no HTTP call has it."""
ENVELOPE = ("id", "time", "outtime", "dataid", "userid", "publisher", "nick", "retried")
"""Of a message's headers on the connection, what is kept beside its topic and content."""
_LIST = "top-sign-list"
_MS_PER_MINUTE = 60_000
_REFUSALS = {401: ("sign-check-failure", "Illegal request")}


class TmallChannel(Channel):
    name = "tmall"
    title = "淘宝 / 天猫"
    supplies = SUPPLIES
    settings = settings.SETTINGS
    tokens: Mapping[str, TokenScope] = {
        "ship_to.address_token": TokenScope(within="shop", days=7),
    }

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:
        """As the platform's own SpiUtils: query, listed headers and the raw body, by MD5."""
        charset = charset_of(message.headers.get("content-type", ""))
        try:
            query = dict(
                parse_qsl(
                    message.query,
                    keep_blank_values=True,
                    encoding=charset,
                    errors="strict",
                    max_num_fields=PARAMETERS_MAX,
                )
            )
            given = query.pop(SIGN, "").encode("ascii")
        except (ValueError, LookupError):  # UnicodeError is a ValueError.
            given, query = b"", {}
        parameters = {**_listed(message.headers), **query}
        is_right = message.method == "POST" and any(
            _fits(parameters, message.body, secret, charset, given)
            for secret in shop.secrets
            if secret
        )
        if not is_right:
            raise SignatureMismatch(
                "The parameter sign is missing or not made with this shop's app secret.",
                hint="Give the shop the App Secret of the app that the platform calls.",
                fault=SignatureFault.WRONG if given else SignatureFault.MISSING,
            )
        _check_time(query.get("timestamp", ""), shop, now_ms)

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        if message.method == CONNECTED:
            return (parsed_message(_envelope(message)),)
        charset = charset_of(message.headers.get("content-type", ""))
        return parsed_body(message.body, charset, shop.settings.get("app_key", ""))

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        return parsed_body(raw, "utf-8", shop.settings.get("app_key", ""))

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        return _answer(200, is_success=True)

    def refuse(self, status: int, reason: str) -> Answer:
        code, message = _REFUSALS.get(status, ("illegal-request", reason))
        return _answer(status, is_success=False, code=code, message=message)

    def new_secret(self) -> str:
        return secrets.token_hex(SECRET_BYTES)

    def fault(self, shop: ShopConfig) -> Bilingual | None:
        return settings.fault(shop)


def _answer(status: int, *, is_success: bool, code: str = "", message: str = "") -> Answer:
    said = {"success": is_success, "errorCode": code, "errorMsg": message}
    return Answer(status, json.dumps(said).encode())


def _listed(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that the sender signed, under the names that it gave them."""
    names = [name.strip() for name in headers.get(_LIST, "").split(",")[:PARAMETERS_MAX]]
    return {name: headers.get(name.lower(), "") for name in names if name}


def _fits(
    parameters: Mapping[str, str], body: bytes, secret: str, charset: str, given: bytes
) -> bool:
    try:
        expected = spi_sign(parameters, body, secret, charset).encode()
    except UnicodeError:
        return False
    return hmac.compare_digest(expected, given)


def _check_time(timestamp: str, shop: ShopConfig, now_ms: int) -> None:
    """Only who has the secret gets here, and tells of its clock."""
    sent_ms = None
    with contextlib.suppress(ValueError, OverflowError):
        sent = dt.datetime.strptime(timestamp, TIME_FORMAT).replace(tzinfo=CHINA)
        sent_ms = round(sent.timestamp() * 1000)
    if sent_ms is None:
        raise SignatureMismatch(
            "The parameter timestamp is missing or no time.", fault=SignatureFault.MISSING
        )
    skew_ms = sent_ms - now_ms
    if abs(skew_ms) > settings.number(shop, "spi_window_min") * _MS_PER_MINUTE:
        raise SignatureMismatch(
            "The call was signed too long ago, or by a clock that runs ahead.",
            hint="Set this machine's clock, or raise `spi_window_min` of the shop.",
            fault=SignatureFault.TOO_NEW if skew_ms > 0 else SignatureFault.TOO_OLD,
            skew_ms=skew_ms,
        )


def _envelope(message: RawMessage) -> bytes:
    """A message of the connection in the pull API's shape, so that its bytes tell all of it."""
    try:
        content = message.body.decode()
    except UnicodeDecodeError as error:
        raise MalformedMessage("Not a message of TOP: its content is not UTF-8.") from error
    headers = message.headers
    known = {name: headers[name] for name in ENVELOPE if name in headers}
    return msgspec.json.encode({"topic": headers.get("topic", ""), **known, "content": content})
