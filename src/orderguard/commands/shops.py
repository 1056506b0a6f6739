from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import click

from orderguard.app import Installation, channel
from orderguard.commands.options import Name, data_option, json_option, print_json, print_rows
from orderguard.domain.ports import Channel, ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.errors import BadInput
from orderguard.flows.sender_faults import sender_faults
from orderguard.kit.clock import rfc3339
from orderguard.kit.signing import SECRET_PREFIX, webhook_key

SECRET_LENGTH_MAX = 512

_COLUMNS = ("NAME", "CHANNEL", "WEBHOOK", "SECRETS", "SETTINGS", "LAST EVENT", "REFUSED", "PROBLEM")

_channel_option = click.option("--channel", "channel_name", required=True, help="Its channel.")
_secret_option = click.option("--secret", help="Its secret; a fresh one unless given.")


def webhook_path(shop: ShopConfig) -> str:
    return f"/webhooks/{quote(shop.channel, safe='')}/{quote(shop.shop, safe='')}"


def secret_fault(known: Channel, secret: str) -> str | None:
    """What forbids a secret from ever signing a message of this channel."""
    if not secret.isprintable() or secret.strip() != secret:
        return "it has spaces around it, or characters that cannot be seen"
    if not 1 <= len(secret) <= SECRET_LENGTH_MAX:
        return f"it must have 1 to {SECRET_LENGTH_MAX} characters"
    if known.new_secret().startswith(SECRET_PREFIX) and not webhook_key(secret):
        return f"it must be base64, with {SECRET_PREFIX} before it"
    return None


@click.group("shop")
def command() -> None:
    """Add and list shops, change their secrets."""


@command.command("add")
@click.argument("name", type=Name())
@_channel_option
@_secret_option
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="What the channel needs.")
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
    """Add a shop, and print where its channel shall send webhooks and the secret to sign them."""
    secrets = (_secret(channel(channel_name), secret),)
    shop = ShopConfig(
        channel=channel_name, shop=name, secrets=secrets, settings=dict(map(_setting, pairs))
    )
    with closing(Installation(data).open_control()) as control:
        control.shop_add(shop)
    _print_shop(shop, as_json=as_json)


@command.command("rotate")
@click.argument("name", type=Name())
@_channel_option
@_secret_option
@data_option
@json_option
def rotate(*, name: str, channel_name: str, secret: str | None, data: Path, as_json: bool) -> None:
    """Give a shop a new secret; the former one stays valid until the next time."""
    fresh = _secret(channel(channel_name), secret)
    with closing(Installation(data).open_control()) as control:
        shop = control.shop_rotate(channel_name, name, fresh)
    _print_shop(shop, as_json=as_json)


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


def _secret(known: Channel, given: str | None) -> str:
    secret = known.new_secret() if given is None else given
    if fault := secret_fault(known, secret):
        raise BadInput(
            f"The secret cannot sign messages of {known.name}: {fault}.",
            hint="Copy it again, or leave --secret out for a fresh one.",
        )
    return secret


def _setting(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not (key and equals):
        raise BadInput(f"Not a setting: {pair}.", hint="Write --set KEY=VALUE.")
    return key, value


def _print_shop(shop: ShopConfig, *, as_json: bool) -> None:
    secret = shop.secrets[0]
    if as_json:
        place = {"shop": shop.shop, "channel": shop.channel}
        print_json({**place, "webhook": webhook_path(shop), "secret": secret})
    else:
        print_rows([("webhook", webhook_path(shop)), ("secret", secret)])


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
    }


def _row(shop: ShopConfig, heard: SenderRecord) -> tuple[str, ...]:
    return (
        shop.shop,
        shop.channel,
        webhook_path(shop),
        str(len(shop.secrets)),
        ", ".join(sorted(shop.settings)) or "-",
        rfc3339(heard.event_ms) if heard.event_ms else "never",
        str(heard.refused_count),
        ", ".join(_problems(heard)) or "-",
    )
