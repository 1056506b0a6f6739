"""Google's own CEL judges the same conditions over the same partial data."""

import ast
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from cel_expr_python import cel
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from orderguard.bilingual import Bilingual
from orderguard.rules.check import check
from orderguard.rules.generate import Generator
from orderguard.rules.reach import possible
from orderguard.rules.tree import Faulty, Not, Tree, children
from orderguard.rules.vocabulary import Name, ValueType

EXAMPLES = 2_000 if os.environ.get("ORDERGUARD_PROVE") == "1" else 100

# Halves and powers of two only, so that decimals and doubles agree to the last digit.
WHOLE = [-4, -2, -1, 0, 1, 2, 4]
FRACTION = [-1.5, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5]
SHARE = [0.0, 0.25, 0.5, 1.0]
TEXT = ["", "a", "ab", "b", "上海"]
VALUES: dict[str, tuple[ValueType, list[Any]]] = {
    "i.a": (ValueType.INT, WHOLE),
    "i.b": (ValueType.INT, WHOLE),
    "n.a": (ValueType.NUMBER, FRACTION),
    "n.share": (ValueType.NUMBER, SHARE),
    "m.a": (ValueType.MONEY, [Decimal(str(value)) for value in FRACTION]),
    "m.b": (ValueType.MONEY, [Decimal(str(value)) for value in FRACTION]),
    "t.a": (ValueType.TEXT, TEXT),
    "t.b": (ValueType.TEXT, TEXT),
    "b.a": (ValueType.BOOL, [True, False]),
}
NAMES = {
    name: Name(
        type=value_type,
        place=place,
        title=Bilingual(en=name, zh=name),
        low=0 if name == "n.share" else None,
        high=1 if name == "n.share" else None,
    )
    for place, (name, (value_type, _)) in enumerate(VALUES.items())
}
CEL_TYPES = {
    ValueType.INT: cel.Type.INT,
    ValueType.NUMBER: cel.Type.DOUBLE,
    ValueType.MONEY: cel.Type.DOUBLE,
    ValueType.TEXT: cel.Type.STRING,
    ValueType.BOOL: cel.Type.BOOL,
}
ORACLE = cel.NewEnv(
    variables={
        **{name: CEL_TYPES[value_type] for name, (value_type, _) in VALUES.items()},
        **{f"known.{name}": cel.Type.BOOL for name in VALUES},
    }
)

PLAIN: set[type[ast.AST]] = {
    *(ast.Module, ast.Assign, ast.Name, ast.Load, ast.Store, ast.Constant, ast.Subscript),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub),
    *(ast.Compare, ast.Is, ast.IsNot, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    *(ast.In, ast.NotIn, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div),
    *(ast.Call, ast.Attribute),  # Of startswith and endswith alone.
}
"""All that generated code is made of."""


class Both(NamedTuple):
    """A value or a test as we write it, and as strict CEL wants it.

    `whole` is CEL over whole numbers, None where the value is none; `cel` is over doubles.
    """

    ours: str
    cel: str
    whole: str | None = None


def names(*types: ValueType) -> list[str]:
    return [name for name, (value_type, _) in VALUES.items() if value_type in types]


def whole_name(name: str) -> Both:
    return Both(name, f"double({name})", name)


def same(text: str) -> Both:
    return Both(text, text)


def arithmetic(operator: str, left: Both, right: Both) -> Both:
    whole = None
    if left.whole is not None and right.whole is not None:
        whole = f"({left.whole} {operator} {right.whole})"
    ours = f"({left.ours} {operator} {right.ours})"
    return Both(ours, f"({left.cel} {operator} {right.cel})", whole)


def quotient(left: Both, right: Both) -> Both:
    """CEL divides a double by zero without an error; we do not."""
    checked = f"({right.cel} == 0.0 ? double(1 / 0) : {right.cel})"
    return Both(f"({left.ours} / {right.ours})", f"({left.cel} / {checked})")


whole_literals = st.sampled_from(WHOLE).map(lambda n: Both(str(n), f"{n}.0", str(n)))
fraction_literals = st.sampled_from(FRACTION).map(lambda n: same(str(n)))
literals = whole_literals | fraction_literals
signs = st.sampled_from("+-*")

wholes = st.recursive(
    st.sampled_from(names(ValueType.INT)).map(whole_name),
    lambda inner: (
        st.builds(arithmetic, signs, inner, inner | whole_literals)
        | inner.map(lambda v: Both(f"-{v.ours}", f"-{v.cel}", f"-{v.whole}"))
    ),
    max_leaves=3,
)
numbers = st.recursive(
    st.sampled_from(names(ValueType.NUMBER)).map(same),
    lambda inner: (
        st.builds(arithmetic, signs, inner, inner | literals | wholes)
        | st.builds(quotient, inner, inner | wholes)
        | st.builds(quotient, wholes, inner)
    ),
    max_leaves=3,
)
amounts = st.recursive(
    st.sampled_from(names(ValueType.MONEY)).map(same),
    lambda inner: (
        st.builds(arithmetic, st.sampled_from("+-"), inner, inner | literals)
        | st.builds(arithmetic, st.just("*"), inner | literals, inner).filter(
            lambda both: both.ours.count("m.") == 1
        )
        | st.builds(quotient, inner, wholes.filter(lambda both: both.ours in VALUES))
        | inner.map(lambda v: Both(f"-{v.ours}", f"-{v.cel}"))
    ),
    max_leaves=3,
)
texts = st.sampled_from(names(ValueType.TEXT)).map(same)
quoted = st.sampled_from(TEXT).map(lambda text: same(f'"{text}"'))
orders = st.sampled_from(["<", "<=", "==", "!=", ">=", ">"])
equals = st.sampled_from(["==", "!="])


