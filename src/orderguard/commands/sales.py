from contextlib import closing
from pathlib import Path

import click

from orderguard.app import Installation
from orderguard.commands.options import data_option, json_option, print_json, print_rows
from orderguard.commands.standing import standing
from orderguard.domain.entries import CampaignChanged
from orderguard.errors import BadInput
from orderguard.flows.planned_sales import RATE_MAX, new_sale, sale_ended, sales
from orderguard.flows.results_asked import read_instant
from orderguard.kit.clock import rfc3339

BY = "command line"
MAIL_READ_MAX = 100_000

_shop_option = click.option(
    "--shop", required=True, metavar="CHANNEL/SHOP", help="Where it takes place."
)


@click.group("sale")
def command() -> None:
    """Plan sales: what they bring is no alarm, and results are shown for each."""


@command.command("add")
@click.argument("name")
@_shop_option
@click.option(
    "--from", "since", required=True, help="When it begins, such as 2026-11-11T00:00:00+08:00."
)
@click.option("--until", required=True, help="When it ends; a day such as 2026-11-11 counts whole.")
@click.option("--product", "products", multiple=True, help="What is sold; may be given again.")
@click.option(
    "--orders-per-minute",
    "rates",
    multiple=True,
    metavar="PRODUCT=NUMBER",
    help="What is expected of a product; without any, no number of orders is an alarm.",
)
@data_option
def add(
    *,
    name: str,
    shop: str,
    since: str,
    until: str,
    products: tuple[str, ...],
    rates: tuple[str, ...],
    data: Path,
) -> None:
    """Plan a sale, in the place of one of this name. A running server follows within a second."""
    installation = Installation(data)
    place = _shop(installation, shop)
    sale = new_sale(
        _known(installation),
        name=name,
        shop=place,
        since_ms=read_instant(since, "--from"),
        until_ms=read_instant(until, "--until", is_end=True),
        products=products,
        orders_per_minute=dict(map(_rate, rates)),
        by=BY,
    )
    _post(installation, sale)
    click.echo(f"{name} is planned: {rfc3339(sale.starts_ms)} to {rfc3339(sale.ends_ms)}, {shop}.")


@command.command("remove")
@click.argument("name")
@_shop_option
@data_option
def remove(*, name: str, shop: str, data: Path) -> None:
    """Plan a sale no more. A running server follows within a second."""
    installation = Installation(data)
    place = (name, *_shop(installation, shop))
    known = _known(installation)
    found = [one for one in known if (one.campaign_id, one.channel, one.shop) == place]
    if not found:
        names = ", ".join(sorted({one.campaign_id for one in known})) or "none"
        raise BadInput(f"There is no sale {name} in {shop}.", hint=f"There are {names}.")
    _post(installation, sale_ended(found[0], by=BY))
    click.echo(f"{name} is planned no more.")


@command.command("list")
@data_option
@json_option
def list_sales(*, data: Path, as_json: bool) -> None:
    """List the sales that are planned or were. Beside a server, as of a few seconds ago."""
    rows = [
        (
            one.campaign_id,
            one.channel,
            one.shop,
            rfc3339(one.starts_ms),
            rfc3339(one.ends_ms),
            ", ".join(one.products),
        )
        for one in _known(Installation(data))
    ]
    members = ("name", "channel", "shop", "from", "until", "products")
    if as_json:
        print_json({"items": [dict(zip(members, row, strict=True)) for row in rows]})
    else:
        print_rows([[member.upper() for member in members], *rows])


def _known(installation: Installation) -> list[CampaignChanged]:
    """What stands, and what waits for the server."""
    with standing(installation) as fold:
        found = {_place(one): one for one in sales(fold.tables)}
    with closing(installation.open_control()) as control:
        for _, note in control.waiting(MAIL_READ_MAX):
            if isinstance(note, CampaignChanged):
                found.pop(_place(note), None)
                if note.on:
                    found[_place(note)] = note
    return sorted(found.values(), key=lambda one: (one.starts_ms, _place(one)))


def _place(sale: CampaignChanged) -> tuple[str, str, str]:
    return sale.campaign_id, sale.channel, sale.shop


def _post(installation: Installation, note: CampaignChanged) -> None:
    with closing(installation.open_control()) as control:
        control.post(note)


def _shop(installation: Installation, text: str) -> tuple[str, str]:
    channel, _, shop = text.partition("/")
    with closing(installation.open_control()) as control:
        known = [(one.channel, one.shop) for one in control.all()]
    if (channel, shop) not in known:
        names = ", ".join("/".join(one) for one in known) or "none"
        raise BadInput(f"No shop {text}.", hint=f"There are {names}.")
    return channel, shop


def _rate(text: str) -> tuple[str, float]:
    product, _, number = text.rpartition("=")
    try:
        rate = float(number)
    except ValueError:
        rate = 0.0
    if not product or not 0 < rate <= RATE_MAX:
        raise BadInput(
            f"--orders-per-minute {text} is no rate.", hint="Write PRODUCT=NUMBER, such as shoe=12."
        )
    return product, rate
