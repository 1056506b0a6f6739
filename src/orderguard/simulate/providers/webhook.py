"""A receiver of Standard Webhooks that takes each message id once."""

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

from orderguard.kit.clock import SystemClock
from orderguard.kit.signing import SECRET_PREFIX, is_fresh, verify_webhook, webhook_key
from orderguard.simulate.providers.server import (
    HOST,
    RETRY_AFTER_S,
    Asked,
    Fault,
    HttpProvider,
    Told,
)

_FAILURES = {
    Fault.BUSY: Told(429, b"{}", {"retry-after": str(RETRY_AFTER_S)}),
    Fault.BROKEN: Told(500, b"{}"),
    Fault.REFUSING: Told(422, b"{}"),
}


class Receiver(HttpProvider):
    def __init__(self) -> None:
        super().__init__()
        self.secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()

    def settings(self, url: str) -> Mapping[str, Any]:
        return {"url": f"{url}/steps", "secret": self.secret, "allowed_hosts": [HOST]}

    def secrets(self) -> tuple[str, ...]:
        return self.secret, "/steps"

    def act(self, asked: Asked) -> Told:
        message_id = asked.headers.get("webhook-id", "")
        timestamp = asked.headers.get("webhook-timestamp", "")
        is_ours = verify_webhook(
            webhook_key(self.secret),
            message_id=message_id,
            timestamp=timestamp,
            body=asked.body,
            signatures=asked.headers.get("webhook-signature", ""),
        )
        if not (is_ours and is_fresh(timestamp, SystemClock().now_ms())):
            return Told(401, b'{"error": "bad signature"}')
        json.loads(asked.body)
        self.take(message_id)
        return Told(200, b'{"taken": true}')

    def take(self, message_id: str) -> None:
        if message_id not in self.effects:
            self.effects.append(message_id)

    def fail(self, fault: Fault) -> Told:
        return _FAILURES[fault]


PROVIDERS = {"receiver": Receiver}
