"""Typed trees to Python source.

Two forms of each condition: it certainly holds, and it certainly does not. A missing value makes
neither hold, which is how CEL's errors pass through && and || and !. Nothing reaches the source but
identifiers made of checked names, operators from tables and the digits of plain numbers; texts and
decimals stay in the constants.
"""

from decimal import Decimal
from math import isfinite
from typing import Any

from orderguard.rules.syntax import is_name_part
from orderguard.rules.tree import (
    NEGATED,
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
    references,
)
from orderguard.rules.vocabulary import Names

_Known = frozenset[str]
"""Names that earlier parts of a conjunction have found present."""


class Generator:
    """Source for conditions over the same names, with the constants that it refers to."""

    def __init__(self, names: Names) -> None:
        self.constants: dict[str, Any] = {}
        self._names = names
        self._numbers: dict[tuple[type, Any], str] = {}

    def loads(self, trees: list[Tree]) -> list[str]:
        """One assignment a name that the trees use: its value, once, into a local."""
        used = sorted({reference.name for tree in trees for reference in references(tree)})
        return [f"{_local(name)} = {self._source(name)}" for name in used]

    def certainly(self, tree: Tree) -> list[str]:
        """Expressions that all are true exactly when the condition certainly holds."""
        return self._conjunction(tree, frozenset(), holds=True)[0]

    def _source(self, name: str) -> str:
        place = self._names[name].place
        if isinstance(place, int):
            return f"v[{place:d}]"
        assert all(is_name_part(part) for part in place.split("."))
        return f"f.{place}"

    def _conjunction(self, tree: Tree, known: _Known, *, holds: bool) -> tuple[list[str], _Known]:
        """The parts of a conjunction, and the names that are present once all of them hold."""
        if isinstance(tree, Not):
            return self._conjunction(tree.operand, known, holds=not holds)
        if isinstance(tree, And | Or) and isinstance(tree, And) == holds:
            parts: list[str] = []
            for operand in tree.operands:
                more, known = self._conjunction(operand, known, holds=holds)
                parts += more
            return parts, known
        if isinstance(tree, And | Or):
            sides = [self._conjunction(operand, known, holds=holds) for operand in tree.operands]
            joined = " or ".join(_all(parts) for parts, _ in sides)
            return [f"({joined})"], frozenset.intersection(*(found for _, found in sides))
        return self._atom(tree, known, holds=holds)

    def _atom(self, tree: Tree, known: _Known, *, holds: bool) -> tuple[list[str], _Known]:
        match tree:
            case Presence():
                name, present = tree.reference.name, tree.present == holds
                test = f"{_local(name)} is {'not ' if present else ''}None"
                return [test], known | {name} if present else known
            case Reference():
                return [f"{_local(tree.name)} is {holds}"], known | {tree.name}
            case Constant():
                return [repr(tree.value is holds)], known
        used = {reference.name: None for reference in references(tree)}
        guards = [f"{_local(name)} is not None" for name in used if name not in known]
        guards += [f"{divisor} != 0" for divisor in self._divisors(tree)]
        return [*guards, self._test(tree, holds=holds)], known | used.keys()

    def _test(self, tree: Tree, *, holds: bool) -> str:
        match tree:
            case Compare():
                operator = tree.operator if holds else NEGATED[tree.operator]
                return f"{self._value(tree.left)} {operator} {self._value(tree.right)}"
            case Membership():
                listed = self._constant(tuple(constant.value for constant in tree.values))
                return f"{self._value(tree.item)} {'in' if holds else 'not in'} {listed}"
            case TextTest(operator="contains"):
                subject, argument = self._value(tree.subject), self._value(tree.argument)
                return f"{argument} {'in' if holds else 'not in'} {subject}"
            case TextTest():
                method = "startswith" if tree.operator == "startsWith" else "endswith"
                call = f"{self._value(tree.subject)}.{method}({self._value(tree.argument)})"
                return call if holds else f"not {call}"
        raise TypeError(tree)

    def _value(self, tree: Tree) -> str:
        match tree:
            case Reference():
                return _local(tree.name)
            case Constant():
                return self._literal(tree.value)
            case Minus():
                return f"(-{self._value(tree.operand)})"
            case Arithmetic():
                return f"({self._value(tree.left)} {tree.operator} {self._value(tree.right)})"
        raise TypeError(tree)

    def _divisors(self, tree: Tree) -> list[str]:
        """The divisors that might be zero, those within others first."""
        match tree:
            case Compare() | Arithmetic():
                inner = self._divisors(tree.left) + self._divisors(tree.right)
            case Membership():
                inner = self._divisors(tree.item)
            case Minus():
                inner = self._divisors(tree.operand)
            case _:
                return []
        if isinstance(tree, Arithmetic) and tree.operator == "/":
            if not isinstance(tree.right, Constant):
                inner.append(self._value(tree.right))
        return inner

    def _literal(self, value: object) -> str:
        if type(value) in (bool, int) or (type(value) is float and isfinite(value)):
            return repr(value)
        assert isinstance(value, str | Decimal)
        return self._constant(value)

    def _constant(self, value: Any) -> str:
        """The name of a constant; equal ones share it, equal ones of unlike types do not."""
        key = (type(value), repr(value))
        if key not in self._numbers:
            self._numbers[key] = f"k{len(self._numbers)}"
            self.constants[self._numbers[key]] = value
        return self._numbers[key]


def _local(name: str) -> str:
    """`order.amount` as `order__amount`: no word of a name has two underscores or is a keyword
    with one, so names never meet each other nor anything else in the source."""
    parts = name.split(".")
    assert len(parts) == 2
    assert all(is_name_part(part) for part in parts)
    return "__".join(parts)


def _all(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({' and '.join(parts)})"
