"""What a warehouse tells through Qimen: XML, signed together with the parameters of its address."""

import datetime as dt
import secrets
from collections.abc import Iterator
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape

from orderguard.bilingual import Bilingual
from orderguard.channels.wms_qimen import documents, events
from orderguard.channels.wms_qimen.events import Told
from orderguard.channels.wms_qimen.settings import (
    KEPT,
    SETTINGS,
    Usage,
    usage,
    value,
    window_ms,
)
from orderguard.channels.wms_qimen.signing import is_signed, parameters, signed_headers
from orderguard.channels.wms_qimen.values import instant
from orderguard.domain.events import CanonicalEvent, EventType
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import BadInput, MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit.clock import to_ms
from orderguard.kit.ids import stable_id

SECRET_BYTES = 16
PREFIX = "taobao.qimen."
TYPE_NAME_LENGTH_MAX = 128
CONTENT_TYPE = "text/xml; charset=utf-8"

_SUCCESS = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b"<response><flag>success</flag><code>0</code><message></message></response>"
)
_SOME_TIME = "2000-01-01 00:00:00"
_CODES = {401: "sign-check-failure", 403: "sign-check-failure"}


class QimenChannel(Channel):
    name = "wms_qimen"
    title = "奇门仓储 · Qimen WMS"
    supplies: frozenset[str] = frozenset()
    settings = SETTINGS

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:
        given = parameters(message.query) or {}
        if not given.get(b"method"):
            raise _not_signed(SignatureFault.WRONG)
        # A header never takes the place of a parameter: what is checked is what is read.
        signed = {**signed_headers(message.headers), **given}
        keeps_empty = value(shop, "empty_values") == KEPT
        if not any(
            is_signed(signed, message.body, secret, keeps_empty=keeps_empty)
            for secret in shop.secrets
        ):
            missing = not given.get(b"sign")
            raise _not_signed(SignatureFault.MISSING if missing else SignatureFault.WRONG)
        _check_sender(given, shop)
        _check_time(given, shop, now_ms)

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        given = parameters(message.query) or {}
        document = documents.read(message.body, message.headers)
        method = _text(given, "method").removeprefix(PREFIX)
        sent_at = instant(_text(given, "timestamp"))
        try:
            used = usage(shop)
        except BadInput as error:
            raise MalformedMessage(error.said, hint=error.advised) from error
        return tuple(
            _parsed(told, method, raw, sent_at, used)
            for method, raw, element in _alone(method, message.body, document)
            for told in events.TELLS.get(method, events.kept(method))(element, used)
        )

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        """Without the address that it came to: the document says what it is."""
        method = events.method_of(documents.read(raw, {}))
        query = urlencode({"method": method, "timestamp": _SOME_TIME})
        return self.parse(RawMessage({}, query, raw), shop)

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        return Answer(200, _SUCCESS, CONTENT_TYPE)

    def refuse(self, status: int, reason: str) -> Answer:
        code = _CODES.get(status, str(status))
        said = escape("".join(filter(str.isprintable, reason)))
        body = (
            '<?xml version="1.0" encoding="utf-8"?><response><flag>failure</flag>'
            f"<code>{code}</code><message>{said}</message></response>"
        )
        return Answer(status, body.encode(), CONTENT_TYPE)

    def new_secret(self) -> str:
        return secrets.token_hex(SECRET_BYTES)

    def fault(self, shop: ShopConfig) -> Bilingual | None:
        try:
            usage(shop)
            window_ms(shop)
        except BadInput as error:
            return error.whole
        return None


def _alone(method: str, body: bytes, document: Element) -> Iterator[tuple[str, bytes, Element]]:
    """Each document of a message, with its method and its bytes."""
    if method != events.BATCH:
        yield method, body, document
        return
    for element in events.batch(document):
        yield "deliveryorder.confirm", tostring(element, "utf-8"), element


def _parsed(
    told: Told, method: str, raw: bytes, sent_at: dt.datetime | None, used: Usage
) -> Parsed:
    occurred_at = told.at or sent_at
    if occurred_at is None:
        raise MalformedMessage("Neither the document nor the call says when it happened.")
    known = told.type is not EventType.UNKNOWN
    event = CanonicalEvent(
        id=stable_id("qimen", method, *told.parts),
        type=told.type,
        type_name=told.type.value if known else told.name[:TYPE_NAME_LENGTH_MAX] or "unknown",
        occurred_at=occurred_at,
        data=told.data,
    )
    return Parsed(event, raw, used.about)


def _check_sender(given: dict[bytes, bytes], shop: ShopConfig) -> None:
    """One app's secret signs for all its customers, so whose call it is has to be looked at."""
    for name, setting in (("app_key", "app_key"), ("customerId", "customer_id")):
        wanted = value(shop, setting)
        if wanted and _text(given, name) != wanted:
            raise SignatureMismatch(
                f"The call is of another {name}.",
                hint=f"Compare `{setting}` with the console, or leave it out to take any.",
            )


def _check_time(given: dict[bytes, bytes], shop: ShopConfig, now_ms: int) -> None:
    try:
        window = window_ms(shop)
    except BadInput as error:
        raise SignatureMismatch(error.said, hint=error.advised) from error
    if not window:
        return
    sent_at = instant(_text(given, "timestamp"))
    skew_ms = None if sent_at is None else to_ms(sent_at) - now_ms
    if skew_ms is not None and abs(skew_ms) <= window:
        return
    fault = SignatureFault.MISSING
    if skew_ms is not None:
        fault = SignatureFault.TOO_NEW if skew_ms > 0 else SignatureFault.TOO_OLD
    raise SignatureMismatch(
        f"The call's timestamp is unreadable or more than {window // 60_000} minutes off.",
        hint="Set both clocks; a sender that signs once and sends for long needs a larger"
        " `window_minutes`.",
        fault=fault,
        skew_ms=skew_ms,
    )


def _not_signed(fault: SignatureFault) -> SignatureMismatch:
    return SignatureMismatch(
        "The parameter `sign` is missing, or not made with this shop's secret.",
        hint="Compare the app secret; if some parameters are empty, try the other `empty_values`.",
        fault=fault,
    )


def _text(given: dict[bytes, bytes], name: str) -> str:
    return given.get(name.encode(), b"").decode("utf-8", "replace").strip()
