"""The merchant's shops: how each is heard, and what connects one. An admin alone changes them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Administrator, signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Context, Given
from orderguard.api.reader import Reader
from orderguard.api.shop_shapes import (
    ChannelPage,
    ShopAdded,
    ShopCoverage,
    ShopPage,
    ShopState,
    ShopTest,
)
from orderguard.bilingual import Bilingual, Language, both
from orderguard.domain.connecting import ShopSetting
from orderguard.domain.entries import StoppableKind
from orderguard.domain.library import Library
from orderguard.domain.ports import Channel, ShopConfig
from orderguard.domain.senders import Connection, SenderRecord
from orderguard.errors import BadInput
from orderguard.flows.coverage import cannot_fire
from orderguard.flows.present import Json
from orderguard.flows.sender_faults import sender_faults
from orderguard.flows.shop_desk import ShopDesk, webhook_path
from orderguard.flows.shop_test import State
from orderguard.kit.clock import rfc3339

SETTINGS_MAX = 50
VALUE_CHARACTERS_MAX = 65_536
SECRET_CHARACTERS_MAX = 8_192

router = APIRouter(tags=["shops"], dependencies=[Depends(signed_in)])

Name = Annotated[str, Field(pattern=r"^[^\s/\\]{1,100}$", description="Without spaces and slashes")]
Secret = Annotated[str | None, Field(min_length=1, max_length=SECRET_CHARACTERS_MAX)]
Values = Annotated[
    dict[str, Annotated[str, Field(max_length=VALUE_CHARACTERS_MAX)]],
    Field(max_length=SETTINGS_MAX),
]
_STATES = {State.OK: "ok", State.FAULT: "fault", State.UNKNOWN: "unknown"}


class ShopRequest(BaseModel):
    """`secret` signs what is pushed; without one, a fresh one is made where the channel allows."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(max_length=100)]
    shop: Name
    secret: Secret = None
    settings: Values = {}


class RotateRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    secret: Secret = None


class SettingsRequest(BaseModel):
    """An empty value takes a setting away; those that are not named stay."""

    model_config = ConfigDict(extra="forbid")

    settings: Values


@router.get("/channels", response_model=ChannelPage)
async def show_channels(context: Given) -> Response:
    """The channels that shops may be on, what each needs, and the steps that connect one."""
    desk = _desk(context)
    items = [_channel_json(desk, one) for one in desk.channels]
    return answer({"items": items, "next_cursor": None})


@router.get("/shops", response_model=ShopPage)
async def show_shops(context: Given, reader: Reader) -> Response:
    """All shops, and what was heard of each. Nothing secret is told."""
    found = [_shop_json(context, *one, reader) for one in _desk(context).all()]
    return answer({"items": found, "next_cursor": None})


@router.post("/shops", response_model=ShopAdded, status_code=201)
async def add_shop(
    context: Given, _account: Administrator, reader: Reader, wanted: ShopRequest
) -> Response:
    """Add a shop. It is heard from now on; a secret that was made here is told this once."""
    desk = _desk(context)
    if wanted.shop in {".", ".."}:
        raise BadInput(
            Bilingual("This is no name.", "这不是名称。"),
            hint=Bilingual("Write a word.", "请写一个词。"),
        )
    shop = await desk.add(wanted.channel, wanted.shop, wanted.secret, wanted.settings)
    signing = next((one.name for one in desk.channel(shop.channel).settings if one.signs), "")
    is_given = wanted.secret is not None or bool(wanted.settings.get(signing, "").strip())
    return answer(_with_secret(context, shop, reader, is_given=is_given), 201)


@router.get("/shops/{channel}/{shop}", response_model=ShopState)
async def show_shop(context: Given, reader: Reader, channel: str, shop: str) -> Response:
    """One shop, as it is heard this moment."""
    return answer(_shop_json(context, *_desk(context).one(channel, shop), reader))


@router.get("/shops/{channel}/{shop}/coverage", response_model=ShopCoverage)
async def show_coverage(context: Given, channel: str, shop: str) -> Response:
    """Which rules can never hit there, because the channel never tells what they need."""
    desk = _desk(context)
    config, _ = desk.one(channel, shop)
    library = context.live.fold.engine.library
    supplies = desk.channel(config.channel).supplies
    return answer(await asyncio.to_thread(_coverage_json, library, supplies))


