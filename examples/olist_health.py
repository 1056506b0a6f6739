"""Hold what a replay of `olist` said of stuck and late orders against a plain reading of the table.

The deadlines are computed here from the publisher's columns alone, in plain Python, without the
code that watches orders. The set has every undelivered order and one delivered in 18.65: shares
over all orders weigh them so.

    olist_health.py library OUT          the packaged library with limits of a marketplace
    olist_health.py compare REPLAY [TUNED_REPLAY] [--write PAGE]
"""

import argparse
import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, pairwise
from pathlib import Path
from typing import TypeVar

import msgspec
from _events import DATA_DEFAULT, read_rows, to_money
from olist import SHOP, CustomerRow, ItemRow, OrderRow, PaymentRow, in_zone

from orderguard.app import PACKAGED_LIBRARY, read_library
from orderguard.errors import BadInput

DELIVERED_WEIGHT = 18.65
"""Delivered orders of the public set for each in this extract; of the others it has all."""
SETTLING = dt.timedelta(minutes=1)
"""A deadline that has passed by the time it is heard of fires a moment later."""
SKEW = dt.timedelta(minutes=5)
"""Clocks of two witnesses may differ by so much."""
BEGIN, END = "<!-- olist health: begin -->", "<!-- olist health: end -->"

PENDING, UNSHIPPED = "lifecycle.payment_pending", "lifecycle.paid_not_requested"
NO_TRACE, PROMISE = "lifecycle.no_trace", "lifecycle.promise_missed"
AMOUNT, STATUS = "sync.amount_mismatch", "sync.status_mismatch"
TWICE = "duplicate.paid_twice"
AMOUNT_GRACE, TWICE_WITHIN = dt.timedelta(minutes=10), dt.timedelta(hours=1)
SHIPPED_LIMITS = {PENDING: 2, UNSHIPPED: 2, NO_TRACE: 48}
"""Hours, as the library is shipped."""
TUNED_LIMITS = {PENDING: 5 * 24, UNSHIPPED: 20 * 24, NO_TRACE: 40 * 24}
"""Hours that all but one in a hundred of the delivered orders keep: a boleto takes days to be paid,
sellers hand over in a week, and this carrier tells of nothing but the delivery."""
HEAD = (
    *("rule", "what it watches", "allowed", "orders past it", "of these delivered in the end"),
    *("found at the deadline", "at another time", "beside", "share of all orders, weighted"),
)
COUNTED_FROM = {
    PENDING: "placed, not approved",
    UNSHIPPED: "approved, not with the carrier",
    NO_TRACE: "with the carrier, not delivered",
    PROMISE: "not with the carrier by the seller's promise",
    AMOUNT: "items and freight are not what was paid",
    STATUS: "with the carrier before it was approved",
    TWICE: "the same person, the same items, approved within an hour",
}

Line = TypeVar("Line", bound=msgspec.Struct)
Due = dict[str, dt.datetime]
"""Rule to deadline."""


class Life(msgspec.Struct, frozen=True):
    """One order as the tables have it.

    `difference` is what was paid beyond what was ordered, `basket` the person and the items.
    """

    order_id: str
    status: str
    bought: dt.datetime
    approved: dt.datetime | None
    shipped: dt.datetime | None
    delivered: dt.datetime | None
    promised: dt.datetime | None
    ship_by: dt.datetime | None
    difference: Decimal | None
    basket: tuple[str, ...]

    @property
    def is_delivered(self) -> bool:
        return self.status == "delivered"

    @property
    def is_stuck(self) -> bool:
        """It never ended, neither well nor by being cancelled."""
        return self.status not in {"delivered", "canceled"}

    @property
    def is_late(self) -> bool:
        """It came after the promised midnight."""
        both = self.delivered is not None and self.promised is not None
        return both and self.delivered > self.promised  # type: ignore[operator]  # both says so

    @property
    def is_impossible(self) -> bool:
        """A step by nature later is told as the earlier: delivered, then handed over."""
        if self.shipped is None or self.delivered is None:
            return False
        return self.delivered < self.shipped - SKEW

    def weight(self) -> float:
        return DELIVERED_WEIGHT if self.is_delivered else 1.0


class Named(msgspec.Struct, frozen=True):
    """A line of the replay's `orders.jsonl`."""

    order_id: str
    tags: list[str]


