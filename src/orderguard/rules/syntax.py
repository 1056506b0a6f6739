"""The text of a condition to its tree, by CEL's own grammar; what is outside the subset is told.

The grammar comes with the package `celpy`, which is found but not imported: its evaluator takes
longer to import than everything here.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from lark import Lark, Token, UnexpectedInput
from lark import Tree as Node
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.rules.literals import fold, negate, read_number, read_text
from orderguard.rules.outside import OUTSIDE, syntax_problem
from orderguard.rules.tree import (
    And,
    Arithmetic,
    ArithmeticOperator,
    Compare,
    CompareOperator,
    Constant,
    Faulty,
    Membership,
    Minus,
    Not,
    Or,
    Presence,
    Problem,
    Reference,
    TextOperator,
    TextTest,
    Tree,
    Value,
    references,
)

CHARACTERS_MAX = 2_000
DEPTH_MAX = 32
ARITHMETIC_MAX = 8
"""Operators in one number; few enough that no whole number outgrows a double."""
CACHED_MAX = 2_048

_COMPARE: dict[str, CompareOperator] = {
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_ge": ">=",
    "relation_gt": ">",
}
_ARITHMETIC: dict[str, ArithmeticOperator] = {
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
}
_TEXT_TESTS: dict[str, TextOperator] = {
    "startsWith": "startsWith",
    "endsWith": "endsWith",
    "contains": "contains",
}
_WRAPPERS = frozenset(
    {"expr", "conditionalor", "conditionaland", "relation", "addition", "multiplication"}
    | {"unary", "member", "primary", "paren_expr"}
)
_NAME_PART = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")

LarkNode = Node[Token]
_Part = LarkNode | Token


class Syntax(Struct, frozen=True):
    tree: Tree
    problems: tuple[Problem, ...]


def is_name_part(text: str) -> bool:
    """Whether the text is one lower-case word of a name; two underscores never meet."""
    return _NAME_PART.match(text) is not None


def parse(text: str) -> Syntax:
    """The tree of a condition and all that is wrong with its form."""
    if len(text) > CHARACTERS_MAX:
        said = Bilingual(
            f"the condition is longer than {CHARACTERS_MAX} characters: split it",
            f"条件超过 {CHARACTERS_MAX} 个字符：请拆开",
        )
        return Syntax(Faulty(0), (Problem(0, said),))
    return _parse(text)


@lru_cache(maxsize=CACHED_MAX)
def _parse(text: str) -> Syntax:
    try:
        parsed = _grammar().parse(text)
    except UnexpectedInput as unexpected:
        return Syntax(Faulty(0), (syntax_problem(text, unexpected),))
    reader = _Reader()
    return Syntax(reader.read(parsed), tuple(reader.problems))


def mentioned(text: str) -> tuple[str, ...]:
    """The names in a condition, each once, in the order of the text."""
    return tuple(dict.fromkeys(reference.name for reference in references(parse(text).tree)))


@cache
def _grammar() -> Lark:
    package = find_spec("celpy")
    assert package is not None
    assert package.submodule_search_locations
    grammar = Path(package.submodule_search_locations[0]) / "cel.lark"
    return Lark(
        grammar.read_text("utf-8"),
        parser="lalr",
        start="expr",
        lexer_callbacks={"IDENT": _literal_word},
        propagate_positions=True,
        maybe_placeholders=False,
        priority="invert",
    )


def _literal_word(token: Token) -> Token:
    """The grammar reads `true` and `false` as names."""
    return token.update("BOOL_LIT") if token in ("true", "false") else token


def _start(part: _Part) -> int:
    at = part.start_pos if isinstance(part, Token) else getattr(part.meta, "start_pos", 0)
    return at or 0


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._depth = 0
        self._handlers: dict[str, Callable[[LarkNode], Tree]] = {
            "conditionalor": lambda node: self._logic(node, Or),
            "conditionaland": lambda node: self._logic(node, And),
            "relation": self._relation,
            "addition": self._arithmetic,
            "multiplication": self._arithmetic,
            "unary": self._unary,
            "member_dot": self._name,
            "ident": self._name,
            "member_dot_arg": self._method,
            "ident_arg": self._function,
            "literal": self._literal,
        }

    def read(self, part: _Part) -> Tree:
        """Each nesting that means something costs one call; chains of single children none."""
        node = _unwrap(part)
        handle = self._handlers.get(str(node.data))
        if handle is None:
            return self._problem(_start(node), OUTSIDE[str(node.data)])
        if self._depth == DEPTH_MAX:
            said = Bilingual(
                f"nested deeper than {DEPTH_MAX}: split the rule",
                f"嵌套超过 {DEPTH_MAX} 层：请拆成几条规则",
            )
            return self._problem(_start(node), said)
        self._depth += 1
        tree = handle(node)
        self._depth -= 1
        return tree

    def _value(self, part: _Part) -> Value:
        tree = self.read(part)
        if isinstance(tree, Reference | Constant | Arithmetic | Minus | Faulty):
            return tree
        said = Bilingual(
            "a comparison is not a value: join comparisons with && or ||",
            "比较的结果不能当作值：用 && 或 || 连接几个比较",
        )
        return self._problem(tree.at, said)

    def _problem(self, at: int, message: Bilingual) -> Faulty:
        self.problems.append(Problem(at, message))
        return Faulty(at)

    def _logic(self, node: LarkNode, join: type[And] | type[Or]) -> Tree:
        parts: list[_Part] = []
        head: _Part = node
        while isinstance(head, Node) and len(head.children) == 2:
            parts.append(head.children[1])
            head = head.children[0]
        parts.append(head)
        return join(_start(node), tuple(self.read(part) for part in reversed(parts)))

    def _relation(self, node: LarkNode) -> Tree:
        relation, right = node.children
        assert isinstance(relation, Node)
        left = relation.children[0]
        if relation.data == "relation_in":
            return self._membership(node, left, right)
        operator = _COMPARE[str(relation.data)]
        if operator in ("==", "!=") and _is_null(right):
            return self._presence(node, left, present=operator == "!=")
        if operator in ("==", "!=") and _is_null(left):
            return self._presence(node, right, present=operator == "!=")
        return Compare(_start(node), operator, self._value(left), self._value(right))

    def _presence(self, node: LarkNode, part: _Part, *, present: bool) -> Tree:
        subject = self._value(part)
        if isinstance(subject, Reference):
            return Presence(_start(node), subject, present)
        if isinstance(subject, Faulty):
            return subject
        said = Bilingual("only a name can be compared with null", "只有名称可以与 null 比较")
        return self._problem(_start(node), said)

    def _membership(self, node: LarkNode, left: _Part, right: _Part) -> Tree:
        item, listed = self._value(left), _unwrap(right)
        if listed.data != "list_lit":
            said = Bilingual(
                "to the right of `in` stands a list: [1, 2]", "`in` 的右边要写列表：[1, 2]"
            )
            return self._problem(_start(right), said)
        values = [self._value(element) for element in _elements(listed.children)]
        constants = tuple(value for value in values if isinstance(value, Constant))
        for value in values:
            if not isinstance(value, Constant | Faulty):
                said = Bilingual(
                    "a list holds literals only: numbers, texts, true or false",
                    "列表里只能写具体的值：数字、文字、true 或 false",
                )
                self._problem(value.at, said)
        if len(constants) < len(values):
            return Faulty(_start(node))
        return Membership(_start(node), item, constants)

    def _arithmetic(self, node: LarkNode) -> Tree:
        operation, right_part = node.children
        assert isinstance(operation, Node)
        operator, at = _ARITHMETIC.get(str(operation.data)), _start(node)
        if operator is None:
            return self._problem(at, OUTSIDE["multiplication"])
        left, right = self._value(operation.children[0]), self._value(right_part)
        if isinstance(left, Constant) and isinstance(right, Constant):
            if left.exact is None or right.exact is None:
                said = Bilingual(f"`{operator}` takes numbers only", f"`{operator}` 只用于数字")
                return self._problem(at, said)
            folded = fold(at, operator, left, right)
            return folded if isinstance(folded, Constant) else self._told(folded)
        if _operators(left) + _operators(right) >= ARITHMETIC_MAX:
            said = Bilingual(
                f"more than {ARITHMETIC_MAX} operators in one number",
                f"一个数里的运算符超过 {ARITHMETIC_MAX} 个",
            )
            return self._problem(at, said)
        return Arithmetic(at, operator, left, right)

    def _unary(self, node: LarkNode) -> Tree:
        sign, operand = node.children
        assert isinstance(sign, Node)
        if sign.data == "unary_not":
            return Not(_start(node), self.read(operand))
        value = self._value(operand)
        if isinstance(value, Constant) and value.exact is not None:
            return negate(_start(node), value)
        return Minus(_start(node), value)

    def _name(self, node: LarkNode) -> Tree:
        parts = _dotted(node)
        if parts is None:
            said = Bilingual(
                "only names have members: write buyer.id", "只有名称才有成员：写成 buyer.id 这样"
            )
            return self._problem(_start(node), said)
        name = ".".join(parts)
        if not all(is_name_part(part) for part in parts):
            said = Bilingual(
                f"`{name}` is no name: names are lower-case words",
                f"`{name}` 不是名称：名称由小写单词组成",
            )
            return self._problem(_start(node), said)
        if len(parts) > 2:
            said = Bilingual(
                f"`{name}` has more than two parts: write buyer.id",
                f"`{name}` 超过两段：写成 buyer.id 这样",
            )
            return self._problem(_start(node), said)
        return Reference(_start(node), name)

    def _method(self, node: LarkNode) -> Tree:
        subject_part, method = node.children[0], str(node.children[1])
        arguments = _elements(node.children[2:])
        operator = _TEXT_TESTS.get(method)
        if operator is None:
            return self._unknown_function(node, method)
        if len(arguments) != 1:
            said = Bilingual(
                f"`{method}` takes one text: name.{method}('a')",
                f"`{method}` 要一段文字：name.{method}('a')",
            )
            return self._problem(_start(node), said)
        subject, argument = self._value(subject_part), self._value(arguments[0])
        return TextTest(_start(node), operator, subject, argument)

    def _function(self, node: LarkNode) -> Tree:
        return self._unknown_function(node, str(node.children[0]))

    def _unknown_function(self, node: LarkNode, name: str) -> Faulty:
        known = ", ".join(f".{test}()" for test in _TEXT_TESTS)
        said = Bilingual(
            f"unknown function `{name}`: there are only {known}",
            f"没有函数 `{name}`：只有 {known}",
        )
        return self._problem(_start(node), said)

    def _literal(self, node: LarkNode) -> Tree:
        written, at = node.children[0], _start(node)
        assert isinstance(written, Token)
        match written.type:
            case "BOOL_LIT":
                return Constant(at, written.value == "true", written=written.value)
            case "INT_LIT" | "FLOAT_LIT" | "UINT_LIT":
                literal = read_number(at, written.value)
            case "STRING_LIT" | "MLSTRING_LIT" | "BYTES_LIT":
                literal = read_text(at, written.value)
            case _:
                said = Bilingual(
                    "null can only be compared: name == null, name != null",
                    "null 只能用来比较：name == null、name != null",
                )
                return self._problem(at, said)
        return literal if isinstance(literal, Constant) else self._told(literal)

    def _told(self, problem: Problem) -> Faulty:
        self.problems.append(problem)
        return Faulty(problem.at)


def _unwrap(part: _Part) -> LarkNode:
    """The first node below that is more than a wrapper of its only child."""
    assert isinstance(part, Node)
    while len(part.children) == 1 and part.data in _WRAPPERS:
        part = part.children[0]
        assert isinstance(part, Node)
    return part


def _is_null(part: _Part) -> bool:
    node = _unwrap(part)
    return node.data == "literal" and getattr(node.children[0], "type", "") == "NULL_LIT"


def _dotted(node: LarkNode) -> list[str] | None:
    """The words of a dotted name, None where something else than a name has the member."""
    words: list[str] = []
    while node.data == "member_dot":
        words.append(str(node.children[1]))
        node = _unwrap(node.children[0])
    if node.data != "ident":
        return None
    return [str(node.children[0]), *reversed(words)]


def _elements(listed: Sequence[_Part]) -> list[_Part]:
    """What stands between commas, given the one node that holds it or nothing."""
    return [element for part in listed if isinstance(part, Node) for element in part.children]


def _operators(value: Value) -> int:
    """Arithmetic operators in a value."""
    match value:
        case Arithmetic():
            return 1 + _operators(value.left) + _operators(value.right)
        case Minus():
            return _operators(value.operand)
        case _:
            return 0
