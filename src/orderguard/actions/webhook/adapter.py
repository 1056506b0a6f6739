"""The action `webhook`: a step told to the merchant's own system, as Standard Webhooks says."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.ports import Action, Concerned, Doing, Outcome, Receipt
from orderguard.domain.telling import Json, alert_json
from orderguard.errors import ActionRefused, BadInput, NotDone
from orderguard.kit.clock import SystemClock
from orderguard.kit.outbound import Outbound, Reply, retry_after_s
from orderguard.kit.signing import sign_webhook, webhook_key

HITS_MAX = 100
"""Of an alert that are sent; the latest ones."""
SECRETS_MAX = 4
UNDO = ".undo"
"""Ends the id of a message that takes another back."""

_DEFER = frozenset({408, 425, 429})
_HINTS = {
    401: "Compare the secret on both sides.",
    403: "Compare the secret on both sides.",
    404: "Correct the path of `url`.",
    410: "The receiver wants no more: remove the table.",
    413: "Let the receiver take larger bodies.",
}


class WebhookSettings(Struct, frozen=True, kw_only=True):
    """A receiver of steps: any system that takes Standard Webhooks."""

    url: Annotated[
        str,
        Meta(max_length=2048, description="Where to post: https, save for `allowed_hosts`."),
    ] = ""
    secret: Annotated[
        str,
        Meta(
            max_length=1024,
            description="What the messages are signed with, `whsec_` and base64; during a rotation"
            " the new and the old one, with a space between them.",
        ),
    ] = ""
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(
            max_length=64,
            description="Hosts in a private network or on this machine that may be called.",
        ),
    ] = ()
    seconds_max: Annotated[
        float, Meta(ge=0.1, le=300, description="Seconds that one try may take.")
    ] = 10.0
    parallel_max: Annotated[
        int, Meta(ge=1, le=100, description="Messages that may be under way at once.")
    ] = 8


class WebhookKind:
    name = "webhook"
    title: Mapping[str, str] = {"zh": "推送到自有系统", "en": "Tell a system of your own"}
    settings: type[Struct] = WebhookSettings

    def connect(self, settings: Struct) -> Action:
        assert isinstance(settings, WebhookSettings)
        keys = [webhook_key(secret) for secret in settings.secret.split()]
        if not (settings.url and keys and all(keys)) or len(keys) > SECRETS_MAX:
            raise BadInput(
                Bilingual(
                    "The action webhook needs `url` and `secret`.",
                    "动作 webhook 需要 `url` 和 `secret`。",
                ),
                hint=Bilingual(
                    "A secret is `whsec_` and base64, as the receiver shows it.",
                    "密钥是 `whsec_` 加 base64，与接收方显示的一致。",
                ),
            )
        return Webhook(settings, keys)


class Webhook:
    is_repeatable = True  # A receiver of Standard Webhooks takes each webhook-id once.
    is_gathering = False

    def __init__(self, settings: WebhookSettings, keys: list[bytes]) -> None:
        self._keys = keys
        self._outbound = Outbound(
            seconds_max=settings.seconds_max,
            parallel_max=settings.parallel_max,
            allowed_hosts=settings.allowed_hosts,
        )
        self._address = self._outbound.read(settings.url)

    async def run(self, doing: Doing) -> Receipt:
        message = {
            "type": "response.step",
            "timestamp": alert_json(doing.alert)["updated_at"],
            "data": _step(doing),
        }
        return await self._send(doing.key, doing.key, message)

    async def undo(self, receipt: Receipt) -> Receipt:
        message = {"type": "response.step_undone", "data": {"key": receipt.key}}
        return await self._send(receipt.key, receipt.key + UNDO, message)

    def describe(self, doing: Doing) -> str:
        # The path may hold a secret, and so may links.
        count, origin = len(doing.orders), self._address.origin
        if doing.language == "zh":
            return f"向 {origin} 推送步骤 {doing.step}：预警 {doing.alert.alert_id}，{count} 笔订单"
        return f"Post the step {doing.step} of {doing.alert.alert_id} ({count} orders) to {origin}"

    async def close(self) -> None:
        await self._outbound.close()

    async def _send(self, key: str, message_id: str, message: Json) -> Receipt:
        body = msgspec.json.encode(message)
        now_ms = SystemClock().now_ms()
        timestamp = str(now_ms // 1000)
        signatures = [sign_webhook(one, message_id, timestamp, body) for one in self._keys]
        headers = {
            "content-type": "application/json",
            "user-agent": "OrderGuard",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signatures),
        }
        reply = await self._outbound.post(self._address, headers, body)
        _check(reply, self._address.origin, now_ms)
        return Receipt(
            key=key, outcome=Outcome.DONE, reference=message_id, detail=f"HTTP {reply.status}"
        )


def _check(reply: Reply, origin: str, now_ms: int) -> None:
    """Raise for any answer but a success."""
    status = reply.status
    if 200 <= status < 300:
        return
    if status in _DEFER or status >= 500:
        raise NotDone(
            f"{origin} answered {status}.",
            hint="It will be sent again under the same webhook-id.",
            retry_after_s=retry_after_s(reply.headers.get("retry-after"), now_ms),
        )
    if 300 <= status < 400:
        raise ActionRefused(
            f"{origin} answered {status}: redirects are not followed.",
            hint="Write the address that it leads to as `url`.",
        )
    hint = _HINTS.get(status, "See the receiver's own log.")
    raise ActionRefused(f"{origin} refused the message with {status}.", hint=hint)


def _step(doing: Doing) -> Json:
    alert = alert_json(doing.alert)
    left_out = max(len(alert["hits"]) - HITS_MAX, 0)
    return {
        "key": doing.key,
        "step": doing.step,
        "language": doing.language,
        "alert": {**alert, "hits": alert["hits"][left_out:]},
        "hits_left_out": left_out,
        "order_ids": [order.key.order_id for order in doing.orders],
        "orders": [_order(order) for order in doing.orders],
        "links": dict(doing.links),
        "values": dict(doing.values),
    }


def _order(order: Concerned) -> Json:
    """Without the phone number: who gets these messages has the order."""
    return {
        "channel": order.key.channel,
        "shop": order.key.shop,
        "order_id": order.key.order_id,
        "status": order.status,
        "lines": [{"sku": sku, "quantity": units} for sku, units in order.lines],
    }
