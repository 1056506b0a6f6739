"""What a sender does: for tests and simulations."""

import base64

from orderguard.domain.ports import RawMessage, ShopConfig
from orderguard.kit.signing import SECRET_PREFIX, sign_webhook, webhook_key

SIGNED_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
SIGNED_PARAMETERS: tuple[str, ...] = ()


def shop(number: int) -> ShopConfig:
    """A shop with secrets of its own."""
    secret = SECRET_PREFIX + base64.b64encode(bytes([number]) * 32).decode()
    return ShopConfig(channel="standard", shop="demo", secrets=(secret,))


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent."""
    headers = {**message.headers, **sign(message.body, shop.secrets[0], now_ms)}
    return RawMessage(headers, message.query, message.body)


def sign(body: bytes, secret: str, now_ms: int) -> dict[str, str]:
    """The headers of one attempt to send this body."""
    message_id, timestamp = "msg_1", str(now_ms // 1000)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign_webhook(webhook_key(secret), message_id, timestamp, body),
    }
