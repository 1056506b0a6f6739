"""Comparisons that can never hold, and such that always do.

A condition is split into cases: conjunctions of what must hold of single names. A case is possible
when for each name some value fits all that is said of it. What is said of several names together
counts as possible.
"""

import operator
from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any, Literal, NamedTuple

from orderguard.bilingual import Bilingual
from orderguard.rules.tree import (
    MIRRORED,
    NEGATED,
    And,
    Compare,
    CompareOperator,
    Constant,
    Faulty,
    Membership,
    Not,
    Or,
    Presence,
    Problem,
    Reference,
    TextOperator,
    TextTest,
    Tree,
    references,
)
from orderguard.rules.vocabulary import Name, Names, ValueType

CASES_MAX = 256
"""A condition with more cases is not searched for contradictions."""

_NEVER = Bilingual(
    "this can never hold: change the comparison", "这个条件永远不成立：请改比较的内容"
)
_CONTRADICTS = Bilingual(
    "this can never hold together with what stands before it: change one of the two",
    "它与前面的条件不可能同时成立：改其中一个",
)
_ALWAYS = Bilingual(
    "this always holds: remove it or change the comparison",
    "这个条件总是成立：删去它，或改比较的内容",
)

_TESTS: dict[CompareOperator | TextOperator, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}


class _Claim(NamedTuple):
    """One thing said of one name. `in` claims carry their alternatives."""

    name: str
    test: CompareOperator | TextOperator | Literal["in", "missing", "present"]
    value: Any = None
    holds: bool = True


_Atom = tuple[Tree, bool]
_Case = tuple[_Atom, ...]


class _TooManyCases(Exception):
    pass


def contradictions(tree: Tree, names: Names, before: tuple[Tree, ...] = ()) -> list[Problem]:
    """What can never or will always hold, given what must hold before; the largest parts only."""
    if not possible(tree, names, holds=True):
        return [_first_contradiction(tree, names)]
    parts = tree.operands if isinstance(tree, And) else (tree,)
    together = And(tree.at, (*before, *parts))
    if not possible(together, names, holds=True):
        return [_first_contradiction(together, names)]
    if not possible(tree, names, holds=False):
        return [Problem(tree.at, _ALWAYS)]
    found: list[Problem] = []
    match tree:
        case And():
            for place, operand in enumerate(tree.operands):
                known = (*before, *tree.operands[:place])
                found += contradictions(operand, names, known)
        case Or():
            for operand in tree.operands:
                found += contradictions(operand, names, before)
        case Not():
            found += contradictions(tree.operand, names)
    return found


def _first_contradiction(tree: Tree, names: Names) -> Problem:
    """Where a reader would notice: the first part that the parts before it rule out."""
    if not isinstance(tree, And):
        return Problem(tree.at, _NEVER)
    operands = tree.operands
    for end, operand in enumerate(operands):
        if not possible(operand, names, holds=True):
            return _first_contradiction(operand, names)
        if not possible(And(tree.at, operands[: end + 1]), names, holds=True):
            return Problem(operand.at, _CONTRADICTS)
    return Problem(tree.at, _NEVER)


def possible(tree: Tree, names: Names, *, holds: bool) -> bool:
    try:
        return any(_case_possible(case, names) for case in _cases(tree, holds=holds))
    except _TooManyCases:
        return True


def _cases(tree: Tree, *, holds: bool) -> list[_Case]:
    """The disjoint ways in which a tree certainly holds, or certainly does not."""
    match tree:
        case Not():
            return _cases(tree.operand, holds=not holds)
        case And() | Or():
            parts = [_cases(operand, holds=holds) for operand in tree.operands]
            together = isinstance(tree, And) == holds
            count = (prod if together else sum)(len(part) for part in parts)
            if count > CASES_MAX:
                raise _TooManyCases
            if not together:
                return [case for part in parts for case in part]
            return [tuple(atom for case in choice for atom in case) for choice in product(*parts)]
        case _:
            return [((tree, holds),)]


