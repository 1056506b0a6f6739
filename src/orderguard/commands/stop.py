from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click

from orderguard.app import Installation, actions
from orderguard.commands.options import data_option, one_of
from orderguard.domain.entries import StoppableKind, Stopped
from orderguard.errors import BadInput

REASON_LENGTH_MAX = 500
BY = "command line"


def stoppable(function: Callable[..., None]) -> Callable[..., None]:
    """The arguments that name what is stopped."""
    function = click.argument("name")(function)
    return click.argument("kind", type=one_of(StoppableKind))(function)


@click.command("stop")
@stoppable
@click.option("--reason", default="", help="Why; people will read it.")
@data_option
def command(*, kind: str, name: str, reason: str, data: Path) -> None:
    """Stop all that a rule, an action or a shop does by itself.

    NAME is a rule such as velocity.same_item_burst, an action such as hold_shipment, or
    CHANNEL/SHOP. A running server follows within a second; alerts are raised as before. What was
    done is still taken back in time, save by a stopped action.
    """
    if len(reason) > REASON_LENGTH_MAX:
        raise BadInput(f"The reason is longer than {REASON_LENGTH_MAX} characters.")
    change(data, kind, name, on=True, reason=reason)
    click.echo(f"{kind} {name} is stopped.")


def change(data: Path, kind: str, name: str, *, on: bool, reason: str = "") -> None:
    """Leave it for the server. Raise BadInput for what is not there to be stopped."""
    _check(data, StoppableKind(kind), name)
    note = Stopped(
        received_ms=0,  # The server says when, as it appends it.
        by=BY,
        kind=StoppableKind(kind),
        name=name,
        on=on,
        reason=reason,
    )
    with closing(Installation(data).open_control()) as control:
        control.post(note)


def _check(data: Path, kind: StoppableKind, name: str) -> None:
    with closing(Installation(data).open_control()) as control:
        shops = [f"{shop.channel}/{shop.shop}" for shop in control.all()]
    if kind is StoppableKind.SHOP and name not in shops:
        raise BadInput(f"No shop {name}.", hint=f"There are {', '.join(shops) or 'none'}.")
    known = sorted(actions())
    if kind is StoppableKind.ACTION and name not in known:
        raise BadInput(f"No action {name}.", hint=f"There are {', '.join(known)}.")
    if kind is StoppableKind.RULE and name.count(".") != 1:
        raise BadInput(f"No rule {name}.", hint="Write it as PACK.RULE.")
