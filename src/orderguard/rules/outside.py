"""What conditions may not say, though CEL could or people often write it, and what they may."""

import re

from lark import UnexpectedInput, UnexpectedToken

from orderguard.bilingual import Bilingual
from orderguard.rules.tree import Problem

OUTSIDE = {
    "expr": Bilingual(
        "`? :` is not part of the language: use && and ||", "不支持 `? :`：请用 && 和 ||"
    ),
    "multiplication": Bilingual(
        "`%` is not part of the language: compare the number itself",
        "不支持 `%`：请直接比较这个数",
    ),
    "member_index": Bilingual(
        "an index is not part of the language: name the value", "不支持下标：请写值的名称"
    ),
    "member_object": Bilingual(
        "a message is not part of the language: name the value", "不支持消息对象：请写值的名称"
    ),
    "list_lit": Bilingual(
        "a list stands only to the right of `in`: name in [1, 2]",
        "列表只能写在 `in` 的右边：`name in [1, 2]`",
    ),
    "map_lit": Bilingual(
        "a map is not part of the language: compare the values one by one",
        "不支持映射：请逐个比较其中的值",
    ),
    **dict.fromkeys(
        ("dot_ident", "dot_ident_arg"),
        Bilingual("a name does not begin with a dot: leave it out", "名称不以点开头：请去掉点"),
    ),
}
"""By the node of CEL's grammar."""

_WORDS = {"and": "&&", "or": "||", "not": "!", "is": "=="}


def syntax_problem(text: str, unexpected: UnexpectedInput) -> Problem:
    """What is wrong where CEL's grammar ends."""
    at = unexpected.pos_in_stream or 0
    if isinstance(unexpected, UnexpectedToken) and unexpected.token.type == "$END":
        said = Bilingual("the condition ends too early: complete it", "条件没有写完：请补全")
        return Problem(len(text), said)
    found = re.findall(r"\w+|\W", text[at:])[0]
    if found in _WORDS:
        said = Bilingual(
            f"`{found}` is not part of CEL: write {_WORDS[found]}",
            f"CEL 里没有 `{found}`：请写 {_WORDS[found]}",
        )
    elif found in "=&|":
        said = Bilingual(
            f"`{found}` stands alone: CEL has == && and ||",
            f"`{found}` 不能单独写：CEL 用 ==、&& 和 ||",
        )
    else:
        said = Bilingual(
            f"`{found}` does not belong here: check the syntax before it",
            f"这里不能写 `{found}`：请检查它前面的写法",
        )
    return Problem(at, said)
