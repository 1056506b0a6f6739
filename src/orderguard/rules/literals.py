"""Literals and the arithmetic on literals alone."""

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from orderguard.bilingual import Bilingual
from orderguard.rules.tree import ArithmeticOperator, Constant, Problem

MAGNITUDE_MAX = Decimal(10) ** 15
MAGNITUDE_MIN = Decimal(10) ** -15
DIGITS_MAX = 32

INT_DIVISION = Bilingual(
    "two whole numbers do not divide evenly: write a fraction, such as 1.0 * a / b",
    "两个整数不一定能除尽：写成小数，如 1.0 * a / b",
)
ZERO_DIVISION = Bilingual("this divides by zero: choose another divisor", "除数是零：换一个除数")

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
        said = Bilingual(
            f"`{text[:DIGITS_MAX]}` is no number here: write it like 5 or 0.25",
            f"`{text[:DIGITS_MAX]}` 在这里不算数字：写成 5 或 0.25 这样",
        )
        return Problem(at, said)
    exact = Decimal(text)
    value = int(text) if text.lstrip("-").isdigit() else float(text)
    return _bounded(Constant(at, value, exact, text))


def read_text(at: int, quoted: str) -> Constant | Problem:
    """The text between simple quotes, its escapes resolved."""
    if quoted[0] not in "'\"" or quoted[:3] in ("'''", '"""'):
        said = Bilingual(
            "write a text between single or double quotes, without a prefix",
            "文字写在单引号或双引号之间，引号前不加前缀",
        )
        return Problem(at, said)
    inner = quoted[1:-1]
    for escape in _ESCAPE.finditer(inner):
        if escape[1] is None or (len(escape[1]) == 1 and escape[1] not in _ESCAPES):
            said = Bilingual(
                f"`{escape[0]}` is no escape: use \\\\ \\' \\\" \\n \\r \\t or \\u and 4 digits",
                f"`{escape[0]}` 不是转义：可用 \\\\ \\' \\\" \\n \\r \\t，或 \\u 加四位十六进制数",
            )
            return Problem(at + 1 + escape.start(), said)
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
    said = Bilingual(
        "this number is out of range: keep it between 1e-15 and 1e15",
        "数字超出范围：应在 1e-15 与 1e15 之间",
    )
    return Problem(number.at, said)
