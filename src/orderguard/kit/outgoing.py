"""One signed HTTP call to a system of our own: Standard Webhooks, outwards.

The id of a message is its idempotency key: whoever has seen it answers as before and does nothing.
"""

import email.utils

import httpx2

from orderguard.errors import ActionRefused, BadInput, MaybeDone, NotDone
from orderguard.kit.clock import SystemClock, to_ms
from orderguard.kit.signing import sign_webhook, webhook_key

ANSWER_BYTES_MAX = 64 * 1024
RETRY_AFTER_S_MAX = 3_600.0
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
)
_BUSY = frozenset({429, 503})
_MAYBE = frozenset({408, 425, 500, 502, 504})


class SignedHttp:
    """Calls one address; redirects are not followed, answers are bounded."""

    def __init__(self, url: str, secret: str, *, timeout_s: float) -> None:
        self._url, self._key = url, webhook_key(secret)
        if not self._key:
            raise BadInput(
                "The secret is no Standard Webhooks secret.",
                hint="Write whsec_ and the base64 of at least 24 random bytes.",
            )
        self._client = httpx2.AsyncClient(timeout=timeout_s, follow_redirects=False)

    async def post(self, message_id: str, body: bytes) -> bytes:
        """The body of a 2xx answer.

        Raise NotDone where nothing was begun, MaybeDone where that is not known, ActionRefused
        where the answer is no.
        """
        timestamp = str(SystemClock().now_ms() // 1000)
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign_webhook(self._key, message_id, timestamp, body),
        }
        try:
            async with self._client.stream(
                "POST", self._url, content=body, headers=headers
            ) as response:
                _check(response)
                return await _read(response)
        except _NOT_SENT as error:
            raise NotDone(f"The connection failed: {error}.") from error
        except httpx2.HTTPError as error:
            raise MaybeDone(f"The answer did not come: {type(error).__name__}.") from error

    async def close(self) -> None:
        await self._client.aclose()


def _check(response: httpx2.Response) -> None:
    status = response.status_code
    said = f"The system answered {status}."
    if response.is_success:
        return
    if status in _BUSY:
        raise NotDone(said, retry_after_s=retry_after_s(response.headers.get("retry-after")))
    if status in _MAYBE:
        raise MaybeDone(said)
    raise ActionRefused(said)


async def _read(response: httpx2.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            raise MaybeDone(f"The answer is longer than {ANSWER_BYTES_MAX} bytes.")
        parts.append(part)
    return b"".join(parts)


def retry_after_s(header: str | None) -> float | None:
    """Seconds of a Retry-After, given as such or as a date; None where there is none."""
    if header is None:
        return None
    if header.strip().isdigit():
        return min(float(header), RETRY_AFTER_S_MAX)
    try:
        until_ms = to_ms(email.utils.parsedate_to_datetime(header))
    except (TypeError, ValueError):
        return None
    return min(max(0.0, (until_ms - SystemClock().now_ms()) / 1000), RETRY_AFTER_S_MAX)
