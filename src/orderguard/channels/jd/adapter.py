"""What JD tells: pushes of Daojia, and the orders and refunds that JOS answers with."""

import json
import secrets

from orderguard.bilingual import Bilingual
from orderguard.channels.jd import orders, pushes
from orderguard.channels.jd.settings import SETTINGS, meanings, value, window_ms
from orderguard.channels.jd.signing import SIGN, is_signed
from orderguard.channels.jd.values import instant
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import BadInput, MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit.clock import to_ms

SECRET_BYTES = 16

_AGAIN = "-10000"
"""Asks JD for another try."""
_NO = "-1"
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


class JdChannel(Channel):
    name = "jd"
    title = "京东 · JD"
    supplies = orders.SUPPLIES
    settings = SETTINGS
    takes_paths = True

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:
        given = pushes.parameters(message) or {}
        if not any(is_signed(given, secret) for secret in shop.secrets):
            raise _not_signed(given)
        wanted = value(shop, "app_key")
        if wanted and given.get("app_key") != wanted:
            raise SignatureMismatch(
                "The push is of another app_key.",
                hint="Compare `app_key` with the console, or leave it out to take any.",
            )
        _check_time(given, shop, now_ms)

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        given = pushes.parameters(message)
        if given is None:
            raise MalformedMessage("The body is no form, or has too many members.")
        try:
            known = meanings(shop)
        except BadInput as error:
            raise MalformedMessage(error.said, hint=error.advised) from error
        interface = message.path.rpartition("/")[2]
        return (pushes.event_of(given, interface, known, pushes.raw_of(message)),)

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        """An order of JOS; or a push, without its interface: as of each that means something."""
        if raw.lstrip().startswith(b"{"):
            return orders.order_events(raw)
        interfaces = [name for name in meanings(shop) if not name.isdigit()]
        return tuple(
            parsed
            for interface in (pushes.NEW_ORDER, *interfaces)
            for parsed in self.parse(RawMessage({}, "", raw, path=interface), shop)
        )

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        return _answer(200, "0", "success")

    def refuse(self, status: int, reason: str) -> Answer:
        return _answer(status, _AGAIN if status in _LATER else _NO, reason)

    def new_secret(self) -> str:
        return secrets.token_hex(SECRET_BYTES)

    def fault(self, shop: ShopConfig) -> Bilingual | None:
        try:
            meanings(shop)
            window_ms(shop)
        except BadInput as error:
            return error.whole
        return None


def _answer(status: int, code: str, said: str) -> Answer:
    told = {"code": code, "msg": said, "data": ""}
    return Answer(status, json.dumps(told, separators=(",", ":")).encode())


def _check_time(given: dict[str, str], shop: ShopConfig, now_ms: int) -> None:
    try:
        window = window_ms(shop)
    except BadInput as error:
        raise SignatureMismatch(error.said, hint=error.advised) from error
    if not window:
        return
    sent_at = instant(given.get("timestamp"))
    skew_ms = None if sent_at is None else to_ms(sent_at) - now_ms
    if skew_ms is not None and abs(skew_ms) <= window:
        return
    fault = SignatureFault.MISSING
    if skew_ms is not None:
        fault = SignatureFault.TOO_NEW if skew_ms > 0 else SignatureFault.TOO_OLD
    raise SignatureMismatch(
        f"The push's timestamp is unreadable or more than {window // 60_000} minutes off.",
        hint="Set the clock of this machine, or widen `window_minutes`.",
        fault=fault,
        skew_ms=skew_ms,
    )


def _not_signed(given: dict[str, str]) -> SignatureMismatch:
    hint = "Give the shop the app secret of the application that pushes."
    if given.get(pushes.SEALED):
        hint = (
            "The push is encrypted, and JD does not publish how: switch the encryption of"
            " messages off in Daojia's console."
        )
    return SignatureMismatch(
        "The parameter `sign` is missing, or not made with this shop's secret.",
        hint=hint,
        fault=SignatureFault.WRONG if given.get(SIGN) else SignatureFault.MISSING,
    )
