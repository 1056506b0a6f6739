import secrets
import sys
from contextlib import closing
from pathlib import Path

import click

from orderguard.app import Installation
from orderguard.commands.options import Name, data_option, one_of
from orderguard.domain.accounts import Role
from orderguard.errors import BadInput

PASSWORD_BYTES = 12
LINE_BYTES_MAX = 8_192


@click.group("user")
def command() -> None:
    """Add people who sign in."""


@command.command("add")
@click.argument("name", type=Name())
@click.option("--role", type=one_of(Role), required=True, help="What they may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password's line from input.")
@data_option
def add(*, name: str, role: str, password_stdin: bool, data: Path) -> None:
    """Add a person; without --password-stdin a password is made, and printed once."""
    password = _read_password() if password_stdin else secrets.token_urlsafe(PASSWORD_BYTES)
    with closing(Installation(data).open_control()) as control:
        control.accounts.user_add(name, Role(role), password)
    click.echo(f"{name} may sign in as {role}.")
    if not password_stdin:
        click.echo(f"Password: {password}")


def _read_password() -> str:
    try:
        return sys.stdin.buffer.readline(LINE_BYTES_MAX).decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BadInput("The password is not UTF-8.", hint="Pipe it in as UTF-8.") from error
