from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from orderguard.app import Installation
from orderguard.commands.options import data_option, json_option, one_of, print_json, print_rows
from orderguard.domain.entries import ListChanged, ListKind, ListName
from orderguard.errors import BadInput
from orderguard.flows.lists import listed_value
from orderguard.kit.clock import SystemClock, rfc3339, to_ms

REASON_LENGTH_MAX = 500
BY = "command line"


def _entity(function: Callable[..., None]) -> Callable[..., None]:
    """The arguments that name a list and an entity."""
    function = click.argument("value")(function)
    function = click.argument("kind", type=one_of(ListKind))(function)
    return click.argument("name", metavar="LIST", type=one_of(ListName))(function)


@click.group("list")
def command() -> None:
    """Allow, watch or block buyers, devices, payers and addresses.

    LIST is allow, watch or block; KIND is buyer, device, payer, phone, address, ip or email. An
    address is CITY/DISTRICT/STREET as its orders have them, LAT,LNG, or the channel's own token.
    """


@command.command("add")
@_entity
@click.option("--reason", default="", help="Why; people will read it.")
@click.option("--until", help="When it ends by itself, such as 2026-12-31T23:59:59+08:00.")
@data_option
def add(*, name: str, kind: str, value: str, reason: str, until: str | None, data: Path) -> None:
    """Put an entity on a list. A running server follows within a second."""
    if len(reason) > REASON_LENGTH_MAX:
        raise BadInput(f"The reason is longer than {REASON_LENGTH_MAX} characters.")
    until_ms = None if until is None else _instant(until)
    shown = _change(data, name, kind, value, reason=reason, until_ms=until_ms)
    click.echo(f"{kind} {shown} is on the {name} list.")


# A hidden value is named by its token, which may begin with a dash.
@command.command("remove", context_settings={"ignore_unknown_options": True})
@_entity
@data_option
def remove(*, name: str, kind: str, value: str, data: Path) -> None:
    """Take an entity off a list. A running server follows within a second."""
    shown = _change(data, name, kind, value, on=False)
    click.echo(f"{kind} {shown} is off the {name} list.")


@command.command("show")
@data_option
@json_option
def show(*, data: Path, as_json: bool) -> None:
    """Show what is on the lists. VALUE is what `list remove` takes, where a phone is hidden."""
    with closing(Installation(data).open_control()) as control:
        listed = control.listed()
    members = ("list", "kind", "shown", "value", "reason", "until", "listed_at")
    rows = [
        (
            row.list,
            row.kind,
            row.shown,
            row.value,
            row.reason,
            None if row.until_ms is None else rfc3339(row.until_ms),
            rfc3339(row.added_ms),
        )
        for row in listed
    ]
    if as_json:
        print_json({"items": [dict(zip(members, row, strict=True)) for row in rows]})
    else:
        heading = [member.upper() for member in members]
        print_rows([heading, *([cell or "" for cell in row] for row in rows)])


def _change(data: Path, name: str, kind: str, text: str, **change: Any) -> str:
    """What people may see of the value."""
    installation = Installation(data)
    value, shown = listed_value(ListKind(kind), text, installation.keyring())
    note = ListChanged(
        received_ms=0,  # The server says when, as it appends it.
        by=BY,
        name=ListName(name),
        kind=ListKind(kind),
        value=value,
        shown=shown,
        **change,
    )
    with closing(installation.open_control()) as control:
        control.change_list(note)
    return shown


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"--until {text}: {error}.", hint=_INSTANT) from error
    if moment.tzinfo is None:
        raise BadInput(f"--until {text} has no offset.", hint=_INSTANT)
    until_ms = to_ms(moment)
    if until_ms <= SystemClock().now_ms():
        raise BadInput(f"--until {text} is over already.", hint="Name a time to come.")
    return until_ms


_INSTANT = "Write it as 2026-12-31T23:59:59+08:00."
