"""What one shop's connection looks like from here: heard, listed, and asked just now."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from orderguard.domain.calls import Calls, ChannelMemory
from orderguard.domain.feeds import Feed
from orderguard.domain.ports import Channel, ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.errors import PlatformFailure
from orderguard.flows.calls import Platforms
from orderguard.flows.sender_faults import sender_faults
from orderguard.flows.shop_settings import secret_fault
from orderguard.kit.clock import SystemClock, rfc3339


class State(StrEnum):
    OK = "ok"
    FAULT = "FAULT"
    UNKNOWN = "-"


class Found(Struct, frozen=True):
    """One thing that was looked at, how it stands, and what to do."""

    state: State
    what: str
    said: str


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
        Found(State.FAULT, "signatures", f"{fault.found} {fault.mend}")
        for fault in sender_faults([heard])
    ]
    if (connection := heard.connection) and connection.failure:
        found.append(Found(State.FAULT, "connection", connection.failure))
    if feed := known.feeds.get(shop.channel):
        found.append(_feed(shop, heard, feed))
    found.append(await _asked(shop, known))
    return found


def _secret(shop: ShopConfig, known: Channel) -> Found:
    for secret in shop.secrets:
        if fault := secret_fault(known, secret):
            return Found(State.FAULT, "secret", f"it cannot sign: {fault}")
    if fault := known.fault(shop):
        return Found(State.FAULT, "settings", fault)
    return Found(State.OK, "settings", "complete")


def _heard(heard: SenderRecord) -> Found:
    if heard.event_ms:
        said = (
            f"last event {rfc3339(heard.event_ms)}, {heard.lag_ms / 1000:.1f} s after it happened"
        )
        return Found(State.OK, "events", said)
    return Found(State.UNKNOWN, "events", "none yet: send a test push from the platform's page")


def _feed(shop: ShopConfig, heard: SenderRecord, feed: Feed) -> Found:
    if feed.is_off(shop):
        return Found(State.OK, "feed", "switched off by the shop's settings, so we do not connect")
    if not feed.is_ready(shop):
        return Found(State.FAULT, "feed", "settings are missing, so we do not connect")
    is_connected = heard.connection.is_connected if heard.connection else None
    if is_connected:
        return Found(State.OK, "feed", "connected")
    return Found(State.UNKNOWN, "feed", "not connected, or the server does not run")


async def _asked(shop: ShopConfig, known: Known) -> Found:
    """One call, the cheapest there is."""
    platforms = Platforms(offered=known.calls, memory=known.memory, clock=SystemClock())
    offered = platforms.calls(shop)
    if offered is None:
        said = "this channel is only listened to, or the settings for calls are not given"
        return Found(State.UNKNOWN, "calls", said)
    try:
        await platforms.ask(
            shop, offered.probe, lambda reply, _: offered.read_probe(reply), attempts=1
        )
    except PlatformFailure as error:
        return Found(State.FAULT, "calls", str(error))
    finally:
        await platforms.close()
    return Found(State.OK, "calls", "the platform answers")
