"""What the demo says, in both languages."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from orderguard.domain.alerts import Severity

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. A name in braces is filled in by whoever says it."""

    title: str = "OrderGuard demo"
    sign_in: str = "sign in once"
    starting: str = "starting the server, making the sale"
    history: str = "history of 30 days"
    sale: str = "flash sale"
    over: str = "over"
    simulated: str = "simulated"
    orders: str = "orders"
    before_sale: str = "{count} before it"
    events: str = "events"
    a_second: str = "{count}/s"
    ack: str = "ack p50/p99"
    event_to_alert: str = "to alert"
    alerts: str = "alerts"
    risk: str = "risk"
    health: str = "health"
    kind: str = "kind of order"
    recognised: str = "recognised"
    flagged: str = "flagged"
    honest_kind: str = "honest: {kind}"
    held: str = "held"
    done: str = "sent/decided"
    honest: str = "honest, flagged"
    honest_medium: str = "honest, medium up"
    together: str = "all anomalous"
    attack: str = "script attack on {title} ({units} units)"
    attack_told: str = "{seen} of {orders} seen, {held} held"
    by_kind: str = "By kind of order"
    by_channel: str = "By channel"
    channel: str = "channel"
    pushes: str = "pushes"
    details: str = "details fetched"
    gaps: str = "gaps found / mended"
    gaps_mended: str = "{found} / {mended}"
    gaps_seen: str = "{seen} seen, no list"
    channels_caption: str = (
        "Of the pushes to simulated platforms 2 % are lost, 5 % repeated, 5 % late."
    )
    results: str = "Results of this sale"
    metric: str = "metric"
    before: str = "before"
    original: str = "original deployment"
    this_sale: str = "this sale"
    share_of: str = "{share} ({count} of {all})"
    needs_person: str = "needing a person"
    cases: str = "{share} ({count} cases for {all} orders; {orders} of the orders are in one)"
    decisions: str = "cases opened / decided"
    decisions_told: str = (
        "{opened} / {decided}: {confirmed} confirmed, {false_alarm} false alarms,"
        " {inconclusive} inconclusive"
    )
    sent: str = "messages sent"
    sent_told: str = (
        "{sms} SMS ({confirmed} buyers confirmed), {meeting} calls to meet, {notify} reminders"
    )
    shipments: str = "shipments held"
    shipments_told: str = (
        "{held} before shipping, {intercepted} asked back from the carrier; {released} let go again"
    )
    complaints: str = "complaints: honest orders at medium or above"
    honest_flagged: str = "honest orders flagged at all"
    attack_row: str = "script attack held"
    attack_held: str = "{held} of {orders}"
    held_from: str = "{held} of {orders}; first hold at order {place}, after {seconds} s"
    challenge: str = "challenge up before order 4"
    challenge_at: str = "from attempt {place} on ({count} of {all} attempts)"
    screen: str = "checkouts of limited releases"
    screen_told: str = "{asked} asked about; {challenged} challenged, {honest} of them honest"
    never: str = "not reached"
    seventh_minute: str = "45 of 47, 7th minute"
    anomaly_rate: str = "anomaly rate overall"
    anomalous: str = "{bad} planted, {flagged} flagged"
    event_to_action: str = "event to action"
    minutes_15: str = "15 min"
    to_action: str = "{p50} / {p99}; to the alert {alert_p50} / {alert_p99} (p50 / p99)"
    loss: str = "loss held: amounts of held bad orders"
    of_money: str = "{held} of {all} {currency}"
    wrong_holds: str = "lost sales by wrong holds"
    wrong: str = "{money} {currency} ({count} honest orders)"
    handling: str = "order handling time"
    enquiries: str = "repeat enquiries"
    per_hour: str = "decided per person-hour, wrong decisions"
    handling_told: str = "{p50} min (median, from order to decision)"
    labelled: str = "orders with a known truth, learned from"
    pace_told: str = (
        "{pace} orders at the assumed pace; {wrong} of {decided} cases wrong, as assumed"
    )
    enquiries_told: str = "{again} of {count}: no buyer calls here"
    wrong_locks: str = "stock locked for genuine orders"
    locks_told: str = "{minutes} unit-minutes ({wrong} of {all} locks)"
    order_health: str = "order health: faults found"
    health_told: str = (
        "{faults}: {alone} mended without a person, {person} with one, {itself} over by"
        " themselves, {open} open"
    )
    report: str = "Report, before and after: {address}/api/v1/metrics/report?lang=en (signed in)"
    report_kept: str = "Report: orderguard report --data {folder} --lang en --out results.html"
    simulation: str = (
        "The outside is simulated, and so are the people, at the pace and with the errors that are"
        " assumed of them. Seed {seed}; {events} events in {seconds} s."
    )
    left: str = "The simulated people went home; what came since waits in the inbox for you."
    stays: str = "The server and its page stay up at {address} until Ctrl-C."
    kept: str = "The installation is kept in {folder}."
    no_browser: str = "No browser could be opened here. Open {link}"
    line: str = (
        "{phase} {share}: {orders} orders, {events} events ({rate}/s), {alerts} alerts,"
        " {recognised} recognised, attack {held} of {seen} held"
    )
    kinds: Mapping[str, str]
    severities: Mapping[Severity, str]


