"""Typed trees to Python source.

Two forms of each condition: it certainly holds, and it certainly does not. A missing value makes
neither hold, which is how CEL's errors pass through && and || and !. Nothing reaches the source but
identifiers made of checked names, operators from tables and the digits of plain numbers; texts and
decimals stay in the constants.
"""

from decimal import Decimal
from math import isfinite
from textwrap import indent
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

MARGIN = "    "
LINE_MAX = 72

_Known = frozenset[str]
"""Names that earlier parts of a conjunction have found present."""


def words(name: str) -> list[str]:
    """The words of a dotted name, which alone may stand in the source as they are."""
    parts = name.split(".")
    if not all(map(is_name_part, parts)):
        raise ValueError(name)
    return parts


class Generator:
    """Source for conditions over the same names, with the constants that it refers to."""

    def __init__(self, names: Names) -> None:
        self.constants: dict[str, Any] = {}
        self._names = names
        self._constant_names: dict[tuple[type, Any], str] = {}

    def loads(self, trees: list[Tree]) -> list[str]:
        """One assignment a name that the trees use: its value, once, into a local."""
        used = sorted({reference.name for tree in trees for reference in references(tree)})
        return [f"{_local(name)} = {self._source(name)}" for name in used]

    def certainly(self, tree: Tree) -> str:
        """An expression that is true exactly when the condition certainly holds."""
        return _group("and", self._conjunction(tree, frozenset(), holds=True)[0])

    def _source(self, name: str) -> str:
        place = self._names[name].place
        return f"v[{place:d}]" if isinstance(place, int) else f"f.{words(place)[0]}"

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
            either = _group("or", [_group("and", parts) for parts, _ in sides])
            return [either], frozenset.intersection(*(found for _, found in sides))
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
        return [*guards, self._test(tree, holds=holds)], known.union(used)

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
        if not isinstance(tree, Arithmetic) or isinstance(tree.right, Constant):
            return inner
        return [*inner, self._value(tree.right)] if tree.operator == "/" else inner

    def _literal(self, value: object) -> str:
        if type(value) in (bool, int) or (type(value) is float and isfinite(value)):
            return repr(value)
        assert isinstance(value, str | Decimal)
        return self._constant(value)

    def _constant(self, value: Any) -> str:
        """The name of a constant; equal ones share it, equal ones of unlike types do not."""
        key = (type(value), repr(value))
        if key not in self._constant_names:
            self._constant_names[key] = f"k{len(self._constant_names)}"
            self.constants[self._constant_names[key]] = value
        return self._constant_names[key]


def _local(name: str) -> str:
    """`order.amount` as `order__amount`.

    Within a word two underscores never meet, so no two names give one identifier, and none gives
    a keyword or another identifier of the source.
    """
    return "__".join(words(name))


def _group(word: str, parts: list[str]) -> str:
    """Parts joined by `and` or `or`, a line each where one line is too short for them."""
    if len(parts) == 1:
        return parts[0]
    line = f"({f' {word} '.join(parts)})"
    if len(line) <= LINE_MAX and "\n" not in line:
        return line
    stacked = f"\n{word} ".join(parts)
    return f"(\n{indent(stacked, MARGIN)}\n)"
