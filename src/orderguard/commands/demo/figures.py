"""The figures of a sale that was played, and how they were measured."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from orderguard.commands.demo.board import Board, Tally
from orderguard.commands.demo.deeds import CANCEL, HOLD, INTERCEPT, Deeds, quantile
from orderguard.commands.demo.listener import Histogram, SeenFigures, SeenOrder, SeenRun
from orderguard.commands.demo.people import Decided, SeenCase
from orderguard.commands.demo.storefront import Screened
from orderguard.domain.entries import Disposition
from orderguard.kit.clock import MS_PER_SECOND, to_ms
from orderguard.simulate.showcase import Attack

CURRENCY = "CNY"


class KindFigures(Struct, frozen=True, kw_only=True):
    orders: int
    recognised: int
    held: int


class HonestFigures(Struct, frozen=True, kw_only=True):
    """`flagged`: in a risk alert of any severity; `medium`: of medium or above."""

    orders: int
    flagged: int
    medium: int
    held: int


class Percentiles(Struct, frozen=True, kw_only=True):
    """Milliseconds, as near as the bounds of the server's histograms tell; None for none."""

    p50: float | None
    p99: float | None

    @classmethod
    def of(cls, histogram: Histogram) -> "Percentiles":
        p50, p99 = (histogram.quantile_ms(share) for share in (0.5, 0.99))
        return cls(p50=_rounded(p50), p99=_rounded(p99))

    @classmethod
    def among(cls, values: Sequence[float]) -> "Percentiles":
        p50, p99 = (quantile(values, share) for share in (0.5, 0.99))
        return cls(p50=_rounded(p50), p99=_rounded(p99))


class AttackFigures(Struct, frozen=True, kw_only=True):
    """`held_from_order`: how many of its orders were in when an alert held the first of them.

    `challenge` is the state of the step that challenges the segment, `challenge_at_order` the same
    for it. `first_challenged` is the first of its attempts at the checkout, from 1 on, that was
    answered with a challenge, `challenged` how many were.
    """

    orders: int
    seen: int
    held: int
    units: int
    held_from_order: int | None
    held_after_s: float | None
    challenge: str | None
    challenge_at_order: int | None
    first_challenged: int | None
    challenged: int


class ScreenFigures(Struct, frozen=True, kw_only=True):
    """Attempts at the checkout of the one shop that asks; `honest` of the challenged are."""

    asked: int
    unchecked: int
    challenged: int
    honest_challenged: int


class ActionFigures(Struct, frozen=True, kw_only=True):
    """What the outside was asked to do for orders of the sale.

    `messages` by the action that sent them; `confirmed` are buyers who said that it was them.
    `held` were asked for before the parcel left, `intercepted` after; `released` are holds taken
    back.
    """

    messages: dict[str, int]
    confirmed: int
    held: int
    intercepted: int
    released: int
    cancelled: int


class PeopleFigures(Struct, frozen=True, kw_only=True):
    """Cases of the sale, and what simulated people made of them.

    `orders` are in a case, `honest_confirmed` are honest ones in a case that was confirmed. `wrong`
    decisions are assumed: a share of them is drawn. `order_to_decision_s` is simulated time from
    the first word of an order to the decision of its case.
    """

    opened: int
    decided: int
    by_disposition: dict[str, int]
    wrong: int
    orders: int
    honest_confirmed: int
    order_to_decision_s: Percentiles
    labelled: int


class Money(Struct, frozen=True, kw_only=True):
    """`held` of `total`: sums of the amounts of orders as paid or to be paid."""

    held: str
    total: str
    currency: str = CURRENCY


class ChannelFigures(Struct, frozen=True, kw_only=True):
    """One channel's part of the sale.

    `events` are new ones in the log. `details` were asked for because a push had left them out.
    `gaps_found` are changes that no push had told, `gaps_mended` those that a list has told since,
    `gaps_seen` facts that were missing where there is no list. `ack_ms` is of the pushes as their
    sender sees it; None of both for a connection.
    """

    channel: str
    orders: int
    events: int
    pushes: int | None
    details: int
    details_failed: int
    gaps_found: int
    gaps_mended: int
    gaps_seen: int
    ack_ms: Percentiles


class Figures(Struct, frozen=True, kw_only=True):
    """What `--json` prints. Shares are of the sale's orders; the history counts nowhere.

    `recognised` is the share of anomalous orders that a risk alert of any severity concerns, as
    in `summary.json`. `event_to_action_ms` is real time from the sending of the event that
    completed a pattern to the merchant's system being called on its account. `results` is what the
    server itself has counted since the sale opened.
    """

    seed: int
    orders: int
    history_orders: int
    events: int
    posts_repeated: int
    seconds: float
    mode: str
    planted: float
    flagged: float
    recognised: float
    recognised_by_kind: dict[str, KindFigures]
    people: PeopleFigures
    case_share: float
    order_share: float
    honest_orders: int
    honest_flagged: float
    honest_medium: float
    honest_held: int
    honest_by_kind: dict[str, HonestFigures]
    bad_money: Money
    honest_money: Money
    attack: AttackFigures
    ack_ms: Percentiles
    event_to_alert_ms: Percentiles
    event_to_action_ms: Percentiles
    actions: ActionFigures
    screen: ScreenFigures
    results: SeenFigures = SeenFigures()
    channels: tuple[ChannelFigures, ...] = ()


