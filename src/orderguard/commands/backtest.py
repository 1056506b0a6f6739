from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from orderguard.app import PACKAGED_LIBRARY, memory_state, read_library
from orderguard.commands.options import json_option
from orderguard.commands.replay import FOUND_WRONG, run_with_progress
from orderguard.flows.backtest import BacktestResult, RuleResult, backtest, made_live
from orderguard.flows.replay import Replay, read_labels
from orderguard.kit import collector
from orderguard.labels import Share

FILE_NAME = "backtest.json"
WIDTH_IN_FILES = 160
"""Columns of the table where nobody's terminal says how many there are."""
_EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("backtest")
@click.argument("events", type=_EXISTING, nargs=-1, required=True)
@click.option("--rule", "rules", multiple=True, help="Only this one, live or not; may be repeated.")
@click.option("--library", type=click.Path(path_type=Path, file_okay=False), help="Its folder.")
@click.option("--preset", default="standard", show_default=True, help="The rules that judge.")
@click.option("--labels", type=_EXISTING, help='{"order_id", "bad"} a line: the truth.')
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write backtest.json there."
)
@json_option
def command(
    *,
    events: Sequence[Path],
    rules: Sequence[str],
    library: Path | None,
    preset: str,
    labels: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """How each rule would have done: its orders by what came of them, against all orders.

    The truth is what the events tell later: refunds, returns, disputes, complaints, and orders
    that arrived and were kept; or --labels. Shares come with their 95 % interval.
    """
    truth = None if labels is None else read_labels(labels)
    files = made_live(read_library(library or PACKAGED_LIBRARY), rules)
    replay = Replay(files, preset, store=memory_state())
    collector.put_aside()
    run_with_progress(replay, events)
    result = backtest(replay.fold, rules, truth)
    text = msgspec.json.format(msgspec.json.encode(result), indent=2)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / FILE_NAME).write_bytes(text + b"\n")
    if as_json:
        click.echo(text)
    else:
        _print(result)
    if replay.rejected:
        first = replay.rejected[0]
        click.echo(
            f"orderguard: {len(replay.rejected)} bad lines, the first {first.file}:{first.line}:"
            f" {first.error} They were passed over.",
            err=True,
        )
        raise SystemExit(FOUND_WRONG)


def _print(result: BacktestResult) -> None:
    known = result.bad + result.good
    table = Table(title=f"{known:,} of {result.orders:,} orders with a known outcome")
    columns = ("orders", "bad", "precision", "recall", "lift", "alone", "bad money", "good money")
    table.add_column("rule", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for rule in result.rules:
        table.add_row(*_row(rule))
    table.add_section()
    table.add_row("all orders", f"{result.orders:,}", f"{result.bad:,}", _share(result.base))
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_IN_FILES
    console.print(table)


def _row(rule: RuleResult) -> tuple[str, ...]:
    return (
        rule.rule,
        f"{rule.orders:,}",
        f"{rule.bad:,}",
        _share(rule.precision),
        _share(rule.recall),
        "" if rule.lift is None else f"{rule.lift:.1f}",
        f"{rule.alone:,}",
        _money(rule.money_bad),
        _money(rule.money_good),
    )


def _share(share: Share | None) -> str:
    if share is None:
        return ""
    return f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%})"


def _money(sums: Mapping[str, str]) -> str:
    return ", ".join(f"{amount} {currency}".strip() for currency, amount in sums.items())
