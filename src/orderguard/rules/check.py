"""The types of a condition: each literal takes the type of what it meets, each clash is told."""

from msgspec import Struct
from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.rules.literals import INT_DIVISION, ZERO_DIVISION
from orderguard.rules.reach import contradictions
from orderguard.rules.suggest import suggestion
from orderguard.rules.syntax import parse
from orderguard.rules.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Faulty,
    Membership,
    Minus,
    Not,
    Or,
    Presence,
    Problem,
    Reference,
    TextTest,
    Tree,
    Value,
)
from orderguard.rules.vocabulary import NUMERIC, Names, ValueType

_WORDS = {
    ValueType.INT: Bilingual("a whole number", "整数"),
    ValueType.NUMBER: Bilingual("a number", "数字"),
    ValueType.MONEY: Bilingual("an amount", "金额"),
    ValueType.TEXT: Bilingual("a text", "文字"),
    ValueType.BOOL: Bilingual("true or false", "是或否（true、false）"),
}
_TWO_LITERALS = Bilingual(
    "this compares two literals: name a value on one side",
    "两边都是具体的值：其中一边应写名称",
)


class Checked(Struct, frozen=True):
    """A checked condition: without problems, its tree is ready for the generator."""

    tree: Tree
    problems: tuple[Problem, ...]


def check(text: str, names: Names) -> Checked:
    """All that is wrong with a condition: its form, its names, its types, and what cannot be."""
    syntax = parse(text)
    checker = _Checker(names)
    tree = checker.test(syntax.tree)
    problems = {*syntax.problems, *checker.problems, *contradictions(tree, names)}
    return Checked(tree, tuple(sorted(problems, key=lambda problem: problem.at)))


class _Typed(Struct, frozen=True):
    """A value with its type; `literal` adapts, so that decimals meet decimals."""

    tree: Value
    type: ValueType

    @property
    def literal(self) -> bool:
        return isinstance(self.tree, Constant)

    @property
    def name(self) -> str | None:
        return self.tree.name if isinstance(self.tree, Reference) else None

    def beside(self, other: "_Typed") -> Value:
        """The value as it meets another: a literal beside an amount is exact."""
        if other.type is ValueType.MONEY and isinstance(self.tree, Constant):
            return _as_money(self.tree)
        return self.tree


class _Checker:
    def __init__(self, names: Names) -> None:
        self.problems: list[Problem] = []
        self._names = names

    def _problem(self, at: int, message: Bilingual) -> Faulty:
        self.problems.append(Problem(at, message))
        return Faulty(at)

    def test(self, tree: Tree) -> Tree:
        """The tree of something true or false."""
        checked: Tree
        match tree:
            case And() | Or():
                checked = replace(tree, operands=tuple(map(self.test, tree.operands)))
            case Not():
                checked = replace(tree, operand=self.test(tree.operand))
            case Compare():
                checked = self._compare(tree)
            case Presence():
                checked = tree if self._typed(tree.reference) else Faulty(tree.at)
            case Membership():
                checked = self._membership(tree)
            case TextTest():
                checked = self._text_test(tree)
            case _:
                checked = self._truth(tree)
        return checked

    def _truth(self, tree: Value) -> Tree:
        typed = self._typed(tree)
        if typed is None:
            return Faulty(tree.at)
        if typed.type is not ValueType.BOOL:
            value = _describe(typed)
            said = Bilingual(
                f"{value.en} is not a condition: compare it with something",
                f"{value.zh}本身不是条件：请拿它与什么比较",
            )
            return self._problem(tree.at, said)
        return typed.tree

    def _compare(self, tree: Compare) -> Tree:
        left, right = self._typed(tree.left), self._typed(tree.right)
        if left is None or right is None:
            return Faulty(tree.at)
        if left.literal and right.literal:
            return self._problem(tree.at, _TWO_LITERALS)
        if left.name is not None and left.name == right.name:
            said = Bilingual(
                f"`{left.name}` is compared with itself: name another value",
                f"`{left.name}` 在与自己比较：请换一个值",
            )
            return self._problem(tree.at, said)
        if not _comparable(left.type, right.type):
            one, other, fit = _describe(left), _describe(right), _WORDS[_leading(left, right)]
            said = Bilingual(
                f"{one.en} cannot be compared with {other.en}: write {fit.en}",
                f"{one.zh}不能与{other.zh}比较：这里要写{fit.zh}",
            )
            return self._problem(tree.at, said)
        if tree.operator not in ("==", "!=") and left.type not in NUMERIC:
            one = _describe(left)
            said = Bilingual(
                f"`{tree.operator}` orders numbers, and {one.en} is none: use == or !=",
                f"`{tree.operator}` 比较数字的大小，而{one.zh}不是数字：请用 == 或 !=",
            )
            return self._problem(tree.at, said)
        return replace(tree, left=left.beside(right), right=right.beside(left))

    def _membership(self, tree: Membership) -> Tree:
        item = self._typed(tree.item)
        values = [_Typed(value, _literal_type(value)) for value in tree.values]
        if not values:
            said = Bilingual(
                "the list is empty: write what may stand there", "列表是空的：写上可以取的值"
            )
            return self._problem(tree.at, said)
        if item is None:
            return Faulty(tree.at)
        if item.literal:
            said = Bilingual(
                "this looks for a literal: name a value left of `in`",
                "`in` 的左边是一个具体的值：应写名称",
            )
            return self._problem(tree.at, said)
        unlike = [value for value in values if not _comparable(item.type, value.type)]
        for value in unlike:
            one, other, fit = _describe(value), _describe(item), _WORDS[item.type]
            said = Bilingual(
                f"{one.en} is never {other.en}: write {fit.en}",
                f"{one.zh}不可能是{other.zh}：这里要写{fit.zh}",
            )
            self._problem(value.tree.at, said)
        if unlike:
            return Faulty(tree.at)
        constants = tuple(value.beside(item) for value in values)
        return replace(tree, item=item.tree, values=constants)

    def _text_test(self, tree: TextTest) -> Tree:
        sides = self._typed(tree.subject), self._typed(tree.argument)
        if sides[0] is None or sides[1] is None:
            return Faulty(tree.at)
        for side in sides:
            if side is not None and side.type is not ValueType.TEXT:
                one = _describe(side)
                said = Bilingual(
                    f"`{tree.operator}` needs a text, and {one.en} is none: compare it instead",
                    f"`{tree.operator}` 用于文字，而{one.zh}不是文字：请改用比较",
                )
                return self._problem(side.tree.at, said)
        if sides[0].literal:
            said = Bilingual(
                "this tests a literal: name a value on the left",
                "左边是一个具体的值：应写名称",
            )
            return self._problem(tree.at, said)
        return tree

    def _typed(self, tree: Tree) -> _Typed | None:
        match tree:
            case Reference():
                known = self._names.get(tree.name)
                if known is not None:
                    return _Typed(tree, known.type)
                hint = suggestion(tree.name, self._names)
                said = Bilingual(
                    f"unknown name `{tree.name}`: {hint.en}", f"没有名称 `{tree.name}`：{hint.zh}"
                )
                self._problem(tree.at, said)
                return None
            case Constant():
                return _Typed(tree, _literal_type(tree))
            case Minus():
                return self._minus(tree)
            case Arithmetic():
                return self._arithmetic(tree)
            case _:
                return None

    def _minus(self, tree: Minus) -> _Typed | None:
        operand = self._typed(tree.operand)
        if operand is None or self._not_a_number(operand, "-"):
            return None
        return _Typed(replace(tree, operand=operand.tree), operand.type)

    def _arithmetic(self, tree: Arithmetic) -> _Typed | None:
        left, right = self._typed(tree.left), self._typed(tree.right)
        if left is None or right is None:
            return None
        faulty = [self._not_a_number(side, tree.operator) for side in (left, right)]
        if any(faulty):
            return None
        clash = _money_clash(tree, left, right)
        if clash:
            self._problem(tree.at, clash)
            return None
        if tree.operator == "/":
            if isinstance(right.tree, Constant) and right.tree.exact == 0:
                self._problem(right.tree.at, ZERO_DIVISION)
                return None
            if left.type is ValueType.INT and right.type is ValueType.INT:
                self._problem(tree.at, INT_DIVISION)
                return None
        typed = replace(tree, left=left.beside(right), right=right.beside(left))
        return _Typed(typed, _leading(left, right))

    def _not_a_number(self, side: _Typed, operator: str) -> bool:
        if side.type in NUMERIC:
            return False
        one = _describe(side)
        said = Bilingual(
            f"`{operator}` takes numbers, and {one.en} is none: name a number",
            f"`{operator}` 用于数字，而{one.zh}不是数字：请写数字的名称",
        )
        self._problem(side.tree.at, said)
        return True


