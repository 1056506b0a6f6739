"""The live view in the terminal, and a line now and then where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from orderguard.commands.demo.board import AttackSeen, Count, Tally
from orderguard.commands.demo.listener import NO_TIMES, Histogram
from orderguard.commands.demo.words import Words
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.kit.clock import rfc3339

LEFT_COLUMNS = 37
SHOWN = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
"""No rule of the library is of severity `info`."""

_COLOURS = {
    Severity.INFO: "dim",
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}


@dataclass(slots=True)
class Seen:
    """What the view shows: everything of one moment. Counts are of what is durable."""

    address: str = ""
    sign_in: str = ""
    phase: str = ""
    done: float = 0.0
    now_ms: int = 0
    speed: float = 0.0
    orders: int = 0
    history_orders: int = 0
    events: int = 0
    events_a_second: float = 0.0
    alerts: dict[tuple[AlertKind, Severity], int] | None = None
    ack: Histogram = NO_TIMES
    event_to_alert: Histogram = NO_TIMES
    count: Count | None = None
    attack: AttackSeen | None = None
    attack_title: str = ""
    attack_units: int = 0
    messages: Mapping[str, int] = field(default_factory=dict)
    decided: int = 0


def percent(part: float, whole: float = 1.0) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def milliseconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} ms" if value < 10 else f"{value:,.0f} ms"


def picture(seen: Seen, words: Words) -> RenderableType:
    """The whole view; it fits into 80 columns and 24 lines."""
    body = Table.grid(padding=(0, 2))
    body.add_column(width=LEFT_COLUMNS)
    left: list[RenderableType] = [_counters(seen, words), Text(), _alerts(seen, words)]
    if seen.attack is not None and seen.attack.seen:
        left += [Text(), _attack(seen, seen.attack, words)]
    if seen.count is None:
        body.add_row(Group(*left))
    else:
        body.add_row(Group(*left), _kinds(seen.count, words))
    return Group(Rule(words.title, style="blue"), _head(seen, words), body)


def line(seen: Seen, words: Words) -> str:
    """The same in one line."""
    bad = seen.count.all_bad if seen.count else Tally()
    attack = seen.attack
    return words.line.format(
        phase=seen.phase,
        share=percent(seen.done),
        orders=f"{seen.orders:,}",
        events=f"{seen.events:,}",
        rate=f"{seen.events_a_second:,.0f}",
        alerts=f"{sum((seen.alerts or {}).values()):,}",
        recognised=percent(bad.flagged, bad.orders),
        held=attack.held if attack else 0,
        seen=attack.seen if attack else 0,
    )


def _head(seen: Seen, words: Words) -> RenderableType:
    head = Table.grid(padding=(0, 2))
    if seen.sign_in:
        # A terminal that knows links opens it though it is folded.
        link = Style(underline=True, link=seen.sign_in)
        told = Text(f"{words.sign_in}: ", overflow="fold").append(seen.sign_in, style=link)
        head.add_row(told)
    progress = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=1.0, completed=seen.done, width=LEFT_COLUMNS)
    progress.add_row(f"[bold]{seen.phase}[/]", bar, percent(seen.done))
    head.add_row(progress)
    return head


def _counters(seen: Seen, words: Words) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(no_wrap=True)
    if seen.now_ms:
        moment = rfc3339(seen.now_ms)[5:19].replace("T", " ")
        speed, unit = (seen.speed, "") if seen.speed < 10_000 else (seen.speed / 1000, "k")
        grid.add_row(words.simulated, f"{moment}  ×{speed:,.0f}{unit}")
    before = words.before_sale.format(count=f"{seen.history_orders:,}")
    grid.add_row(words.orders, f"[bold]{seen.orders:,}[/]  {before}")
    rate = words.a_second.format(count=f"{seen.events_a_second:,.0f}")
    grid.add_row(words.events, f"[bold]{seen.events:,}[/]  {rate}")
    for name, histogram in (
        (words.ack, seen.ack),
        (words.event_to_alert, seen.event_to_alert),
    ):
        times = (milliseconds(histogram.quantile_ms(share)) for share in (0.5, 0.99))
        grid.add_row(name, " / ".join(times))
    grid.add_row(words.done, f"{sum(seen.messages.values()):,} / {seen.decided:,}")
    return grid


def _alerts(seen: Seen, words: Words) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(words.alerts)
    table.add_column(words.risk, justify="right")
    table.add_column(words.health, justify="right")
    known = seen.alerts or {}
    for severity in SHOWN:
        counts = [known.get((kind, severity), 0) for kind in (AlertKind.RISK, AlertKind.HEALTH)]
        name = Text(words.severities[severity], style=_COLOURS[severity])
        table.add_row(name, *(f"{count:,}" for count in counts))
    return table


def _kinds(count: Count, words: Words) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column(words.recognised, no_wrap=True)
    table.add_column(words.orders, justify="right", no_wrap=True)
    table.add_column("%", justify="right", no_wrap=True)
    for kind, tally in sorted(count.bad.items()):
        table.add_row(kind_title(kind, words), f"{tally.orders:,}", _share(tally))
    bad, honest = count.all_bad, count.all_honest
    table.add_row(words.together, f"{bad.orders:,}", _share(bad), style="bold")
    flagged = percent(honest.flagged, honest.orders)
    table.add_row(words.honest, f"{honest.flagged:,}", flagged)
    medium = percent(honest.medium, honest.orders)
    table.add_row(words.honest_medium, f"{honest.medium:,}", medium)
    return table


def _share(tally: Tally) -> str:
    return percent(tally.flagged, tally.orders)


def kind_title(kind: str, words: Words) -> str:
    return words.kinds.get(kind) or kind.replace("_", " ")


def _attack(seen: Seen, attack: AttackSeen, words: Words) -> RenderableType:
    """A cell for each order, as it comes: held, only flagged, not noticed, not there yet."""
    cells = Text()
    cells.append("■" * attack.held, style="bold green")
    cells.append("■" * (attack.flagged - attack.held), style="yellow")
    cells.append("■" * (attack.seen - attack.flagged), style="bold red")
    cells.append("·" * (attack.orders - attack.seen), style="dim")
    title = words.attack.format(title=seen.attack_title, units=f"{seen.attack_units:,}")
    told = words.attack_told.format(seen=attack.seen, orders=attack.orders, held=attack.held)
    half = -(-attack.orders // 2)
    return Group(Text(title), Text(told, style="bold"), cells[:half], cells[half:])
