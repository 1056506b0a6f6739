from contextlib import closing
from pathlib import Path

import click

from orderguard.app import Installation
from orderguard.commands.options import data_option, json_option, print_json
from orderguard.domain.entries import SkusMapped
from orderguard.errors import BadInput
from orderguard.flows.sheets import read_rows
from orderguard.flows.stock_view import new_meanings
from orderguard.stock import read_sheet

BY = "command line"
A_NOTE_MAX = 1_000
"""Mappings that one entry of the log holds."""
FAULTS_SHOWN_MAX = 20


@click.group("sku")
def command() -> None:
    """Say which of the merchant's SKUs a channel's SKUs are."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--shop", default="", metavar="CHANNEL/SHOP", help="Where the table names none.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Check the table and change nothing.")
@data_option
@json_option
@click.pass_context
def import_command(
    context: click.Context, *, file: Path, shop: str, is_dry: bool, data: Path, as_json: bool
) -> None:
    """Import a table of mappings, CSV or xlsx. A running server follows within a second.

    The first line names the columns, in English or Chinese: channel, shop, channel SKU, SKU,
    quantity. A line replaces all mappings of its channel SKU; one without a SKU removes them. Of a
    table with faults nothing is imported.
    """
    channel, _, name = shop.partition("/")
    if shop and not (channel and name):
        raise BadInput(f"--shop {shop} is no shop.", hint="Write CHANNEL/SHOP.")
    installation = Installation(data)
    sheet = read_sheet(read_rows(file.read_bytes()), channel=channel, shop=name)
    with closing(installation.open_control()) as control:
        known = {(one.channel, one.shop) for one in control.all()}
        strange = sorted({(one.channel, one.shop) for one in sheet.lines} - known)
        meanings = new_meanings(None, sheet.lines)
        is_imported = bool(meanings) and not (is_dry or sheet.faults or strange)
        for start in range(0, len(meanings), A_NOTE_MAX) if is_imported else ():
            some = tuple(meanings[start : start + A_NOTE_MAX])
            control.post(SkusMapped(received_ms=0, by=BY, meanings=some))
    faults = [f"{file}:{fault.line}: {fault.message.en}" for fault in sheet.faults]
    faults += [f"{file}: there is no shop {one[0]}/{one[1]} here." for one in strange]
    if as_json:
        imported = len(meanings) if is_imported else 0
        print_json({"read": len(meanings), "imported": imported, "faults": faults})
    else:
        for fault in faults[:FAULTS_SHOWN_MAX]:
            click.echo(fault, err=True)
        said = "are imported" if is_imported else "could be imported, nothing was"
        bundles = sum(len(one.units) > 1 or any(n > 1 for _, n in one.units) for one in meanings)
        click.echo(f"{len(meanings)} mappings ({bundles} bundles) {said}; {len(faults)} faults.")
    if faults:
        context.exit(1)
