"""Order health: what has to be true of an order, a SKU or a shop, as data.

A health rule names one of a closed set of checks and sets its limits. What a check computes is code
of the part that knows it (`orders`, `stock`, `settlement`); what counts as too late, too few or too
much is data.
"""

from enum import StrEnum

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.wording import RuleStatus
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND


class Check(StrEnum):
    ABSENCE = "absence"
    PROMISE = "promise"
    STATUS_MISMATCH = "status_mismatch"
    AMOUNT_MISMATCH = "amount_mismatch"
    PAID_TWICE = "paid_twice"
    SETTLEMENT = "settlement"
    OVERSOLD = "oversold"
    PHANTOM_LOCK = "phantom_lock"
    SKU_UNMAPPED = "sku_unmapped"
    SKU_AMBIGUOUS = "sku_ambiguous"
    VOLUME_SURGE = "volume_surge"
    SHIPPING_RATE = "shipping_rate"
    PENDING_SHARE = "pending_share"
    SKU_SUSPECT = "sku_suspect"


class ParameterKind(StrEnum):
    DURATION = "duration"
    COUNT = "count"
    SHARE = "share"
    NUMBER = "number"
    FACTS = "facts"
    HOURS = "hours"


class WorkHours(Struct, frozen=True, kw_only=True):
    """When people work: a limit in working hours counts these alone.

    `weekdays` as ISO counts them, Monday is 1. `holidays` is the country whose public holidays are
    free, and whose make-up days are worked (`CN`). What comes after `cutoff_min` counts from the
    next opening.
    """

    zone: str
    opens_min: int
    closes_min: int
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: str | None = None
    cutoff_min: int | None = None


ParameterValue = int | float | tuple[str, ...] | WorkHours | None


class Parameter(Struct, frozen=True, kw_only=True):
    """A limit of a check: durations are in ms; `low` and `high` bound numbers."""

    kind: ParameterKind
    title: Bilingual
    default: ParameterValue = None
    low: int = 0
    high: int = 180 * MS_PER_DAY


class CheckForm(Struct, frozen=True, kw_only=True):
    """What a check can be told, and what it says of a fault it finds, by name."""

    parameters: dict[str, Parameter]
    evidence: dict[str, Bilingual]


class Override(Struct, frozen=True, kw_only=True):
    """Other limits where all that is named here is so of an order."""

    channel: str | None = None
    shop: str | None = None
    warehouse: str | None = None
    carrier: str | None = None
    parameters: dict[str, ParameterValue]


class LifeEvent(Struct, frozen=True, kw_only=True):
    """One event of a test: so many ms after the start; `data` as in the canonical event.

    With `times` it happens to as many orders, one after the other.
    """

    at_ms: int
    type: str
    data: dict[str, object]
    every_ms: int = 0
    times: int = 1


class LifeTest(Struct, frozen=True, kw_only=True):
    """A short life that the rule must find fault with, or must not; it is watched until then."""

    name: str
    hit: bool
    life: tuple[LifeEvent, ...]
    until_ms: int


class HealthRule(Struct, frozen=True, kw_only=True):
    """One health rule. `version` is made from its text, so equal rules have equal versions.

    `mend` names the playbook that mends what it finds.
    """

    id: str
    pack: str
    version: str
    title: Bilingual
    why: str
    status: RuleStatus
    severity: Severity
    watches: Check
    parameters: dict[str, ParameterValue]
    overrides: tuple[Override, ...]
    explanation: Bilingual
    false_alarms: tuple[str, ...]
    runbook: str
    tests: tuple[LifeTest, ...]
    mend: str | None = None

    @property
    def kind(self) -> AlertKind:
        return AlertKind.HEALTH

    def duration(self, name: str, limits: dict[str, ParameterValue] | None = None) -> int:
        """A parameter that is a time, in ms."""
        value = (self.parameters if limits is None else limits)[name]
        assert isinstance(value, int), f"`{name}` is a duration"
        return value


def _duration(en: str, zh: str, default: int) -> Parameter:
    return Parameter(kind=ParameterKind.DURATION, title=Bilingual(en=en, zh=zh), default=default)


def _count(en: str, zh: str, default: int, low: int = 1, high: int = 1_000_000) -> Parameter:
    title = Bilingual(en=en, zh=zh)
    return Parameter(kind=ParameterKind.COUNT, title=title, default=default, low=low, high=high)


