"""What one shop's connection looks like from here: heard, listed, and asked just now."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from orderguard.bilingual import Bilingual, both
from orderguard.domain.calls import Calls, ChannelMemory
from orderguard.domain.feeds import Feed
from orderguard.domain.ports import Channel, ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.errors import PlatformFailure
from orderguard.flows.calls import Platforms
from orderguard.flows.sender_faults import sender_faults
from orderguard.flows.shop_settings import secret_fault
from orderguard.kit.clock import SystemClock, rfc3339

_SWITCHED_OFF = Bilingual(
    "switched off by the shop's settings, so we do not connect", "店铺设置里已关闭，因此不连接"
)
_INCOMPLETE = Bilingual("settings are missing, so we do not connect", "设置不全，因此不连接")
_NOT_CONNECTED = Bilingual("not connected, or the server does not run", "未连接，或服务器没有运行")
_NOT_ASKED = Bilingual(
    "this channel is only listened to, or the settings for calls are not given",
    "这个渠道只接收推送，或没有填写调用接口的设置",
)


class State(StrEnum):
    OK = "ok"
    FAULT = "FAULT"
    UNKNOWN = "-"


class Found(Struct, frozen=True):
    """One thing that was looked at, how it stands, and what to do."""

    state: State
    what: str
    said: Bilingual


class Known(Struct, frozen=True):
    """The channels, what can be asked of them, how we connect to them, and what they remember."""

    channels: Mapping[str, Channel]
    calls: Mapping[str, Calls]
    feeds: Mapping[str, Feed]
    memory: ChannelMemory


async def tried(shop: ShopConfig, heard: SenderRecord, known: Known) -> list[Found]:
    """Each thing that was looked at; the platform is asked once."""
    found = [_secret(shop, known.channels[shop.channel]), _heard(heard)]
    found += [
        Found(
            State.FAULT,
            "signatures",
            Bilingual(
                f"{fault.found.en} {fault.mend.en}",
                f"{fault.found.zh}{fault.mend.zh}",
            ),
        )
        for fault in sender_faults([heard])
    ]
    if (connection := heard.connection) and connection.failure:
        found.append(Found(State.FAULT, "connection", both(connection.failure)))
    if feed := known.feeds.get(shop.channel):
        found.append(_feed(shop, heard, feed))
    found.append(await _asked(shop, known))
    return found


def _secret(shop: ShopConfig, known: Channel) -> Found:
    for secret in shop.secrets:
        if fault := secret_fault(known, secret):
            said = Bilingual(f"it cannot sign: {fault.en}", f"不能签名：{fault.zh}")
            return Found(State.FAULT, "secret", said)
    if wrong := known.fault(shop):
        return Found(State.FAULT, "settings", wrong)
    return Found(State.OK, "settings", Bilingual("complete", "齐全"))


def _heard(heard: SenderRecord) -> Found:
    if heard.event_ms:
        at, lag_s = rfc3339(heard.event_ms), heard.lag_ms / 1000
        said = Bilingual(
            f"last event {at}, {lag_s:.1f} s after it happened",
            f"最近的事件收到于 {at}，在发生后 {lag_s:.1f} 秒",
        )
        return Found(State.OK, "events", said)
    said = Bilingual(
        "none yet: send a test push from the platform's page",
        "还没有：请在平台页面发一次测试推送",
    )
    return Found(State.UNKNOWN, "events", said)


def _feed(shop: ShopConfig, heard: SenderRecord, feed: Feed) -> Found:
    if feed.is_off(shop):
        return Found(State.OK, "feed", _SWITCHED_OFF)
    if not feed.is_ready(shop):
        return Found(State.FAULT, "feed", _INCOMPLETE)
    is_connected = heard.connection.is_connected if heard.connection else None
    if is_connected:
        return Found(State.OK, "feed", Bilingual("connected", "已连接"))
    return Found(State.UNKNOWN, "feed", _NOT_CONNECTED)


async def _asked(shop: ShopConfig, known: Known) -> Found:
    """One call, the cheapest there is."""
    platforms = Platforms(offered=known.calls, memory=known.memory, clock=SystemClock())
    offered = platforms.calls(shop)
    if offered is None:
        return Found(State.UNKNOWN, "calls", _NOT_ASKED)
    try:
        await platforms.ask(
            shop, offered.probe, lambda reply, _: offered.read_probe(reply), attempts=1
        )
    except PlatformFailure as error:
        return Found(State.FAULT, "calls", error.whole)
    finally:
        await platforms.close()
    return Found(State.OK, "calls", Bilingual("the platform answers", "平台有应答"))
