"""What the standard library recognises in simulated sales, and which honest orders it flags.

Each seed draws a merchant of its own, with shops, products, shares and times, and a sale with the
truth about every order. The sale goes through the code that serves live traffic. The kinds whose
name begins with `unknown_` stand for fraud that no rule knows: they are told apart. Exits with 1
where a limit fails.
"""

import argparse
import gc
import multiprocessing
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import msgspec
from bench.figures import NOT_MET, aligned
from msgspec import Struct

from orderguard.app import PACKAGED_LIBRARY, memory_state, read_library
from orderguard.domain.alerts import Severity
from orderguard.flows.replay import Replay, orders_of
from orderguard.simulate.sale import DEFAULT_START, Label, make_sale, write_sale

RECOGNISED_MIN = 0.96
"""Mean over the known kinds of the share of their orders that a risk alert concerns."""
KIND_RECOGNISED_ABOVE = 0.85
"""The same of each known kind."""
HONEST_FLAGGED_MAX = 0.06
"""Share of honest orders that a risk alert of any severity concerns."""
HONEST_MEDIUM_MAX = 0.01
"""Share of honest orders that take a person's time: medium or above."""

PRESET = "standard"
START = datetime.fromisoformat(DEFAULT_START)
UNKNOWN = "unknown_"
HISTORY = "history"
FLAGGED, FOR_A_PERSON = Severity.LOW.rank, Severity.MEDIUM.rank
SALE_S_MAX = 1_800


class Count(Struct):
    """Orders of one kind in one sale: all, flagged at all, flagged medium or above."""

    orders: int = 0
    flagged: int = 0
    medium: int = 0

    def add(self, rank: int) -> None:
        self.orders += 1
        self.flagged += rank >= FLAGGED
        self.medium += rank >= FOR_A_PERSON

    @property
    def flagged_share(self) -> float:
        return self.flagged / self.orders

    @property
    def medium_share(self) -> float:
        return self.medium / self.orders


class Sale(Struct, frozen=True, kw_only=True):
    """What one sale came to, by kind; `seconds` are those of the replay."""

    seed: int
    events: int
    seconds: float
    bad: dict[str, Count]
    honest: dict[str, Count]


class Kind(Struct, frozen=True, kw_only=True):
    """Of one kind over all sales that show it: shares by sale, of which mean, least and most."""

    name: str
    sales: int
    orders: int
    flagged_mean: float
    flagged_min: float
    flagged_max: float
    medium_mean: float
    medium_max: float


class Limit(Struct, frozen=True):
    """`must_be` in words; `is_met` in truth."""

    what: str
    measured: float
    must_be: str
    is_met: bool


class Found(Struct, frozen=True, kw_only=True):
    """All that `--json` tells. Shares are from 0 to 1; a mean over kinds is one of their means."""

    sales: int
    orders: int
    recognised_known_kinds: float
    recognised_all_kinds: float
    events_per_second: float
    limits: tuple[Limit, ...]
    bad: tuple[Kind, ...]
    honest: tuple[Kind, ...]
    totals: tuple[Kind, ...]

    @property
    def is_met(self) -> bool:
        return all(limit.is_met for limit in self.limits)


def judged(orders: int, seed: int) -> Sale:
    """Make one sale and judge it."""
    sale = make_sale(seed, orders=orders, start=START)
    replay = Replay(read_library(PACKAGED_LIBRARY), PRESET, store=memory_state(), strict=True)
    with TemporaryDirectory() as folder:
        write_sale(sale, Path(folder))
        labels = sale.labels
        del sale
        began = time.perf_counter()
        replay.run([Path(folder) / "events.jsonl"])
        seconds = time.perf_counter() - began
    assert not replay.fold.tables.progress.faults, "every event is judged"
    bad, honest = counted(replay, labels)
    return Sale(seed=seed, events=replay.events, seconds=seconds, bad=bad, honest=honest)


def seldom_collect() -> None:
    """As the command does: what the fold makes has few cycles to look for."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def counted(replay: Replay, labels: dict[str, Label]) -> tuple[dict[str, Count], dict[str, Count]]:
    """Orders by kind: the bad ones, the honest ones."""
    bad: dict[str, Count] = {}
    honest: dict[str, Count] = {}
    for record in orders_of(replay.fold):
        label = labels[record.state.key.order_id]
        severity = record.standing.risk_severity
        kinds = bad if label.bad else honest
        kinds.setdefault(label.kind, Count()).add(-1 if severity is None else severity.rank)
    return bad, honest


def over_sales(name: str, counts: Iterable[Count]) -> Kind:
    """One kind's counts, a sale each; a sale whose channels cannot show it has none."""
    shown = [count for count in counts if count.orders]
    flagged = [count.flagged_share for count in shown]
    medium = [count.medium_share for count in shown]
    return Kind(
        name=name,
        sales=len(shown),
        orders=sum(count.orders for count in shown),
        flagged_mean=fmean(flagged),
        flagged_min=min(flagged),
        flagged_max=max(flagged),
        medium_mean=fmean(medium),
        medium_max=max(medium),
    )


def by_kind(sales: Sequence[Sale], of: Callable[[Sale], dict[str, Count]]) -> tuple[Kind, ...]:
    names = sorted({name for sale in sales for name in of(sale)})
    return tuple(
        over_sales(name, (of(sale).get(name, Count()) for sale in sales)) for name in names
    )


