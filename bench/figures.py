"""What a script found: figures over several rounds, budgets, and the report that holds them."""

import datetime as dt
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median as middle

import msgspec
from msgspec import Struct
from msgspec.structs import replace

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(__file__).with_name(".cache")
"""What is built or found once and kept beside the scripts; git does not keep it."""
RESULTS = CACHE / "results"

NOT_MET = 1


class Figure(Struct, frozen=True, kw_only=True):
    """One quantity, once a round."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return middle(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest."""
        return min(self.values), max(self.values)


class Budget(Struct, frozen=True, kw_only=True):
    """What architecture.md asks: the median at most `limit`, or `at_least` so much."""

    what: str
    figure: Figure
    limit: float
    at_least: bool = False

    @property
    def ratio(self) -> float:
        """Measured over allowed."""
        return self.figure.median / self.limit

    @property
    def is_met(self) -> bool:
        median = self.figure.median
        return median >= self.limit if self.at_least else median <= self.limit


class Line(Struct, frozen=True, kw_only=True):
    """One line of a plot; lines that belong together have the same number of a colour."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: int
    is_dashed: bool = False


class Plot(Struct, frozen=True, kw_only=True):
    """The x axis is logarithmic, the other where asked; `name` is the file's without its ending."""

    name: str
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    is_logarithmic: bool = False


class Table(Struct, frozen=True, kw_only=True):
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Report(Struct, frozen=True, kw_only=True):
    """All that one script found; `notes` say under which circumstances, `when` on which code."""

    script: str
    title: str
    when: str = ""
    budgets: tuple[Budget, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        return all(budget.is_met for budget in self.budgets)


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least this share of them do not exceed (nearest rank)."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    rank = -(-len(ranked) * share // 1)  # Rounded up.
    return ranked[max(1, min(len(ranked), int(rank))) - 1]


def shown(value: float) -> str:
    """Three digits that count, or the whole number."""
    if value != value:  # noqa: PLR0124 - that is how not-a-number is told.
        return "none"
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def budget_row(budget: Budget) -> tuple[str, ...]:
    """What, measured, spread, limit, ratio, whether met."""
    figure = budget.figure
    low, high = figure.spread
    bound = "at least" if budget.at_least else "at most"
    return (
        budget.what,
        f"{shown(figure.median)} {figure.unit}".strip(),
        f"{shown(low)} to {shown(high)}",
        f"{bound} {shown(budget.limit)} {figure.unit}".strip(),
        f"{budget.ratio:.2f}",
        "met" if budget.is_met else "not met",
    )


BUDGET_HEAD = ("budget", "median", "spread", "limit", "of the limit", "")


def figure_row(figure: Figure) -> tuple[str, ...]:
    low, high = figure.spread
    return (
        figure.name,
        f"{shown(figure.median)} {figure.unit}".strip(),
        f"{shown(low)} to {shown(high)}",
    )


FIGURE_HEAD = ("figure", "median", "spread")


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """The rows as a Markdown table, its first row the head, for reading as plain text too."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def text_of(report: Report) -> str:
    """The report as Markdown below a heading of its own."""
    parts = [f"## {report.title}"]
    if report.budgets:
        parts.append(aligned([BUDGET_HEAD, *map(budget_row, report.budgets)]))
    if report.figures:
        parts.append(aligned([FIGURE_HEAD, *map(figure_row, report.figures)]))
    for table in report.tables:
        parts += [table.title, aligned([table.head, *table.rows])]
    notes = (*report.notes, report.when) if report.when else report.notes
    if notes:
        parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts)


def finish(report: Report, *, strict: bool) -> None:
    """Print the report and keep it; with `strict`, exit with 1 where a budget is not met."""
    report = replace(report, when=f"Measured {dt.datetime.now(dt.UTC).date()}, {_code()}.")
    print(f"\n{text_of(report)}\n", flush=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{report.script}.json"
    path.write_text(json.dumps(msgspec.to_builtins(report), indent=1) + "\n", encoding="utf-8")
    if strict and not report.is_met:
        raise SystemExit(NOT_MET)


def _code() -> str:
    """The commit that was measured, and how busy the machine was."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return told.stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "src") else ""
    commit = git("rev-parse", "--short", "HEAD") or "unknown"
    return f"commit {commit}{changed}; load average at the end {os.getloadavg()[0]:.1f}"


def kept(script: str) -> Report | None:
    """What this script found last."""
    path = RESULTS / f"{script}.json"
    if not path.exists():
        return None
    # By json, which unlike msgspec's own reading knows what is not a number.
    return msgspec.convert(json.loads(path.read_text("utf-8")), Report)
