"""What the report of results says, in Chinese and in English."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from orderguard.bilingual import Language
from orderguard.flows.results_view import By, Row
from orderguard.kit.clock import rfc3339
from orderguard.orders.goals import Compared, Source, Unit

SECONDS_A_MINUTE, SECONDS_AN_HOUR = 60, 3600
LONG_MS = 10_000
"""From here on nobody counts in milliseconds."""


class Text(Struct, frozen=True):
    zh: str
    en: str

    def told(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


MEASURE_TITLES: Mapping[str, Text] = {
    "recognised": Text("异常订单识别率", "Anomalous orders recognised"),
    "person": Text("需人工处理的订单占比", "Orders that needed a person"),
    "handling": Text("案件处理时长(中位数)", "Case handling time (median)"),
    "complaints": Text("投诉率", "Complaint rate"),
    "attack_held": Text("脚本攻击订单拦截率", "Script attack orders held"),
    "attack_accepted": Text("验证启用前已下单数", "Orders in before the challenge"),
    "anomalies": Text("异常订单率", "Anomaly rate"),
    "action": Text("事件到处置(中位数)", "Event to action (median)"),
    "repeats": Text("重复咨询(每百单)", "Repeat enquiries (per 100 orders)"),
    "pace": Text("每人时决定订单数", "Orders decided per person-hour"),
    "wrong": Text("决定错误率", "Wrong decisions"),
    "wrong_locks": Text("误锁库存(件·分钟/百单)", "Wrong locks (unit-minutes per 100 orders)"),
}

WORDS: Mapping[str, Text] = {
    "title": Text("成效报告", "Report of results"),
    "range": Text("统计时间", "Time"),
    "shop": Text("店铺", "Shop"),
    "all_shops": Text("全部店铺", "all shops"),
    "as_of": Text("数据截至", "As of"),
    "compared": Text("前后对比", "Before and after"),
    "measure": Text("指标", "Measure"),
    "before": Text("之前", "Before"),
    "after": Text("之后", "After"),
    "change": Text("变化", "Change"),
    "goal": Text("目标", "Goal"),
    "original": Text("原项目(前 → 后)", "Original project (before → after)"),
    "met": Text("达标", "met"),
    "missed": Text("未达标", "not met"),
    "unknown": Text("暂无数据", "no data"),
    "given": Text("商家提供", "given"),
    "measured": Text("观察期实测", "measured while watching"),
    "by_day": Text("按日", "By day"),
    "by_sale": Text("按大促", "By sale"),
    "by_shop": Text("按店铺", "By shop"),
    "total": Text("合计", "Total"),
    "orders": Text("订单", "Orders"),
    "flagged": Text("异常", "Anomalous"),
    "recognised": Text("识别率", "Recognised"),
    "person": Text("需人工", "Person"),
    "handling": Text("处理时长", "Handling"),
    "complaints": Text("投诉", "Complaints"),
    "repeats": Text("重复咨询", "Repeats"),
    "wrong": Text("决定错误", "Wrong"),
    "avoided": Text("避免损失", "Loss avoided"),
    "wrong_locks": Text("误锁(件·分钟)", "Wrong locks (unit-min)"),
    "health": Text("故障:自动/人工/未修复", "Faults: alone/person/open"),
    "settlement": Text("对账差异", "Differences"),
    "loss": Text("金额与库存", "Money and stock"),
    "loss_avoided": Text("避免的损失(确认异常且拦下)", "Loss avoided (known bad, stopped)"),
    "loss_suffered": Text("未避免的损失(确认异常已发出)", "Loss suffered (known bad, left)"),
    "held_genuine": Text("被拦截的正常订单金额", "Genuine orders that were held"),
    "locks": Text("库存锁定 / 误锁", "Stock locks / wrong ones"),
    "faults": Text("订单健康", "Order health"),
    "found": Text("发现的故障", "Faults found"),
    "alone": Text("自动修复", "Mended without a person"),
    "by_person": Text("人工修复", "Mended with a person"),
    "itself": Text("自行恢复", "Over by themselves"),
    "open": Text("尚未修复", "Not mended yet"),
    "settled": Text("对账:差异订单 / 已签核天数", "Differing orders / days signed off"),
    "attacks": Text("脚本攻击", "Script attacks"),
    "at": Text("开始", "Began"),
    "held": Text("拦截", "Held"),
    "accepted": Text("验证前", "Before challenge"),
    "shadow": Text("仅观察", "only watched"),
    "live_since": Text("开始处置", "Acting since"),
    "never_live": Text("一直仅观察", "only watched so far"),
    "ms": Text("毫秒", "ms"),
    "s": Text("秒", "s"),
    "min": Text("分钟", "min"),
    "h": Text("小时", "h"),
    "note": Text(
        "订单计入其下单时刻,案件计入其开立时刻;“异常”仅以人工结论、拒付等强标签为准。",
        "An order counts when it was placed, a case when it was opened; what is known as bad rests"
        " on people's decisions, disputes and other strong labels alone.",
    ),
}


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