def share(part: float, whole: float) -> float:
    return round(part / whole, 6) if whole else 0.0


def people_figures(
    cases: Sequence[SeenCase], decided: Iterable[Decided], board: Board, labelled: int
) -> PeopleFigures:
    """`cases` are those of the sale, `decided` all that anybody decided."""
    by_case = {one.case_id: one for one in decided}
    found: Counter[str] = Counter()
    orders: set[str] = set()
    wronged: set[str] = set()
    waits_s = list[float]()
    for case in cases:
        known = {one.order_id: one for name in case.order_ids if (one := board.sale_order(name))}
        orders |= known.keys()
        if case.disposition is None or case.decided_at is None:
            continue
        found[case.disposition] += 1
        at_ms = to_ms(datetime.fromisoformat(case.decided_at))
        waits_s += [max(0, at_ms - order.at_ms) / MS_PER_SECOND for order in known.values()]
        if case.disposition is Disposition.CONFIRMED:
            wronged |= {name for name, order in known.items() if not order.bad}
    return PeopleFigures(
        opened=len(cases),
        decided=found.total(),
        by_disposition=dict(sorted(found.items())),
        wrong=sum(case.case_id in by_case and by_case[case.case_id].is_wrong for case in cases),
        orders=len(orders),
        honest_confirmed=len(wronged),
        order_to_decision_s=Percentiles.among(waits_s),
        labelled=labelled,
    )


def screen_figures(screened: Screened, board: Board) -> ScreenFigures:
    orders = [board.sale_order(order_id) for order_id in screened.challenged]
    return ScreenFigures(
        asked=screened.asked,
        unchecked=screened.unchecked,
        challenged=len(screened.challenged),
        honest_challenged=sum(order is not None and not order.bad for order in orders),
    )


def action_figures(deeds: Deeds, board: Board) -> ActionFigures:
    return ActionFigures(
        messages=dict(sorted(deeds.messages.items())),
        confirmed=deeds.confirmed,
        held=deeds.asked(HOLD, board),
        intercepted=deeds.asked(INTERCEPT, board),
        released=deeds.released,
        cancelled=deeds.asked(CANCEL, board),
    )


def kinds_of(tallies: Iterable[tuple[str, Tally]]) -> dict[str, KindFigures]:
    return {
        kind: KindFigures(orders=tally.orders, recognised=tally.flagged, held=tally.held)
        for kind, tally in sorted(tallies)
    }


def honest_kinds_of(tallies: Iterable[tuple[str, Tally]]) -> dict[str, HonestFigures]:
    return {
        kind: HonestFigures(
            orders=tally.orders, flagged=tally.flagged, medium=tally.medium, held=tally.held
        )
        for kind, tally in sorted(tallies)
    }


def money(tally: Tally) -> Money:
    return Money(held=_yuan(tally.held_fen), total=_yuan(tally.fen))


def attack_figures(
    attack: Attack,
    orders: Sequence[SeenOrder],
    held_at: str | None,
    challenged: Collection[str] = (),
) -> AttackFigures:
    """`orders`: those of the attack as the server has them at the end.

    `challenged`: the orders whose attempts at the checkout were.

    `held_at`: when the stream told of the first hold. A listener that is cut off hears of it late,
    so a step of the server's that was due before counts as well.
    """
    told = sorted(datetime.fromisoformat(order.told_at) for order in orders)

    def place(at: datetime) -> int:
        return sum(moment <= at for moment in told)

    runs = {run.alert_id: run for order in orders for run in order.responses}
    holds = [at for at, _ in _steps(runs.values(), "hold_shipment") if at >= told[0]]
    if held_at is not None:
        holds.append(datetime.fromisoformat(held_at))
    first = min(holds, default=None)
    challenge = min(_steps(runs.values(), "challenge"), default=None)
    by_time = sorted(orders, key=lambda order: datetime.fromisoformat(order.told_at))
    stopped = [place for place, one in enumerate(by_time, 1) if one.order_id in challenged]
    return AttackFigures(
        orders=len(attack.order_ids),
        seen=len(orders),
        held=sum(order.held for order in orders),
        units=attack.units,
        held_from_order=None if first is None else place(first),
        held_after_s=None if first is None else round((first - told[0]).total_seconds(), 1),
        challenge=None if challenge is None else challenge[1],
        challenge_at_order=None if challenge is None else place(challenge[0]),
        first_challenged=min(stopped, default=None),
        challenged=len(stopped),
    )


def _steps(runs: Iterable[SeenRun], action: str) -> list[tuple[datetime, str]]:
    """When the steps of an action were due, and their states."""
    return [
        (datetime.fromisoformat(step.due_at), step.state)
        for run in runs
        for step in run.steps
        if step.action == action
    ]


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 2)
