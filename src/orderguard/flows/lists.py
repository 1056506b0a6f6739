"""What a person writes to put an entity on a list: its value in the engine, and what is shown.

Phones, e-mails and addresses become the tokens that events carry, so that no list and no log
holds them. Such a token, as an alert names it, may itself be given.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from orderguard.bilingual import Bilingual
from orderguard.domain.entries import ListKind
from orderguard.domain.orders import ShipTo
from orderguard.errors import BadInput
from orderguard.flows.protect import Tokens, doorstep, email_token, phone_token
from orderguard.reference import phones

VALUE_LENGTH_MAX = 512

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_COORDINATES = re.compile(r"(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)")
_HIDDEN = "*"


class ListedValue(NamedTuple):
    """`value` is what the engine compares; `shown` is what people may see of it."""

    value: str
    shown: str


def listed_value(kind: ListKind, text: str, tokens: Tokens) -> ListedValue:
    """Raise BadInput for what no event can ever be equal to."""
    written = text.strip()
    if not written or len(written) > VALUE_LENGTH_MAX or not written.isprintable():
        raise BadInput(
            Bilingual(f"Not a {kind}: {text[:40]!r}.", f"不能用作 `{kind}`：{text[:40]!r}。"),
            hint=Bilingual(
                f"Write 1 to {VALUE_LENGTH_MAX} characters.",
                f"请写 1 到 {VALUE_LENGTH_MAX} 个字符。",
            ),
        )
    read = _READERS.get(kind)
    return ListedValue(written, written) if read is None else read(written, tokens)


def _phone(text: str, tokens: Tokens) -> ListedValue:
    number, token = phones.normalise(text), phone_token(text, tokens)
    if number and token:
        return ListedValue(token, f"{number[:-8]}****{number[-4:]}")
    if _HIDDEN in text:
        raise BadInput(
            Bilingual("Some digits of the phone are hidden.", "电话号码有几位被隐藏了。"),
            hint=Bilingual(
                "Write all of them, or the token by which the channel knows it.",
                "请写完整号码，或渠道给它的标识。",
            ),
        )
    return ListedValue(text, text)


def _email(text: str, tokens: Tokens) -> ListedValue:
    if token := email_token(text, tokens):
        return ListedValue(token, f"{text[0]}***{text[text.rindex('@') :]}")
    if _TOKEN.fullmatch(text):
        return ListedValue(text, text)
    raise BadInput(
        Bilingual(f"Not an e-mail address: {text}.", f"不是邮箱地址：{text}。"),
        hint=Bilingual("Write it as NAME@DOMAIN.", "请写成：用户名@域名。"),
    )


def _ip(text: str, _tokens: Tokens) -> ListedValue:
    try:
        if "/" not in text:
            value = str(ip_address(text))
            return ListedValue(value, value)
        network = ip_network(text)
    except ValueError as error:
        raise BadInput(
            Bilingual(f"Not an IP address: {error}.", f"不是 IP 地址：“{error}”。"), hint=_SEGMENTS
        ) from error
    if network.prefixlen != (24 if network.version == 4 else 48):
        raise BadInput(Bilingual(f"{text} is not a segment.", f"{text} 不是网段。"), hint=_SEGMENTS)
    return ListedValue(str(network), str(network))


def _address(text: str, tokens: Tokens) -> ListedValue:
    """CITY/DISTRICT/STREET, LAT,LNG, a token, or a street of an order that names no city."""
    if _TOKEN.fullmatch(text):
        return ListedValue(text, text)
    if found := _COORDINATES.fullmatch(text):
        lat, lng = float(found[1]), float(found[2])
        place, shown = ShipTo(lat=lat, lng=lng), f"near {lat:.1f}, {lng:.1f}"
    elif "/" in text:
        city, district, street = (*text.split("/", 2), "")[:3]
        place = ShipTo(city=city or None, district=district or None, street=street)
        shown = f"{city}/{district}/{street[:2]}***"
    elif text.isascii() and " " not in text:
        place, shown = ShipTo(address_token=text), text
    else:
        place, shown = ShipTo(street=text), f"{text[:2]}***"
    token = doorstep(place, tokens)
    if token is None:
        raise BadInput(
            Bilingual(f"Not an address: {shown}.", f"不是地址：{shown}。"),
            hint=Bilingual("Write CITY/DISTRICT/STREET in full.", "请完整写：城市/区/街道。"),
        )
    return ListedValue(token, shown)


_SEGMENTS = Bilingual(
    "Write one address, or a segment such as 203.0.113.0/24 or 2001:db8::/48.",
    "请写一个地址，或网段，如 203.0.113.0/24、2001:db8::/48。",
)
_READERS: dict[ListKind, Callable[[str, Tokens], ListedValue]] = {
    ListKind.PHONE: _phone,
    ListKind.EMAIL: _email,
    ListKind.IP: _ip,
    ListKind.ADDRESS: _address,
}
