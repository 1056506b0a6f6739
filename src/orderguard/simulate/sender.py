"""Sends signed webhooks as a platform does: over kept connections, and again when told to wait."""

import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from orderguard.kit.signing import sign_webhook, webhook_key

CONNECTIONS = 8
ANSWER_S_MAX = 30.0
ATTEMPTS_MAX = 120
"""How often one post is sent before we give up: two minutes of "come back in a second"."""
WAIT_S_MAX = 10.0
BACK_OFF_S = 0.5
"""How long to wait after a broken connection, which names no time."""

_ACCEPTED, _BUSY = 202, 503


class NotTaken(Exception):
    """The server refused what it should take, or is gone; the text says which."""


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook call: an event or an array of them. Its id stays when it is sent again."""

    message_id: str
    shop: str
    body: bytes


@dataclass
class Sender:
    """Sends posts side by side and returns when all of them are durable.

    `now_s` is the Unix time that a signature names; `sleep` waits for seconds.
    """

    host: str
    port: int
    secrets: Mapping[str, str]
    now_s: Callable[[], int]
    sleep: Callable[[float], None] = time.sleep
    posted: int = 0
    repeated: int = 0
    """Posts that had to be sent again."""
    _connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._keys = {shop: webhook_key(secret) for shop, secret in self.secrets.items()}
        self._connections = [
            http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_S_MAX)
            for _ in range(CONNECTIONS)
        ]

    def send(self, posts: Sequence[Post]) -> None:
        """Raise NotTaken if one of them is refused, or not taken after many attempts."""
        for start in range(0, len(posts), CONNECTIONS):
            waiting = list(posts[start : start + CONNECTIONS])
            for _ in range(ATTEMPTS_MAX):
                waiting, wait_s = self._attempt(waiting)
                if not waiting:
                    break
                self.repeated += len(waiting)
                self.sleep(wait_s)
            else:
                raise NotTaken(f"The server took nothing in {ATTEMPTS_MAX} attempts.")
            self.posted += len(posts[start : start + CONNECTIONS])

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _attempt(self, posts: list[Post]) -> tuple[list[Post], float]:
        """The posts that have to be sent again, and how many seconds later."""
        again, wait_s = [], 0.0
        sent = [
            (post, connection, self._request(post, connection))
            for post, connection in zip(posts, self._connections, strict=False)
        ]
        for post, connection, was_sent in sent:
            pause_s = self._answer(post, connection) if was_sent else BACK_OFF_S
            if pause_s is not None:
                again.append(post)
                wait_s = max(wait_s, pause_s)
        return again, wait_s

    def _request(self, post: Post, connection: http.client.HTTPConnection) -> bool:
        """Whether it went out. Each attempt is signed anew, since signatures go stale."""
        key, timestamp = self._keys[post.shop], str(self.now_s())
        headers = {
            "content-type": "application/json",
            "webhook-id": post.message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign_webhook(key, post.message_id, timestamp, post.body),
        }
        try:
            connection.request("POST", f"/webhooks/standard/{post.shop}", post.body, headers)
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return True

    def _answer(self, post: Post, connection: http.client.HTTPConnection) -> float | None:
        """None once the post is durable, else after how many seconds it is to be sent again."""
        try:
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return BACK_OFF_S
        if answer.status == _ACCEPTED:
            return None
        if answer.status == _BUSY:
            told = answer.headers.get("retry-after", "")
            return min(float(told), WAIT_S_MAX) if told.isdigit() else BACK_OFF_S
        told = body[:300].decode("utf-8", "replace")
        raise NotTaken(f"The server answered {answer.status} to a post of {post.shop}: {told}")
