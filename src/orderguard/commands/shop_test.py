"""What one shop's connection looks like from here: heard, listed, and asked just now."""

from enum import StrEnum

from msgspec import Struct

from orderguard.app import calls, channel, feeds
from orderguard.commands.shop_settings import secret_fault
from orderguard.domain.calls import ChannelMemory
from orderguard.domain.ports import ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.errors import PlatformFailure
from orderguard.flows.calls import Platforms
from orderguard.flows.sender_faults import sender_faults
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


async def tried(shop: ShopConfig, heard: SenderRecord, memory: ChannelMemory) -> list[Found]:
    found = [_secret(shop), _heard(heard)]
    found += [
        Found(State.FAULT, "signatures", f"{fault.found} {fault.mend}")
        for fault in sender_faults([heard])
    ]
    if (connection := heard.connection) and connection.failure:
        found.append(Found(State.FAULT, "connection", connection.failure))
    if shop.channel in feeds():
        found.append(_feed(shop, heard))
    found.append(await _asked(shop, memory))
    return found


def _secret(shop: ShopConfig) -> Found:
    known = channel(shop.channel)
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


def _feed(shop: ShopConfig, heard: SenderRecord) -> Found:
    feed = feeds()[shop.channel]
    if feed.is_off(shop):
        return Found(State.OK, "feed", "switched off by the shop's settings, so we do not connect")
    if not feed.is_ready(shop):
        return Found(State.FAULT, "feed", "settings are missing, so we do not connect")
    is_connected = heard.connection.is_connected if heard.connection else None
    if is_connected:
        return Found(State.OK, "feed", "connected")
    return Found(State.UNKNOWN, "feed", "not connected, or the server does not run")


async def _asked(shop: ShopConfig, memory: ChannelMemory) -> Found:
    """One call, the cheapest there is."""
    platforms = Platforms(offered=calls(), memory=memory, clock=SystemClock())
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
