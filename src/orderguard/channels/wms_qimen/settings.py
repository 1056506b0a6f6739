"""What a warehouse's shop is told of by a person, and what is made of it."""

import re
from collections.abc import Mapping

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.channels.wms_qimen.steps import PROCESS, STEPS
from orderguard.domain.connecting import ShopSetting
from orderguard.domain.events import EventType
from orderguard.domain.ports import ShopConfig
from orderguard.errors import BadInput

DEFAULT_URL = "https://qimen.api.taobao.com/router/qimen/service"
WINDOW_MINUTES_MAX = 10_080
"""A week: a warehouse that signs once and sends for days."""

_SHOP = re.compile(r"[a-z0-9_-]+/[^/,\s]+")
_STEP = re.compile(r"([A-Za-z0-9_]{1,50})=([a-z_]+)")
KEPT, LEFT_OUT = "kept", "left_out"


def _setting(
    name: str, zh: tuple[str, str], en: tuple[str, str], *, default: str = "", **flags: bool
) -> ShopSetting:
    return ShopSetting(
        name=name,
        title={"zh": zh[0], "en": en[0]},
        help={"zh": zh[1], "en": en[1]},
        default=default,
        is_required=flags.get("is_required", False),
        is_secret=flags.get("is_secret", False),
        signs=flags.get("signs", False),
    )


SETTINGS: tuple[ShopSetting, ...] = (
    _setting(
        "app_secret",
        ("App Secret", "淘宝开放平台控制台 › 应用管理 › 应用证书"),
        ("App secret", "Taobao open platform console › the application › its certificate"),
        is_required=True,
        is_secret=True,
        signs=True,
    ),
    _setting(
        "orders_of",
        ("替哪些店铺发货", "渠道/店铺，多个用逗号隔开，例如 tmall/flagship,jd/main"),
        ("Shops it ships for", "channel/shop, with commas between: tmall/flagship,jd/main"),
        is_required=True,
    ),
    _setting(
        "app_key",
        ("App Key", "同一页；填写后只接受这个应用的推送，调用仓库时必填"),
        ("App key", "On the same page. Given, only this app's pushes are taken; calls need it"),
    ),
    _setting(
        "customer_id",
        ("customerId", "奇门控制台里仓库对应的货主；填写后只接受这个货主的推送，调用仓库时必填"),
        (
            "customerId",
            "As the Qimen console has it. Given, only its pushes are taken; calls need it",
        ),
    ),
    _setting(
        "code_prefix",
        ("单号前缀", "您的系统加在平台订单号前面、仓库原样带回的前缀，例如 SO-"),
        ("Prefix of codes", "What your system puts before the platform's order number: SO-"),
    ),
    _setting(
        "window_minutes",
        ("时间戳容差（分钟）", "推送的 timestamp 与本机时钟最多相差多少；0 表示不检查"),
        ("Timestamp window, minutes", "How far a push's timestamp may be off; 0 looks at none"),
        default="10",
    ),
    ShopSetting(
        name="empty_values",
        title={"zh": "空值参数", "en": "Empty parameters"},
        help={
            "zh": "签名时空值参数是否参与拼接：官方算法参与，部分自定义场景不参与（left_out）",
            "en": "Whether empty values have their place in the signed text: the official code"
            " keeps them, some custom scenes leave them out",
        },
        is_required=False,
        default=KEPT,
        choices=(KEPT, LEFT_OUT),
    ),
    _setting(
        "process_map",
        ("流水状态对应", "仓库的流水状态另有含义时填写，例如 PRINT=picked,WEIGH=unknown"),
        (
            "Process statuses",
            "Where the warehouse means something else: PRINT=picked,WEIGH=unknown",
        ),
    ),
    _setting(
        "warehouse_code",
        ("仓库编码", "调用仓库时的 warehouseCode；统仓统配填 OTHER"),
        ("Warehouse code", "The warehouseCode of our calls; OTHER where none has to be named"),
        default="OTHER",
    ),
    _setting(
        "owner_code",
        ("货主编码", "调用仓库时的 ownerCode，仓库要求时填写"),
        ("Owner code", "The ownerCode of our calls, where the warehouse wants one"),
    ),
    _setting(
        "order_type",
        ("单据类型", "调用仓库时的 orderType；一般交易出库是 JYCK"),
        ("Order type", "The orderType of our calls; JYCK is an ordinary sale"),
        default="JYCK",
    ),
    _setting(
        "api_url",
        ("奇门网关地址", "正式环境不用改；测试环境填沙箱地址"),
        ("Address of the gateway", "Leave it, unless a sandbox is to be called"),
        default=DEFAULT_URL,
    ),
)

_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


class Usage(Struct, frozen=True, kw_only=True):
    """How one warehouse writes, and of whom."""

    about: tuple[tuple[str, str], ...]
    code_prefix: str
    steps: Mapping[str, EventType]
    """By processStatus."""

    def order_id(self, code: str) -> str:
        """The platform's order number in a code that the merchant's system gave."""
        return code.removeprefix(self.code_prefix) or code


def value(shop: ShopConfig, name: str) -> str:
    """As it was given, else its default."""
    return shop.settings.get(name) or _DEFAULTS[name]


def usage(shop: ShopConfig) -> Usage:
    """Raise BadInput for settings that cannot be read."""
    return Usage(
        about=_shops(value(shop, "orders_of")),
        code_prefix=value(shop, "code_prefix"),
        steps={**PROCESS, **_steps(value(shop, "process_map"))},
    )


def window_ms(shop: ShopConfig) -> int:
    """How far a timestamp may be off; 0 where it is not looked at. Raise BadInput."""
    written = value(shop, "window_minutes")
    if not (written.isascii() and written.isdigit() and int(written[:6]) <= WINDOW_MINUTES_MAX):
        raise BadInput(
            Bilingual("`window_minutes` is no number of minutes.", "`window_minutes` 不是分钟数。"),
            hint=Bilingual(
                f"Give one from 0 to {WINDOW_MINUTES_MAX}; 0 does not look at timestamps.",
                f"请填 0 到 {WINDOW_MINUTES_MAX} 的整数；0 表示不检查时间戳。",
            ),
        )
    return int(written) * 60_000


def _shops(written: str) -> tuple[tuple[str, str], ...]:
    named = [name.strip() for name in written.split(",") if name.strip()]
    if not named or not all(_SHOP.fullmatch(name) for name in named):
        raise BadInput(
            Bilingual(
                "`orders_of` does not name the shops that the warehouse ships for.",
                "`orders_of` 没有写明仓库为哪些店铺发货。",
            ),
            hint=Bilingual(
                "Write channel/shop, with commas between: tmall/flagship,jd/main.",
                "请写成“渠道/店铺”，多个用逗号隔开：tmall/flagship,jd/main。",
            ),
        )
    return tuple((channel, shop) for channel, _, shop in (name.partition("/") for name in named))


def _steps(written: str) -> dict[str, EventType]:
    told: dict[str, EventType] = {}
    for pair in filter(None, map(str.strip, written.split(","))):
        match = _STEP.fullmatch(pair)
        if match is None or match.group(2) not in STEPS:
            raise BadInput(
                Bilingual(
                    f"`process_map` has {pair!r}, which names no step.",
                    f"`process_map` 里的 {pair!r} 没有写明环节。",
                ),
                hint=Bilingual(
                    f"Write STATUS=STEP, with commas between; steps are {', '.join(STEPS)}.",
                    f"请写成“状态=环节”，多个用逗号隔开；可用的环节：{'、'.join(STEPS)}。",
                ),
            )
        told[match.group(1).upper()] = STEPS[match.group(2)]
    return told
