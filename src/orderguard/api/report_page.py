"""The report of results as one page to print: A4, in Chinese or English, with nothing from outside.

It is a whole file by itself, so that it can be sent on and kept.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape

from orderguard.api import report_words as words
from orderguard.api.report_words import word
from orderguard.bilingual import Language
from orderguard.flows.results_view import Report, Row, SeenAttack
from orderguard.orders.goals import Compared

ATTACKS_SHOWN = 5
CARDS = ("recognised", "complaints", "handling", "person")

STYLE = """
@page { size: A4; margin: 9mm 11mm; }
* { box-sizing: border-box; }
:root { --ink: #1b2430; --soft: #5b6775; --line: #d8dee6; --good: #0b7a4b; --bad: #b3261e;
  --brand: #1f4e8c; --pale: #f3f6fa; }
html { background: #e9edf2; }
body { width: 210mm; margin: 8mm auto; padding: 9mm 11mm; background: #fff; color: var(--ink);
  font: 8pt/1.3 "Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei",
  "Source Han Sans SC", system-ui, sans-serif; -webkit-print-color-adjust: exact;
  print-color-adjust: exact; }
@media print { html { background: #fff; } body { width: auto; margin: 0; padding: 0; } }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 6mm;
  border-bottom: .6mm solid var(--brand); padding-bottom: 1.5mm; }
h1 { font-size: 14pt; line-height: 1.1; margin: 0; color: var(--brand); }
h2 { font-size: 8.8pt; margin: 2.6mm 0 .8mm; color: var(--brand); break-after: avoid; }
header p { margin: 0; color: var(--soft); text-align: right; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 3mm; margin-top: 2.5mm; }
.card { background: var(--pale); border-radius: 1.5mm; padding: 1.4mm 2.4mm; }
.card b { display: block; font-size: 14pt; line-height: 1.2; }
.card small, .note { color: var(--soft); font-size: 7pt; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: 600; color: var(--soft); font-size: 7pt; text-align: right;
  border-bottom: .3mm solid var(--ink); padding: .3mm 1mm; vertical-align: bottom; }
td { text-align: right; border-bottom: .2mm solid var(--line); padding: .35mm 1mm; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td:first-child { overflow-wrap: anywhere; }
tr { break-inside: avoid; }
tfoot td { font-weight: 700; border-bottom: 0; border-top: .3mm solid var(--ink); }
thead { display: table-header-group; }
.rows { font-size: 6.9pt; line-height: 1.2; margin-top: 3mm; }
.rows td { padding-top: .12mm; padding-bottom: .12mm; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.soft { color: var(--soft); }
.three { display: grid; grid-template-columns: 1.25fr 1fr 1fr; gap: 5mm; }
.three table { font-size: 7.2pt; }
.note { margin: 1.5mm 0 0; }
"""

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
"""What the page needs: its own style, and nothing else."""


def report_page(report: Report, language: Language) -> str:
    """An HTML document."""
    title = word("title", language)
    body = (
        _header(report, language),
        _cards(report, language),
        _compared(report, language),
        '<div class="three">',
        _loss(report.total, language),
        _health(report.total, language),
        _attacks(report, language),
        "</div>",
        _rows(report, language),
        f'<p class="note">{escape(word("note", language))}</p>',
    )
    lang = "zh-Hans" if language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{''.join(body)}\n</body></html>\n"
    )


def _header(report: Report, language: Language) -> str:
    asked = report.asked
    shop = asked.shop or word("all_shops", language)
    acting = word("never_live", language)
    if report.live_since is not None:
        acting = f"{word('live_since', language)} {words.minute(report.live_since)}"
    until = words.minute(asked.until_ms - 1)
    return (
        f"<header><div><h1>{escape(word('title', language))}</h1>"
        f'<div class="soft">OrderGuard · {escape(shop)}</div></div>'
        f"<p>{escape(words.minute(asked.since_ms))} – {escape(until)}<br>"
        f"{escape(word('as_of', language))} {words.minute(report.as_of_ms)} · {escape(acting)}</p>"
        "</header>"
    )


def _cards(report: Report, language: Language) -> str:
    by_name = {one.name: one for one in report.compared}
    cards = [_card(by_name[name], language) for name in CARDS]
    return f'<section class="cards">{"".join(cards)}</section>'


def _card(one: Compared, language: Language) -> str:
    title = words.MEASURE_TITLES[one.name].told(language)
    before = words.quantity(one.before, one.unit, language)
    goal = words.goal(one, language)
    told = f"{word('before', language)} {before} · {word('goal', language)} {goal}"
    return (
        f'<div class="card"><small>{escape(title)}</small>'
        f"<b{_class(one)}>{escape(words.quantity(one.after, one.unit, language))}</b>"
        f"<small>{escape(told)}</small></div>"
    )


def _class(one: Compared) -> str:
    if one.is_met is None:
        return ""
    return ' class="good"' if one.is_met else ' class="bad"'


def _compared(report: Report, language: Language) -> str:
    names = ("measure", "before", "after", "change", "goal", "original")
    heading = [word(name, language) for name in names]
    lines = []
    for one in report.compared:
        source = words.source(one, language)
        before = escape(words.quantity(one.before, one.unit, language))
        if source:
            before += f' <span class="soft">({escape(source)})</span>'
        cells = (
            f"<td>{escape(words.MEASURE_TITLES[one.name].told(language))}</td>",
            f"<td>{before}</td>",
            f"<td{_class(one)}>{escape(words.quantity(one.after, one.unit, language))}</td>",
            f"<td>{escape(words.change(one))}</td>",
            f"<td>{escape(words.goal(one, language))}{_met(one, language)}</td>",
            f'<td class="soft">{escape(words.original(one, language))}</td>',
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<h2>{escape(word('compared', language))}</h2>{_table(heading, lines)}"


def _met(one: Compared, language: Language) -> str:
    if one.goal is None:
        return ""
    name = {True: "met", False: "missed", None: "unknown"}[one.is_met]
    return f' <span class="soft">{escape(word(name, language))}</span>'


def _loss(row: Row, language: Language) -> str:
    figures = row.figures
    pairs = (
        ("loss_avoided", words.sums(figures.loss_avoided)),
        ("loss_suffered", words.sums(figures.loss_suffered)),
        ("held_genuine", words.sums(figures.held_genuine)),
        ("locks", f"{figures.locks:,} / {figures.wrong_locks:,}"),
        ("wrong_locks", f"{figures.wrong_lock_minutes:,.0f}"),
    )
    return _pairs("loss", pairs, language)


def _health(row: Row, language: Language) -> str:
    figures, settled = row.figures, row.settled
    pairs = (
        ("found", f"{figures.faults:,}"),
        ("alone", f"{figures.mended_alone:,}"),
        ("by_person", f"{figures.mended_person:,}"),
        ("itself", f"{figures.mended_itself:,}"),
        ("open", f"{figures.unmended:,}"),
        ("settled", f"{settled.differing:,} / {settled.signed_days:,}"),
    )
    return _pairs("faults", pairs, language)


def _pairs(title: str, pairs: Iterable[tuple[str, str]], language: Language) -> str:
    lines = [
        f"<tr><td>{escape(word(name, language))}</td><td>{escape(value)}</td></tr>"
        for name, value in pairs
    ]
    return (
        f"<section><h2>{escape(word(title, language))}</h2>"
        f"<table><tbody>{''.join(lines)}</tbody></table></section>"
    )


def _attacks(report: Report, language: Language) -> str:
    attacks = sorted(report.total.attacks, key=lambda one: -one.orders)[:ATTACKS_SHOWN]
    heading = [word(name, language) for name in ("at", "orders", "held", "accepted")]
    lines = [_attack(one, language) for one in sorted(attacks, key=lambda one: one.at)]
    table = _table(heading, lines or [_line(("–", "0", "0", "–"))])
    return f"<section><h2>{escape(word('attacks', language))}</h2>{table}</section>"


def _attack(one: SeenAttack, language: Language) -> str:
    accepted = "–" if one.accepted is None else f"{one.accepted:,}"
    if one.is_shadow:
        accepted += f" ({word('shadow', language)})"
    cells = (
        words.minute(one.at)[5:],
        f"{one.orders:,}",
        f"{one.held:,}",
        accepted,
    )
    return _line(cells)


def _rows(report: Report, language: Language) -> str:
    names = (
        *("orders", "flagged", "recognised", "person", "handling", "complaints", "repeats"),
        *("wrong", "avoided", "health"),
    )
    by = report.asked.by
    heading = [word(f"by_{by}", language), *(word(name, language) for name in names)]
    shown = [row for row in report.rows if not _is_empty(row)]
    lines = [_line(_cells(words.row_title(row, by), row, language)) for row in shown]
    total = _line(_cells(word("total", language), report.total, language))
    return _table(heading, lines, total, "rows")


def _is_empty(row: Row) -> bool:
    return not (row.figures.orders or row.figures.faults or row.figures.cases)


def _cells(title: str, row: Row, language: Language) -> tuple[str, ...]:
    one = row.figures
    return (
        title,
        f"{one.orders:,}",
        words.percent(one.anomaly_share),
        words.percent(one.recognised),
        words.percent(one.person_share),
        words.length(one.handling_median_s, language),
        words.percent(one.complaint_share),
        f"{one.repeat_enquiries:,}",
        words.percent(one.wrong_share),
        words.sums(one.loss_avoided),
        f"{one.mended_alone:,} / {one.mended_person:,} / {one.unmended:,}",
    )


def _line(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _table(heading: Sequence[str], lines: Iterable[str], total: str = "", name: str = "") -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heading)
    foot = f"<tfoot>{total}</tfoot>" if total else ""
    kind = f' class="{name}"' if name else ""
    return (
        f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>{foot}</table>"
    )
