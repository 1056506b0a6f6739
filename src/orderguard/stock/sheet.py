"""A table of mappings as people keep it: which column means what, and what each line says."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.errors import OrderGuardError
from orderguard.stock.holding import Units

COLUMNS: dict[str, tuple[str, ...]] = {
    "channel": ("channel", "platform", "渠道", "平台"),
    "shop": ("shop", "store", "shop name", "店铺", "店铺名称"),
    "channel_sku": (
        *("channel_sku", "channel sku", "platform sku", "listing sku", "seller sku", "sku id"),
        *("渠道sku", "平台sku", "平台商品编码", "渠道商品编码", "商品规格编码", "线上编码"),
    ),
    "sku": (
        *("sku", "merchant sku", "warehouse sku", "internal sku", "item code"),
        *("商家sku", "商家编码", "仓库sku", "商品编码", "系统编码", "货号"),
    ),
    "quantity": ("quantity", "qty", "units", "数量", "件数", "组合数量"),
}
"""What the columns are called; case, spaces and underscores at will."""

LINES_MAX = 100_000
CHARACTERS_MAX = 128
UNITS_MAX = 10_000
PARTS_MAX = 100

_PART = re.compile(r"(?P<sku>.+?)\s*[*×xX]\s*(?P<units>[0-9]{1,5})")


class SheetLine(Struct, frozen=True):
    """One mapping, from the line of the table where it is told first; no units remove it."""

    line: int
    channel: str
    shop: str
    channel_sku: str
    units: Units


class SheetFault(Struct, frozen=True):
    line: int
    message: Bilingual


class Sheet(Struct, frozen=True):
    """What a table says, and the lines that say nothing that can be used."""

    lines: tuple[SheetLine, ...]
    faults: tuple[SheetFault, ...]


class _Refused(OrderGuardError):
    """The line cannot be used; its text says why."""


def read_sheet(rows: Iterable[Sequence[str]], *, channel: str = "", shop: str = "") -> Sheet:
    """The mappings of a table whose first line names the columns.

    `channel` and `shop` stand where the table names none. Several lines of one channel SKU are a
    bundle where the table has a column of quantities, and a fault where it has none.
    """
    table = iter(rows)
    columns = _columns(next(table, ()))
    missing = [name for name in ("channel_sku", "sku") if name not in columns]
    if missing:
        return Sheet((), (SheetFault(1, _no_column(missing)),))
    found: dict[tuple[str, str, str], SheetLine] = {}
    faults: list[SheetFault] = []
    for number, row in enumerate(table, start=2):
        if number > LINES_MAX + 1:
            too_long = Bilingual(
                f"The table has more than {LINES_MAX} lines.", f"表格超过 {LINES_MAX} 行。"
            )
            faults.append(SheetFault(number, too_long))
            break
        if not any(cell.strip() for cell in row):
            continue
        try:
            line = _line(number, row, columns, (channel, shop))
            where = (line.channel, line.shop, line.channel_sku)
            former = found.get(where)
            if former is not None:
                line = _joined(former, line, is_bundle="quantity" in columns)
            found[where] = line
        except _Refused as refused:
            faults.append(SheetFault(number, refused.said))
    return Sheet(tuple(found.values()), tuple(faults))


def _no_column(missing: Sequence[str]) -> Bilingual:
    known_en = "; ".join(f"{name}: {', '.join(COLUMNS[name])}" for name in missing)
    chinese = {name: [one for one in COLUMNS[name] if not one.isascii()] for name in missing}
    known_zh = "；".join(f"{name}：{'、'.join(names)}" for name, names in chinese.items())
    return Bilingual(
        f"No column for {' or '.join(missing)} ({known_en}).",
        f"没有 {' 和 '.join(missing)} 列（{known_zh}）。",
    )


def _columns(heading: Sequence[str]) -> dict[str, int]:
    names = {_plain(name): field for field, known in COLUMNS.items() for name in known}
    columns: dict[str, int] = {}
    for place, cell in enumerate(heading):
        field = names.get(_plain(cell))
        if field is not None:
            columns.setdefault(field, place)
    return columns


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-\ufeff]", "", text).lower()


def _line(
    number: int, row: Sequence[str], columns: dict[str, int], given: tuple[str, str]
) -> SheetLine:
    def cell(name: str) -> str:
        place = columns.get(name)
        text = row[place].strip() if place is not None and place < len(row) else ""
        if len(text) > CHARACTERS_MAX and name != "sku":
            raise _Refused(
                Bilingual(
                    f"`{name}` is longer than {CHARACTERS_MAX} characters.",
                    f"`{name}` 超过 {CHARACTERS_MAX} 个字符。",
                )
            )
        return text

    channel, shop = cell("channel") or given[0], cell("shop") or given[1]
    if not channel or not shop:
        raise _Refused(
            Bilingual(
                "It names no channel and shop, and none is given: --shop CHANNEL/SHOP.",
                "没有写渠道和店铺，也没有另外指定：--shop 渠道/店铺。",
            )
        )
    channel_sku = cell("channel_sku")
    if not channel_sku:
        raise _Refused(Bilingual("It names no channel SKU.", "没有写渠道 SKU。"))
    quantity = cell("quantity") or "1"
    if not re.fullmatch(r"[0-9]{1,5}(\.0+)?", quantity) or not 1 <= float(quantity) <= UNITS_MAX:
        raise _Refused(
            Bilingual(
                f"`{quantity}` is no number of units from 1 to {UNITS_MAX}.",
                f"`{quantity}` 不是 1 到 {UNITS_MAX} 之间的件数。",
            )
        )
    units = _made_of(cell("sku"), int(float(quantity)))
    return SheetLine(number, channel, shop, channel_sku, units)


def _made_of(text: str, quantity: int) -> Units:
    """`A`, `A*2` or `A*2+B`, so many times over; nothing for nothing."""
    if not text:
        return ()
    units: dict[str, int] = {}
    for part in text.split("+") if _PART.search(text) else [text]:
        match = _PART.fullmatch(part.strip())
        sku, count = (part.strip(), 1) if match is None else (match["sku"], int(match["units"]))
        if not sku or len(sku) > CHARACTERS_MAX or not 1 <= count * quantity <= UNITS_MAX:
            raise _Refused(
                Bilingual(
                    f"`{text[:40]}` is no SKU, and no bundle such as A*2+B.",
                    f"`{text[:40]}` 不是 SKU，也不是 A*2+B 这样的组合。",
                )
            )
        units[sku] = units.get(sku, 0) + count * quantity
    return tuple(sorted(units.items()))


def _joined(former: SheetLine, line: SheetLine, *, is_bundle: bool) -> SheetLine:
    if not is_bundle or not line.units or not former.units:
        raise _Refused(
            Bilingual(
                f"`{line.channel_sku}` is mapped in line {former.line} already; the parts of a"
                " bundle need a column of quantities.",
                f"`{line.channel_sku}` 在第 {former.line} 行已经写过；组合的各部分需要数量列。",
            )
        )
    units = dict(former.units)
    for sku, count in line.units:
        units[sku] = units.get(sku, 0) + count
    if len(units) > PARTS_MAX:
        raise _Refused(
            Bilingual(
                f"A bundle has more than {PARTS_MAX} SKUs.", f"一个组合超过 {PARTS_MAX} 个 SKU。"
            )
        )
    return SheetLine(
        former.line, former.channel, former.shop, former.channel_sku, tuple(sorted(units.items()))
    )
