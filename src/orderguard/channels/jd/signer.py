"""What JD does when it pushes: for tests and simulations."""

from urllib.parse import parse_qsl, quote, urlencode

from orderguard.channels.jd.signing import SIGN, sign
from orderguard.channels.jd.values import written
from orderguard.domain.ports import RawMessage, ShopConfig

SIGNED_HEADERS: tuple[str, ...] = ()
SIGNED_PARAMETERS = ("token", "app_key", "timestamp", "format", "v", "sign")

_AS_IT_IS = "{}[]\":,-_.~!*'();/?@$ "
"""What a form may bear without escapes, so that each of its bytes counts."""


def shop(number: int) -> ShopConfig:
    """A shop with a secret of its own."""
    return ShopConfig(
        channel="jd",
        shop="demo",
        secrets=(f"{number:032x}",),
        settings={"app_key": "b1d2c3", "access_token": "simulated-token"},
    )


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The push as it is sent, its body the business JSON.

    What the message names in its address is sent there, all else in the form.
    """
    business = message.body.decode("utf-8", "surrogateescape")
    own = dict(parse_qsl(message.query, keep_blank_values=True))
    given = {
        "token": "t0",
        "app_key": shop.settings["app_key"],
        "timestamp": written(now_ms),
        "format": "json",
        "v": "1.0",
        "jd_param_json": business,
    }
    given[SIGN] = sign(given, shop.secrets[0])
    form = {name: value for name, value in given.items() if name not in own}
    body = "&".join(
        f"{name}={quote(value, safe=_AS_IT_IS, errors='surrogateescape')}"
        for name, value in form.items()
    )
    query = urlencode({name: given[name] for name in own})
    headers = {"content-type": "application/x-www-form-urlencoded", **message.headers}
    return RawMessage(headers, query, body.encode(), path=message.path)
