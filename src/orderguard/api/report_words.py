"""What the report of results says, in Chinese and in English."""

from collections.abc import Mapping
from decimal import Decimal

from orderguard.bilingual import Bilingual, Language
from orderguard.flows.results_view import By, Row
from orderguard.kit.clock import rfc3339
from orderguard.orders.goals import Compared, Source, Unit

SECONDS_A_MINUTE, SECONDS_AN_HOUR = 60, 3600
LONG_MS = 10_000
"""From here on nobody counts in milliseconds."""


MEASURE_TITLES: Mapping[str, Bilingual] = {
    "recognised": Bilingual("Anomalous orders recognised", "异常订单识别率"),
    "person": Bilingual("Orders that needed a person", "需人工处理的订单占比"),
    "handling": Bilingual("Case handling time (median)", "案件处理时长(中位数)"),
    "complaints": Bilingual("Complaint rate", "投诉率"),
    "attack_held": Bilingual("Script attack orders held", "脚本攻击订单拦截率"),
    "attack_accepted": Bilingual("Orders in before the challenge", "验证启用前已下单数"),
    "anomalies": Bilingual("Anomaly rate", "异常订单率"),
    "action": Bilingual("Event to action (median)", "事件到处置(中位数)"),
    "repeats": Bilingual("Repeat enquiries (per 100 orders)", "重复咨询(每百单)"),
    "pace": Bilingual("Orders decided per person-hour", "每人时决定订单数"),
    "wrong": Bilingual("Wrong decisions", "决定错误率"),
    "wrong_locks": Bilingual("Wrong locks (unit-minutes per 100 orders)", "误锁库存(件·分钟/百单)"),
}

WORDS: Mapping[str, Bilingual] = {
    "title": Bilingual("Report of results", "成效报告"),
    "range": Bilingual("Time", "统计时间"),
    "shop": Bilingual("Shop", "店铺"),
    "all_shops": Bilingual("all shops", "全部店铺"),
    "as_of": Bilingual("As of", "数据截至"),
    "compared": Bilingual("Before and after", "前后对比"),
    "measure": Bilingual("Measure", "指标"),
    "before": Bilingual("Before", "之前"),
    "after": Bilingual("After", "之后"),
    "change": Bilingual("Change", "变化"),
    "goal": Bilingual("Goal", "目标"),
    "original": Bilingual("Original project (before → after)", "原项目(前 → 后)"),
    "met": Bilingual("met", "达标"),
    "missed": Bilingual("not met", "未达标"),
    "unknown": Bilingual("no data", "暂无数据"),
    "given": Bilingual("given", "商家提供"),
    "measured": Bilingual("measured while watching", "观察期实测"),
    "by_day": Bilingual("By day", "按日"),
    "by_sale": Bilingual("By sale", "按大促"),
    "by_shop": Bilingual("By shop", "按店铺"),
    "total": Bilingual("Total", "合计"),
    "orders": Bilingual("Orders", "订单"),
    "flagged": Bilingual("Anomalous", "异常"),
    "recognised": Bilingual("Recognised", "识别率"),
    "person": Bilingual("Person", "需人工"),
    "handling": Bilingual("Handling", "处理时长"),
    "complaints": Bilingual("Complaints", "投诉"),
    "repeats": Bilingual("Repeats", "重复咨询"),
    "wrong": Bilingual("Wrong", "决定错误"),
    "avoided": Bilingual("Loss avoided", "避免损失"),
    "wrong_locks": Bilingual("Wrong locks (unit-min)", "误锁(件·分钟)"),
    "health": Bilingual("Faults: alone/person/open", "故障:自动/人工/未修复"),
    "settlement": Bilingual("Differences", "对账差异"),
    "loss": Bilingual("Money and stock", "金额与库存"),
    "loss_avoided": Bilingual("Loss avoided (known bad, stopped)", "避免的损失(确认异常且拦下)"),
    "loss_suffered": Bilingual("Loss suffered (known bad, left)", "未避免的损失(确认异常已发出)"),
    "held_genuine": Bilingual("Genuine orders that were held", "被拦截的正常订单金额"),
    "locks": Bilingual("Stock locks / wrong ones", "库存锁定 / 误锁"),
    "faults": Bilingual("Order health", "订单健康"),
    "found": Bilingual("Faults found", "发现的故障"),
    "alone": Bilingual("Mended without a person", "自动修复"),
    "by_person": Bilingual("Mended with a person", "人工修复"),
    "itself": Bilingual("Over by themselves", "自行恢复"),
    "open": Bilingual("Not mended yet", "尚未修复"),
    "settled": Bilingual("Differing orders / days signed off", "对账:差异订单 / 已签核天数"),
    "attacks": Bilingual("Script attacks", "脚本攻击"),
    "at": Bilingual("Began", "开始"),
    "held": Bilingual("Held", "拦截"),
    "accepted": Bilingual("Before challenge", "验证前"),
    "shadow": Bilingual("only watched", "仅观察"),
    "live_since": Bilingual("Acting since", "开始处置"),
    "never_live": Bilingual("only watched so far", "一直仅观察"),
    "ms": Bilingual("ms", "毫秒"),
    "s": Bilingual("s", "秒"),
    "min": Bilingual("min", "分钟"),
    "h": Bilingual("h", "小时"),
    "note": Bilingual(
        "An order counts when it was placed, a case when it was opened; what is known as bad rests"
        " on people's decisions, disputes and other strong labels alone.",
        "订单计入其下单时刻,案件计入其开立时刻;“异常”仅以人工结论、拒付等强标签为准。",
    ),
}

