from pathlib import Path

import click

from orderguard.app import Installation
from orderguard.commands.options import data_option


@click.command("init")
@data_option
@click.option("--preset", default="standard", show_default=True, help="The rules to begin with.")
def command(data: Path, preset: str) -> None:
    """Create an installation that only watches: settings, keys and an editable library."""
    Installation(data).create(preset)
    click.echo(f"{data} is ready, with the preset {preset}. Next:")
    click.echo(f"  orderguard shop add NAME --channel standard --data {data}")
    click.echo(f"  orderguard serve --data {data}")
