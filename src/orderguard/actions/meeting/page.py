"""The evidence of an alert on one page: HTML that needs nothing else, to be mailed and printed."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice

from orderguard.bilingual import Language
from orderguard.domain import evidence
from orderguard.domain.alerts import Hit
from orderguard.domain.orders import OrderStatus
from orderguard.domain.ports import Concerned, Doing
from orderguard.kit.clock import rfc3339

ORDERS_MAX, HITS_MAX, FEATURES_MAX = 10, 3, 4
"""More would be no single page; the alert itself has all of them."""

_STYLE = """
@page { size: A4; margin: 14mm }
body { font: 12.5px/1.4 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; color: #1b1f24;
  max-width: 180mm; margin: 4mm auto; padding: 0 4mm }
h1 { font-size: 19px; margin: 0 0 2mm }
h2 { font-size: 14px; margin: 4mm 0 1mm }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 0.5mm 2mm;
  border-bottom: 1px solid #d5dae0 }
p { margin: 2mm 0 0.5mm }
th { color: #57606a; font-weight: 500 }
td.value { font-variant-numeric: tabular-nums }
.critical, .high { color: #b42318 }
.act a { display: inline-block; margin: 0 3mm 2mm 0; padding: 1mm 3mm; border: 1px solid #1f6feb;
  border-radius: 2mm; text-decoration: none; color: #1f6feb }
"""
_POLICY = (
    '<meta http-equiv="Content-Security-Policy"'
    " content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
_WORDS: dict[str, dict[Language, str]] = {
    "score": {"zh": "风险分", "en": "Score"},
    "severity": {"zh": "严重度", "en": "Severity"},
    "subject": {"zh": "主体", "en": "About"},
    "found": {"zh": "发现于", "en": "Found"},
    "saw": {"zh": "规则看到了什么", "en": "What the rules saw"},
    "feature": {"zh": "特征", "en": "Feature"},
    "value": {"zh": "此次", "en": "Here"},
    "normal": {"zh": "平常", "en": "Usual"},
    "orders": {"zh": "订单", "en": "Orders"},
    "status": {"zh": "状态", "en": "Status"},
    "lines": {"zh": "商品", "en": "Lines"},
    "act": {"zh": "立即处理", "en": "Act"},
}

_STATUSES = {
    OrderStatus.PENDING_PAYMENT: "待付款",
    OrderStatus.PAID: "已付款",
    OrderStatus.FULFILLING: "备货中",
    OrderStatus.SHIPPED: "已发货",
    OrderStatus.DELIVERED: "已签收",
    OrderStatus.COMPLETED: "已完成",
    OrderStatus.CANCELLED: "已取消",
    OrderStatus.CLOSED: "已关闭",
    OrderStatus.UNKNOWN: "未知",
}


def bundle(doing: Doing) -> str:
    """The whole page. Nothing in it is taken as markup, and no phone number is on it."""
    alert, language = doing.alert, doing.language
    title = escape(evidence.headline(alert, language))
    parts = [
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">',
        _POLICY,
        f"<title>{title}</title><style>{_STYLE}</style>",
        f'<h1 class="{alert.severity.value}">{title}</h1>',
        _table(_facts(doing)),
        *_links(doing),
        f"<h2>{_word('saw', language)}</h2>",
        *(_hit(hit, language) for hit in _latest_of_each_rule(alert.hits)),
        *_orders(doing.orders, language),
        "</html>",
    ]
    return "\n".join(parts)


def _facts(doing: Doing) -> Iterator[tuple[str, str]]:
    alert, language = doing.alert, doing.language
    severity = evidence.severity_word(alert.severity, language)
    yield _word("severity", language), severity
    yield _word("score", language), str(alert.score)
    yield _word("subject", language), f"{alert.subject.type} {alert.subject.key}"
    yield _word("found", language), rfc3339(alert.detected_at)
    yield "ID", alert.alert_id


def _links(doing: Doing) -> Iterator[str]:
    if doing.links:
        yield f"<h2>{_word('act', doing.language)}</h2><p class=act>"
        for name, link in doing.links.items():
            if link.startswith(("https://", "http://")):
                word = evidence.link_word(name, doing.language)
                yield f'<a href="{escape(link)}">{escape(word)}</a>'
        yield "</p>"


def _latest_of_each_rule(hits: Iterable[Hit]) -> list[Hit]:
    latest = {hit.rule: hit for hit in hits}
    ranked = sorted(latest.values(), key=lambda hit: (-hit.severity.rank, hit.rule))
    return ranked[:HITS_MAX]


def _hit(hit: Hit, language: Language) -> str:
    rows = [
        f"<tr><td>{escape(name)}</td><td class=value>{escape(_shown(value))}</td>"
        f"<td class=value>{escape(_shown(hit.normal.get(name)))}</td></tr>"
        for name, value in islice(hit.features.items(), FEATURES_MAX)
    ]
    heads = "".join(f"<th>{_word(name, language)}</th>" for name in ("feature", "value", "normal"))
    explanation = escape(getattr(hit.explanation, language))
    return (
        f"<p><b>{escape(hit.rule)}</b><br>{explanation}</p>"
        f"<table><tr>{heads}</tr>{''.join(rows)}</table>"
    )


def _orders(orders: tuple[Concerned, ...], language: Language) -> Iterator[str]:
    if not orders:
        return
    shown = ""
    if len(orders) > ORDERS_MAX:
        shown = f"，最近 {ORDERS_MAX} 笔" if language == "zh" else f", the latest {ORDERS_MAX}"
    yield f"<h2>{_word('orders', language)} ({len(orders)}{shown})</h2>"
    heads = "".join(f"<th>{_word(name, language)}</th>" for name in ("orders", "status", "lines"))
    yield f"<table><tr>{heads}</tr>"
    for order in orders[-ORDERS_MAX:]:
        lines = ", ".join(f"{sku} x {units}" for sku, units in order.lines)
        cells = (order.key.order_id, _status(order.status, language), lines)
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</table>"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    heads, cells = zip(*((escape(name), escape(value)) for name, value in rows), strict=True)
    head = "".join(f"<th>{one}</th>" for one in heads)
    return f"<table><tr>{head}</tr><tr>{''.join(f'<td>{one}</td>' for one in cells)}</tr></table>"


def _shown(value: object) -> str:
    return "–" if value is None else str(value)


def _status(status: OrderStatus, language: Language) -> str:
    return _STATUSES[status] if language == "zh" else status.value


def _word(name: str, language: Language) -> str:
    return _WORDS[name][language]
