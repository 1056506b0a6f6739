"""Literals and the arithmetic on literals alone."""

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from orderguard.rules.tree import ArithmeticOperator, Constant, Problem

MAGNITUDE_MAX = Decimal(10) ** 15
MAGNITUDE_MIN = Decimal(10) ** -15
DIGITS_MAX = 32

INT_DIVISION = "two whole numbers do not divide evenly: write a fraction, such as 1.0 * a / b"
ZERO_DIVISION = "this divides by zero: choose another divisor"

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)?")
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t"}
_OPERATIONS: dict[ArithmeticOperator, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def read_number(at: int, text: str) -> Constant | Problem:
    if not _NUMBER.match(text) or len(text) > DIGITS_MAX:
        return Problem(at, f"`{text[:DIGITS_MAX]}` is no number here: write it like 5 or 0.25")
    exact = Decimal(text)
    value = int(text) if text.lstrip("-").isdigit() else float(text)
    return _bounded(Constant(at, value, exact, text))


def read_text(at: int, quoted: str) -> Constant | Problem:
    """The text between simple quotes, its escapes resolved."""
    if quoted[0] not in "'\"" or quoted[:3] in ("'''", '"""'):
        return Problem(at, "write a text between single or double quotes, without a prefix")
    inner = quoted[1:-1]
    for escape in _ESCAPE.finditer(inner):
        if escape[1] is None or (len(escape[1]) == 1 and escape[1] not in _ESCAPES):
            return Problem(
                at + 1 + escape.start(),
                f"`{escape[0]}` is no escape: use \\\\ \\' \\\" \\n \\r \\t or \\u and 4 digits",
            )
    return Constant(at, _ESCAPE.sub(_unescape, inner), written=quoted)


def negate(at: int, operand: Constant) -> Constant:
    assert operand.exact is not None
    assert isinstance(operand.value, int | float | Decimal)
    return Constant(at, -operand.value, -operand.exact, f"-{operand.written}")


def fold(
    at: int, operation: ArithmeticOperator, left: Constant, right: Constant
) -> Constant | Problem:
    """Arithmetic on two numeric literals, once as CEL would do it and once in decimals."""
    assert left.exact is not None
    assert right.exact is not None
    if operation == "/":
        if right.exact == 0:
            return Problem(right.at, ZERO_DIVISION)
        if isinstance(left.value, int) and isinstance(right.value, int):
            return Problem(at, INT_DIVISION)
    operate = _OPERATIONS[operation]
    value, exact = operate(left.value, right.value), operate(left.exact, right.exact)
    folded = Constant(at, value, exact, f"({left.written} {operation} {right.written})")
    return _bounded(folded)


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1]
    return _ESCAPES[code] if len(code) == 1 else chr(int(code[1:], 16))


def _bounded(number: Constant) -> Constant | Problem:
    assert number.exact is not None
    if number.exact == 0 or MAGNITUDE_MIN <= abs(number.exact) <= MAGNITUDE_MAX:
        return number
    return Problem(number.at, "this number is out of range: keep it between 1e-15 and 1e15")
