"""A condition as form cards, and the cards as its text again.

    buyer.is_new && order.amount > 500.0 && !(lists.blocked)
    if  all of: buyer.is_new is true · order.amount > 500.0      unless  lists.blocked is true

Nothing is lost: the text of the cards has the same tree as the text that they were made of. What no
card can show, such as arithmetic on values, stays text within a card of its own.
"""

from typing import Literal

from msgspec import Struct

from orderguard.rules.syntax import parse
from orderguard.rules.tree import (
    And,
    Arithmetic,
    Compare,
    CompareOperator,
    Constant,
    Membership,
    Minus,
    Not,
    Or,
    Presence,
    Reference,
    TextOperator,
    TextTest,
    Tree,
)

Operator = (
    CompareOperator | TextOperator | Literal["in", "isTrue", "isFalse", "isKnown", "isMissing"]
)
Joiner = Literal["all", "any"]

_JOINED = {"all": " && ", "any": " || "}


class CardTest(Struct, frozen=True, tag="test", tag_field="kind"):
    """One value tested. `values` are literals as they are written, `other` names a value instead.

    Comparisons and tests of text have one of the two; `in` has any number of literals.
    """

    name: str
    operator: Operator
    values: tuple[str, ...] = ()
    other: str = ""


class Cel(Struct, frozen=True, tag="cel", tag_field="kind"):
    """What no card can show."""

    text: str


class Group(Struct, frozen=True, tag="group", tag_field="kind"):
    """All of these hold, or any of them does; with `is_not` it is not so."""

    joiner: Joiner = "all"
    is_not: bool = False
    items: tuple["Group | CardTest | Cel", ...] = ()


class Cards(Struct, frozen=True):
    """The condition holds if `when` does, unless `unless` holds."""

    when: Group
    unless: Group | None = None


Item = Group | CardTest | Cel


def cards(text: str) -> Cards | None:
    """The cards of a condition, None where its form is wrong."""
    syntax = parse(text)
    if syntax.problems:
        return None
    tree = syntax.tree
    last = tree.operands[-1] if isinstance(tree, And) else tree
    if isinstance(tree, And) and isinstance(last, Not):
        rest = tree.operands[:-1]
        head = _item(rest[0]) if len(rest) == 1 else Group("all", items=_items(rest))
        return Cards(_group(head), _group(_item(last.operand)))
    return Cards(_group(_item(tree)))


def printed(shown: Cards) -> str:
    """The text of the cards, empty where nothing is in them."""
    unless = "" if shown.unless is None else _inner(shown.unless, alone=True)
    if not unless:
        return _inner(shown.when, alone=True)
    when = _inner(shown.when, alone=False)
    return f"{when} && !({unless})" if when else f"!({unless})"


def _group(item: Item) -> Group:
    return item if isinstance(item, Group) else Group(items=(item,))


def _items(operands: tuple[Tree, ...]) -> tuple[Item, ...]:
    return tuple(_item(operand) for operand in operands)


def _item(tree: Tree) -> Item:  # noqa: C901 - one line for each kind of tree.
    shown: Item
    match tree:
        case And() | Or():
            shown = Group("all" if isinstance(tree, And) else "any", items=_items(tree.operands))
        case Not(operand=Reference(name=name)):
            shown = CardTest(name, "isFalse")
        case Not(operand=And() | Or() as inner):
            shown = Group("all" if isinstance(inner, And) else "any", True, _items(inner.operands))
        case Not():
            shown = Group("all", True, (_item(tree.operand),))
        case Reference():
            shown = CardTest(tree.name, "isTrue")
        case Presence():
            shown = CardTest(tree.reference.name, "isKnown" if tree.present else "isMissing")
        case Compare(left=Reference(name=name), right=Constant(written=written)):
            shown = CardTest(name, tree.operator, (written,))
        case Compare(left=Reference(name=name), right=Reference(name=other)):
            shown = CardTest(name, tree.operator, other=other)
        case Membership(item=Reference(name=name)):
            shown = CardTest(name, "in", tuple(value.written for value in tree.values))
        case TextTest(subject=Reference(name=name), argument=Constant(written=written)):
            shown = CardTest(name, tree.operator, (written,))
        case TextTest(subject=Reference(name=name), argument=Reference(name=other)):
            shown = CardTest(name, tree.operator, other=other)
        case _:
            shown = Cel(_text(tree))
    return shown


def _text(tree: Tree) -> str:
    """A tree that is no logic, as CEL."""
    text = ""
    match tree:
        case Reference():
            text = tree.name
        case Constant():
            text = tree.written
        case Minus():
            text = f"-({_text(tree.operand)})"
        case Arithmetic():
            text = f"({_text(tree.left)} {tree.operator} {_text(tree.right)})"
        case Compare():
            text = f"{_text(tree.left)} {tree.operator} {_text(tree.right)}"
        case Membership():
            text = f"{_text(tree.item)} in [{', '.join(one.written for one in tree.values)}]"
        case TextTest():
            text = f"{_text(tree.subject)}.{tree.operator}({_text(tree.argument)})"
    return text


def _inner(group: Group, *, alone: bool) -> str:
    """The text of a group; not `alone`, it stands beside others and may need parentheses."""
    parts = [part for item in group.items if (part := _part(item, alone=len(group.items) == 1))]
    text = _JOINED[group.joiner].join(parts)
    if group.is_not and text:
        return f"!({text})"
    return f"({text})" if len(parts) > 1 and group.joiner == "any" and not alone else text


def _part(item: Item, *, alone: bool) -> str:
    match item:
        case Group():
            text = _inner(item, alone=True)
            shows_one = len(item.items) < 2 or item.is_not
            return text if alone or shows_one or not text else f"({text})"
        case Cel():
            text = item.text.strip()
            return f"({text})" if not alone and ("&&" in text or "||" in text) else text
        case CardTest():
            return _test(item)


def _test(test: CardTest) -> str:
    value = test.other or (test.values[0] if test.values else "")
    match test.operator:
        case "isTrue":
            return test.name
        case "isFalse":
            return f"!{test.name}"
        case "isKnown" | "isMissing":
            return f"{test.name} {'!=' if test.operator == 'isKnown' else '=='} null"
        case "in":
            return f"{test.name} in [{', '.join(test.values)}]"
        case "startsWith" | "endsWith" | "contains":
            return f"{test.name}.{test.operator}({value})"
    return f"{test.name} {test.operator} {value}"
