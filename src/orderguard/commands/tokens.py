from contextlib import closing
from pathlib import Path

import click

from orderguard.app import Installation
from orderguard.commands.options import (
    Name,
    data_option,
    json_option,
    one_of,
    print_json,
    print_rows,
)
from orderguard.domain.accounts import Role
from orderguard.kit.clock import rfc3339


@click.group("token")
def command() -> None:
    """Add, list and revoke API tokens."""


@command.command("add")
@click.argument("name", type=Name())
@click.option("--role", type=one_of(Role), required=True, help="What it may do.")
@data_option
@json_option
def add(*, name: str, role: str, data: Path, as_json: bool) -> None:
    """Make a token for a program, and print it once."""
    with closing(Installation(data).open_control()) as control:
        token = control.accounts.token_add(name, Role(role))
    if as_json:
        print_json({"token": token})
    else:
        click.echo(token)


@command.command("list")
@data_option
@json_option
def show(*, data: Path, as_json: bool) -> None:
    """List all tokens by name and id; what they are nobody can show again."""
    with closing(Installation(data).open_control()) as control:
        tokens = control.accounts.tokens()
    rows = [(row.token_id, row.name, row.role, rfc3339(row.added_ms)) for row in tokens]
    if as_json:
        members = ("id", "name", "role", "added_at")
        print_json({"items": [dict(zip(members, row, strict=True)) for row in rows]})
    else:
        print_rows([("ID", "NAME", "ROLE", "ADDED"), *rows])


@command.command("revoke")
@click.argument("name_or_id", type=Name())
@data_option
def revoke(*, name_or_id: str, data: Path) -> None:
    """Revoke all tokens of a name, or the one with an id."""
    with closing(Installation(data).open_control()) as control:
        revoked = control.accounts.token_revoke(name_or_id)
    click.echo(f"{revoked} revoked.")
