"""One signed call to a system of our own: Standard Webhooks, outwards.

The id of a message is its idempotency key: whoever has seen it answers as before and does nothing.
"""

from urllib.parse import urlsplit

from orderguard.bilingual import Bilingual
from orderguard.errors import ActionRefused, BadInput, MaybeDone, NotDone
from orderguard.kit.clock import SystemClock
from orderguard.kit.outbound import Outbound, Reply, retry_after_s
from orderguard.kit.signing import sign_webhook, webhook_key

_LATER = frozenset({408, 425, 429, 503})
_HINTS = {
    401: "Compare the secret on both sides.",
    403: "Compare the secret on both sides.",
    404: "Correct the path of `url`.",
    413: "Let the system take larger bodies.",
}


class SignedHttp:
    """Calls one address, which may lie in our own network: who configures it says so.

    `knows_ids`: a call that comes again under the same id does nothing.
    """

    def __init__(
        self, url: str, secret: str, *, seconds_max: float, parallel_max: int, knows_ids: bool
    ) -> None:
        self._key, self._knows_ids = webhook_key(secret), knows_ids
        host = _host(url)
        if not (self._key and host):
            raise BadInput(
                Bilingual(
                    "An action of your own system needs `url` and `secret`.",
                    "由自有系统执行的动作需要 `url` 和 `secret`。",
                ),
                hint=Bilingual(
                    "A secret is `whsec_` and the base64 of at least 24 random bytes.",
                    "密钥是 `whsec_` 加上至少 24 个随机字节的 base64。",
                ),
            )
        self._outbound = Outbound(
            seconds_max=seconds_max, parallel_max=parallel_max, allowed_hosts=(host,)
        )
        self._address = self._outbound.read(url)

    async def post(self, message_id: str, body: bytes) -> bytes:
        """The body of a 2xx answer.

        Raise NotDone where it can be tried again, MaybeDone where it may have been done,
        ActionRefused where the answer is no.
        """
        now_ms = SystemClock().now_ms()
        timestamp = str(now_ms // 1000)
        headers = {
            "content-type": "application/json",
            "user-agent": "OrderGuard",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign_webhook(self._key, message_id, timestamp, body),
        }
        reply = await self._outbound.post(self._address, headers, body)
        self._check(reply, now_ms)
        return reply.body

    async def close(self) -> None:
        await self._outbound.close()

    def _check(self, reply: Reply, now_ms: int) -> None:
        status, said = reply.status, f"{self._address.origin} answered {reply.status}."
        if 200 <= status < 300:
            return
        if status in _LATER or (status >= 500 and self._knows_ids):
            after_s = retry_after_s(reply.headers.get("retry-after"), now_ms)
            raise NotDone(said, hint="It is tried again.", retry_after_s=after_s)
        if status >= 500:
            raise MaybeDone(said, hint="Look there whether it happened.")
        hint = "Redirects are not followed: write where it leads to as `url`."
        hint = hint if status < 400 else _HINTS.get(status, "See that system's own log.")
        raise ActionRefused(said, hint=hint)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
