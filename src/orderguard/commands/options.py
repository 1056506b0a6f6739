"""What the commands have in common."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

NAME_LENGTH_MAX = 64

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The installation's folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


class Name(click.ParamType[str]):
    """The name of a shop, a user or a token."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        fits = value.isprintable() and 1 <= len(value) <= NAME_LENGTH_MAX
        if not fits or value in {".", ".."} or set(value) & set("/\\ "):
            self.fail(
                f"{value!r} is no name: write 1 to {NAME_LENGTH_MAX} characters without spaces and"
                " slashes.",
                param,
                ctx,
            )
        return value


def one_of(words: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([word.value for word in words])


def print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Columns under one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
