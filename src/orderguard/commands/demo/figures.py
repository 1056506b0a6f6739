"""The figures of a sale that was played, and how they were measured."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from orderguard.commands.demo.board import SeenAlert, Tally
from orderguard.commands.demo.listener import Histogram, SeenOrder, SeenRun
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.simulate.showcase import Attack

CURRENCY = "CNY"
NOT_MEASURED = (
    "order_handling_time",
    "repeat_enquiries",
    "cases_per_person_hour",
    "wrong_decisions",
)


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


class AttackFigures(Struct, frozen=True, kw_only=True):
    """`held_from_order`: how many of its orders were in when an alert held the first of them.

    `challenge_at_order` is the same for the challenge, `challenge` the state of that step.
    """

    orders: int
    seen: int
    held: int
    units: int
    held_from_order: int | None
    held_after_s: float | None
    challenge: str | None
    challenge_at_order: int | None


class Money(Struct, frozen=True, kw_only=True):
    """`held` of `total`: sums of the amounts of orders as paid or to be paid."""

    held: str
    total: str
    currency: str = CURRENCY


class Figures(Struct, frozen=True, kw_only=True):
    """What `--json` prints. Shares are of the sale's orders; the history counts nowhere.

    `recognised` is the share of anomalous orders that a risk alert of any severity concerns, as
    in `summary.json`; `cases` are the risk alerts of medium or above that the sale raised.
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
    cases: int
    case_share: float
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
    not_measured: tuple[str, ...] = NOT_MEASURED


def share(part: float, whole: float) -> float:
    return round(part / whole, 6) if whole else 0.0


def count_cases(alerts: Iterable[SeenAlert], since: datetime) -> int:
    """The risk alerts that a person has to look at, of those first detected since then."""
    return sum(
        alert.kind is AlertKind.RISK
        and alert.severity.rank >= Severity.MEDIUM.rank
        and datetime.fromisoformat(alert.detected_at) >= since
        for alert in alerts
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
    attack: Attack, orders: Sequence[SeenOrder], held_at: str | None
) -> AttackFigures:
    """`orders`: those of the attack as the server has them at the end.

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
    return AttackFigures(
        orders=len(attack.order_ids),
        seen=len(orders),
        held=sum(order.held for order in orders),
        units=attack.units,
        held_from_order=None if first is None else place(first),
        held_after_s=None if first is None else round((first - told[0]).total_seconds(), 1),
        challenge=None if challenge is None else challenge[1],
        challenge_at_order=None if challenge is None else place(challenge[0]),
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
