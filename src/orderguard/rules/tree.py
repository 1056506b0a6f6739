"""Conditions as trees. `at` is the offset in the condition's text where a node begins."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from orderguard.bilingual import Bilingual

CompareOperator = Literal["<", "<=", "==", "!=", ">=", ">"]
ArithmeticOperator = Literal["+", "-", "*", "/"]
TextOperator = Literal["startsWith", "endsWith", "contains"]
Scalar = int | float | Decimal | str | bool

NEGATED: dict[CompareOperator, CompareOperator] = {
    "<": ">=",
    "<=": ">",
    "==": "!=",
    "!=": "==",
    ">=": "<",
    ">": "<=",
}
MIRRORED: dict[CompareOperator, CompareOperator] = {
    "<": ">",
    "<=": ">=",
    "==": "==",
    "!=": "!=",
    ">=": "<=",
    ">": "<",
}


class Reference(Struct, frozen=True):
    at: int
    name: str


class Constant(Struct, frozen=True):
    """A literal, or arithmetic on literals already done: as CEL reads it, and as a decimal.

    `written` is its text, so that a condition can be printed again as it was.
    """

    at: int
    value: Scalar
    exact: Decimal | None = None
    written: str = ""


class Arithmetic(Struct, frozen=True):
    at: int
    operator: ArithmeticOperator
    left: "Value"
    right: "Value"


class Minus(Struct, frozen=True):
    at: int
    operand: "Value"


class Compare(Struct, frozen=True):
    at: int
    operator: CompareOperator
    left: "Value"
    right: "Value"


class Presence(Struct, frozen=True):
    """`name != null`, or `name == null` where not `present`; the only test that never errs."""

    at: int
    reference: Reference
    present: bool


class Membership(Struct, frozen=True):
    at: int
    item: "Value"
    values: tuple[Constant, ...]


class TextTest(Struct, frozen=True):
    at: int
    operator: TextOperator
    subject: "Value"
    argument: "Value"


class Not(Struct, frozen=True):
    at: int
    operand: "Tree"


class And(Struct, frozen=True):
    at: int
    operands: tuple["Tree", ...]


class Or(Struct, frozen=True):
    at: int
    operands: tuple["Tree", ...]


class Faulty(Struct, frozen=True):
    """Stands where a problem has been told already, so that the rest can still be checked."""

    at: int


Value = Reference | Constant | Arithmetic | Minus | Faulty
Tree = Value | Compare | Presence | Membership | TextTest | Not | And | Or


class Problem(Struct, frozen=True):
    """What is wrong with a condition at an offset of its text, and what to do."""

    at: int
    message: Bilingual


def children(tree: Tree) -> tuple[Tree, ...]:
    below: tuple[Tree, ...] = ()
    match tree:
        case And() | Or():
            below = tree.operands
        case Compare() | Arithmetic():
            below = (tree.left, tree.right)
        case TextTest():
            below = (tree.subject, tree.argument)
        case Membership():
            below = (tree.item, *tree.values)
        case Presence():
            below = (tree.reference,)
        case Not() | Minus():
            below = (tree.operand,)
    return below


def references(tree: Tree) -> Iterator[Reference]:
    """Every mention of a name, in the order of the text."""
    if isinstance(tree, Reference):
        yield tree
    for child in children(tree):
        yield from references(child)