def _money_clash(tree: Arithmetic, left: _Typed, right: _Typed) -> Bilingual | None:
    """Why an amount cannot take part: amounts stay decimal, and features of numbers do not."""
    amounts = [side.type for side in (left, right)].count(ValueType.MONEY)
    if amounts == 0:
        return None
    if amounts == 2:
        if tree.operator in "+-":
            return None
        return Bilingual(
            f"`{tree.operator}` on two amounts is no amount: compare one with a multiple of the"
            " other, such as order.discount > 0.5 * order.amount",
            f"两个金额用 `{tree.operator}` 运算得不到金额：拿一个与另一个的倍数比较，"
            "如 order.discount > 0.5 * order.amount",
        )
    if tree.operator == "/" and right.type is ValueType.MONEY:
        return Bilingual(
            "a number is divided by an amount: multiply on the other side instead",
            "数字不能除以金额：请在另一边改用乘法",
        )
    other = right if left.type is ValueType.MONEY else left
    if other.literal or (other.type is ValueType.INT and tree.operator in "*/"):
        return None
    said = _describe(other)
    return Bilingual(
        f"an amount and {said.en} do not mix under `{tree.operator}`: use a literal, or"
        " compare the amount with it directly",
        f"金额与{said.zh}不能用 `{tree.operator}` 运算：请写具体的数，或直接拿金额与它比较",
    )


def _comparable(left: ValueType, right: ValueType) -> bool:
    return left is right or (left in NUMERIC and right in NUMERIC)


def _leading(left: _Typed, right: _Typed) -> ValueType:
    """The type that both sides have together; a literal follows."""
    if not _comparable(left.type, right.type):
        return right.type if left.literal else left.type
    for leader in (ValueType.MONEY, ValueType.NUMBER):
        if leader in (left.type, right.type):
            return leader
    return left.type


def _literal_type(constant: Constant) -> ValueType:
    match constant.value:
        case bool():
            return ValueType.BOOL
        case int():
            return ValueType.INT
        case str():
            return ValueType.TEXT
        case _:
            return ValueType.NUMBER


def _as_money(constant: Constant) -> Constant:
    """The literal as a decimal; a literal that is no number is left to the type check."""
    return constant if constant.exact is None else replace(constant, value=constant.exact)


def _describe(typed: _Typed) -> Bilingual:
    word = _WORDS[typed.type]
    if typed.name is not None:
        return Bilingual(f"`{typed.name}` ({word.en})", f"`{typed.name}`（{word.zh}）")
    if isinstance(typed.tree, Constant) and typed.type is ValueType.TEXT:
        return Bilingual(f'the text "{typed.tree.value}"', f"文字“{typed.tree.value}”")
    return word
