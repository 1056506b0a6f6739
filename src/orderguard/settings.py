"""Every setting, with its default, its limit and its help, in English and, `zh`, in Chinese.

They stand in `orderguard.toml` of the data folder, one table a section; a variable such as
`ORDERGUARD_SERVER_PORT` goes before the file. `settings_file.py` reads and writes it.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

FILE_NAME = "orderguard.toml"
ENVIRONMENT_PREFIX = "ORDERGUARD_"
ACTIONS = "actions"
"""The tables `[actions.NAME]`: one for each action that is connected."""


class ServerSettings(Struct, frozen=True, kw_only=True):
    """Where the server listens."""

    zh: ClassVar[str] = "服务器在哪里监听。"

    host: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=253,
            description="The address to listen on. Other machines reach only 0.0.0.0 or an own one;"
            " put a proxy with TLS before it then.",
            extra={
                "zh": "监听的地址。其他机器只能访问 0.0.0.0 或本机的对外地址；"
                "这时前面要放一个带 TLS 的代理。"
            },
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="The port; 0 takes any free one.",
            extra={"zh": "端口；0 表示任选一个空闲的。"},
        ),
    ] = 8460


class RespondSettings(Struct, frozen=True, kw_only=True):
    """What may happen outside."""

    zh: ClassVar[str] = "对外可以做什么。"

    mode: Annotated[
        Literal["shadow", "live"],
        Meta(
            description="`shadow` only watches: steps are recorded as they would have been."
            " `live` runs them. Read at start.",
            extra={
                "zh": "`shadow` 只观察：各步骤只记录本来会怎样执行。`live` 真正执行。启动时读取。"
            },
        ),
    ] = "shadow"
    public_url: Annotated[
        str,
        Meta(
            max_length=500,
            pattern=r"^(https?://[^\s?#]+)?\Z",
            description="Where buyers and colleagues reach this server from outside, such as"
            " https://guard.example.com; without it messages carry no links.",
            extra={
                "zh": "买家和同事从外面访问本服务器的地址，如 https://guard.example.com；"
                "不填则消息里没有链接。"
            },
        ),
    ] = ""


class IntakeSettings(Struct, frozen=True, kw_only=True):
    """How much senders may send at once; beyond it they are told to come back (503)."""

    zh: ClassVar[str] = "发送方一次可以送多少；超出时请它稍后再来（503）。"

    queue_entries_max: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="Events that may wait for the log.",
            extra={"zh": "可以等待写入日志的事件数。"},
        ),
    ] = 20_000
    queue_bytes_max: Annotated[
        int,
        Meta(
            ge=1_048_576,
            le=4_294_967_296,
            description="Their bytes together.",
            extra={"zh": "这些事件合计的字节数。"},
        ),
    ] = 64 * 1024 * 1024
    retry_after_s: Annotated[
        int,
        Meta(
            ge=1,
            le=3_600,
            description="After how many seconds senders shall come back.",
            extra={"zh": "让发送方过多少秒再来。"},
        ),
    ] = 1
    body_s_max: Annotated[
        float,
        Meta(
            ge=0.1,
            le=300,
            description="Seconds that a sender has to send a whole message.",
            extra={"zh": "发送方送完一条消息最多用的秒数。"},
        ),
    ] = 10.0
    bodies_parallel_max: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="Messages that may arrive piece by piece at once.",
            extra={"zh": "可以同时分段到达的消息数。"},
        ),
    ] = 64


class ScreenSettings(Struct, frozen=True, kw_only=True):
    """How storefronts ask before they accept an order."""

    zh: ClassVar[str] = "店面在接单之前怎样询问。"

    storefronts: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[A-Za-z0-9.*:\[\]-]+( |$))*$",
            max_length=4_096,
            description="The origins whose pages may show a challenge in a frame, with spaces"
            " between them, such as `https://shop.example`. Pages of this server always may.",
            extra={
                "zh": "哪些来源的页面可以嵌入验证，用空格隔开，如 `https://shop.example`。"
                "本服务器的页面总是可以。"
            },
        ),
    ] = ""
    asks_per_s_max: Annotated[
        float,
        Meta(
            ge=1,
            le=100_000,
            description="Questions a second of one shop, and of one token; who asks more often is"
            " challenged. Five times as many may come at once.",
            extra={
                "zh": "每个店铺、每个令牌每秒可以问多少次；问得更多的会收到验证。允许瞬时达到五倍。"
            },
        ),
    ] = 100.0
    codes_per_hour_max: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="One-time codes an hour that are sent to buyers who would rather type one"
            " than slide; each costs a text message. 0 offers none.",
            extra={
                "zh": "买家不想滑动时，每小时最多发多少条验证码短信；"
                "每条都有短信费用。0 表示不提供。"
            },
        ),
    ] = 300
    answer_s_max: Annotated[
        float,
        Meta(
            ge=0.01,
            le=60,
            description="Seconds after which the answer is `allow`, and that nothing was checked.",
            extra={"zh": "超过多少秒就回答 `allow`，并说明没有检查。"},
        ),
    ] = 1.0


class StateSettings(Struct, frozen=True, kw_only=True):
    """What the engine keeps of orders, buyers and windows."""

    zh: ClassVar[str] = "引擎保存订单、买家和窗口的方式。"

    checkpoint_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=600,
            description="Seconds between two saves of what changed. After a crash, what came since"
            " the last save is folded again from the log: nothing is lost.",
            extra={"zh": "两次保存之间的秒数。崩溃以后，上次保存之后的内容按日志重算：不会丢失。"},
        ),
    ] = 2.0
    cached_max: Annotated[
        int,
        Meta(
            ge=1_000,
            le=100_000_000,
            description="Values that a table may hold in memory; beyond them the least recently"
            " used are read from the disk again.",
            extra={"zh": "一张表最多在内存里放多少个值；超出时，最久没用的再从磁盘读取。"},
        ),
    ] = 2_000_000


class LibrarySettings(Struct, frozen=True, kw_only=True):
    """Which rules judge."""

    zh: ClassVar[str] = "由哪些规则判断。"

    preset: Annotated[
        str,
        Meta(
            pattern="^[a-z][a-z0-9_]*$",
            max_length=64,
            description="A file of library/presets without its ending; it names the packs that are"
            " switched on.",
            extra={"zh": "library/presets 里的文件名，不带扩展名；它列出启用的规则包。"},
        ),
    ] = "standard"


class RepairSettings(Struct, frozen=True, kw_only=True):
    """How platforms are asked for what their pushes lost."""

    zh: ClassVar[str] = "怎样向平台补取推送漏掉的内容。"

    every_s: Annotated[
        float,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds between two looks through a shop's list of changed orders, where"
            " its platform has one.",
            extra={"zh": "平台有变更订单列表时，两次查看之间的秒数。"},
        ),
    ] = 120.0
    overlap_s: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description="Seconds before the last look that are read again.",
            extra={"zh": "从上次查看往前多少秒再读一遍。"},
        ),
    ] = 300.0
    settle_s: Annotated[
        float,
        Meta(
            ge=0,
            le=3_600,
            description="Seconds before now that are left alone: their pushes may be on the way.",
            extra={"zh": "最近多少秒不查：推送可能还在路上。"},
        ),
    ] = 20.0
    first_s: Annotated[
        float,
        Meta(
            ge=0,
            le=15_552_000,
            description="Seconds back that are read when a shop is new.",
            extra={"zh": "新店铺往回读多少秒。"},
        ),
    ] = 86_400.0


def _before(what: str, what_zh: str, most: float = 1_000_000) -> Meta:
    return Meta(
        ge=-1,
        le=most,
        description=f"{what}; -1 while it is not known.",
        extra={"zh": f"{what_zh}；不知道时写 -1。"},
    )


class ResultsSettings(Struct, frozen=True, kw_only=True):
    """How things were before OrderGuard, in the merchant's own figures, for the results."""

    zh: ClassVar[str] = "使用 OrderGuard 之前的情况：商家自己的数字，用于效果对比。"

    before_recognised_percent: Annotated[
        float, _before("Of anomalous orders, found", "异常订单中识别出的占比（%）", 100)
    ] = -1
    before_person_percent: Annotated[
        float, _before("Of orders, looked at by a person", "由人查看的订单占比（%）", 100)
    ] = -1
    before_handling_minutes: Annotated[
        float, _before("From needing a person to decided", "从需要人处理到作出决定的分钟数")
    ] = -1
    before_complaints_percent: Annotated[
        float, _before("Of orders, with a complaint", "有投诉的订单占比（%）", 100)
    ] = -1
    before_anomalies_percent: Annotated[
        float, _before("Of orders, anomalous", "异常订单占比（%）", 100)
    ] = -1
    before_action_seconds: Annotated[
        float, _before("From an event to an action", "从事件到动作的秒数")
    ] = -1
    before_repeats_per_100_orders: Annotated[
        float, _before("Repeated enquiries", "每 100 单的重复咨询次数")
    ] = -1
    before_pace_per_hour: Annotated[
        float, _before("Orders decided by one person", "一个人每小时处理的订单数")
    ] = -1
    before_wrong_percent: Annotated[
        float, _before("Of decided orders, wrongly", "已处理的订单中判断错误的占比（%）", 100)
    ] = -1
    before_wrong_locks_per_100_orders: Annotated[
        float, _before("Unit-minutes locked wrongly", "每 100 单误锁库存的件·分钟数")
    ] = -1

    def given(self) -> dict[str, float]:
        """The measures that are known, by name, in the units in which they are counted."""
        found = {
            "recognised": self.before_recognised_percent / 100,
            "person": self.before_person_percent / 100,
            "handling": self.before_handling_minutes * 60,
            "complaints": self.before_complaints_percent / 100,
            "anomalies": self.before_anomalies_percent / 100,
            "action": self.before_action_seconds * 1_000,
            "repeats": self.before_repeats_per_100_orders,
            "pace": self.before_pace_per_hour,
            "wrong": self.before_wrong_percent / 100,
            "wrong_locks": self.before_wrong_locks_per_100_orders,
        }
        return {name: value for name, value in found.items() if value >= 0}


class Settings(Struct, frozen=True, kw_only=True):
    """All of them."""

    server: ServerSettings = ServerSettings()
    respond: RespondSettings = RespondSettings()
    intake: IntakeSettings = IntakeSettings()
    screen: ScreenSettings = ScreenSettings()
    state: StateSettings = StateSettings()
    library: LibrarySettings = LibrarySettings()
    repair: RepairSettings = RepairSettings()
    results: ResultsSettings = ResultsSettings()
