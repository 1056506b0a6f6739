"""What Shopify does: for tests and simulations."""

from orderguard.domain.ports import RawMessage, ShopConfig
from orderguard.kit.signing import hmac_base64

SIGNED_HEADERS = ("x-shopify-hmac-sha256",)
SIGNED_PARAMETERS: tuple[str, ...] = ()


def shop(number: int) -> ShopConfig:
    """A shop with secrets of its own."""
    secret = f"{number:064x}"
    return ShopConfig(channel="shopify", shop="demo", secrets=(secret,))


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent."""
    headers = {**message.headers, **sign(message.body, shop.secrets[0], now_ms)}
    return RawMessage(headers, message.query, message.body)


def sign(body: bytes, secret: str, now_ms: int) -> dict[str, str]:  # noqa: ARG001
    """The signature header of a webhook with this body."""
    return {"x-shopify-hmac-sha256": hmac_base64(secret.encode(), body)}
