"""Exact running sums: what is taken out again leaves no trace, for each type of number."""

import math
import operator
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from functools import reduce
from typing import Any, NamedTuple

EXACT = Context(prec=64)
"""An amount has at most 28 digits and a window at most 10^9 facts: no sum is ever rounded."""

CENT = Decimal("0.01")
FLOAT_UNITS = 2**1074
"""Every float is a whole number of these parts of one."""


class Arithmetic(NamedTuple):
    """How one type of number is summed.

    A running sum is made of `exact` numbers by `plus` and `minus`, and `total` tells it; `sum_of`
    tells the same of values at once. `told` is how one of the values is shown.
    """

    zero: Any
    exact: Callable[[Any], Any]
    plus: Callable[[Any, Any], Any]
    minus: Callable[[Any, Any], Any]
    total: Callable[[Any], Any]
    told: Callable[[Any], Any]
    sum_of: Callable[[Sequence[Any]], Any]


def _same(value: Any) -> Any:
    return value


def _plain(amount: Decimal) -> Decimal:
    """One text for equal amounts, whatever was added and taken away before."""
    cents = amount.quantize(CENT, context=EXACT)
    return cents if cents == amount else amount.normalize(EXACT)


def _to_units(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator * (FLOAT_UNITS // denominator)


def _from_units(units: int) -> float:
    return units / FLOAT_UNITS


def _sum_of_money(amounts: Sequence[Decimal]) -> Decimal:
    return _plain(reduce(EXACT.add, amounts, Decimal(0)))


WHOLE = Arithmetic(0, _same, operator.add, operator.sub, _same, _same, sum)
REAL = Arithmetic(0, _to_units, operator.add, operator.sub, _from_units, _same, math.fsum)
MONEY = Arithmetic(Decimal(0), _same, EXACT.add, EXACT.subtract, _plain, _plain, _sum_of_money)
