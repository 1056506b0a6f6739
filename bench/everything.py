"""Run every benchmark, and write RESULTS.md and its plots: what `make bench` does."""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import BUDGET_HEAD, NOT_MET, ROOT, Report, aligned, budget_row, kept, text_of
from bench.machine import description

RESULTS_PAGE = Path(__file__).with_name("RESULTS.md")
SCRIPT_S_MAX = 3_600

SCRIPTS: dict[str, tuple[list[str], list[str]]] = {
    "cpu_per_event": ([], ["--rounds", "2", "--events", "4000"]),
    "event_to_alert": ([], ["--rounds", "1", "--seconds", "4"]),
    "event_to_call": ([], ["--rounds", "1", "--seconds", "4"]),
    "alert_flood": ([], ["--rounds", "1", "--seconds", "12", "--alerts", "600"]),
    "stream_clients": ([], ["--rounds", "1", "--seconds", "6", "--comings", "2"]),
    "saturated_rate": ([], ["--rounds", "2", "--seconds", "2"]),
    "feature_cost": ([], ["--rounds", "2", "--events", "6000"]),
    "hot_key": ([], ["--facts", "10000"]),
    "active_buyers": ([], ["--buyers", "50000"]),
    "replay_speed": ([], ["--parts", "1"]),
    "start_time": ([], ["--rounds", "1", "--orders", "20000"]),
    "open_orders": ([], ["--rounds", "1", "--orders", "20000"]),
    "slow_details": ([], ["--rounds", "1", "--seconds", "4"]),
    "preview": ([], ["--rounds", "1", "--orders", "200000"]),
    "screen": ([], ["--rounds", "1", "--seconds", "4"]),
    "sustained": ([], ["--seconds", "6"]),
    "where_time_goes": ([], ["--seconds", "4"]),
}
"""Each script with its arguments, in full and for a first look."""


def run(script: str, arguments: Sequence[str]) -> bool:
    """Whether it came to its end; what it prints is seen at once."""
    print(f"\n=== {script} {' '.join(arguments)}", flush=True)
    began = time.monotonic()
    command = [sys.executable, "-m", f"bench.{script}", *arguments]
    done = subprocess.run(command, cwd=ROOT, timeout=SCRIPT_S_MAX, check=False)
    print(f"=== {script}: {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


def page(reports: Sequence[Report], *, is_quick: bool) -> str:
    """RESULTS.md."""
    budgets = [
        (f"[{report.title}](#{_anchor(report.title)})", *budget_row(budget))
        for report in reports
        for budget in report.budgets
    ]
    met = sum(row[-1] == "met" for row in budgets)
    parts = [
        "# Results of the benchmarks",
        "Written by `make bench`; [README.md](README.md) tells what each script does."
        + (" **A first look: few rounds, small sizes.**" if is_quick else ""),
        "\n".join(f"- {line}" for line in description()),
        f"{met} of {len(budgets)} budgets are met, each judged by the median of its rounds.",
        aligned([("of", *BUDGET_HEAD), *budgets]),
    ]
    for report in reports:
        parts.append(text_of(report))
        parts += [f"![{plot.title}]({plot.name}.svg)" for plot in report.plots]
    return "\n\n".join(parts) + "\n"


def _anchor(title: str) -> str:
    kept_characters = (c for c in title.lower() if c.isalnum() or c in " -_")
    return "".join(kept_characters).replace(" ", "-")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="A first look, in a few minutes.")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=list(SCRIPTS))
    parser.add_argument(
        "--page", action="store_true", help="Run nothing; write the page from what was kept."
    )
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    failed = [
        script
        for script in (() if chosen.page else chosen.only)
        if not run(script, SCRIPTS[script][chosen.quick])
    ]
    reports = [report for report in map(kept, SCRIPTS) if report is not None]
    from bench.plots import draw  # noqa: PLC0415  # Only this needs what `make bench` installs.

    draw(plot for report in reports for plot in report.plots)
    RESULTS_PAGE.write_text(page(reports, is_quick=chosen.quick), encoding="utf-8")
    print(f"\nwritten: {RESULTS_PAGE.relative_to(ROOT)}")
    if failed:
        print(f"did not come to their end: {', '.join(failed)}", file=sys.stderr)
    if failed or (chosen.strict and not all(report.is_met for report in reports)):
        raise SystemExit(NOT_MET)


if __name__ == "__main__":
    main()
