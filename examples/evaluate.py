"""Hold what a replay said of each order against the labels: precision and recall, rule by rule.

The share of bad orders among those flagged carries a Wilson 95 % interval. Orders without a
label are left out and counted.
"""

import argparse
import datetime as dt
import gzip
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import zstandard

from orderguard.domain.alerts import AlertKind, Severity
from orderguard.errors import BadInput

Z_95 = 1.959964
# The first month of this set is rings; a figure over all of it says little about any other month.
SPLITS = {"fraud_ecommerce": dt.datetime(2015, 2, 1, tzinfo=dt.UTC)}

Item = TypeVar("Item")


class Named(msgspec.Struct, frozen=True):
    order_id: str


class Told(msgspec.Struct, frozen=True):
    """Of an event's data: the order's name, which stands in either of two places."""

    order: Named | None = None
    order_id: str | None = None


class Event(msgspec.Struct, frozen=True):
    occurred_at: dt.datetime
    shop: str
    data: Told


class Label(msgspec.Struct, frozen=True):
    order_id: str
    bad: bool


class JudgedOrder(msgspec.Struct, frozen=True):
    """A line of the replay's `orders.jsonl`."""

    order_id: str
    rules: list[str]
    risk_severity: Severity | None = None
    health_severity: Severity | None = None

    def severity(self, kind: AlertKind) -> Severity | None:
        return self.risk_severity if kind is AlertKind.RISK else self.health_severity


class LabelledOrder(msgspec.Struct, frozen=True):
    """An order, its label, and when it was first heard of."""

    order: JudgedOrder
    bad: bool
    heard_at: dt.datetime


class Share(msgspec.Struct, frozen=True):
    """How many of some orders are bad. `share`, `low` and `high` are null where there are none."""

    orders: int
    bad: int
    share: float | None
    low: float | None
    high: float | None


class SeverityResult(msgspec.Struct, frozen=True):
    kind: AlertKind
    severity: Severity
    flagged: Share
    recall: float | None


class RuleResult(msgspec.Struct, frozen=True):
    """`lift` is the bad share of the orders hit over that of all orders."""

    rule: str
    hit: Share
    lift: float | None
    recall: float | None


class Period(msgspec.Struct, frozen=True):
    """What was found on the orders that were first heard of in one stretch of time."""

    name: str
    all: Share
    severities: list[SeverityResult]
    rules: list[RuleResult]


class Evaluation(msgspec.Struct, frozen=True):
    periods: list[Period]
    unlabelled: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", type=Path, help="events.jsonl, .jsonl.zst or .jsonl.gz")
    parser.add_argument("labels", type=Path, help='lines of {"order_id", "bad"}')
    parser.add_argument("replay_out", type=Path, help="the folder that the replay wrote")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    try:
        result = evaluate(
            read_lines(options.events, Event),
            read_lines(options.labels, Label),
            read_lines(options.replay_out / "orders.jsonl", JudgedOrder),
        )
    except BadInput as fault:
        print(fault, file=sys.stderr)
        sys.exit(2)
    if options.json:
        print(msgspec.json.encode(result).decode())
    else:
        print("\n\n".join(describe_period(period) for period in result.periods))
        print(f"\n{result.unlabelled:,} orders have no label and are left out.")


def read_lines(path: Path, item: type[Item]) -> list[Item]:
    try:
        with path.open("rb") as file:
            if path.suffix == ".zst":
                decompressor = zstandard.ZstdDecompressor()
                text = decompressor.stream_reader(file, read_across_frames=True).read()
            else:
                text = gzip.decompress(file.read()) if path.suffix == ".gz" else file.read()
        return msgspec.json.Decoder(item).decode_lines(text)
    except (OSError, msgspec.MsgspecError, zstandard.ZstdError) as fault:
        hint = "Give the events, the labels and the folder of one and the same replay."
        raise BadInput(f"{path} cannot be read: {fault}.", hint=hint) from fault


