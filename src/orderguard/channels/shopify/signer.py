"""What Shopify does: for tests and simulations."""

from orderguard.kit.signing import hmac_base64


def sign(body: bytes, secret: str, now_ms: int) -> dict[str, str]:  # noqa: ARG001
    """The signature header of a webhook with this body."""
    return {"x-shopify-hmac-sha256": hmac_base64(secret.encode(), body)}