def compare(operator: str, left: Both, right: Both) -> Both:
    ours = f"{left.ours} {operator} {right.ours}"
    if left.whole is not None and right.whole is not None:
        return Both(ours, f"{left.whole} {operator} {right.whole}")
    return Both(ours, f"{left.cel} {operator} {right.cel}")


def member(item: Both, listed: list[Both]) -> Both:
    return Both(
        f"{item.ours} in [{', '.join(value.ours for value in listed)}]",
        f"{item.cel} in [{', '.join(value.cel for value in listed)}]",
    )


def text_test(test: str, subject: Both, argument: Both) -> Both:
    return same(f"{subject.ours}.{test}({argument.ours})")


def presence(name: str, operator: str) -> Both:
    return Both(f"{name} {operator} null", f"{'!' if operator == '==' else ''}known.{name}")


numeric = wholes | numbers | amounts
tests = (
    st.builds(compare, orders, numeric, numeric | literals)
    | st.builds(compare, orders, literals, numeric)
    | st.builds(compare, equals, texts, texts | quoted)
    | st.builds(member, numeric, st.lists(literals, min_size=1, max_size=3))
    | st.builds(member, texts, st.lists(quoted, min_size=1, max_size=3))
    | st.builds(
        text_test,
        st.sampled_from(["startsWith", "endsWith", "contains"]),
        texts,
        texts | quoted,
    )
    | st.builds(presence, st.sampled_from(list(VALUES)), equals)
    | st.just(same("b.a"))
    | st.just(same("b.a == true"))
)


def joined(operator: str, parts: list[Both]) -> Both:
    return Both(
        f"({f' {operator} '.join(part.ours for part in parts)})",
        f"({f' {operator} '.join(part.cel for part in parts)})",
    )


conditions = st.recursive(
    tests,
    lambda inner: (
        st.builds(joined, st.sampled_from(["&&", "||"]), st.lists(inner, min_size=2, max_size=4))
        | inner.map(lambda part: Both(f"!({part.ours})", f"!({part.cel})"))
    ),
    max_leaves=8,
)
data = st.fixed_dictionaries(
    {name: st.none() | st.sampled_from(values) for name, (_, values) in VALUES.items()}
)


def ours(tree: Tree) -> Callable[[list[Any]], bool]:
    """The generated expression, whether or not the condition can ever hold."""
    generator = Generator(NAMES)
    source = "\n".join([*generator.loads([tree]), f"result = {generator.certainly(tree)}"])
    assert {type(node) for node in ast.walk(ast.parse(source))} <= PLAIN
    code = compile(source, "<condition>", "exec")

    def run(values: list[Any]) -> bool:
        scope: dict[str, Any] = {"__builtins__": {}, "v": values, **generator.constants}
        exec(code, scope)  # noqa: S102 - the generator's own output
        return bool(scope["result"])

    return run


def has_fault(tree: Tree) -> bool:
    return isinstance(tree, Faulty) or any(map(has_fault, children(tree)))


def verdict(expression: Any, row: dict[str, Any]) -> bool | None:
    """What CEL says; None for an error."""
    known = {name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()}
    bound = {name: value for name, value in known.items() if value is not None}
    value = expression.eval(
        data={**bound, **{f"known.{name}": row[name] is not None for name in row}}
    )
    return bool(value.value()) if value.type() == cel.Type.BOOL else None


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(conditions, st.lists(data, min_size=1, max_size=8))
def test_certainly_true_is_what_cel_says(both: Both, rows: list[dict[str, Any]]) -> None:
    tree = check(both.ours, NAMES).tree
    assume(not has_fault(tree))  # A value compared with itself is told, not judged.
    holds, fails = ours(tree), ours(Not(0, tree))
    expression = ORACLE.compile(both.cel)
    for row in rows:
        expected = verdict(expression, row)
        values = [row[name] for name in VALUES]
        assert holds(values) == (expected is True), (both, row)
        assert fails(values) == (expected is False), (both, row)
        assert possible(tree, NAMES, holds=True) or expected is not True, (both, row)
        assert possible(tree, NAMES, holds=False) or expected is not False, (both, row)


def test_the_oracle_knows_missing_values() -> None:
    expression = ORACLE.compile("i.a > 1 || i.b > 1")
    nothing = dict.fromkeys(VALUES)
    assert verdict(expression, nothing) is None
    assert verdict(expression, {**nothing, "i.b": 2}) is True
    assert verdict(expression, {**nothing, "i.b": 1}) is None
