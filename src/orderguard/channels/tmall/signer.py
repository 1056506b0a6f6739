"""What the platform does: for tests and simulations."""

from urllib.parse import parse_qsl, urlencode

from msgspec.structs import replace

from orderguard.channels.tmall import frames, signing
from orderguard.channels.tmall.messages import charset_of
from orderguard.channels.tmall.values import china_time
from orderguard.domain.ports import RawMessage, ShopConfig

__all__ = ["china_time", "frames", "shop", "signed", "signing"]

SIGNED_HEADERS = ("top-sign-list", "x-top-target-appkey")
SIGNED_PARAMETERS = ("sign", "timestamp", "app_key", "method", "v")


def shop(number: int) -> ShopConfig:
    """A shop with an app of its own."""
    return ShopConfig(
        channel="tmall",
        shop="demo",
        secrets=(f"{number:032x}",),
        settings={"app_key": f"{12_345_678 + number}", "session": f"session-{number}"},
    )


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent; parameters and headers that the message has already are kept."""
    app_key = shop.settings["app_key"]
    headers = {
        "content-type": "application/json;charset=UTF-8",
        **message.headers,
        "top-sign-list": "X-Top-Target-AppKey",
        "x-top-target-appkey": app_key,
    }
    charset = charset_of(headers["content-type"])
    query = {
        "method": "taobao.tmc.message.push",
        "app_key": app_key,
        "timestamp": china_time(now_ms),
        "v": "2.0",
        "sign_method": "md5",
        **dict(parse_qsl(message.query, keep_blank_values=True, encoding=charset)),
    }
    listed = {"X-Top-Target-AppKey": app_key}
    sign = signing.spi_sign({**listed, **query}, message.body, shop.secrets[0], charset)
    written = urlencode({**query, "sign": sign}, encoding=charset)
    return replace(message, headers=headers, query=written)
