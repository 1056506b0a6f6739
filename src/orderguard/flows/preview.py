"""What a condition would have caught, by the values that each order was judged by."""

import time
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from orderguard.domain.entities import SOURCES, Entity
from orderguard.domain.facts import FactKind
from orderguard.domain.library import Feature
from orderguard.flows.judged import About, Columns, Outcome
from orderguard.flows.vectors import Vectors, with_truth
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, rfc3339
from orderguard.kit.days import day_of
from orderguard.rules import FACT_NAMES, NUMERIC, Names, ValueType
from orderguard.rules.tree import Compare, Constant, Reference, Tree, children, references

TOP_ORDERS = 20
CURVE_POINTS = 25
BINS = 20
TEXTS = 10
HISTOGRAM_DAYS = 30
_ZONE_MS = 8 * MS_PER_HOUR
"""Days are those of the shops' usual zone."""


class DayCount(Struct, frozen=True):
    """A day's orders by what became of them, and the cases that they would have opened."""

    day: str
    outcomes: dict[str, int]
    cases: int


class TopOrder(Struct, frozen=True):
    channel: str
    shop: str
    order_id: str
    at: str
    amount: str | None
    outcome: str
    values: dict[str, int | float | str | bool | None]


class Point(Struct, frozen=True):
    """With this threshold so many orders are caught; of those with a known outcome, so many bad."""

    value: float
    orders: int
    bad: int
    good: int


class Curve(Struct, frozen=True):
    """`at`: the offset in the condition of the comparison that is tuned."""

    at: int
    name: str
    operator: str
    value: float
    points: tuple[Point, ...]


class Preview(Struct, frozen=True, kw_only=True):
    """`judged` orders were looked at, `orders` of them caught.

    `overlap`: caught by another rule too; `alone`: by none.

    Cases a day are over all days from the first order on. `new_cases_per_day`: without those that
    the rules which open cases now have opened already.
    """

    judged: int
    orders: int
    outcomes: dict[str, int]
    days: tuple[DayCount, ...]
    top: tuple[TopOrder, ...]
    overlap: dict[str, int]
    alone: int
    cases_per_day: float
    new_cases_per_day: float
    curves: tuple[Curve, ...]
    took_ms: float


class Bin(Struct, frozen=True):
    """`label`: a text, or the lower end of an interval that ends where the next one begins."""

    label: str
    orders: int


def preview(
    about: About,
    columns: Columns,
    tree: Tree,
    names: Names,
    features: Sequence[Feature],
    subject: Sequence[Entity],
    *,
    tune: int | None = None,
    standing: Collection[str] = (),
    rule: str = "",
) -> Preview:
    """What a checked condition would have caught; `tune`: the comparison to draw a curve of.

    `standing`: the rules that open cases now. `rule`: whose condition it is, empty of a new one.
    """
    began = time.perf_counter()
    used = tuple(dict.fromkeys(one.name for one in references(tree)))
    keys = _subject_columns(subject)
    columns.load(("number", "at", "kind", "hits", "order.amount", *used, *keys))
    numbers = columns["number"]
    vectors = Vectors(columns, names, len(numbers))
    there = _judged_at(columns, used, features)
    caught = pc.and_(vectors.certainly(tree), there)
    places = pc.indices_nonzero(caught)
    hits = columns["hits"].take(places)
    rows = pa.table(
        {
            "number": numbers.take(places),
            "at": columns["at"].take(places),
            "place": places,
            "is_new": _is_new(about, hits, standing),
        }
    )
    first = rows.group_by("number").aggregate([("at", "min"), ("place", "min"), ("is_new", "all")])
    outcomes = columns.outcomes.take(first["number"])
    days = pc.divide(pc.add(first["at_min"], _ZONE_MS), MS_PER_DAY)
    cases, new_cases = _cases_per_day(columns, first, days, keys)
    span = _span_days(columns["at"])
    overlap = _overlap(about, hits, rows["number"], rule)
    return Preview(
        judged=about.orders,
        orders=len(first),
        outcomes=_by_outcome(outcomes),
        days=_days(days, outcomes, cases),
        top=_top(columns, first["place_min"], used, names),
        overlap=overlap[0],
        alone=overlap[1],
        cases_per_day=round(sum(cases.values()) / span, 1),
        new_cases_per_day=round(new_cases / span, 1),
        curves=()
        if tune is None
        else tuple(
            _curve(columns, vectors, tree, one, there)
            for one in comparisons(tree, names)
            if one.at == tune
        ),
        took_ms=round((time.perf_counter() - began) * 1000, 1),
    )


def comparisons(tree: Tree, names: Names) -> tuple[Compare, ...]:
    """The comparisons of a name with a number, whose thresholds may be tuned."""
    found: list[Compare] = []
    match tree:
        case Compare(left=Reference(name=name), right=Constant(exact=exact)):
            if exact is not None and names[name].type in NUMERIC and tree.operator in "<=>=":
                found.append(tree)
        case _:
            for child in children(tree):
                found += comparisons(child, names)
    return tuple(found)


