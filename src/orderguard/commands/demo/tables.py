"""The tables at the end: what was recognised by kind, and the results beside product figures."""

from collections.abc import Iterator

from rich.table import Table

from orderguard.commands.demo.figures import AttackFigures, Figures, PeopleFigures
from orderguard.commands.demo.view import kind_title, milliseconds, percent
from orderguard.commands.demo.words import Words
from orderguard.domain.entries import Disposition

Row = tuple[str, str, str, str]
SECONDS_A_MINUTE = 60


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


def channels_table(figures: Figures, words: Words) -> Table:
    """What each channel told, and what had to be asked of it."""
    table = Table(title=words.by_channel, caption=words.channels_caption)
    table.add_column(words.channel, no_wrap=True)
    for name in (words.orders, words.pushes, words.events, words.details, words.gaps, words.ack):
        table.add_column(name, justify="right")
    for one in figures.channels:
        failed = f" (−{one.details_failed:,})" if one.details_failed else ""
        gaps = words.gaps_mended.format(found=one.gaps_found, mended=one.gaps_mended)
        if not one.gaps_found:
            gaps = words.gaps_seen.format(seen=one.gaps_seen) if one.gaps_seen else "–"
        table.add_row(
            one.channel,
            f"{one.orders:,}",
            "–" if one.pushes is None else f"{one.pushes:,}",
            f"{one.events:,}",
            f"{one.details:,}{failed}",
            gaps,
            f"{milliseconds(one.ack_ms.p50)} / {milliseconds(one.ack_ms.p99)}",
        )
    return table


def results_table(figures: Figures, words: Words) -> Table:
    """Each result to beat: before, in the original deployment, and in this sale."""
    caption = words.simulation.format(
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
        share=percent(figures.case_share),
        count=f"{figures.people.opened:,}",
        all=f"{figures.orders:,}",
        orders=percent(figures.order_share),
    )
    yield words.needs_person, "31 %", "9 %", cases
    yield words.complaints, "6.3 %", "1.1 %", percent(figures.honest_medium)
    yield words.honest_flagged, "", "", percent(figures.honest_flagged)
    yield from _attack_rows(figures.attack, words)
    yield from _action_rows(figures, words)
    rates = words.anomalous.format(bad=percent(figures.planted), flagged=percent(figures.flagged))
    yield words.anomaly_rate, "", "2.3 %", rates
    times = words.to_action.format(
        p50=milliseconds(figures.event_to_action_ms.p50),
        p99=milliseconds(figures.event_to_action_ms.p99),
        alert_p50=milliseconds(figures.event_to_alert_ms.p50),
        alert_p99=milliseconds(figures.event_to_alert_ms.p99),
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
    yield from _people_rows(figures.people, words)
    yield from _result_rows(figures, words)


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
    if attack.first_challenged is not None:
        challenge = words.challenge_at.format(
            place=attack.first_challenged, count=attack.challenged, all=attack.orders
        )
    yield words.challenge, "", "", challenge


def _action_rows(figures: Figures, words: Words) -> Iterator[Row]:
    screen, actions = figures.screen, figures.actions
    told = words.screen_told.format(
        asked=f"{screen.asked:,}",
        challenged=f"{screen.challenged:,}",
        honest=f"{screen.honest_challenged:,}",
    )
    yield words.screen, "", "", told
    sent = {kind: f"{actions.messages.get(kind, 0):,}" for kind in ("sms", "notify", "meeting")}
    yield words.sent, "", "", words.sent_told.format(confirmed=f"{actions.confirmed:,}", **sent)
    shipments = words.shipments_told.format(
        held=f"{actions.held:,}",
        intercepted=f"{actions.intercepted:,}",
        released=f"{actions.released:,}",
    )
    yield words.shipments, "", "", shipments


def _people_rows(people: PeopleFigures, words: Words) -> Iterator[Row]:
    found = {name: people.by_disposition.get(name, 0) for name in Disposition}
    decisions = words.decisions_told.format(
        opened=f"{people.opened:,}", decided=f"{people.decided:,}", **found
    )
    yield words.decisions, "", "", decisions
    median_s = people.order_to_decision_s.p50
    handling = words.never if median_s is None else f"{median_s / SECONDS_A_MINUTE:.1f}"
    yield words.handling, "4.2 h", "38 min", words.handling_told.format(p50=handling)
    yield words.labelled, "", "", f"{people.labelled:,}"


def _result_rows(figures: Figures, words: Words) -> Iterator[Row]:
    """What the server itself has counted."""
    people, seen = figures.people, figures.results
    pace = seen.orders_per_person_hour
    told = words.pace_told.format(
        pace="–" if pace is None else f"{pace:,.0f}",
        wrong=people.wrong,
        decided=f"{people.decided:,}",
    )
    yield words.per_hour, "80–100, 7 %", "", told
    enquiries = words.enquiries_told.format(
        count=f"{seen.enquiries:,}", again=f"{seen.repeat_enquiries:,}"
    )
    yield words.enquiries, "", "−70 %", enquiries
    locks = words.locks_told.format(
        minutes=f"{seen.wrong_lock_minutes:,.0f}",
        wrong=f"{seen.wrong_locks:,}",
        all=f"{seen.locks:,}",
    )
    yield words.wrong_locks, "", "", locks
    health = words.health_told.format(
        faults=f"{seen.faults:,}",
        alone=f"{seen.mended_alone:,}",
        person=f"{seen.mended_person:,}",
        itself=f"{seen.mended_itself:,}",
        open=f"{seen.unmended:,}",
    )
    yield words.order_health, "", "", health


def _grouped(amount: str) -> str:
    whole, _, rest = amount.partition(".")
    return f"{int(whole):,}.{rest}"
