"""Conditions over columns: what the generated function says of one order, of millions at once.

Missing values are nulls, and the logic is Kleene's: an unknown side is absorbed where the other
decides, exactly as CEL's errors are.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from orderguard.flows.judged import MONEY, Columns
from orderguard.rules import Names, ValueType
from orderguard.rules.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Membership,
    Minus,
    Not,
    Or,
    Presence,
    Reference,
    TextTest,
    Tree,
)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": pc.less,
    "<=": pc.less_equal,
    "==": pc.equal,
    "!=": pc.not_equal,
    ">=": pc.greater_equal,
    ">": pc.greater,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": pc.add,
    "-": pc.subtract,
    "*": pc.multiply,
    "/": pc.divide,
}
_TEXT_TESTS: dict[str, Callable[..., Any]] = {
    "startsWith": pc.starts_with,
    "endsWith": pc.ends_with,
    "contains": pc.match_substring,
}
_TEXT_METHODS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}


class Vectors:
    """Evaluates checked trees over the columns of one feature log."""

    def __init__(self, columns: Columns, names: Names, rows: int) -> None:
        self._columns, self._names, self._rows = columns, names, rows

    def certainly(self, tree: Tree) -> Any:
        """A boolean a judgement, without nulls: whether the condition certainly holds."""
        return pc.fill_null(self._test(tree), fill_value=False)

    def _test(self, tree: Tree) -> Any:
        match tree:
            case And() | Or():
                join = pc.and_kleene if isinstance(tree, And) else pc.or_kleene
                return reduce(join, (self._test(operand) for operand in tree.operands))
            case Not():
                return pc.invert(self._test(tree.operand))
            case Constant():
                return pa.repeat(pa.scalar(tree.value, pa.bool_()), self._rows)
            case Presence():
                column = self._columns[tree.reference.name]
                return pc.is_valid(column) if tree.present else pc.is_null(column)
            case Reference():
                return self._columns[tree.name]
        return self._atom(tree)

    def _atom(self, tree: Tree) -> Any:
        match tree:
            case Compare(left=Reference() as left, right=Constant(value=str() as text)):
                return self._each_text(left, lambda texts: _COMPARE[tree.operator](texts, text))
            case Compare():
                left, right = self._sides(tree.left, tree.right)
                return _COMPARE[tree.operator](left, right)
            case Membership():
                return self._membership(tree)
            case TextTest(subject=Reference() as subject, argument=Constant(value=str() as text)):
                test = _TEXT_TESTS[tree.operator]
                return self._each_text(subject, lambda texts: test(texts, pattern=text))
            case TextTest():
                return self._pairwise(tree)
        raise TypeError(f"no checked condition has a {type(tree).__name__} here")

    def _membership(self, tree: Membership) -> Any:
        item, listed = tree.item, [one.value for one in tree.values]
        if isinstance(item, Reference) and self._is(item, ValueType.TEXT):
            wanted = pa.array(listed, pa.string())
            return self._each_text(item, lambda texts: pc.is_in(texts, value_set=wanted))
        # A sum may be -0.0, which Arrow's sets tell from 0.0; adding nothing makes them one.
        column = pc.add(pc.cast(self._value(item), pa.float64()), 0.0)
        inside = pc.is_in(column, value_set=pa.array([float(str(one)) for one in listed]))
        return pc.if_else(pc.is_valid(column), inside, pa.scalar(None, pa.bool_()))

    def _pairwise(self, tree: TextTest) -> Any:
        """Text against text of the same row, for which Arrow has no function."""
        test = _TEXT_METHODS[tree.operator]
        sides = (self._texts(tree.subject), self._texts(tree.argument))
        found = (
            None if one is None or other is None else test(one, other)
            for one, other in zip(*sides, strict=True)
        )
        return pa.array(found, pa.bool_())

    def _texts(self, tree: Tree) -> list[str | None]:
        plain = self._plain(tree)
        return [plain.as_py()] * self._rows if isinstance(plain, pa.Scalar) else plain.to_pylist()

    def _each_text(self, name: Reference, test: Callable[[Any], Any]) -> Any:
        """Each text that occurs is looked at once."""
        column = self._columns[name.name]
        return test(column.dictionary).take(column.indices)

    def _sides(self, left: Tree, right: Tree) -> tuple[Any, Any]:
        """Amounts beside a literal stay decimals, so that a threshold is exact."""
        for one, other in ((left, right), (right, left)):
            if self._is(one, ValueType.MONEY) and isinstance(other, Constant):
                exact = _money(other)
                if exact is not None:
                    column = self._columns[getattr(one, "name", "")]
                    return (column, exact) if one is left else (exact, column)
        if self._is(left, ValueType.TEXT) or self._is(left, ValueType.BOOL):
            return self._plain(left), self._plain(right)
        return self._value(left), self._value(right)

    def _plain(self, tree: Tree) -> Any:
        if isinstance(tree, Constant):
            return pa.scalar(tree.value)
        column = self._columns[getattr(tree, "name", "")]
        return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column

    def _is(self, tree: Tree, of: ValueType) -> bool:
        return isinstance(tree, Reference) and self._names[tree.name].type is of

    def _value(self, tree: Tree) -> Any:
        match tree:
            case Reference():
                return _number(self._columns[tree.name])
            case Constant():
                return pa.scalar(float(str(tree.value)))
            case Minus():
                return pc.negate(self._value(tree.operand))
            case Arithmetic():
                left, right = self._value(tree.left), self._value(tree.right)
                if tree.operator == "/":
                    nothing = pa.scalar(None, pa.float64())
                    right = pc.if_else(pc.equal(right, 0.0), nothing, right)
                return _ARITHMETIC[tree.operator](left, right)
        raise TypeError(f"no checked condition has a {type(tree).__name__} here")


def with_truth(tree: Tree, at: int, *, holds: bool) -> Tree:
    """The condition where the comparison at an offset of its text certainly holds, or not."""
    match tree:
        case Compare() if tree.at == at:
            return Constant(at, holds)
        case And() | Or():
            parts = tuple(with_truth(one, at, holds=holds) for one in tree.operands)
            return replace(tree, operands=parts)
        case Not():
            return replace(tree, operand=with_truth(tree.operand, at, holds=holds))
    return tree


def _number(column: Any) -> Any:
    return column if pa.types.is_integer(column.type) else pc.cast(column, pa.float64())


def _money(constant: Constant) -> Any:
    try:
        return pa.scalar(Decimal(str(constant.value)), MONEY)
    except (pa.ArrowInvalid, ArithmeticError):
        return None
