import asyncio
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import click
import msgspec

from orderguard.app import Installation, calls, channel, channels, feeds
from orderguard.commands.options import Name, data_option, json_option, print_json, print_rows
from orderguard.commands.shop_settings import settings_of
from orderguard.domain.ports import ShopConfig
from orderguard.domain.senders import Connection, SenderRecord
from orderguard.errors import BadInput, UnknownShop
from orderguard.flows.sender_faults import sender_faults
from orderguard.flows.shop_desk import webhook_path
from orderguard.flows.shop_settings import changed_shop, fresh_secret, new_shop
from orderguard.flows.shop_test import Known, State, tried
from orderguard.kit.clock import rfc3339

_COLUMNS = (
    *("NAME", "CHANNEL", "WEBHOOK", "SECRETS", "SETTINGS", "LAST EVENT", "LAG", "REFUSED"),
    *("DETAILS", "GAPS", "PROBLEM"),
)

_channel_option = click.option("--channel", "channel_name", required=True, help="Its channel.")
_secret_option = click.option("--secret", help="Its secret; a fresh one unless given.")
_set_option = click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="What the channel needs to know; KEY=@FILE reads the value from a file.",
)


@click.group("shop")
def command() -> None:
    """Add, list and test shops, change their settings and secrets."""


@command.command("add")
@click.argument("name", type=Name())
@_channel_option
@_secret_option
@_set_option
@data_option
@json_option
def add(
    *,
    name: str,
    channel_name: str,
    secret: str | None,
    pairs: tuple[str, ...],
    data: Path,
    as_json: bool,
) -> None:
    """Add a shop, and print where its channel shall send webhooks and the secret to sign them.

    A channel that needs more than a secret says what, and where it stands on the platform's pages.
    """
    shop = new_shop(channel(channel_name), name, secret, settings_of(pairs))
    with closing(Installation(data).open_control()) as control:
        control.shop_add(shop)
    _print_shop(shop, as_json=as_json)


@command.command("set")
@click.argument("name", type=Name())
@_channel_option
@_set_option
@data_option
def change(*, name: str, channel_name: str, pairs: tuple[str, ...], data: Path) -> None:
    """Change settings of a shop; an empty value takes one away.

    Its secret is changed by `rotate-secret`.
    """
    known = channel(channel_name)
    with closing(Installation(data).open_control()) as control:
        control.shop_change(
            channel_name, name, lambda shop: changed_shop(known, shop, settings_of(pairs))
        )


@command.command("rotate-secret")
@click.argument("name", type=Name())
@_channel_option
@_secret_option
@data_option
@json_option
def rotate(*, name: str, channel_name: str, secret: str | None, data: Path, as_json: bool) -> None:
    """Give a shop a new secret; the former one stays valid until the next time."""
    fresh = fresh_secret(channel(channel_name), secret)
    with closing(Installation(data).open_control()) as control:
        shop = control.shop_rotate(channel_name, name, fresh)
    _print_shop(shop, as_json=as_json)


@command.command("test")
@click.argument("name", type=Name())
@click.option("--channel", "channel_name", help="Its channel, where two have the name.")
@data_option
@json_option
def test(*, name: str, channel_name: str | None, data: Path, as_json: bool) -> None:
    """Say of one shop whether it is heard, and whether its platform answers a call now.

    Exit 1 where something is wrong.
    """
    with closing(Installation(data).open_control()) as control:
        shop = _named(control.all(), name, channel_name)
        senders = {(one.channel, one.shop): one for one in control.senders.load()}
        known = Known(channels(), calls(), feeds(), control.memory)
        found = asyncio.run(tried(shop, _heard(shop, senders), known))
    if as_json:
        items = [{"state": one.state, "what": one.what, "said": one.said.en} for one in found]
        print_json({"items": items})
    else:
        print_rows([(one.state, one.what, one.said.en) for one in found])
    if any(one.state is State.FAULT for one in found):
        raise SystemExit(1)


@command.command("list")
@data_option
@json_option
def show(*, data: Path, as_json: bool) -> None:
    """List all shops, without their secrets, and what the server heard of each.

    It saves that every few seconds. REFUSED are the calls since the last event whose signature was
    not accepted; `orderguard doctor` says how to mend a PROBLEM.
    """
    with closing(Installation(data).open_control()) as control:
        shops, records = control.all(), control.senders.load()
    senders = {(one.channel, one.shop): one for one in records}
    heard = [_heard(shop, senders) for shop in shops]
    if as_json:
        print_json({"items": list(map(_shop_json, shops, heard))})
    else:
        print_rows([_COLUMNS, *map(_row, shops, heard)])


def _print_shop(shop: ShopConfig, *, as_json: bool) -> None:
    secret = shop.secrets[0]
    if as_json:
        place = {"shop": shop.shop, "channel": shop.channel}
        print_json({**place, "webhook": webhook_path(shop), "secret": secret})
    else:
        print_rows([("webhook", webhook_path(shop)), ("secret", secret)])


def _named(shops: Iterable[ShopConfig], name: str, channel_name: str | None) -> ShopConfig:
    found = [one for one in shops if one.shop == name and channel_name in (None, one.channel)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(
            f"{len(found)} channels have a shop {name}.",
            hint=f"Say --channel: {', '.join(one.channel for one in found)}.",
        )
    where = f" on {channel_name}" if channel_name else ""
    raise UnknownShop(f"There is no shop {name}{where}.", hint="`orderguard shop list` names all.")


def _heard(shop: ShopConfig, senders: Mapping[tuple[str, str], SenderRecord]) -> SenderRecord:
    unheard = SenderRecord(channel=shop.channel, shop=shop.shop)
    return senders.get((shop.channel, shop.shop), unheard)


def _problems(heard: SenderRecord) -> list[str]:
    return [one.short for one in sender_faults([heard])]


def _shop_json(shop: ShopConfig, heard: SenderRecord) -> dict[str, object]:
    return {
        "shop": shop.shop,
        "channel": shop.channel,
        "webhook": webhook_path(shop),
        "secrets": len(shop.secrets),
        "settings": sorted(shop.settings),
        "last_event": rfc3339(heard.event_ms) if heard.event_ms else None,
        "refused": {str(fault): count for fault, count in heard.refused.items()},
        "last_refused": rfc3339(heard.refused_ms) if heard.refused_ms else None,
        "problems": _problems(heard),
        "lag_ms": heard.lag_ms,
        "connection": msgspec.to_builtins(heard.connection),
    }


def _row(shop: ShopConfig, heard: SenderRecord) -> tuple[str, ...]:
    return (
        shop.shop,
        shop.channel,
        webhook_path(shop),
        str(len(shop.secrets)),
        ", ".join(sorted(shop.settings)) or "-",
        rfc3339(heard.event_ms) if heard.event_ms else "never",
        f"{heard.lag_ms / 1000:.1f} s" if heard.event_ms else "-",
        str(heard.refused_count),
        _details(heard.connection),
        _gaps(heard),
        ", ".join(_problems(heard)) or "-",
    )


def _details(connection: Connection | None) -> str:
    """Those that are waited for, and those that could not be had."""
    if connection is None:
        return "-"
    failed = f", {connection.details_failed} failed" if connection.details_failed else ""
    return f"{connection.details_waiting} waiting{failed}"


def _gaps(heard: SenderRecord) -> str:
    connection = heard.connection
    if connection is None or not connection.listed_ms:
        return f"{heard.gaps} seen" if heard.gaps else "-"
    return f"{connection.gaps_found} found, {connection.gaps_mended} mended"
