from pathlib import Path

import click

from orderguard.commands.options import data_option
from orderguard.commands.stop import change, stoppable


@click.command("go")
@stoppable
@data_option
def command(*, kind: str, name: str, data: Path) -> None:
    """Let a stopped rule, action or shop go on. What was skipped meanwhile stays skipped."""
    change(data, kind, name, on=False)
    click.echo(f"{kind} {name} goes on.")
