"""The feature log: the values by which each order was judged, as columns.

It follows from the event log, which is folded once under every rule there is; a row stands for one
judgement of one order. Columns hold what features and rules see: tokens, never what they stand for.

    DIR/2026-11-11.parquet ...   judgements, a file a day (at +08:00)
    DIR/outcomes.parquet         a row an order, by its running number: what came of it
    DIR/about.json               how far it goes, and which features it holds
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact
from orderguard.domain.orders import OrderStatus
from orderguard.flows.fold import Fold
from orderguard.flows.learn import TROUBLE
from orderguard.flows.replay import orders_of
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import MS_PER_DAY, rfc3339
from orderguard.labels import PERSON
from orderguard.rules import FACT_NAMES, Names, ValueType

ABOUT = "about.json"
OUTCOMES = "outcomes.parquet"
MONEY = pa.decimal128(28, 8)
RULES_MAX = 63
"""Rules whose hits a row can tell apart; further ones are left out of the overlap."""

_QUANTUM = Decimal("1e-8")
_MONEY_MAX = Decimal("1e19")
COLUMN_TYPES = {
    ValueType.INT: pa.int64(),
    ValueType.NUMBER: pa.float64(),
    ValueType.MONEY: MONEY,
    ValueType.TEXT: pa.dictionary(pa.int32(), pa.string()),
    ValueType.BOOL: pa.bool_(),
}
_STOPPED = {OrderStatus.CANCELLED, OrderStatus.CLOSED}
_SETTLED_MS = 30 * MS_PER_DAY
"""An order of which nothing was heard for so long is taken as good."""


class Outcome(IntEnum):
    """What became of an order. `stopped`: cancelled, or held by a rule there is already."""

    OPEN = 0
    CONFIRMED = 1
    RETURNED = 2
    STOPPED = 3
    GOOD = 4


class About(Struct, frozen=True, kw_only=True):
    """What a feature log holds.

    `offset` and `clock_ms`: how far in the event log. `columns`: its names and their types;
    `features`: the version of each feature in it. `rules` are those that `hits` tells apart.
    """

    offset: int
    clock_ms: int
    events: int
    orders: int
    rules: tuple[str, ...]
    columns: dict[str, ValueType]
    features: dict[str, str]


class Recorder:
    """Takes down every judgement of a fold, until `write` lays it out by day."""

    def __init__(self, names: Names, rules: Sequence[str]) -> None:
        self.names = names
        self.rules = tuple(rules[:RULES_MAX])
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        """By day at +08:00."""
        self._places = [(name, known.place, known.type) for name, known in names.items()]

    def judged(
        self, fact: Fact, values: Sequence[FeatureValue], hits: Iterable[tuple[int, int]]
    ) -> None:
        """Called by the detector; an attempt at the checkout is no order yet."""
        if fact.number is None or fact.number < 1:
            return
        mask = sum(1 << index for index, _ in hits if index < len(self.rules))
        row = [
            _stored(values[place] if isinstance(place, int) else getattr(fact, place), of)
            for _, place, of in self._places
        ]
        self._rows[rfc3339(fact.at)[:10]].append(
            (
                *(fact.number, fact.at, fact.kind.value, fact.channel, fact.shop),
                *(fact.order_id, mask, *row),
            )
        )

    def write(self, folder: Path, fold: Fold, about: About, *, anew: bool) -> None:
        """Write what was taken down. `anew`: nothing of what lies there counts any more."""
        folder.mkdir(exist_ok=True)
        if anew:
            for path in folder.iterdir():
                path.unlink()
        for day, rows in self._rows.items():
            table = pa.table(dict(zip(self._heads(), _columns(rows, self._kinds()), strict=True)))
            path = folder / f"{day}.parquet"
            if path.exists():
                table = pa.concat_tables([pq.read_table(path), table]).unify_dictionaries()
            _place(table, path)
        self._rows.clear()
        outcomes = [0] * (fold.tables.progress.orders + 1)
        for record in orders_of(fold):
            outcomes[record.state.number] = _outcome(fold, record)
        _place(pa.table({"outcome": pa.array(outcomes, pa.int8())}), folder / OUTCOMES)
        (folder / ABOUT).write_bytes(msgspec.json.encode(about))

    def _heads(self) -> list[str]:
        return ["number", "at", "kind", "channel", "shop", "order_id", "hits", *self.names]

    def _kinds(self) -> list[Any]:
        text = COLUMN_TYPES[ValueType.TEXT]
        own = [pa.int64(), pa.int64(), text, text, text, pa.string(), pa.int64()]
        return own + [COLUMN_TYPES[of] for _, _, of in self._places]


def read_about(folder: Path) -> About | None:
    """What lies there, None where nothing that can be read does."""
    try:
        return msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def recorded_names(names: Names) -> Names:
    """The names whose values are taken down: features, and members that a condition may name."""
    return {
        name: known
        for name, known in names.items()
        if name in FACT_NAMES or isinstance(known.place, int)
    }


class Columns:
    """The columns of a feature log, each read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """A `ChunkedArray`, a value a judgement."""
        if name not in self._read:
            self.load((name,))
        return self._read[name]

    def load(self, names: Iterable[str]) -> None:
        """Read several at once."""
        missing = sorted({*names} - self._read.keys())
        if not missing:
            return
        paths = sorted(path for path in self._folder.glob("*.parquet") if path.name != OUTCOMES)
        tables = [pq.read_table(path, columns=missing) for path in paths]
        if tables:
            table = pa.concat_tables(tables).unify_dictionaries()
            self._read |= {name: table.column(name).combine_chunks() for name in missing}

    @property
    def outcomes(self) -> Any:
        """By an order's number."""
        if OUTCOMES not in self._read:
            table = pq.read_table(self._folder / OUTCOMES)
            self._read[OUTCOMES] = table.column("outcome").combine_chunks()
        return self._read[OUTCOMES]


def _stored(value: Any, of: ValueType) -> Any:
    if of is not ValueType.MONEY or value is None:
        return value
    if not isinstance(value, Decimal):
        value = Decimal(str(value))
    return value.quantize(_QUANTUM, ROUND_HALF_EVEN) if abs(value) < _MONEY_MAX else None


def _columns(rows: Sequence[tuple[Any, ...]], kinds: Sequence[Any]) -> Iterable[Any]:
    for values, kind in zip(zip(*rows, strict=True), kinds, strict=True):
        if pa.types.is_dictionary(kind):
            yield pa.array(values, pa.string()).dictionary_encode()
        else:
            yield pa.array(values, kind)


def _place(table: Any, path: Path) -> None:
    """Put a file there whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    pq.write_table(table, beside, compression="zstd")
    beside.replace(path)


def _outcome(fold: Fold, record: OrderRecord) -> int:
    known = fold.tables.labels.get(str(record.state.key))
    told = {name.partition(":")[0] for name in record.state.told}
    outcome = Outcome.OPEN
    if known is not None and known.counted is not None and known.counted.source == PERSON:
        outcome = Outcome.CONFIRMED if known.counted.bad else Outcome.GOOD
    elif any(kind in told for kind in TROUBLE):
        outcome = Outcome.RETURNED
    elif record.standing.held or any(str(status) in told for status in _STOPPED):
        outcome = Outcome.STOPPED
    elif fold.clock_ms - record.state.first_ms >= _SETTLED_MS or (
        known is not None and known.counted is not None and not known.counted.bad
    ):
        outcome = Outcome.GOOD
    return int(outcome)