def total(counts: Iterable[tuple[str, Count]], wanted: Callable[[str], bool]) -> Count:
    chosen = [count for name, count in counts if wanted(name)]
    return Count(
        sum(count.orders for count in chosen),
        sum(count.flagged for count in chosen),
        sum(count.medium for count in chosen),
    )


def is_known(kind: str) -> bool:
    return not kind.startswith(UNKNOWN)


def totals_of(sales: Sequence[Sale]) -> tuple[Kind, ...]:
    """Bad orders without and with the unknown kinds, honest ones without and with the history."""
    return (
        over_sales("bad, known kinds", (total(sale.bad.items(), is_known) for sale in sales)),
        over_sales("bad, all kinds", (total(sale.bad.items(), lambda _: True) for sale in sales)),
        over_sales(
            "honest, in the sale",
            (total(sale.honest.items(), lambda kind: kind != HISTORY) for sale in sales),
        ),
        over_sales(
            "honest, with the days before",
            (total(sale.honest.items(), lambda _: True) for sale in sales),
        ),
    )


def found_in(sales: Sequence[Sale], orders: int) -> Found:
    bad, totals = by_kind(sales, lambda sale: sale.bad), totals_of(sales)
    known = [kind for kind in bad if is_known(kind.name)]
    recognised = fmean(kind.flagged_mean for kind in known)
    return Found(
        sales=len(sales),
        orders=orders,
        recognised_known_kinds=recognised,
        recognised_all_kinds=fmean(kind.flagged_mean for kind in bad),
        events_per_second=sum(sale.events for sale in sales) / sum(sale.seconds for sale in sales),
        limits=tuple(limits(recognised, known, totals[2:])),
        bad=bad,
        honest=by_kind(sales, lambda sale: sale.honest),
        totals=totals,
    )


def limits(recognised: float, known: Sequence[Kind], honest: Sequence[Kind]) -> Iterable[Limit]:
    yield at_least("recognised, mean over the known kinds", recognised, RECOGNISED_MIN)
    for kind in known:
        yield above(f"recognised, {kind.name}", kind.flagged_mean, KIND_RECOGNISED_ABOVE)
    for kind in honest:
        yield at_most(f"flagged, {kind.name}", kind.flagged_mean, HONEST_FLAGGED_MAX)
        yield at_most(f"medium or above, {kind.name}", kind.medium_mean, HONEST_MEDIUM_MAX)


def at_least(what: str, measured: float, limit: float) -> Limit:
    return Limit(what, measured, f"at least {limit:.0%}", measured >= limit)


def above(what: str, measured: float, limit: float) -> Limit:
    return Limit(what, measured, f"above {limit:.0%}", measured > limit)


def at_most(what: str, measured: float, limit: float) -> Limit:
    return Limit(what, measured, f"at most {limit:.0%}", measured <= limit)


def percent(share: float) -> str:
    return f"{share:.2%}"


def kind_rows(kinds: Iterable[Kind], *, least: bool) -> list[tuple[str, ...]]:
    """A head and a row a kind; the worst sale is that with the `least` or the most flagged."""
    worst = "worst sale" if least else "most in a sale"
    head = ("kind", "sales", "orders", "flagged, mean", worst, "medium or above, mean", "most")
    return [
        head,
        *(
            (
                kind.name,
                str(kind.sales),
                f"{kind.orders:,}",
                percent(kind.flagged_mean),
                percent(kind.flagged_min if least else kind.flagged_max),
                percent(kind.medium_mean),
                percent(kind.medium_max),
            )
            for kind in kinds
        ),
    ]


def text_of(found: Found) -> str:
    """The tables as Markdown."""
    bounds = [("limit", "measured", "must be", "")]
    for limit in found.limits:
        met = "met" if limit.is_met else "NOT MET"
        bounds.append((limit.what, percent(limit.measured), limit.must_be, met))
    means = (
        f"Mean over the known kinds {percent(found.recognised_known_kinds)}, over all kinds"
        f" {percent(found.recognised_all_kinds)}."
    )
    return "\n\n".join(
        (
            f"{found.sales} sales of {found.orders:,} orders, preset {PRESET}",
            aligned(kind_rows((*found.bad, *found.totals[:2]), least=True)),
            means,
            aligned(kind_rows((*found.honest, *found.totals[2:]), least=False)),
            aligned(bounds),
            f"{found.events_per_second:,.0f} events/s while it was judged.",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="How many sales, from seed 1 on.")
    parser.add_argument("--orders", type=int, default=15_000, help="Of each sale.")
    parser.add_argument("--jobs", type=int, default=1, help="Sales judged side by side.")
    parser.add_argument("--json", action="store_true", help="One JSON object in place of tables.")
    chosen = parser.parse_args()
    # A process a sale, so that each begins with clean memory.
    with ProcessPoolExecutor(
        chosen.jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=seldom_collect,
        max_tasks_per_child=1,
    ) as pool:
        seeds = range(1, chosen.seeds + 1)
        timeout = SALE_S_MAX * chosen.seeds
        sales = list(pool.map(partial(judged, chosen.orders), seeds, timeout=timeout))
    found = found_in(sales, chosen.orders)
    if chosen.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(text_of(found))
    if not found.is_met:
        raise SystemExit(NOT_MET)


if __name__ == "__main__":
    main()
