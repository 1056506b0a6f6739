import logging
import os
from functools import partial
from pathlib import Path

import click

from orderguard.commands.doctor import diagnose
from orderguard.commands.options import data_option
from orderguard.server import serve


@click.command("serve")
@data_option
@click.option("--host", help="The address to listen on, in place of the settings'.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
def command(data: Path, host: str | None, port: int | None) -> None:
    """Serve webhooks and the API until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    examine = partial(diagnose, data, os.environ)
    serve(data, host=host, port=port, on_ready=_announce, examine=examine)


def _announce(address: str, sign_in: str) -> None:
    click.echo(f"orderguard ready {address}")
    click.echo(f"sign in once at {sign_in}")