def histogram(about: About, columns: Columns, name: str, of: ValueType) -> tuple[Bin, ...]:
    """How a value was spread over the orders placed in the last days."""
    columns.load(("kind", "at", name))
    recent = pc.greater(columns["at"], about.clock_ms - HISTOGRAM_DAYS * MS_PER_DAY)
    placed = _is_kind(columns["kind"], FactKind.PLACED)
    values = columns[name].filter(pc.and_(recent, placed)).drop_null()
    if not len(values):
        return ()
    if of not in NUMERIC:
        texts = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        counts = sorted(
            ((str(one["values"].as_py()), one["counts"].as_py()) for one in texts.value_counts()),
            key=lambda one: (-one[1], one[0]),
        )
        return tuple(Bin(label, orders) for label, orders in counts[:TEXTS])
    return _bins(pc.cast(values, pa.float64()), whole=of is ValueType.INT)


def _bins(values: Any, *, whole: bool) -> tuple[Bin, ...]:
    """Even intervals up to the 99th percentile, the last of which is open."""
    low, high = pc.min(values).as_py(), pc.quantile(values, 0.99)[0].as_py()
    width = max((high - low) / BINS, 1.0 if whole else 1e-9)
    width = float(-(-width // 1)) if whole else width
    place = pc.floor(pc.divide(pc.subtract(values, low), width))
    counts = {
        int(one["values"].as_py()): one["counts"].as_py()
        for one in pc.min_element_wise(place, float(BINS)).value_counts()
    }
    return tuple(Bin(f"{low + n * width:g}", counts.get(n, 0)) for n in range(max(counts) + 1))


def _judged_at(columns: Columns, used: Sequence[str], features: Sequence[Feature]) -> Any:
    """Where a rule over these values is judged, as the engine decides it."""
    on = {kind for one in features if one.id in used for kind in one.on}
    kinds = (on & {FactKind.PLACED, FactKind.PAID} or {FactKind.PLACED}) | {
        FactKind.ADDRESS_CHANGED
    }
    if not any(one.id in used for one in features):
        kinds |= {FactKind.PAID}
    return reduce(pc.or_, (_is_kind(columns["kind"], kind) for kind in sorted(kinds)))


def _is_kind(column: Any, kind: FactKind) -> Any:
    return pc.equal(column.dictionary, kind.value).take(column.indices)


def _subject_columns(subject: Sequence[Entity]) -> tuple[str, ...]:
    """The columns that tell subjects apart; products are told apart by nothing that is kept."""
    sources = [SOURCES[one] for one in subject if one is not Entity.ORDER]
    return tuple(_NAMES[one.field] for one in sources if one.field in _NAMES)


_NAMES = {known.place: name for name, known in FACT_NAMES.items()}


def _is_new(about: About, hits: Any, standing: Collection[str]) -> Any:
    """Where no rule that opens cases hits too."""
    return pc.equal(_hits_of(about, hits, standing), 0)


def _hits_of(about: About, hits: Any, rules: Collection[str]) -> Any:
    mask = sum(1 << place for place, rule in enumerate(about.rules) if rule in rules)
    return pc.bit_wise_and(hits, pa.scalar(mask, pa.int64()))


def _cases_per_day(
    columns: Columns, first: Any, days: Any, keys: Sequence[str]
) -> tuple[Mapping[int, int], int]:
    """Distinct subjects a day, and how many in all are new.

    Hits on one subject extend one alert, and so one case.
    """
    table = pa.table({"day": days, "is_new": first["is_new_all"]})
    if keys:
        places = first["place_min"]
        for name in keys:
            table = table.append_column(name, columns[name].take(places))
        table = table.group_by(["day", *keys]).aggregate([("is_new", "all")])
        table = pa.table({"day": table["day"], "is_new": table["is_new_all"]})
    return _counted(table["day"]), pc.sum(table["is_new"]).as_py() or 0


def _span_days(at: Any) -> int:
    """Days from the first judgement to the last, both counted."""
    ends = pc.min_max(at).as_py()
    return day_of(ends["max"]) - day_of(ends["min"]) + 1


def _counted(values: Any) -> dict[Any, int]:
    return {one["values"].as_py(): one["counts"].as_py() for one in pc.value_counts(values)}


def _by_outcome(outcomes: Any) -> dict[str, int]:
    counts = _counted(outcomes)
    return {one.name.lower(): counts.get(int(one), 0) for one in Outcome}


def _days(days: Any, outcomes: Any, cases: Mapping[int, int]) -> tuple[DayCount, ...]:
    table = pa.table({"day": days, "outcome": outcomes}).group_by(["day", "outcome"])
    found: dict[int, dict[str, int]] = {}
    for row in table.aggregate([([], "count_all")]).to_pylist():
        name = Outcome(row["outcome"]).name.lower()
        found.setdefault(row["day"], {})[name] = row["count_all"]
    return tuple(
        DayCount(rfc3339(day * MS_PER_DAY)[:10], found[day], cases.get(day, 0))
        for day in sorted(found)
    )


def _overlap(about: About, hits: Any, numbers: Any, own: str) -> tuple[dict[str, int], int]:
    """Orders that each rule but its own hits too, and those that none does."""
    others = _hits_of(about, hits, {*about.rules} - {own})
    table = pa.table({"hits": others, "number": numbers}).group_by("hits")
    found: dict[str, int] = {}
    alone = 0
    for row in table.aggregate([("number", "count_distinct")]).to_pylist():
        orders = row["number_count_distinct"]
        alone += orders if row["hits"] == 0 else 0
        for place, rule in enumerate(about.rules):
            if row["hits"] >> place & 1:
                found[rule] = found.get(rule, 0) + orders
    return dict(sorted(found.items(), key=lambda one: -one[1])), alone


def _top(columns: Columns, places: Any, used: Sequence[str], names: Names) -> tuple[TopOrder, ...]:
    """The orders of most money."""
    if not len(places):
        return ()
    amounts = pa.table({"amount": columns["order.amount"].take(places), "place": places})
    best = pc.select_k_unstable(amounts, TOP_ORDERS, [("amount", "descending")])
    chosen = amounts.take(best)["place"].combine_chunks()
    columns.load(("channel", "shop", "order_id"))
    heads = ("channel", "shop", "order_id", "at", "order.amount", "number")
    shown = {name: columns[name].take(chosen).to_pylist() for name in (*heads, *used)}
    outcomes = columns.outcomes
    return tuple(
        TopOrder(
            channel=shown["channel"][n],
            shop=shown["shop"][n],
            order_id=shown["order_id"][n],
            at=rfc3339(shown["at"][n]),
            amount=_shown(shown["order.amount"][n], ValueType.MONEY),
            outcome=Outcome(outcomes[shown["number"][n]].as_py()).name.lower(),
            values={name: _shown(shown[name][n], names[name].type) for name in used},
        )
        for n in range(len(chosen))
    )


def _shown(value: Any, of: ValueType) -> Any:
    return None if value is None else f"{value:.2f}" if of is ValueType.MONEY else value


def _curve(columns: Columns, vectors: Vectors, tree: Tree, tuned: Compare, there: Any) -> Curve:
    """How many orders each threshold would catch; all else of the condition stays.

    An order is caught as soon as one of its judgements reaches the threshold.
    """
    assert isinstance(tuned.left, Reference)
    assert isinstance(tuned.right, Constant)
    operator, now = tuned.operator, float(str(tuned.right.value))
    always = pc.and_(vectors.certainly(with_truth(tree, tuned.at, holds=False)), there)
    may = pc.and_(vectors.certainly(with_truth(tree, tuned.at, holds=True)), there)
    numbers, column = columns["number"], columns[tuned.left.name]
    base = _by_outcome(columns.outcomes.take(pc.unique(numbers.filter(always))))
    table = pa.table({"number": numbers, "x": pc.cast(column, pa.float64())})
    table = table.filter(pc.and_(may, pc.is_valid(column)))
    reach = "max" if operator.startswith(">") else "min"
    table = table.group_by("number").aggregate([("x", reach)])
    reached, outcomes = table[f"x_{reach}"], columns.outcomes.take(table["number"])
    compare = {
        "<": pc.less,
        "<=": pc.less_equal,
        ">": pc.greater,
        ">=": pc.greater_equal,
        "==": pc.equal,
    }[operator]
    points = []
    for value in _candidates(reached, now, whole=pa.types.is_integer(column.type)):
        counts = _by_outcome(outcomes.filter(compare(reached, value)))
        total = {name: counts[name] + base[name] for name in counts}
        bad = total["confirmed"] + total["returned"]
        points.append(Point(value, sum(total.values()), bad, total["good"]))
    return Curve(tuned.at, tuned.left.name, operator, now, tuple(points))


def _candidates(values: Any, now: float, *, whole: bool) -> list[float]:
    """Thresholds worth trying: where orders are, and the one that stands."""
    steps = [n / (CURVE_POINTS - 1) for n in range(CURVE_POINTS)]
    found = {now}
    if len(values):
        low, high = pc.min(values).as_py(), pc.max(values).as_py()
        if whole and high - low < CURVE_POINTS:
            found |= {float(n) for n in range(int(low), int(high) + 2)}
        else:
            spread = pc.quantile(values, steps, interpolation="nearest").to_pylist()
            found |= {float(one) for one in spread}
    return sorted(found)
