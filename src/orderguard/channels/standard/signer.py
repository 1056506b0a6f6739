"""What a sender does: for tests and simulations."""

from orderguard.kit.signing import sign_webhook, webhook_key


def sign(body: bytes, secret: str, now_ms: int) -> dict[str, str]:
    """The headers of one attempt to send this body."""
    message_id, timestamp = "msg_1", str(now_ms // 1000)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign_webhook(webhook_key(secret), message_id, timestamp, body),
    }
