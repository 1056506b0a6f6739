"""What Youzan does: for tests and simulations."""

from orderguard.domain.ports import RawMessage, ShopConfig
from orderguard.kit.envelopes import md5_hex, wrapped

SIGNED_HEADERS = ("event-sign",)
SIGNED_PARAMETERS: tuple[str, ...] = ()


def shop(number: int) -> ShopConfig:
    """A shop that authorized an app of its own."""
    return ShopConfig(
        channel="youzan",
        shop="demo",
        secrets=(f"{number:032x}",),
        settings={"client_id": f"c{number:017x}"},
    )


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent."""
    headers = {**message.headers, **sign(message.body, shop, now_ms)}
    return RawMessage(headers, message.query, message.body)


def sign(body: bytes, shop: ShopConfig, now_ms: int) -> dict[str, str]:  # noqa: ARG001
    """The headers of a push with this body."""
    client_id = shop.settings["client_id"]
    return {
        "event-sign": md5_hex(wrapped(client_id, body, shop.secrets[0])),
        "client-id": client_id,
    }
