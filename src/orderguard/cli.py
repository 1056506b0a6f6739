"""The command `orderguard`.

A command's module is imported when the command is run, so that none waits for another's imports.
"""

import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from orderguard.errors import OrderGuardError

BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells say it.

COMMANDS = {
    "demo": ("demo", "Play a flash sale to a server of its own, and show what it finds."),
    "init": ("installation", "Create an installation."),
    "serve": ("serve", "Serve webhooks and the API."),
    "replay": ("replay", "Judge event files by the code that serves live traffic."),
    "backtest": ("backtest", "Show how each rule would have done in event files."),
    "shop": ("shops", "Add and list shops, change their secrets."),
    "user": ("users", "Add people who sign in."),
    "token": ("tokens", "Add, list and revoke API tokens."),
    "list": ("lists", "Allow, watch or block buyers, devices, payers and addresses."),
    "settlement": ("settlement", "Bring in settlement files of payment providers."),
    "sku": ("sku", "Import which of the merchant's SKUs a channel's SKUs are."),
    "sale": ("sales", "Plan sales: they are no alarm, and have results of their own."),
    "report": ("report", "Write the results, before and after, as a page or a spreadsheet."),
    "stop": ("stop", "Stop what a rule, an action or a shop does by itself, at once."),
    "go": ("go", "Let a stopped rule, action or shop go on."),
    "rules": ("rules", "Check a library and run the tests inside its rules."),
    "doctor": ("doctor", "Find what is wrong with an installation, and say how to mend it."),
}
"""Each command's module in `orderguard.commands`, and its one line of help."""


class CommandLine(click.Group):
    """Ends with 2 and one line on standard error for whatever the user can mend."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"orderguard.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        extra["standalone_mode"] = False
        try:
            status = super().main(*args, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            status = BAD_INPUT
        except click.Abort:
            status = INTERRUPTED
        except click.ClickException as error:
            status = _refuse(error.format_message() + _where_to_look(error))
        except OrderGuardError as error:
            status = _refuse(str(error))
        except OSError as error:
            status = _refuse(f"{error.filename or 'input or output'}: {error.strerror or error}.")
        sys.exit(status)


def _where_to_look(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f" Try `{context.command_path} --help`." if context else ""


def _refuse(message: str) -> int:
    click.echo(f"orderguard: {' '.join(message.split())}", err=True)
    return BAD_INPUT


@click.group(cls=CommandLine)
@click.version_option(package_name="orderguard")
def main() -> None:
    """Real-time order health and early warning for merchants."""