@router.patch("/shops/{channel}/{shop}/settings", response_model=ShopState)
async def change_settings(
    context: Given,
    _account: Administrator,
    reader: Reader,
    channel: str,
    shop: str,
    wanted: SettingsRequest,
) -> Response:
    """Change settings of a shop. They are in force when this answers."""
    desk = _desk(context)
    await desk.change(channel, shop, wanted.settings)
    return answer(_shop_json(context, *desk.one(channel, shop), reader))


@router.post("/shops/{channel}/{shop}/rotate-secret", response_model=ShopAdded)
async def rotate_secret(
    context: Given,
    _account: Administrator,
    reader: Reader,
    channel: str,
    shop: str,
    wanted: RotateRequest,
) -> Response:
    """Give a new secret, or let one be made; the former one stays valid until the next time."""
    config = await _desk(context).rotate(channel, shop, wanted.secret)
    return answer(_with_secret(context, config, reader, is_given=wanted.secret is not None))


@router.post("/shops/{channel}/{shop}/test", response_model=ShopTest)
async def try_shop(
    context: Given, _account: Administrator, reader: Reader, channel: str, shop: str
) -> Response:
    """Whether it is heard, and whether its platform answers a call now."""
    found = await _desk(context).test(channel, shop)
    items = [
        {"state": _STATES[one.state], "what": one.what, "said": one.said.told(reader)}
        for one in found
    ]
    return answer({"items": items})


def _desk(context: Context) -> ShopDesk:
    if context.desk is None:
        raise BadInput(
            Bilingual("This server's shops are not its own to show.", "这个服务器不能显示店铺。")
        )
    return context.desk


def _with_secret(context: Context, shop: ShopConfig, reader: Language, *, is_given: bool) -> Json:
    secret = None if is_given else shop.secrets[0]
    _, heard = _desk(context).one(shop.channel, shop.shop)
    return {**_shop_json(context, shop, heard, reader), "secret": secret}


def _channel_json(desk: ShopDesk, channel: Channel) -> Json:
    return {
        "name": channel.name,
        "title": channel.title,
        "settings": channel.settings,
        "makes_secret": not any(one.signs and one.is_required for one in channel.settings),
        "can_be_asked": desk.can_be_asked(channel.name),
        "is_fed": desk.is_fed(channel.name),
        "guide": desk.guides.get(channel.name, ""),
    }


def _shop_json(context: Context, shop: ShopConfig, heard: SenderRecord, reader: Language) -> Json:
    desk = _desk(context)
    channel = desk.channel(shop.channel)
    place = f"{StoppableKind.SHOP}/{shop.channel}/{shop.shop}"
    stopped = context.live.fold.tables.stopped.get(place)
    connection = heard.connection
    return {
        "channel": shop.channel,
        "shop": shop.shop,
        "title": channel.title,
        "webhook_url": f"{desk.public_url.rstrip('/')}{webhook_path(shop)}",
        "secrets": len(shop.secrets),
        "settings": [_setting_json(shop, one) for one in channel.settings if not one.signs],
        "last_event_at": _instant(heard.event_ms),
        "lag_ms": heard.lag_ms,
        "refused": {str(fault): count for fault, count in heard.refused.items()},
        "last_refused_at": _instant(heard.refused_ms),
        "problems": [
            {"short": one.short, "found": one.found.told(reader), "mend": one.mend.told(reader)}
            for one in sender_faults([heard])
        ],
        "gaps": heard.gaps,
        "connection": None if connection is None else _connection_json(connection, reader),
        "stopped_by": None if stopped is None else stopped.by,
    }


def _setting_json(shop: ShopConfig, setting: ShopSetting) -> Json:
    value = shop.settings.get(setting.name, "")
    shown = None if setting.is_secret else value or setting.default
    return {"name": setting.name, "is_set": bool(value), "value": shown}


def _connection_json(connection: Connection, reader: Language) -> Json:
    return {
        "details_waiting": connection.details_waiting,
        "details_failed": connection.details_failed,
        "listed_until": _instant(connection.listed_ms),
        "gaps_found": connection.gaps_found,
        "gaps_mended": connection.gaps_mended,
        "is_connected": connection.is_connected,
        "failure": both(connection.failure).told(reader),
    }


def _coverage_json(library: Library, supplies: frozenset[str]) -> Json:
    titles = {rule.id: rule.title for rule in library.rules}
    return {
        "rules": len(library.rules),
        "cannot_fire": [
            {"rule": one.rule, "title": titles[one.rule], "lacks": one.lacks}
            for one in cannot_fire(library, supplies)
        ],
    }


def _instant(at_ms: int) -> str | None:
    return rfc3339(at_ms) if at_ms else None
