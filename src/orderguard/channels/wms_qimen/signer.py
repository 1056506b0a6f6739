"""What Qimen's gateway does: for tests and simulations."""

from urllib.parse import parse_qsl, urlencode

from orderguard.channels.wms_qimen.signing import parameters, sign
from orderguard.channels.wms_qimen.values import written
from orderguard.domain.ports import RawMessage, ShopConfig

SIGNED_HEADERS: tuple[str, ...] = ()
SIGNED_PARAMETERS = (
    "method",
    "timestamp",
    "format",
    "app_key",
    "v",
    "sign_method",
    "customerId",
    "sign",
)


def shop(number: int) -> ShopConfig:
    """A warehouse with a secret of its own."""
    return ShopConfig(
        channel="wms_qimen",
        shop="demo",
        secrets=(f"{number:032x}",),
        settings={"app_key": "12345678", "customer_id": "c1", "orders_of": "standard/demo"},
    )


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent: its own parameters, those that are common to all, the signature."""
    own = dict(parse_qsl(message.query, keep_blank_values=True))
    given = {
        "timestamp": written(now_ms),
        "format": "xml",
        "app_key": shop.settings["app_key"],
        "v": "2.0",
        "sign_method": "md5",
        "customerId": shop.settings["customer_id"],
        **own,
    }
    made = sign(parameters(urlencode(given)) or {}, message.body, shop.secrets[0])
    query = urlencode({**given, "sign": made.decode()})
    headers = {"content-type": "text/xml; charset=utf-8", **message.headers}
    return RawMessage(headers, query, message.body, path=message.path)