def _number(en: str, zh: str, default: float, *, low: int = 0, high: int = 100) -> Parameter:
    title = Bilingual(en=en, zh=zh)
    return Parameter(kind=ParameterKind.NUMBER, title=title, default=default, low=low, high=high)


def _share(en: str, zh: str, default: float) -> Parameter:
    title = Bilingual(en=en, zh=zh)
    return Parameter(kind=ParameterKind.SHARE, title=title, default=default, high=1)


def _unlikely(default: float) -> Parameter:
    en = "how unlikely it is by chance: 12 is one in 160,000"
    return _number(en, "偶然发生的不可能程度（12约为十六万分之一）", default)


def _facts(en: str, zh: str) -> Parameter:
    return Parameter(kind=ParameterKind.FACTS, title=Bilingual(en=en, zh=zh))


def _said(**titles: tuple[str, str]) -> dict[str, Bilingual]:
    return {name: Bilingual(en=en, zh=zh) for name, (en, zh) in titles.items()}


SILENT_AFTER = 1
"""A shop that has never told what is waited for, so many times over, is not asked for it."""

CHECKS: dict[Check, CheckForm] = {
    Check.ABSENCE: CheckForm(
        parameters={
            "after": _facts("counts from, the first that is known", "起算事实"),
            "expects": _facts("waits for any of these", "等待的事实"),
            "ends": _facts("is waited for no more after any of these", "终止的事实"),
            "within": _duration("time allowed", "时限", MS_PER_DAY),
            "hours": Parameter(
                kind=ParameterKind.HOURS,
                title=Bilingual(en="counts these hours alone", zh="仅计工作时间"),
            ),
            "silent_after": _count("misses until a shop counts as silent", "视为未接入的次数", 20),
        },
        evidence=_said(
            after=("what happened", "已发生"),
            hours=("hours since", "已过小时"),
            limit_h=("hours allowed", "时限小时"),
        ),
    ),
    Check.PROMISE: CheckForm(
        parameters={
            "expects": _facts("keeps the promise", "履约事实"),
            "ends": _facts("is waited for no more after any of these", "终止的事实"),
            "ahead": _duration("warned so long before it is broken", "提前预警", 0),
        },
        evidence=_said(promised=("promised", "承诺时间"), hours_left=("hours left", "剩余小时")),
    ),
    Check.STATUS_MISMATCH: CheckForm(
        parameters={
            "channel_warehouse": _duration(
                "time for the channel and the warehouse to agree", "渠道与仓库一致时限", MS_PER_HOUR
            ),
            "channel_finance": _duration(
                "time for the channel and finance to agree", "渠道与财务一致时限", MS_PER_HOUR
            ),
        },
        evidence=_said(
            cause=("what disagrees", "不一致之处"),
            one=("one says", "一方称"),
            other=("the other says", "另一方称"),
            hours=("hours since", "已过小时"),
        ),
    ),
    Check.AMOUNT_MISMATCH: CheckForm(
        parameters={
            "grace": _duration(
                "time for a second document to come", "等待补充单据", 10 * MS_PER_MINUTE
            ),
            "tolerance_cents": _count("hundredths that may differ", "允许误差(分)", 0, low=0),
        },
        evidence=_said(
            ordered=("order amount", "订单金额"),
            paid=("amount paid", "实付金额"),
            difference=("difference", "差额"),
            currency=("currency", "币种"),
        ),
    ),
    Check.PAID_TWICE: CheckForm(
        parameters={"within": _duration("paid within", "支付间隔", MS_PER_HOUR)},
        evidence=_said(
            first=("first order", "第一单"),
            minutes=("minutes between", "间隔分钟"),
            amount=("amount", "金额"),
        ),
    ),
    Check.SETTLEMENT: CheckForm(
        parameters={
            "payment_grace": _duration("time to settle a payment", "付款结算时限", 3 * MS_PER_DAY),
            "refund_grace": _duration("time to settle a refund", "退款结算时限", 3 * MS_PER_DAY),
            "settling": _duration("time to correct a wrong amount", "金额更正等待", 0),
            "unmatched": _duration(
                "time for the channel to tell what was settled", "等待渠道补充事实", MS_PER_HOUR
            ),
            "silent_after": _count("misses until a shop counts as silent", "视为未接入的次数", 1),
        },
        evidence=_said(
            cause=("cause", "原因"),
            kind=("payment or refund", "付款或退款"),
            currency=("currency", "币种"),
            owed=("owed", "应结"),
            settled=("settled", "已结"),
            difference=("difference", "差额"),
            more=("other differences of the order", "该单其他差异"),
            said=("what is wrong", "差异说明（英文）"),
            said_zh=("what is wrong, in Chinese", "差异说明"),
        ),
    ),
    Check.OVERSOLD: CheckForm(
        parameters={"least": _count("units short from which it counts", "起报短缺件数", 1)},
        evidence=_said(
            short=("units short", "短缺件数"),
            paid=("units paid and not shipped", "已付未发件数"),
            shippable=("units that can ship", "可发件数"),
            orders=("orders that go without", "无法履约订单数"),
        ),
    ),
    Check.PHANTOM_LOCK: CheckForm(
        parameters={
            "least": _count("units locked from which it counts", "起报锁定件数", 1),
            "within": _duration("time for a source to give a lock back", "释放时限", MS_PER_DAY),
        },
        evidence=_said(
            units=("units locked for no order", "无主锁定件数"),
            locked=("units locked as the source says", "数据源锁定件数"),
            hours=("hours since the first", "最早已过小时"),
        ),
    ),
    Check.SKU_UNMAPPED: CheckForm(
        parameters={
            "settling": _duration("time for a new mapping to come", "等待新映射", MS_PER_MINUTE)
        },
        evidence=_said(title=("title", "商品标题")),
    ),
    Check.SKU_SUSPECT: CheckForm(
        parameters={"least": _count("orders in a row from which it counts", "起报连续单数", 3)},
        evidence=_said(
            meant=("mapped to", "映射为"),
            moved=("what left", "实际发出"),
            orders=("orders in a row", "连续单数"),
        ),
    ),
    Check.SKU_AMBIGUOUS: CheckForm(
        parameters={
            "settling": _duration(
                "time for a replaced mapping to be removed", "等待旧映射移除", 5 * MS_PER_MINUTE
            )
        },
        evidence=_said(skus=("mapped to", "对应SKU"), count=("how many", "个数")),
    ),
    Check.VOLUME_SURGE: CheckForm(
        parameters={
            "history": _count(
                "days that have to be known before", "所需历史天数", 5, low=2, high=28
            ),
            "factor": _number("times what is usual at this hour", "超出常量倍数", 3.0, low=1),
            "least": _count("orders from which it counts", "起报订单数", 15),
            "unlikely": _unlikely(12.0),
        },
        evidence=_said(
            orders=("orders", "订单数"),
            expected=("usual at this hour", "同时段常量"),
            minutes=("within minutes", "时间窗分钟"),
            times=("times the usual", "常量倍数"),
        ),
    ),
    Check.SHIPPING_RATE: CheckForm(
        parameters={
            "history": _count(
                "days that have to be known before", "所需历史天数", 5, low=2, high=28
            ),
            "share": _share("part of what is due from which on it is low", "低于应发比例", 0.6),
            "least": _count("parcels due from which it counts", "起报应发件数", 20),
            "unlikely": _unlikely(8.0),
        },
        evidence=_said(
            shipped=("shipped", "已发货"),
            expected=("due", "应发货"),
            hours=("within hours", "时间窗小时"),
            percent=("percent of what is due", "占应发百分比"),
            waiting=("paid orders that wait", "待发已付订单"),
        ),
    ),
    Check.PENDING_SHARE: CheckForm(
        parameters={
            "history": _count(
                "days that have to be known before", "所需历史天数", 3, low=2, high=28
            ),
            "share": _share("part of the orders from which on it is much", "未付比例", 0.5),
            "least": _count("orders from which it counts", "起报订单数", 10),
            "unlikely": _unlikely(9.0),
        },
        evidence=_said(
            unpaid=("not paid within half an hour", "半小时未付订单"),
            orders=("orders", "订单数"),
            percent=("percent", "百分比"),
            usual_percent=("usually percent", "通常百分比"),
            minutes=("placed within minutes", "下单时间窗分钟"),
        ),
    ),
}

SETTLING_MS = 30 * MS_PER_SECOND
"""What comes to light late waits so long for what may come with it."""
