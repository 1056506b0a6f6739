"""What people are told of an alert in a message: what happened, which orders, what they can do."""

from collections.abc import Iterator, Sequence

from orderguard.bilingual import Language
from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.ports import Doing

HITS_SHOWN_MAX, ORDERS_SHOWN_MAX = 5, 10
DIGEST_SHOWN_MAX = 20
"""Alerts of one message about many that have a line of their own."""

_REST_BYTES = 40

_SEVERITIES = {
    Severity.INFO: "提示",
    Severity.LOW: "低",
    Severity.MEDIUM: "中",
    Severity.HIGH: "高",
    Severity.CRITICAL: "紧急",
}
_KINDS = {
    AlertKind.RISK: {"zh": "风险预警", "en": "risk alert"},
    AlertKind.HEALTH: {"zh": "健康预警", "en": "health alert"},
}
_LINKS = {
    "alert": {"zh": "查看预警", "en": "Open the alert"},
    "case": {"zh": "打开案件", "en": "Open the case"},
    "confirm": {"zh": "确认", "en": "Confirm"},
    "release": {"zh": "放行", "en": "Release"},
    "cancel": {"zh": "取消订单", "en": "Cancel the orders"},
    "hold": {"zh": "拦截发货", "en": "Hold the shipment"},
}


def severity_word(severity: Severity, language: Language) -> str:
    return _SEVERITIES[severity] if language == "zh" else severity.value


def headline(alert: Alert, language: Language) -> str:
    """One line: how bad, of what kind, where, how many orders."""
    severity = severity_word(alert.severity, language)
    kind, count = _KINDS[alert.kind][language], len(alert.orders)
    where = f"{alert.channel}/{alert.shop}"
    if language == "zh":
        return f"【{severity}】{kind} {where}" + (f" {count} 笔订单" if count else "")
    orders = "1 order" if count == 1 else f"{count} orders"
    return f"[{severity}] {kind}, {where}" + (f", {orders}" if count else "")


def explanations(alert: Alert, language: Language) -> list[str]:
    """What the rules saw, the latest first, each text once."""
    told = [getattr(hit.explanation, language) for hit in reversed(alert.hits)]
    return list(dict.fromkeys(told))


def link_word(name: str, language: Language) -> str:
    return _LINKS[name][language] if name in _LINKS else name


def orders_line(alert: Alert, language: Language) -> str:
    """The order numbers, the latest last; empty where the alert concerns none."""
    shown = [key.order_id for key in alert.orders[-ORDERS_SHOWN_MAX:]]
    if not shown:
        return ""
    left_out = len(alert.orders) - len(shown)
    if language == "zh":
        return f"订单：{'、'.join(shown)}" + (f"，另有 {left_out} 笔" if left_out else "")
    return f"Orders: {', '.join(shown)}" + (f" and {left_out} more" if left_out else "")


def text(doing: Doing, bytes_max: int) -> str:
    """The whole message, cut to so many bytes of UTF-8; its links are never cut."""
    alert, language = doing.alert, doing.language
    told = explanations(alert, language)
    left_out = len(told) - HITS_SHOWN_MAX
    lines = [headline(alert, language), *told[:HITS_SHOWN_MAX]]
    if left_out > 0:
        lines.append(f"另有 {left_out} 条" if language == "zh" else f"and {left_out} more")
    lines.append(orders_line(alert, language))
    above = "\n".join(line for line in lines if line)
    below = "\n".join(_links(doing))
    room = bytes_max - len(below.encode()) - 1
    return "\n".join(part for part in (cut(above, room), below) if part)


def digest_headline(doings: Sequence[Doing]) -> str:
    count = len(doings)
    return f"{count} 条预警" if doings[0].language == "zh" else f"{count} alerts"


def digest(doings: Sequence[Doing], bytes_max: int) -> str:
    """One message about many alerts, the gravest first, each with the link to it."""
    language = doings[0].language
    ranked = sorted(doings, key=lambda doing: -doing.alert.severity.rank)
    lines = [digest_headline(doings)]
    for doing in ranked[:DIGEST_SHOWN_MAX]:
        line = f"{headline(doing.alert, doing.language)} {doing.links.get('alert', '')}"
        lines.append(line.rstrip())
    while len(lines) > 1 and len("\n".join(lines).encode()) > bytes_max - _REST_BYTES:
        lines.pop()  # Whole lines, so that no link is cut.
    left_out = len(ranked) - len(lines) + 1
    if left_out > 0:
        lines.append(f"另有 {left_out} 条" if language == "zh" else f"and {left_out} more")
    return "\n".join(lines)


def cut(words: str, bytes_max: int) -> str:
    """At most so many bytes of UTF-8, with a sign where something is missing."""
    whole = words.encode()
    if len(whole) <= bytes_max:
        return words
    return whole[: max(bytes_max - 3, 0)].decode(errors="ignore") + "…"


def _links(doing: Doing) -> Iterator[str]:
    colon = "：" if doing.language == "zh" else ": "
    for name, link in doing.links.items():
        yield f"{link_word(name, doing.language)}{colon}{link}"
