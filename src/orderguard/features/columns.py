"""What an entry keeps of its fact beside its instant and its order."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, get_args, get_type_hints

from msgspec.structs import replace

from orderguard.domain.entities import SOURCES, Entity, entity_keys
from orderguard.domain.facts import Fact, FactLine
from orderguard.domain.library import Feature, FeatureKind
from orderguard.errors import BadInput
from orderguard.features.numbers import MONEY, REAL, WHOLE, Arithmetic
from orderguard.features.places import Placing, Spot, placing_of

PLACING = "placing"
STOCK = "stock"
LINE = "line."
OF_NOTHING = frozenset({FeatureKind.COUNT, FeatureKind.GAP, FeatureKind.SPACING})
"""The kinds that look at instants and orders alone."""

_FACT_TYPES = get_type_hints(Fact)
_LINE_TYPES = get_type_hints(FactLine)


class Column(NamedTuple):
    """The name says all that `restored` needs; `inputs` are the fields of Fact it looks at.

    `read` takes the fact and the key it is entered under, and None means unknown. Without it the
    column is the field of its name.
    """

    name: str
    inputs: frozenset[str]
    arithmetic: Arithmetic = WHOLE
    read: Callable[[Fact, str], Any] | None = None


def field_of(member: str) -> str:
    """`buyer.household` is the field `buyer_household`."""
    field = member.replace(".", "_", 1)
    if field not in _FACT_TYPES:
        raise BadInput(f"A fact has no member {member}.", hint="Look at the list of members.")
    return field


def column_of(feature: Feature) -> Column | None:
    if feature.kind in OF_NOTHING:
        return None
    if feature.of is None:
        raise BadInput(f"{feature.id} does not say of what.", hint="Give it `of`.")
    if feature.kind is FeatureKind.DISTANCE:
        return _PLACING
    if feature.kind is FeatureKind.STOCK:
        return _STOCK
    if feature.of.startswith(LINE):
        return _line_column(feature.of, feature.by)
    if feature.kind is FeatureKind.PREFIX:
        return _prefix_column(field_of(feature.of), feature.length or 1)
    field = field_of(feature.of)
    return Column(field, frozenset({field}), _arithmetic(_FACT_TYPES[field]))


def restored(name: str, items: list[Any]) -> list[Any]:
    """The items of a column as they were before they became bytes."""
    if name == PLACING:
        return [item and Placing(item[0], Spot(*item[1])) for item in items]
    if name == STOCK:
        return [item and tuple(item) for item in items]
    return [item and Decimal(item) for item in items] if _is_money(name) else items


@cache
def needs_restoring(name: str) -> bool:
    """Whether the items of a column are not the same once they were bytes."""
    return name in (PLACING, STOCK) or _is_money(name)


def _is_money(name: str) -> bool:
    types = _LINE_TYPES if name.startswith(LINE) else _FACT_TYPES
    return _arithmetic(types.get(name.removeprefix(LINE))) is MONEY


def _arithmetic(hint: Any) -> Arithmetic:
    types = get_args(hint)
    if Decimal in types:
        return MONEY
    return REAL if float in types else WHOLE


def _read_stock(fact: Fact, _key: str) -> tuple[str | None, int] | None:
    if fact.stock_available is None:
        return None
    return (fact.stock_warehouse, fact.stock_available)


_PLACING = Column(
    PLACING,
    frozenset({"ship_to_place", "ship_to_error_km"}),
    read=lambda fact, _key: placing_of(fact),
)
_STOCK = Column(STOCK, frozenset({"stock_available", "stock_warehouse"}), read=_read_stock)


def _prefix_column(field: str, length: int) -> Column:
    """A text shorter than `length` begins with no such characters: it is as good as unknown."""
    get = attrgetter(field)

    def read(fact: Fact, _key: str) -> str | None:
        text = get(fact)
        return None if text is None or len(text) < length else text[:length]

    return Column(f"{field}[:{length}]", frozenset({field}), read=read)


def _line_column(member: str, by: tuple[Entity, ...]) -> Column:
    """The sum over the lines of the key: over all lines where the key is not one of lines."""
    field = member.removeprefix(LINE)
    if field not in ("quantity", "unit_price"):
        raise BadInput(f"{member} cannot be summed.", hint="Use line.quantity or line.unit_price.")
    get = attrgetter(field)
    per_line = any(SOURCES[entity].per_line for entity in by)
    arithmetic = _arithmetic(get_type_hints(FactLine)[field]) if field == "unit_price" else WHOLE

    def read(fact: Fact, key: str) -> Any:
        values = [
            get(line)
            for line in fact.lines
            if not per_line or key in entity_keys(by, replace(fact, lines=(line,)))
        ]
        if not values or None in values:
            return None
        total = arithmetic.zero
        for value in values:
            total = arithmetic.plus(total, value)
        return total

    return Column(member, frozenset({"lines"}), arithmetic, read)
