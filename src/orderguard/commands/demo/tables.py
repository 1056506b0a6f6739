"""The tables at the end: what was recognised by kind, and the results beside product figures."""

from collections.abc import Iterator

from rich.table import Table

from orderguard.commands.demo.figures import AttackFigures, Figures
from orderguard.commands.demo.view import kind_title, milliseconds, percent
from orderguard.commands.demo.words import Words

Row = tuple[str, str, str, str]


def kinds_table(figures: Figures, words: Words) -> Table:
    """The anomalous kinds, then the honest ones that reached a person."""
    table = Table(title=words.by_kind)
    table.add_column(words.kind, no_wrap=True)
    for name in (words.orders, words.flagged, "%", words.held):
        table.add_column(name, justify="right")
    for kind, counts in figures.recognised_by_kind.items():
        table.add_row(
            kind_title(kind, words),
            f"{counts.orders:,}",
            f"{counts.recognised:,}",
            percent(counts.recognised, counts.orders),
            f"{counts.held:,}",
        )
    table.add_section()
    for kind, honest in figures.honest_by_kind.items():
        if honest.medium:
            table.add_row(
                words.honest_kind.format(kind=kind_title(kind, words)),
                f"{honest.orders:,}",
                f"{honest.flagged:,}",
                percent(honest.flagged, honest.orders),
                f"{honest.held:,}",
            )
    return table


def results_table(figures: Figures, words: Words) -> Table:
    """Each result to beat: before, in the original deployment, and in this sale."""
    caption = words.shadow.format(
        seed=figures.seed, events=f"{figures.events:,}", seconds=f"{figures.seconds:.0f}"
    )
    table = Table(title=words.results, caption=caption)
    # Chinese has no spaces to break a line at.
    for name in (words.metric, words.before, words.original, words.this_sale):
        table.add_column(name, overflow="fold")
    for row in _rows(figures, words):
        table.add_row(*row)
    return table


def _rows(figures: Figures, words: Words) -> Iterator[Row]:
    by_kind = figures.recognised_by_kind.values()
    bad_orders = sum(counts.orders for counts in by_kind)
    found = sum(counts.recognised for counts in by_kind)
    recognised = words.share_of.format(
        share=percent(figures.recognised), count=f"{found:,}", all=f"{bad_orders:,}"
    )
    yield words.recognised, "57 %", "96 %", recognised
    cases = words.cases.format(
        share=percent(figures.case_share), count=f"{figures.cases:,}", all=f"{figures.orders:,}"
    )
    yield words.needs_person, "31 %", "9 %", cases
    yield words.complaints, "6.3 %", "1.1 %", percent(figures.honest_medium)
    yield words.honest_flagged, "", "", percent(figures.honest_flagged)
    yield from _attack_rows(figures.attack, words)
    rates = words.anomalous.format(bad=percent(figures.planted), flagged=percent(figures.flagged))
    yield words.anomaly_rate, "", "2.3 %", rates
    times = words.to_alert.format(
        p50=milliseconds(figures.event_to_alert_ms.p50),
        p99=milliseconds(figures.event_to_alert_ms.p99),
    )
    yield words.event_to_action, words.minutes_15, "800 ms", times
    held = words.of_money.format(
        held=_grouped(figures.bad_money.held),
        all=_grouped(figures.bad_money.total),
        currency=figures.bad_money.currency,
    )
    yield words.loss, "", "", held
    wrong = words.wrong.format(
        money=_grouped(figures.honest_money.held),
        currency=figures.honest_money.currency,
        count=f"{figures.honest_held:,}",
    )
    yield words.wrong_holds, "", "−44 %", wrong
    yield words.handling, "4.2 h", "38 min", words.not_measured
    yield words.enquiries, "", "−70 %", words.not_measured
    yield words.per_hour, "80–100, 7 %", "", words.not_measured


def _attack_rows(attack: AttackFigures, words: Words) -> Iterator[Row]:
    told = words.attack_held if attack.held_from_order is None else words.held_from
    held = told.format(
        held=attack.held,
        orders=attack.orders,
        place=attack.held_from_order,
        seconds=attack.held_after_s,
    )
    yield words.attack_row, "", words.seventh_minute, held
    challenge = words.never
    if attack.challenge_at_order is not None:
        challenge = words.would_do.format(place=attack.challenge_at_order)
    yield words.challenge, "", "", challenge


def _grouped(amount: str) -> str:
    whole, _, rest = amount.partition(".")
    return f"{int(whole):,}.{rest}"