FIGURES_ZH: Mapping[str, str] = {
    "orders": "订单数",
    "flagged": "异常订单",
    "anomaly_share": "异常订单率",
    "held": "拦截订单",
    "bad_known": "确认异常的订单",
    "bad_flagged": "确认异常且识别出的订单",
    "recognised": "异常订单识别率",
    "orders_in_cases": "需人工处理的订单",
    "person_share": "需人工处理的订单占比",
    "cases": "案件数",
    "cases_decided": "已结案数",
    "handling_median_s": "案件处理时长中位数（秒）",
    "handling_mean_s": "案件处理时长平均数（秒）",
    "complaints": "投诉订单",
    "complaint_share": "投诉率",
    "complaints_reached": "处置过后投诉的订单",
    "good_reached": "处置过的正常订单",
    "enquiries": "咨询数",
    "repeat_enquiries": "重复咨询数",
    "repeats_per_100_orders": "每百单重复咨询",
    "orders_judged": "已决定的订单",
    "orders_wrong": "决定错误的订单",
    "wrong_share": "决定错误率",
    "person_hours": "人工时长（小时）",
    "cases_per_person_hour": "每人时案件数",
    "orders_per_person_hour": "每人时决定订单数",
    "locks": "库存锁定数",
    "wrong_locks": "误锁数",
    "wrong_lock_minutes": "误锁（件·分钟）",
    "actions": "处置动作数",
    "action_ms_p50": "事件到处置中位数（毫秒）",
    "action_ms_p95": "事件到处置第 95 百分位（毫秒）",
    "faults": "发现的故障",
    "mended_alone": "自动修复",
    "mended_person": "人工修复",
    "mended_itself": "自行恢复",
    "unmended": "尚未修复",
}
"""What the figures are called in Chinese; in English they keep the names that the API has."""


def word(name: str, language: Language) -> str:
    return WORDS[name].told(language)


def percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{100 * share:.1f} %" if share >= 0.01 or share == 0 else f"{100 * share:.2f} %"


def length(seconds: float | None, language: Language) -> str:
    if seconds is None:
        return "–"
    if seconds < SECONDS_A_MINUTE:
        return f"{seconds:.0f} {word('s', language)}"
    if seconds < SECONDS_AN_HOUR:
        return f"{seconds / SECONDS_A_MINUTE:.1f} {word('min', language)}"
    return f"{seconds / SECONDS_AN_HOUR:.1f} {word('h', language)}"


def sums(money: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in money.items()) or "–"


def quantity(value: float | None, unit: Unit, language: Language) -> str:
    """A measure's value as people write it."""
    if value is None:
        return "–"
    match unit:
        case Unit.SHARE:
            return percent(value)
        case Unit.SECONDS:
            return length(value, language)
        case Unit.MS:
            is_long = value >= LONG_MS
            short = f"{value:,.0f} {word('ms', language)}"
            return length(value / 1000, language) if is_long else short
        case Unit.ORDERS:
            return f"{value:,.0f}"
    return f"{value:,.1f}"


def goal(one: Compared, language: Language) -> str:
    if one.goal is None:
        return ""
    sign = ">" if one.is_more_better else "<"
    if one.name in ("attack_held", "pace"):
        sign = "≥" if one.name == "pace" else ""
    return f"{sign} {quantity(one.goal, one.unit, language)}".strip()


def change(one: Compared) -> str:
    if one.difference is None:
        return "–"
    return f"{100 * one.difference:+.0f} %".replace("-", "−")


def source(one: Compared, language: Language) -> str:
    if one.before_from is None:
        return ""
    return word("given" if one.before_from is Source.GIVEN else "measured", language)


def original(one: Compared, language: Language) -> str:
    if one.original_before is None and one.original_after is None:
        return ""
    ends = (one.original_before, one.original_after)
    return " → ".join("–" if told is None else getattr(told, language) for told in ends)


def minute(ms: int) -> str:
    return rfc3339(ms)[:16].replace("T", " ")


def row_title(row: Row, by: By) -> str:
    """A sale's name with its time; days and shops by their name alone."""
    if by is By.SALE and row.name:
        return f"{row.name} ({minute(row.since_ms)[5:]} – {minute(row.until_ms)[5:]})"
    return row.name
