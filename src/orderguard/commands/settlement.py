from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from orderguard.app import Installation
from orderguard.commands.options import data_option, json_option, print_json, print_rows
from orderguard.domain.entries import ZoneSet
from orderguard.errors import BadInput
from orderguard.flows.statements import Bringing, Brought, bring
from orderguard.settlement import MERCHANT, PLATFORM

FILE_BYTES_MAX = 256 * 1024 * 1024
FAULTS_SHOWN = 20
BY = "command line"

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("settlement")
def command() -> None:
    """Bring in settlement files; reconcile days in the shop's own time zone."""


@command.command("import")
@click.argument("file", type=_file)
@click.option("--channel", required=True, help="The channel whose orders were settled.")
@click.option("--shop", required=True, help="The shop on it.")
@click.option("--format", "format_name", default="", help="How the file is written; see `formats`.")
@click.option(
    "--order-number",
    type=click.Choice([MERCHANT, PLATFORM]),
    help="Whose order number names the order; the merchant's where the file has it.",
)
@click.option("--orders", type=_file, help="An export of orders: their numbers by their names.")
@click.option("--dry-run", is_flag=True, help="Only say what the file holds.")
@data_option
@json_option
@click.pass_context
def import_file(
    context: click.Context,
    *,
    file: Path,
    channel: str,
    shop: str,
    format_name: str,
    order_number: str | None,
    orders: Path | None,
    dry_run: bool,
    data: Path,
    as_json: bool,
) -> None:
    """Bring a settlement file in. A running server follows within a second, another at its start.

    The same file again changes nothing. Ends with 1 where lines cannot be read; the others count.
    """
    installation = Installation(data)
    what = Bringing(
        content=_content(file),
        format=format_name,
        number=order_number or "",
        orders=None if orders is None else _content(orders),
    )
    with closing(installation.open_control()) as control:
        shops = [f"{one.channel}/{one.shop}" for one in control.all()]
        if f"{channel}/{shop}" not in shops:
            known = ", ".join(shops) or "none"
            raise BadInput(f"No shop {channel}/{shop}.", hint=f"There are {known}.")
        brought = bring(installation.settlement_formats(), what)
        if not dry_run:
            control.events.post(channel, shop, brought.events)
    _say(brought, file, dry_run=dry_run, as_json=as_json)
    if brought.faults:
        context.exit(1)


@command.command("formats")
@data_option
@json_option
def formats(*, data: Path, as_json: bool) -> None:
    """Show the formats of settlement files, your own in DIR/settlement_formats among them."""
    found = Installation(data).settlement_formats()
    if as_json:
        print_json({"items": [{"format": name, "title": how.title} for name, how in found.items()]})
        return
    print_rows([("FORMAT", "TITLE"), *((name, how.title["en"]) for name, how in found.items())])


@command.command("zone")
@click.argument("zone")
@click.option("--channel", required=True)
@click.option("--shop", required=True)
@data_option
def zone(*, zone: str, channel: str, shop: str, data: Path) -> None:
    """Set in which time ZONE a shop's days begin, such as Europe/Berlin; else Asia/Shanghai.

    It holds for what is reconciled from then on.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(f"No time zone {zone}.", hint="Write it as Europe/Berlin.") from error
    note = ZoneSet(received_ms=0, by=BY, channel=channel, shop=shop, zone=zone)
    with closing(Installation(data).open_control()) as control:
        control.post(note)
    click.echo(f"The days of {channel}/{shop} begin at midnight of {zone}.")


def _content(file: Path) -> bytes:
    if file.stat().st_size > FILE_BYTES_MAX:
        raise BadInput(f"{file} is larger than {FILE_BYTES_MAX} bytes.", hint="Split it.")
    return file.read_bytes()


def _say(brought: Brought, file: Path, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "format": brought.format,
                "dry_run": dry_run,
                "settlements": len(brought.events),
                "sums": [
                    {"kind": one.kind, "currency": one.currency, "count": one.count}
                    | {"amount": one.amount}
                    for one in brought.sums
                ],
                "fees": brought.fees,
                "passed_over": {what.en: count for what, count in brought.passed_over.items()},
                "errors": [
                    {"line": fault.line, "message": fault.message.en} for fault in brought.faults
                ],
            }
        )
        return
    for fault in brought.faults[:FAULTS_SHOWN]:
        click.echo(f"{file}:{fault.line}: {fault.message.en}", err=True)
    if len(brought.faults) > FAULTS_SHOWN:
        click.echo(f"... and {len(brought.faults) - FAULTS_SHOWN} lines more", err=True)
    heading = ("KIND", "CURRENCY", "COUNT", "AMOUNT")
    rows = [(one.kind, one.currency, str(one.count), one.amount) for one in brought.sums]
    print_rows([heading, *rows])
    for currency, fee in brought.fees.items():
        click.echo(f"fees, no part of the amounts: {fee} {currency}")
    for what, count in brought.passed_over.items():
        click.echo(f"passed over: {count} of {what.en}")
    done = "would be brought in" if dry_run else "are brought in"
    click.echo(f"{len(brought.events)} settlements ({brought.format}) {done}.")