class Said(msgspec.Struct, frozen=True):
    """A line of the replay's `alerts.jsonl`."""

    kind: str
    rules: list[str]
    order_ids: list[str]
    detected_at: dt.datetime


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: orders past its deadline, found at it, found at another time, found beside them."""

    rule: str
    due: int
    due_delivered: int
    at_deadline: int
    otherwise: int
    beside: int
    weighted_share: float


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """`stuck` and `late` are (orders, of these found by any rule); `healthy_flagged` is a share."""

    rows: list[Row]
    stuck: dict[str, tuple[int, int]]
    late: tuple[int, int]
    healthy_flagged: float
    impossible: tuple[int, int]
    impossible_beside: int


def read_lives(folder: Path) -> list[Life]:
    ship_by: dict[str, dt.datetime] = {}
    people = {
        customer.customer_id: customer.customer_unique_id
        for customer in read_rows(folder / "customers.parquet", CustomerRow)
    }
    items: defaultdict[str, list[str]] = defaultdict(list)
    ordered: defaultdict[str, Decimal] = defaultdict(Decimal)
    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in read_rows(folder / "order_items.parquet", ItemRow):
        ordered[item.order_id] += to_money(item.price) + to_money(item.freight_value)
        items[item.order_id].append(item.product_id)
        ship_by[item.order_id] = max(ship_by.get(item.order_id, item.ship_by), item.ship_by)
    for payment in read_rows(folder / "order_payments.parquet", PaymentRow):
        paid[payment.order_id] += to_money(payment.payment_value)
    lives = []
    for row in read_rows(folder / "orders.parquet", OrderRow):
        bought = in_zone(row.bought_at)
        assert bought is not None, "every order was bought"
        knows_both = row.order_id in ordered and row.order_id in paid
        lives.append(
            Life(
                order_id=row.order_id,
                status=row.order_status,
                bought=bought,
                approved=in_zone(row.approved_at),
                shipped=in_zone(row.shipped_at),
                delivered=in_zone(row.delivered_at),
                promised=in_zone(row.promised_at),
                ship_by=in_zone(ship_by.get(row.order_id)),
                difference=paid[row.order_id] - ordered[row.order_id] if knows_both else None,
                basket=(people[row.customer_id], *sorted(items[row.order_id])),
            )
        )
    return lives


def deadlines(life: Life, limits: Mapping[str, int], ends: dt.datetime) -> Due:
    """Each rule's deadline that this order passed before the set ends.

    Who is there in the very second of the deadline is too late.
    """
    sent = [at for at in (life.shipped, life.delivered) if at is not None]
    candidates: list[tuple[str, dt.datetime | None, Iterable[dt.datetime]]] = [
        (PENDING, life.bought, [*filter(None, [life.approved]), *sent]),
        (UNSHIPPED, life.approved, sent),
        (NO_TRACE, life.shipped, filter(None, [life.delivered])),
    ]
    due: Due = {}
    for rule, since, reached in candidates:
        if since is not None:
            at = instant(since) + dt.timedelta(hours=limits[rule])
            if at <= min(map(instant, reached), default=ends):
                due[rule] = at
    if life.approved is not None and life.ship_by is not None:
        at = max(instant(life.ship_by), instant(life.approved))
        if at <= min(map(instant, sent), default=ends):
            due[PROMISE] = at
    if life.approved is not None:
        approved = instant(life.approved)
        if life.difference:
            # The amounts stand in two documents, of which the second may be corrected.
            is_one = approved == instant(life.bought)
            due[AMOUNT] = approved if is_one else approved + AMOUNT_GRACE
        if life.shipped is not None and instant(life.shipped) < approved:
            due[STATUS] = approved + dt.timedelta(hours=1)
    return due


def add_twice(lives: Sequence[Life], due: Mapping[str, Due]) -> None:
    """Who paid for the very same items twice within an hour: both orders, from the second on."""
    baskets: defaultdict[tuple[str, ...], list[tuple[dt.datetime, str]]] = defaultdict(list)
    for life in lives:
        if life.approved is not None and len(life.basket) > 1:
            baskets[life.basket].append((instant(life.approved), life.order_id))
    for paid in baskets.values():
        for (first_at, first), (again_at, again) in pairwise(sorted(paid)):
            if again_at - first_at <= TWICE_WITHIN:
                due[first][TWICE] = due[again][TWICE] = again_at


def instant(at: dt.datetime) -> dt.datetime:
    # Two times of one zone compare and add by the wall clock, which repeats an hour each autumn.
    return at.astimezone(dt.UTC)


def compare(lives: Sequence[Life], replay: Path, limits: Mapping[str, int]) -> Compared:
    said: defaultdict[str, dict[str, dt.datetime]] = defaultdict(dict)
    for alert in read_lines(replay / "alerts.jsonl", Said):
        if alert.kind == "health":
            for order_id in alert.order_ids:
                said[alert.rules[0]].setdefault(order_id, alert.detected_at)
    times = (at for life in lives for at in (life.bought, life.approved, life.shipped))
    ends = max(map(instant, filter(None, chain(times, (life.delivered for life in lives)))))
    due = {life.order_id: deadlines(life, limits, ends) for life in lives}
    add_twice(lives, due)
    flagged = {order_id for orders in said.values() for order_id in orders}
    tagged = {
        order.order_id
        for order in read_lines(replay / "orders.jsonl", Named)
        if "impossible_order" in order.tags
    }
    impossible = {life.order_id for life in lives if life.is_impossible}
    late = [life.order_id for life in lives if life.is_late]
    well = [life for life in lives if life.is_delivered and not life.is_late]
    stuck: defaultdict[str, list[str]] = defaultdict(list)
    for life in lives:
        if life.is_stuck:
            stuck[life.status].append(life.order_id)
    return Compared(
        rows=[judge_rule(rule, lives, due, said[rule]) for rule in COUNTED_FROM],
        stuck={
            status: (len(orders), len(flagged.intersection(orders)))
            for status, orders in sorted(stuck.items())
        },
        late=(len(late), len(flagged.intersection(late))),
        healthy_flagged=sum(life.order_id in flagged for life in well) / max(len(well), 1),
        impossible=(len(impossible), len(impossible & tagged)),
        impossible_beside=len(tagged - impossible),
    )


def judge_rule(
    rule: str,
    lives: Sequence[Life],
    due: Mapping[str, Due],
    said: Mapping[str, dt.datetime],
) -> Row:
    past = [life for life in lives if rule in due[life.order_id]]
    found = [life for life in past if life.order_id in said]
    punctual = [
        life
        for life in found
        if dt.timedelta(0) <= said[life.order_id] - due[life.order_id][rule] <= SETTLING
    ]
    everything = sum(life.weight() for life in lives)
    return Row(
        rule=rule,
        due=len(past),
        due_delivered=sum(life.is_delivered for life in past),
        at_deadline=len(punctual),
        otherwise=len(found) - len(punctual),
        beside=len(said.keys() - {life.order_id for life in past}),
        weighted_share=sum(life.weight() for life in past) / everything,
    )


def read_lines(path: Path, shape: type[Line]) -> Iterator[Line]:
    decode = msgspec.json.Decoder(shape).decode
    with path.open("rb") as file:
        for line in file:
            yield decode(line)


def tell(lives: Sequence[Life], found: Compared, limits: Mapping[str, int], name: str) -> str:
    """One run as Markdown."""
    lines = [
        f"**{name}**",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{' --- |' * len(HEAD)}",
    ]
    for row in found.rows:
        allowed = f"{limits[row.rule]} h" if row.rule in limits else ""
        cells = (
            f"`{row.rule}`",
            COUNTED_FROM[row.rule],
            allowed,
            f"{row.due:,}",
            f"{row.due_delivered:,}",
            f"{row.at_deadline:,}",
            f"{row.otherwise:,}",
            f"{row.beside:,}",
            f"{row.weighted_share:.1%}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    late, warned = found.late
    impossible, tagged = found.impossible
    stuck = ", ".join(f"{status} {n:,} of {of:,}" for status, (of, n) in found.stuck.items())
    lines += [
        "",
        f"- Stuck for good, found by a rule: {stuck}.",
        f"- Delivered after the promised day: {late:,}, of which a rule speaks of {warned:,}.",
        f"- Delivered in time: a rule speaks of {found.healthy_flagged:.1%}.",
        f"- Delivered before it was handed over: {impossible}; `impossible_order` says {tagged}.",
        f"- Others with that tag: {found.impossible_beside}. All {len(lives):,} orders are kept.",
    ]
    return "\n".join(lines)


def write_library(out: Path) -> None:
    """The packaged library, with other limits for this shop alone."""
    for name, text in read_library(PACKAGED_LIBRARY).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hours = TUNED_LIMITS.get(f"{path.parent.name}.{path.stem}")
        if hours is None:
            path.write_text(text)
            continue
        other = f"overrides:\n  - {{shop: {SHOP}, parameters: {{within: {hours}h}}}}\n"
        path.write_text(f"{text.rstrip()}\n{other}")


def write_between(page: Path, text: str) -> None:
    head, _, rest = page.read_text().partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise BadInput(f"{page} has no place for it.", hint=f"Write `{BEGIN}` and `{END}` there.")
    page.write_text(f"{head}{BEGIN}\n{text.strip()}\n{END}{tail}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    library = parts.add_parser("library")
    library.add_argument("out", type=Path)
    comparison = parts.add_parser("compare")
    comparison.add_argument("replay", type=Path, help="of the packaged library")
    comparison.add_argument("tuned", type=Path, nargs="?", help="of the library written here")
    comparison.add_argument("--data", type=Path, default=DATA_DEFAULT)
    comparison.add_argument("--write", type=Path, help="the page that holds the tables")
    comparison.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.part == "library":
        write_library(options.out)
        return
    try:
        lives = read_lives(options.data / SHOP)
        texts = []
        for replay, limits, name in (
            (options.replay, SHIPPED_LIMITS, "The library as it is shipped"),
            (options.tuned, TUNED_LIMITS, "With limits of a marketplace"),
        ):
            if replay is not None:
                found = compare(lives, replay, limits)
                texts.append(tell(lives, found, limits, name))
                if options.json:
                    print(msgspec.json.encode(found).decode())
        if not options.json:
            print("\n\n".join(texts))
        if options.write is not None:
            write_between(options.write, "\n\n".join(texts))
    except BadInput as fault:
        print(fault, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
