"""How a payment provider writes its settlement files: a mapping of columns, as data.

A column is named as in the file's header; `A|B` is whichever of them the file has.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.events import SettlementKind
from orderguard.errors import BadInput

MERCHANT, PLATFORM = "merchant", "platform"
"""Whose number names the order: the merchant's own, or the payment provider's."""

POSITIVE, NEGATIVE = "+", "-"
"""In place of a text, a row's condition may ask for a number above or below zero."""


class Reading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rows of one kind are read: those that have one of the texts in each column of `when`.

    `id` are the columns that together name the transaction, and no other one.
    """

    kind: SettlementKind
    amount: str
    id: tuple[str, ...]
    when: dict[str, tuple[str, ...]] = {}


class OrderNames(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`column` has an order's name; `name` and `id` are the columns of an export that tell both."""

    column: str
    name: str
    id: str


class StatementFormat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of file.

    The header is the first row with all columns of `header`; the table ends before a row that
    begins with one of `ends`. `cell_mark` begins each cell of a row, `comment` a line to pass by.
    `count`: the column of the summary that tells how many rows there are.
    """

    title: dict[str, str]
    encodings: tuple[str, ...]
    header: tuple[str, ...]
    order_id: dict[str, str]
    at: str
    times: tuple[str, ...]
    rows: tuple[Reading, ...]
    zone: str = "Asia/Shanghai"
    delimiter: str = ","
    cell_mark: str = ""
    comment: str = ""
    ends: tuple[str, ...] = ()
    count: str = ""
    order_id_prefixes: tuple[str, ...] = ()
    order_names: OrderNames | None = None
    currency: str = ""
    currency_default: str = ""
    fee: str = ""


def read_formats(files: Mapping[str, str]) -> dict[str, StatementFormat]:
    """The formats by name, from their YAML texts by name. Raise BadInput for one that is none."""
    return {name: _read(name, text) for name, text in sorted(files.items())}


def _read(name: str, text: str) -> StatementFormat:
    try:
        found = msgspec.yaml.decode(text, type=StatementFormat)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
        raise BadInput(
            Bilingual(
                f"The settlement format {name} cannot be read: {reason}.",
                f"账单格式 {name} 读不出来：“{reason}”。",
            )
        ) from error
    faults = list(_faults(found))
    if faults:
        raise BadInput(
            Bilingual(
                f"The settlement format {name} cannot work: {'; '.join(faults)}.",
                f"账单格式 {name} 不能用：“{'; '.join(faults)}”。",
            )
        )
    return found


def _faults(found: StatementFormat) -> list[str]:
    faults = []
    unknown = sorted({*found.order_id} - {MERCHANT, PLATFORM})
    if unknown or not found.order_id:
        faults.append("`order_id` has the columns `merchant`, `platform` or both")
    if not found.rows:
        faults.append("`rows` is empty")
    if not found.header:
        faults.append("`header` is empty")
    if len(found.delimiter) != 1:
        faults.append("`delimiter` is one character")
    if not found.currency and not found.currency_default:
        faults.append("it names no `currency` and no `currency_default`")
    for encoding in found.encodings:
        try:
            b"".decode(encoding)
        except LookupError:
            faults.append(f"there is no encoding {encoding}")
    try:
        ZoneInfo(found.zone)
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(f"there is no zone {found.zone}")
    return faults
