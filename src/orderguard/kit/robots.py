"""Robots of group chats: DingTalk, Feishu (and Lark), WeCom, Slack. A text goes in by one POST.

Their pages: https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
https://developer.work.weixin.qq.com/document/path/91770
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks

The first three say in the body of a 200 whether they took the text; a status alone tells nothing.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from orderguard.errors import ActionRefused, MaybeDone, NotDone
from orderguard.kit.addresses import Address
from orderguard.kit.outbound import Outbound, Reply, retry_after_s

BUSY_S = 60.0
"""How long to wait for a robot that is over its limit and does not say for how long."""

_JSON = {"content-type": "application/json; charset=utf-8", "user-agent": "OrderGuard"}


@dataclass(frozen=True, slots=True)
class Robot:
    """One kind of robot. `text_bytes_max`: what a message may have, in UTF-8.

    `write` gives the query to add and the body, from text, secret and the time in ms.
    `code` is the member of the answer that is 0 for success, None where the status says it.
    """

    title: str
    text_bytes_max: int
    write: Callable[[str, str, int], tuple[str, Mapping[str, Any]]]
    code: str | None
    busy: Mapping[int, float]
    hints: Mapping[int, str]


def _dingtalk(text: str, secret: str, now_ms: int) -> tuple[str, Mapping[str, Any]]:
    query = ""
    if secret:
        signed = _hmac(secret, f"{now_ms}\n{secret}")
        query = f"timestamp={now_ms}&sign={quote(signed, safe='')}"
    return query, {"msgtype": "text", "text": {"content": text}}


def _feishu(text: str, secret: str, now_ms: int) -> tuple[str, Mapping[str, Any]]:
    # In a text, Feishu reads <at …> as a call to people.
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text.replace("<", "＜")}}
    if secret:
        timestamp = str(now_ms // 1000)
        # Time and secret are the key, and what is signed is empty.
        body |= {"timestamp": timestamp, "sign": _hmac(f"{timestamp}\n{secret}", "")}
    return "", body


def _wecom(text: str, _: str, __: int) -> tuple[str, Mapping[str, Any]]:
    return "", {"msgtype": "text", "text": {"content": text}}


def _slack(text: str, _: str, __: int) -> tuple[str, Mapping[str, Any]]:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Slack would open every link to show what is behind it.
    return "", {"text": escaped, "unfurl_links": False, "unfurl_media": False}


_SIGNATURE = "Compare `secret` with the robot's; correct this machine's clock."

ROBOTS = {
    "dingtalk": Robot(
        "DingTalk",
        18_000,
        _dingtalk,
        "errcode",
        {130101: 600.0, 410100: 600.0},  # Whoever is too fast is shut out for ten minutes.
        {
            310000: "The robot's security settings refuse it: sign with `secret`, or permit this"
            " machine's address or a word of the text.",
            300001: "Copy the robot's address anew.",
        },
    ),
    "feishu": Robot(
        "Feishu",
        18_000,
        _feishu,
        "code",
        {11232: BUSY_S, 9499: BUSY_S},
        {
            19021: _SIGNATURE,
            19022: "Permit this machine's address in the robot's security settings.",
            19024: "The robot wants a key word: sign with `secret` in its place.",
            19001: "Copy the robot's address anew.",
        },
    ),
    "wecom": Robot(
        "WeCom",
        2_000,
        _wecom,
        "errcode",
        {45009: BUSY_S, 45033: BUSY_S},
        {93000: "Copy the robot's address anew."},
    ),
    "slack": Robot("Slack", 12_000, _slack, None, {}, {}),
}


async def tell(
    kind: str, outbound: Outbound, address: Address, secret: str, text: str, now_ms: int
) -> None:
    """Send a text by a robot of this kind. Raise as an action's `run` does."""
    robot = ROBOTS[kind]
    query, body = robot.write(text, secret, now_ms)
    target = address.target
    if query:
        target += f"{'&' if '?' in target else '?'}{query}"
    whole = Address(address.scheme, address.host, address.port, target)
    sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    reply = await outbound.post(whole, _JSON, sent)
    _check_status(robot, reply, now_ms)
    if robot.code is not None:
        _check_code(robot, reply)


def _check_status(robot: Robot, reply: Reply, now_ms: int) -> None:
    if reply.status == 429:
        wait_s = retry_after_s(reply.headers.get("retry-after"), now_ms)
        raise _busy(robot, BUSY_S if wait_s is None else wait_s)
    if reply.status >= 500:
        raise MaybeDone(
            f"{robot.title} had a fault of its own ({reply.status}).", hint="Look in the group."
        )
    if reply.status != 200:
        raise ActionRefused(
            f"{robot.title} refused the message with {reply.status}.",
            hint="Copy the robot's address anew.",
        )


def _check_code(robot: Robot, reply: Reply) -> None:
    try:
        code = json.loads(reply.body)[robot.code]
    except (ValueError, KeyError, TypeError) as error:
        raise MaybeDone(
            f"{robot.title} answered what cannot be read.", hint="Look in the group."
        ) from error
    if code == 0:
        return
    if code in robot.busy:
        raise _busy(robot, robot.busy[code])
    hint = robot.hints.get(code, "See the robot's page of error codes.")
    raise ActionRefused(f"{robot.title} refused the message: {code!r:.40}.", hint=hint)


def _busy(robot: Robot, seconds: float) -> NotDone:
    return NotDone(
        f"{robot.title} takes no more now.", hint="Nothing was sent.", retry_after_s=seconds
    )


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()
