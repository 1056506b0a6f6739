"""The robots of group chats; they check signatures, and refuse the 21st message of a minute."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from orderguard.kit.clock import SystemClock
from orderguard.simulate.providers.server import (
    HOST,
    RETRY_AFTER_S,
    Asked,
    Fault,
    HttpProvider,
    Told,
)

MESSAGES_A_MINUTE_MAX = 20
MINUTE_S = 60.0

_DINGTALK_SKEW_MS, _FEISHU_SKEW_MS = 3_600_000, 3_600_000


class _RobotProvider(HttpProvider):
    kind: str
    path: str

    def __init__(self) -> None:
        super().__init__()
        self.is_limited = True
        """Whether more messages a minute than the real one takes are refused."""
        self.token, self.secret = secrets.token_hex(16), f"SEC{secrets.token_hex(16)}"
        self._taken_at: deque[float] = deque(maxlen=MESSAGES_A_MINUTE_MAX)

    def settings(self, url: str) -> Mapping[str, Any]:
        target = {
            "kind": self.kind,
            "url": f"{url}{self.path}{self.token}",
            "secret": self.secret,
        }
        return {"targets": {"risk": target}, "allowed_hosts": [HOST]}

    def secrets(self) -> tuple[str, ...]:
        return self.token, self.secret

    def act(self, asked: Asked) -> Told:
        if not asked.path.startswith(f"{self.path}{self.token}"):
            return self.refuse("token")
        body = json.loads(asked.body)
        if not self.is_signed(asked, body):
            return self.refuse("sign")
        now_s, taken_at = time.monotonic(), self._taken_at
        is_full = len(taken_at) == MESSAGES_A_MINUTE_MAX and now_s - taken_at[0] < MINUTE_S
        if self.is_limited and is_full:
            return self.fail(Fault.BUSY)
        taken_at.append(now_s)
        self.effects.append(self.text(body))
        return self.taken()

    def is_signed(self, asked: Asked, body: Mapping[str, Any]) -> bool:  # noqa: ARG002
        return True

    @abstractmethod
    def text(self, body: Mapping[str, Any]) -> str:
        """What people read."""

    @abstractmethod
    def taken(self) -> Told: ...

    @abstractmethod
    def refuse(self, why: str) -> Told:
        """`why`: `token` or `sign`."""


class DingTalk(_RobotProvider):
    kind, path = "dingtalk", "/robot/send?access_token="

    def is_signed(self, asked: Asked, body: Mapping[str, Any]) -> bool:  # noqa: ARG002
        query = parse_qs(urlsplit(asked.path).query)
        timestamp = query.get("timestamp", [""])[0]
        if not _is_recent(timestamp, 1, _DINGTALK_SKEW_MS):
            return False
        to_sign = f"{timestamp}\n{self.secret}".encode()
        expected = hmac.digest(self.secret.encode(), to_sign, hashlib.sha256)
        return query.get("sign") == [base64.b64encode(expected).decode()]

    def text(self, body: Mapping[str, Any]) -> str:
        return str(body["text"]["content"])

    def taken(self) -> Told:
        return _told({"errcode": 0, "errmsg": "ok"})

    def refuse(self, why: str) -> Told:
        code = 300001 if why == "token" else 310000
        return _told({"errcode": code, "errmsg": f"{why} not match"})

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return _told({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})
        return Told(500, b"{}") if fault is Fault.BROKEN else self.refuse("sign")


class Feishu(_RobotProvider):
    kind, path = "feishu", "/open-apis/bot/v2/hook/"

    def is_signed(self, asked: Asked, body: Mapping[str, Any]) -> bool:  # noqa: ARG002
        timestamp = str(body.get("timestamp", ""))
        if not _is_recent(timestamp, 1000, _FEISHU_SKEW_MS):
            return False
        expected = hmac.digest(f"{timestamp}\n{self.secret}".encode(), b"", hashlib.sha256)
        return bool(body.get("sign") == base64.b64encode(expected).decode())

    def text(self, body: Mapping[str, Any]) -> str:
        return str(body["content"]["text"])

    def taken(self) -> Told:
        return _told({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}})

    def refuse(self, why: str) -> Told:
        return _told({"code": 19001 if why == "token" else 19021, "msg": f"{why} match fail"})

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return _told({"code": 11232, "msg": "frequency limited"})
        return Told(500, b"{}") if fault is Fault.BROKEN else self.refuse("sign")


class WeCom(_RobotProvider):
    kind, path = "wecom", "/cgi-bin/webhook/send?key="

    def text(self, body: Mapping[str, Any]) -> str:
        return str(body["text"]["content"])

    def taken(self) -> Told:
        return _told({"errcode": 0, "errmsg": "ok"})

    def refuse(self, why: str) -> Told:
        return _told({"errcode": 93000, "errmsg": f"invalid webhook url: {why}"})

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return _told({"errcode": 45009, "errmsg": "api freq out of limit"})
        return Told(500, b"{}") if fault is Fault.BROKEN else self.refuse("token")


class Slack(_RobotProvider):
    kind, path = "slack", "/services/T000/B000/"

    def text(self, body: Mapping[str, Any]) -> str:
        return str(body["text"])

    def taken(self) -> Told:
        return Told(200, b"ok", {"content-type": "text/html"})

    def refuse(self, why: str) -> Told:  # noqa: ARG002
        return Told(403, b"invalid_token", {"content-type": "text/html"})

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return Told(429, b"rate_limited", {"retry-after": str(RETRY_AFTER_S)})
        return Told(500, b"rollup_error") if fault is Fault.BROKEN else self.refuse("token")


def _is_recent(timestamp: str, unit_ms: int, skew_ms: int) -> bool:
    if not timestamp.isdigit():
        return False
    return abs(int(timestamp) * unit_ms - SystemClock().now_ms()) <= skew_ms


def _told(answer: Mapping[str, Any]) -> Told:
    return Told(200, json.dumps(answer).encode())


PROVIDERS = {"dingtalk": DingTalk, "feishu": Feishu, "wecom": WeCom, "slack": Slack}
