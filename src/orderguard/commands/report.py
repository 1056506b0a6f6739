import os
from pathlib import Path

import click

from orderguard.app import Installation
from orderguard.commands.options import data_option
from orderguard.commands.standing import standing
from orderguard.errors import BadInput
from orderguard.flows.results_asked import DAYS, asked_for
from orderguard.flows.results_view import By, Reader, Report, at_once

SUFFIXES = (".html", ".xlsx")


@click.command("report")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write it: a name that ends in .xlsx or .html.",
)
@click.option("--from", "since", help="A day such as 2026-11-01, or an instant with its offset.")
@click.option("--until", help="The same; a day counts whole. Without it, today.")
@click.option("--shop", metavar="CHANNEL/SHOP", help="One shop; else all.")
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    default=By.DAY.value,
    show_default=True,
    help="What has a line of its own.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="The page's."
)
@data_option
def command(
    *,
    out: Path,
    since: str | None,
    until: str | None,
    shop: str | None,
    by: str,
    lang: str,
    data: Path,
) -> None:
    """Write the results of an installation, before and after: a spreadsheet or a page to print.

    Without --from it is of the last 31 days. A server that runs may go on.
    """
    if out.suffix not in SUFFIXES:
        raise BadInput(f"{out} ends in neither .xlsx nor .html.", hint="Name it so.")
    installation = Installation(data)
    given = installation.settings(os.environ).results.given()
    with standing(installation) as fold:
        asked = asked_for(since, until, now_ms=fold.clock_ms, days=DAYS, by=By(by), shop=shop)
        if shop is not None and shop not in fold.results.shops:
            known = ", ".join(sorted(fold.results.shops)) or "none"
            raise BadInput(f"Nothing is known of {shop}.", hint=f"There are results of {known}.")
        found = at_once(Reader(fold.tables, fold.results, given).report(asked))
    out.write_bytes(_content(found, out.suffix, lang))
    click.echo(f"{out}: {found.total.figures.orders:,} orders, {len(found.rows):,} lines.")


def _content(found: Report, suffix: str, lang: str) -> bytes:
    # Each is loaded only where it is used.
    if suffix == ".xlsx":
        from orderguard.api.report_sheet import report_book  # noqa: PLC0415 - see above.

        return report_book(found)
    from orderguard.api.report_page import report_page  # noqa: PLC0415 - see above.

    return report_page(found, "en" if lang == "en" else "zh").encode()
