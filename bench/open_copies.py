"""More open orders out of folded ones, written into the state as the fold would have left them.

To fold 2,000,000 orders takes an hour. So the first of them are folded, and each is written again
under other numbers: its state, its place among the deadlines, its claim on stock, its money and
its timeline. What is not written are the features of its buyer and its entry in the log; neither
is read at a start, or by an event of another order.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct, msgpack
from msgspec.structs import replace

from orderguard.domain.ports import Changes, StateStore, TimelineRow
from orderguard.flows.fold import Fold
from orderguard.flows.money_tables import OrderBook
from orderguard.flows.saving import Cell
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import MS_PER_HOUR
from orderguard.settlement import Totals, plus
from orderguard.stock import Claim, Holding

SAVED_EVERY = 20_000
SPREAD_MS = 12 * MS_PER_HOUR
"""The promises of the copies are moved by up to so much, so that each minute has some."""
ANY_NUMBER, ANY_PROMISE, ANY_WAKE = 0xF0F1F2F3, 0x1122334455667788, 0x1122334455667799
"""Stand in what is written for what each copy has of its own."""

Named = Callable[[int], str]
"""The id of the order at a place: of the same length for all, and found in nothing else."""


class _Folded(Struct, frozen=True):
    """All that the fold keeps of one order. `moves`: it waits for its promise alone."""

    record: OrderRecord
    holding: Holding
    claims: dict[str, Claim]
    book: OrderBook
    row: TimelineRow
    moves: bool


class _Template(Struct, frozen=True):
    """The same as it is written, and what in it is of this order alone."""

    folded: _Folded
    order_id: bytes
    key: bytes
    record: bytes
    holding: bytes
    claims: dict[str, bytes]
    book: bytes


def copy_orders(fold: Fold, store: StateStore, folded: int, wanted: int, order_id: Named) -> None:
    """Copies of the first `folded` orders of a saved fold until it has `wanted`.

    The order at a place is a copy of the one at `place % folded`.
    """
    templates = [_template(one) for one in _originals(fold, folded)]
    days: dict[str, Totals] = {}
    cells, rows = list[Cell](), list[TimelineRow]()
    for place in range(folded, wanted):
        one, turn = templates[place % folded], place // folded
        rows.append(_write(fold, one, order_id(place), turn * 7_919_000 % SPREAD_MS, cells))
        _add_up(days, one.folded)
        if len(rows) == SAVED_EVERY or place == wanted - 1:
            changes = Changes(
                cursor=fold.cursor, cells=cells, timeline=tuple(rows), alerts=[], cases=[]
            )
            store.save(changes)
            cells, rows = [], []
            print(f"  {place + 1:,} written", flush=True)
    for name, totals in days.items():
        known = fold.tables.money.days.get(name)
        fold.tables.money.days.put(name, totals if known is None else plus(known, totals))
    fold.save()


def _originals(fold: Fold, count: int) -> Iterator[_Folded]:
    tables = fold.tables
    drawers: dict[str, dict[str, Claim]] = {}
    for number in range(1, count + 1):
        key = tables.keys.get(str(number))
        record = None if key is None else tables.orders.get(str(key))
        holding = tables.stock.holdings.get(str(number))
        book = None if key is None else tables.money.orders.get(str(key))
        assert key is not None
        assert record is not None
        assert holding is not None, "an open order holds stock"
        assert book is not None, "a paid order has money"
        for sku in holding.claimed:
            if sku not in drawers:
                drawers[sku] = tables.stock.claims.of(sku)
        claims = {sku: drawers[sku][str(number)] for sku in holding.claimed}
        [row] = tables.store.timeline(key)
        moves = any(
            found.cause.startswith("promised") and found.due_ms == record.wake
            for _, found in fold.health.awaited(record.state)
        )
        yield _Folded(record, holding, claims, book, row, moves)


def _template(one: _Folded) -> _Template:
    encode, state, record = msgpack.encode, one.record.state, one.record
    members = state.members
    if one.moves:
        members = {**members, "ship_by": ANY_PROMISE}
        record = replace(record, wake=ANY_WAKE)
    state = replace(state, number=ANY_NUMBER, members=members)
    return _Template(
        folded=one,
        order_id=state.key.order_id.encode(),
        key=encode(state.key),
        record=encode(replace(record, state=state)),
        holding=encode(replace(one.holding, number=ANY_NUMBER)),
        claims={sku: encode(replace(one, number=ANY_NUMBER)) for sku, one in one.claims.items()},
        book=encode(one.book),
    )


def _write(
    fold: Fold, template: _Template, order_id: str, later_ms: int, cells: list[Cell]
) -> TimelineRow:
    """Add the cells of a copy; what grows with no order is kept by the fold, to be saved at last.

    Numbers stand in five and in nine bytes, so that one takes the place of another.
    """
    tables, one = fold.tables, template.folded
    key = replace(one.record.state.key, order_id=order_id)
    tables.progress.orders += 1
    number = tables.progress.orders
    name, own, own_id = str(key), str(number), order_id.encode()
    any_number, own_number = _five(ANY_NUMBER), _five(number)
    record = template.record.replace(template.order_id, own_id).replace(any_number, own_number)
    wake = one.record.wake
    if one.moves:
        promise = one.record.state.members["ship_by"] + later_ms
        wake += later_ms
        record = record.replace(_nine(ANY_PROMISE), _nine(promise))
        record = record.replace(_nine(ANY_WAKE), _nine(wake))
    holding = template.holding.replace(template.order_id, own_id).replace(any_number, own_number)
    cells += [
        ("order", name, record),
        ("number", own, template.key.replace(template.order_id, own_id)),
        ("holding", own, holding),
        ("money", name, template.book),
    ]
    claimed = tables.stock.claimed
    for sku, claim in template.claims.items():
        cells.append((f"claim:{sku}", own, claim.replace(any_number, own_number)))
        claimed.put(sku, (claimed.get(sku) or 0) + 1)
    tables.deadlines.put(wake, number)
    if one.book.wake:
        tables.deadlines.put(one.book.wake, number)
    tables.stock.ends.put(one.holding.forget_at, number)
    return replace(one.row, order=key, event_id=f"{order_id}.order.paid")


def _five(number: int) -> bytes:
    return b"\xce" + number.to_bytes(4, "big")


def _nine(number: int) -> bytes:
    return b"\xcf" + number.to_bytes(8, "big")


def _add_up(days: dict[str, Totals], one: _Folded) -> None:
    key = one.record.state.key
    for place, totals in one.book.posted.items():
        name = f"{key.channel}/{key.shop}/{place}"
        days[name] = totals if name not in days else plus(days[name], totals)