EN = Words(
    kinds={},
    severities={severity: severity.value for severity in Severity},
)

ZH = Words(
    title="OrderGuard 演示",
    sign_in="一次性登录链接",
    starting="正在启动服务并生成大促数据",
    history="30 天历史",
    sale="大促进行中",
    over="结束",
    simulated="模拟时间",
    orders="订单",
    before_sale="大促前 {count}",
    events="事件",
    a_second="每秒 {count}",
    ack="应答 p50/p99",
    event_to_alert="到预警",
    alerts="预警",
    risk="风险",
    health="健康",
    kind="订单类型",
    recognised="recognised 识别率",
    flagged="被标记",
    honest_kind="正常：{kind}",
    held="拦截",
    done="消息/结案",
    honest="正常，被标记",
    honest_medium="正常，中级及以上",
    together="全部异常",
    attack="脚本攻击 {title}（{units} 件）",
    attack_told="已到 {seen}/{orders}，已拦截 {held}",
    by_kind="按订单类型",
    by_channel="按渠道",
    channel="渠道",
    pushes="推送",
    details="补全详情",
    gaps="漏单 发现/补回",
    gaps_mended="{found}，补回 {mended}",
    gaps_seen="发现 {seen}，无列表可查",
    channels_caption="模拟平台的推送有 2% 丢失、5% 重复、5% 延后。",
    results="本场大促结果",
    metric="指标",
    before="之前",
    original="原项目",
    this_sale="本场",
    share_of="{share}（{all} 单中 {count} 单）",
    needs_person="需要人工",
    cases="{share}（{all} 单 {count} 个案件；{orders} 的订单进入案件）",
    decisions="案件 开立 / 结案",
    decisions_told=(
        "{opened} / {decided}：确认 {confirmed}，误报 {false_alarm}，存疑 {inconclusive}"
    ),
    sent="发出消息",
    sent_told="短信 {sms}（买家确认 {confirmed}），会议召集 {meeting}，催办 {notify}",
    shipments="拦截发货",
    shipments_told="发货前 {held}，请承运方退回 {intercepted}；之后放行 {released} 次",
    complaints="投诉率：正常订单中级及以上",
    honest_flagged="正常订单被标记（任何级别）",
    attack_row="脚本攻击拦截",
    attack_held="{orders} 单拦截 {held} 单",
    held_from="{orders} 单拦截 {held} 单；第 {place} 单起拦截，{seconds} 秒",
    challenge="第 4 单之前出验证",
    challenge_at="第 {place} 次下单尝试起（{all} 次中 {count} 次）",
    screen="限量商品下单前询问",
    screen_told="{asked}；出验证 {challenged}，其中正常买家 {honest}",
    never="未触发",
    seventh_minute="第 7 分钟拦截 45/47",
    anomaly_rate="整体异常率",
    anomalous="实际 {bad}，标记 {flagged}",
    event_to_action="事件到动作",
    minutes_15="15 分钟",
    to_action="{p50} / {p99}；到预警 {alert_p50} / {alert_p99}（p50 / p99）",
    loss="拦下的损失：被拦异常订单金额",
    of_money="{all} 中的 {held} {currency}",
    wrong_holds="误拦损失的销售",
    wrong="{money} {currency}（{count} 个正常订单）",
    handling="订单处理时长",
    enquiries="重复咨询",
    per_hour="人时决定订单数、错误率",
    handling_told="{p50} 分钟（中位数，从下单到结案）",
    labelled="已知真实结果、用于学习的订单",
    pace_told="{pace} 单（速度为假设）；{decided} 件中 {wrong} 件判错（差错率为假设）",
    enquiries_told="{count} 次中 {again} 次：演示中没有买家来电",
    wrong_locks="为正常订单误锁的库存",
    locks_told="{minutes} 件·分钟（{all} 次锁定中 {wrong} 次）",
    order_health="订单健康：发现的故障",
    health_told="{faults}：自动修复 {alone}，人工修复 {person}，自行恢复 {itself}，未修复 {open}",
    report="成效报告（前后对比）：{address}/api/v1/metrics/report （需登录）",
    report_kept="成效报告：orderguard report --data {folder} --out results.html",
    simulation=(
        "外部系统和处理案件的人均为模拟，速度与差错率为假设。"
        "种子 {seed}；{seconds} 秒 {events} 个事件。"
    ),
    left="模拟人员已下班；之后到来的案件在待办中等您处理。",
    stays="服务和页面保持在 {address}，按 Ctrl-C 结束。",
    kept="安装保留在 {folder}。",
    no_browser="这里打不开浏览器。请打开 {link}",
    line=(
        "{phase} {share}：订单 {orders}，事件 {events}（每秒 {rate}），预警 {alerts}，"
        "识别率 {recognised}，攻击已拦截 {held}/{seen}"
    ),
    kinds={
        "same_item_burst": "短时间重复购买",
        "far_address": "远离常用地址",
        "shared_account": "多账号同一付款",
        "near_threshold": "卡风控门槛",
        "low_stock_rush": "低库存抢购",
        "shared_doorstep": "多账号同一门牌",
        "device_shared": "多账号同一设备",
        "virtual_phone": "虚拟号批量注册",
        "unknown_reseller_ring": "囤货团伙（未知）",
        "unknown_refund_abuser": "恶意退款（未知）",
        "script_segment": "同网段脚本",
        "script_rotating": "换网段脚本",
        "script_attack": "脚本攻击（展示）",
        "plain": "普通订单",
        "threshold_product": "989 元商品",
        "gift": "异地送礼",
        "moved": "搬家",
        "family_payer": "家庭共用付款",
        "family_tablet": "家庭共用平板",
        "comes_back": "回头再买",
        "virtual_number_owner": "虚拟号用户",
        "last_units": "最后几件",
        "office": "办公楼",
        "parcel_locker": "快递柜",
        "dormitory": "宿舍",
        "bulk_registrations": "活动集中注册",
        "campus": "校园网",
        "mobile_carrier": "运营商网段",
        "live_stream": "直播间",
        "home_for_the_holidays": "放假回家",
        "checkout_fault": "支付页面故障",
        "company_payer": "公司代付",
        "group_buyer": "帮朋友团购",
        "counter_device": "柜台设备",
        "last_call": "直播清仓",
        "stale_stock": "库存数未更新",
        "operator_campaign": "运营商一元活动",
        "school_class": "班级统一购买",
    },
    severities=dict(zip(Severity, ("提示", "低", "中", "高", "严重"), strict=True)),
)

BY_LANGUAGE = {"en": EN, "zh": ZH}


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the locale asks for, English for any that is not here."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.startswith("zh") else "en"
    return "en"
