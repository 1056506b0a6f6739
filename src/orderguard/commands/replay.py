import time
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from orderguard.app import PACKAGED_LIBRARY, memory_state, read_library
from orderguard.commands.options import json_option
from orderguard.flows.replay import OnProgress, Replay, Summary, read_labels, write_results
from orderguard.kit import collector

FOUND_WRONG = 1
_EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("replay")
@click.argument("events", type=_EXISTING, nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--library", type=click.Path(path_type=Path, file_okay=False), help="Its folder.")
@click.option("--preset", default="standard", show_default=True, help="The rules that judge.")
@click.option("--labels", type=_EXISTING, help='{"order_id", "bad"} a line, to be judged by.')
@click.option("--strict", is_flag=True, help="Stop at the first bad line.")
@json_option
def command(
    *,
    events: Sequence[Path],
    out: Path,
    library: Path | None,
    preset: str,
    labels: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Judge event files (.jsonl, .zst, .gz, .parquet) by the code that serves live traffic."""
    truth = None if labels is None else read_labels(labels)
    replay = Replay(
        read_library(library or PACKAGED_LIBRARY), preset, store=memory_state(), strict=strict
    )
    began = time.perf_counter()
    collector.put_aside()
    run_with_progress(replay, events)
    summary = write_results(replay, out, seconds=time.perf_counter() - began, labels=truth)
    if as_json:
        click.echo(msgspec.json.encode(summary))
    else:
        _print(summary, out)
    faults = replay.fold.tables.progress.faults
    if faults:
        click.echo(
            f"orderguard: {faults} events could not be judged, see above; please report it.",
            err=True,
        )
    if replay.rejected:
        first = replay.rejected[0]
        click.echo(
            f"orderguard: {len(replay.rejected)} bad lines, the first {first.file}:{first.line}:"
            f" {first.error} All are in {out / 'rejected.jsonl'}.",
            err=True,
        )
    if faults or replay.rejected:
        raise SystemExit(FOUND_WRONG)


def run_with_progress(replay: Replay, events: Sequence[Path]) -> None:
    """Replay the files, with a bar where somebody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        replay.run(events)
        return
    columns = (TextColumn("replay"), BarColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("replay", total=None)

        def advance(size: int) -> None:
            progress.advance(task, size)

        on_progress: OnProgress = advance
        replay.run(events, on_progress)


def _print(summary: Summary, out: Path) -> None:
    table = Table(title=f"{summary.events:,} events, {summary.orders:,} orders")
    table.add_column("rule")
    table.add_column("hits", justify="right")
    table.add_column("orders", justify="right")
    for rule_id, counts in summary.rules.items():
        table.add_row(rule_id, f"{counts['hits']:,}", f"{counts['orders']:,}")
    table.add_section()
    table.add_row("alerts", "", f"{summary.alerts:,}")
    table.add_row("orders at risk", "", f"{summary.risk_orders:,}")
    table.add_row("cases for people", "", f"{summary.cases:,}")
    for name in ("recognised", "honest_flagged", "honest_medium"):
        share = getattr(summary, name)
        if share is not None:
            table.add_row(name, "", f"{share:.2%}")
    Console().print(table)
    click.echo(f"{summary.events_per_second:,.0f} events/s; results in {out}")
