"""What the converters share: reading a set, canonical events, writing what `replay` reads."""

import argparse
import datetime as dt
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from orderguard.domain.events import Data, EventType
from orderguard.domain.orders import Line
from orderguard.errors import BadInput

DATA_DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"
CENT = Decimal("0.01")
PRICES_MAX = 4096  # Prices repeat: the 379,340 lines of online_retail have some 1,300.

Row = TypeVar("Row", bound=msgspec.Struct)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an events file. `received_at` stays absent: no set knows a second clock."""

    id: str
    type: EventType
    occurred_at: dt.datetime
    channel: str = "standard"
    shop: str
    data: Data


class Label(msgspec.Struct, frozen=True, kw_only=True):
    order_id: str
    bad: bool


@dataclass(frozen=True, slots=True)
class Conversion:
    """`skipped` counts, by reason, the rows from which nothing was made."""

    events: list[Event]
    labels: list[Label] = field(default_factory=list)
    skipped: Mapping[str, int] = field(default_factory=dict)


def read_rows(path: Path, row: type[Row]) -> list[Row]:
    """Read a Parquet file's rows, of its columns only those that `row` names."""
    columns = [column.encode_name for column in msgspec.structs.fields(row)]
    try:
        rows = pq.ParquetFile(path).read(columns=columns).to_pylist()
        return [msgspec.convert(values, row) for values in rows]
    except FileNotFoundError:
        hint = "Name the folder of the data sets by --data DIR or ORDERGUARD_DATA."
        raise BadInput(f"{path} is not there.", hint=hint) from None
    except (pa.ArrowException, msgspec.ValidationError) as fault:
        hint = "It is not the file that the folder's README describes."
        raise BadInput(f"{path}: {fault}.", hint=hint) from fault


def make_event(
    shop: str, kind: EventType, order_id: str, occurred_at: dt.datetime, data: Data
) -> Event:
    """Make an event whose id follows from its order, for these happen to an order but once."""
    event_id = f"{order_id}:{kind}"
    return Event(id=event_id, type=kind, occurred_at=occurred_at, shop=shop, data=data)


@lru_cache(maxsize=PRICES_MAX)
def to_money(value: float) -> Decimal:
    """Give the two decimals that the publisher wrote and a float only approximates."""
    return Decimal(str(value)).quantize(CENT)


def unnamed_line(amount: Decimal) -> Line:
    """Stand for a basket that the set does not show.

    It has no sku and no product_id, so no rule can take two such lines for the same product.
    """
    return Line(title="unnamed item", quantity=1, unit_price=str(amount))


def write_lines(path: Path, items: Sequence[msgspec.Struct]) -> None:
    """Write one JSON object a line, compressed if the name says so."""
    text = msgspec.json.Encoder().encode_lines(items)
    path.write_bytes(zstandard.compress(text) if path.suffix == ".zst" else text)


def run(shop: str, summary: str, convert: Callable[[Path], Conversion]) -> None:
    """Convert the set in the folder named like `shop` as the command line says."""
    parser = argparse.ArgumentParser(description=summary)
    data = Path(os.environ.get("ORDERGUARD_DATA", DATA_DEFAULT))
    parser.add_argument("--data", type=Path, default=data, help="the folder of all data sets")
    parser.add_argument("--out", type=Path, required=True, help="where the files are written")
    options = parser.parse_args()
    try:
        conversion = convert(options.data / shop)
    except BadInput as fault:
        print(fault, file=sys.stderr)
        sys.exit(2)
    # Two times of one zone compare by the wall clock, which repeats an hour each autumn.
    events = sorted(conversion.events, key=lambda event: event.occurred_at.timestamp())
    options.out.mkdir(parents=True, exist_ok=True)
    write_lines(options.out / "events.jsonl.zst", events)
    print(f"{shop}: {len(events):,} events")
    if conversion.labels:
        write_lines(options.out / "labels.jsonl", conversion.labels)
        bad = sum(label.bad for label in conversion.labels)
        print(f"{shop}: {len(conversion.labels):,} labels, {bad:,} bad")
    for reason, count in conversion.skipped.items():
        print(f"{shop}: skipped {count:,}: {reason}")