def _case_possible(case: _Case, names: Names) -> bool:
    claims: dict[str, list[_Claim]] = {}
    for tree, holds in case:
        if isinstance(tree, Constant) and tree.value is not holds:
            return False
        for claim in _claims(tree, holds=holds):
            claims.setdefault(claim.name, []).append(claim)
    return all(_fits(names[name], said) for name, said in claims.items())


def _claims(tree: Tree, *, holds: bool) -> list[_Claim]:
    """What an atom says of single names; of the names in all others, that they are known."""
    said: list[_Claim]
    match tree:
        case Faulty():
            said = []
        case Presence(reference=Reference(name=name)):
            said = [_Claim(name, "present" if tree.present == holds else "missing")]
        case Reference():
            said = [_Claim(tree.name, "==", holds)]
        case Compare(left=Reference(name=name), right=Constant(value=value)):
            said = [_Claim(name, _compare_test(tree.operator, holds=holds), value)]
        case Compare(left=Constant(value=value), right=Reference(name=name)):
            said = [_Claim(name, _compare_test(MIRRORED[tree.operator], holds=holds), value)]
        case Membership(item=Reference(name=name)):
            listed = [constant.value for constant in tree.values]
            said = (
                [_Claim(name, "in", listed)] if holds else [_Claim(name, "!=", v) for v in listed]
            )
        case TextTest(subject=Reference(name=name), argument=Constant(value=value)):
            said = [_Claim(name, tree.operator, value, holds)]
        case _:
            said = [_Claim(reference.name, "present") for reference in references(tree)]
    return said


def _compare_test(test: CompareOperator, *, holds: bool) -> CompareOperator:
    return test if holds else NEGATED[test]


def _fits(name: Name, claims: list[_Claim]) -> bool:
    """Whether some value of the name, or its absence, fits all claims."""
    tests = {claim.test for claim in claims}
    if "missing" in tests:
        return tests == {"missing"}
    claims = [claim for claim in claims if claim.test != "present"]
    candidates = _candidates(name, claims)
    if candidates is not None:
        return any(_is_value(name, value) and _agrees(value, claims) for value in candidates)
    if name.type is ValueType.TEXT:
        return not any(claim._replace(holds=not claim.holds) in claims for claim in claims)
    return _interval_fits(name, claims)


def _candidates(name: Name, claims: list[_Claim]) -> list[Any] | None:
    """The only values that can fit, where there are few."""
    for claim in claims:
        if claim.test == "==":
            return [claim.value]
        if claim.test == "in":
            return list(claim.value)
    return [True, False] if name.type is ValueType.BOOL else None


def _is_value(name: Name, value: Any) -> bool:
    """Whether the name can have this value at all."""
    if name.type is ValueType.INT and value != int(value):
        return False
    return (name.low is None or value >= name.low) and (name.high is None or value <= name.high)


def _agrees(value: Any, claims: list[_Claim]) -> bool:
    return all(
        value in claim.value
        if claim.test == "in"
        else _TESTS[claim.test](value, claim.value) == claim.holds  # type: ignore[index]
        for claim in claims
    )


def _interval_fits(name: Name, claims: list[_Claim]) -> bool:
    """Whether a number lies within all bounds and is not ruled out by name."""
    lows = [(c.value, c.test == ">") for c in claims if c.test in (">", ">=")]
    highs = [(c.value, c.test == "<") for c in claims if c.test in ("<", "<=")]
    lows += [] if name.low is None else [(name.low, False)]
    highs += [] if name.high is None else [(name.high, False)]
    if not lows or not highs:
        return True
    (low, low_open), (high, high_open) = max(lows), min(highs, key=lambda h: (h[0], not h[1]))
    excluded = {c.value for c in claims if c.test == "!="}
    if name.type is ValueType.INT:
        first, last = _first_int(low, above=low_open), -_first_int(-high, above=high_open)
        within = {value for value in excluded if value == int(value) and first <= value <= last}
        return last - first + 1 > len(within)
    if low == high:
        return not (low_open or high_open or low in excluded)
    return bool(low < high)


def _first_int(bound: Any, *, above: bool) -> int:
    """The least whole number that is at least, or above, a bound."""
    floor = int(bound // 1)
    if floor < bound:
        return floor + 1
    return floor + 1 if above else floor