def evaluate(
    events: Sequence[Event], labels: Sequence[Label], orders: Sequence[JudgedOrder]
) -> Evaluation:
    heard_at = find_first_times(events)
    bad = {label.order_id: label.bad for label in labels}
    missing = (bad.keys() - {order.order_id for order in orders}) | (bad.keys() - heard_at.keys())
    if missing:
        hint = "Events, labels and replay must be of one set."
        raise BadInput(
            f"{len(missing)} labelled orders were not replayed, such as {min(missing)!r}.",
            hint=hint,
        )
    labelled_orders = [
        LabelledOrder(order, bad[order.order_id], heard_at[order.order_id])
        for order in orders
        if order.order_id in bad
    ]
    periods = [judge("all", labelled_orders)]
    for shop in sorted({event.shop for event in events} & SPLITS.keys()):
        split = SPLITS[shop]
        early = [labelled for labelled in labelled_orders if labelled.heard_at < split]
        late = [labelled for labelled in labelled_orders if labelled.heard_at >= split]
        periods += [judge(f"before {split:%Y-%m-%d}", early), judge(f"from {split:%Y-%m-%d}", late)]
    return Evaluation(periods, unlabelled=len(orders) - len(labelled_orders))


def find_first_times(events: Iterable[Event]) -> dict[str, dt.datetime]:
    """Say when each order was first heard of. Events stand in the order of their arrival."""
    heard_at: dict[str, dt.datetime] = {}
    for event in events:
        order_id = event.data.order_id if event.data.order is None else event.data.order.order_id
        if order_id is not None:
            heard_at.setdefault(order_id, event.occurred_at)
    return heard_at


def judge(name: str, labelled_orders: Sequence[LabelledOrder]) -> Period:
    everyone = count_bad(labelled_orders)
    severities = [
        judge_severity(kind, severity, labelled_orders, everyone.bad)
        for kind in AlertKind
        for severity in Severity
    ]
    hits: dict[str, list[LabelledOrder]] = {}
    for labelled in labelled_orders:
        for rule in labelled.order.rules:
            hits.setdefault(rule, []).append(labelled)
    rules = [judge_rule(rule, hits[rule], everyone) for rule in sorted(hits)]
    return Period(name, everyone, severities, rules)


def judge_severity(
    kind: AlertKind, severity: Severity, labelled_orders: Sequence[LabelledOrder], bad_total: int
) -> SeverityResult:
    """Count as flagged what has this severity or a higher one."""
    severities = ((labelled, labelled.order.severity(kind)) for labelled in labelled_orders)
    flagged = count_bad(
        [labelled for labelled, own in severities if own is not None and own.rank >= severity.rank]
    )
    return SeverityResult(kind, severity, flagged, divide(flagged.bad, bad_total))


def judge_rule(rule: str, hit_orders: Sequence[LabelledOrder], everyone: Share) -> RuleResult:
    hit = count_bad(hit_orders)
    lift = divide(hit.bad * everyone.orders, hit.orders * everyone.bad)
    return RuleResult(rule, hit, lift, divide(hit.bad, everyone.bad))


def count_bad(labelled_orders: Sequence[LabelledOrder]) -> Share:
    orders, bad = len(labelled_orders), sum(labelled.bad for labelled in labelled_orders)
    if not orders:
        return Share(0, 0, None, None, None)
    low, high = wilson(bad, orders)
    return Share(orders, bad, bad / orders, low, high)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Bound a share at 95 %; unlike the plain interval it holds for few trials and near 0 and 1."""
    share, z2 = successes / trials, Z_95**2
    centre = share + z2 / (2 * trials)
    spread = Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def divide(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def describe_period(period: Period) -> str:
    heading = f"{period.name}: {period.all.orders:,} orders, bad {describe_share(period.all)}"
    severities = [
        f"  {f'{result.kind} {result.severity} or above':<36}"
        f"{result.flagged.orders:>8,}  {describe_share(result.flagged):<24}"
        f"{describe_percent(result.recall):>9}"
        for result in period.severities
    ]
    rules = [
        f"  {result.rule:<36}{result.hit.orders:>8,}  {describe_share(result.hit):<24}"
        f"{describe_percent(result.recall):>9}"
        f"{'-' if result.lift is None else f'{result.lift:.2f}':>8}"
        for result in period.rules
    ]
    return "\n".join(
        [
            heading,
            f"  {'alerts':<36}{'orders':>8}  {'precision':<24}{'recall':>9}",
            *severities,
            f"  {'rule':<36}{'orders':>8}  {'bad share':<24}{'recall':>9}{'lift':>8}",
            *rules,
        ]
    )


def describe_share(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "-"
    return f"{share.share:.1%} ({share.low:.1%} to {share.high:.1%})"


def describe_percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


if __name__ == "__main__":
    main()
