"""What Douyin does: for tests and simulations."""

from orderguard.channels.douyin.signing import MD5, PUSH_SIGN, PUSH_SIGNERS
from orderguard.domain.ports import RawMessage, ShopConfig

SIGNED_HEADERS = ("app-id", "event-sign")
SIGNED_PARAMETERS: tuple[str, ...] = ()


def shop(number: int) -> ShopConfig:
    """A shop of an app of its own."""
    return ShopConfig(
        channel="douyin",
        shop="demo",
        secrets=(f"0f1e2d3c-0000-4000-8000-{number:012d}",),
        settings={"app_key": f"69{number:017d}"},
    )


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent."""
    headers = {**message.headers, **sign(message.body, shop, now_ms)}
    return RawMessage(headers, message.query, message.body)


def sign(body: bytes, shop: ShopConfig, now_ms: int) -> dict[str, str]:  # noqa: ARG001
    """The headers of a push with this body; `either` is sent as md5."""
    app_key = shop.settings["app_key"]
    make = PUSH_SIGNERS[shop.settings.get(PUSH_SIGN, MD5)][0]
    return {"app-id": app_key, "event-sign": make(app_key, body, shop.secrets[0])}
