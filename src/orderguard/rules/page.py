"""One YAML file, read so that every fault has its line and column.

Only the shape of YAML is used: mappings, lists and scalars. Tags, anchors and aliases are refused,
and nothing is ever constructed from a tag.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import yaml
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.errors import Fault
from orderguard.rules.suggest import suggestion

T = TypeVar("T")

BYTES_MAX = 64 * 1024
NESTING_MAX = 16

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"


class Page:
    """A file's text, with the faults found in it so far."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.faults: list[Fault] = []
        self._lines = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]

    def fault(self, at: int, message: Bilingual) -> None:
        line = bisect_right(self._lines, at)
        self.faults.append(Fault(self.file, line, at - self._lines[line - 1] + 1, message))


class Entry(Struct, frozen=True):
    """A value in a page; `at` is where its key stands, to point at what is missing in it."""

    page: Page
    node: yaml.Node
    at: int

    @property
    def start(self) -> int:
        return int(self.node.start_mark.index)

    def fault(self, message: Bilingual) -> None:
        self.page.fault(self.start, message)

    def scalar(self, tag: str) -> str | None:
        """The text of a scalar that YAML takes for a `str`, `int`, `float`, `bool` or `null`."""
        if isinstance(self.node, yaml.ScalarNode) and self.node.tag == _TAG + tag:
            return str(self.node.value)
        return None

    def items(self) -> list["Entry"] | None:
        if not isinstance(self.node, yaml.SequenceNode) or self.node.tag != f"{_TAG}seq":
            return None
        return [Entry(self.page, item, int(item.start_mark.index)) for item in self.node.value]

    def pairs(self) -> dict[str, "Entry"] | None:
        """The members of a mapping by name, in their order; a repeated one is a fault."""
        if not isinstance(self.node, yaml.MappingNode) or self.node.tag != f"{_TAG}map":
            return None
        pairs: dict[str, Entry] = {}
        for key, value in self.node.value:
            at = int(key.start_mark.index)
            if not isinstance(key, yaml.ScalarNode):
                said = Bilingual(
                    "a member's name is a single word: write name: value",
                    "成员名只能是一个词：写成 name: value",
                )
                self.page.fault(at, said)
            elif key.value in pairs:
                said = Bilingual(
                    f"`{key.value}` is there twice: remove one of them",
                    f"`{key.value}` 写了两次：删去一个",
                )
                self.page.fault(at, said)
            else:
                pairs[key.value] = Entry(self.page, value, at)
        return pairs


class Passage(Struct, frozen=True):
    """A text of the page whose every character knows where it stands in the file."""

    text: str
    page: Page
    places: tuple[int, ...]

    def fault(self, at: int, message: Bilingual) -> None:
        self.page.fault(self.places[min(at, len(self.places) - 1)], message)


Reader = Callable[[Entry], T | None]
"""Reads an entry, or tells its fault and returns None."""


class Member(Struct, Generic[T], frozen=True):
    """How a member of a mapping is read. One that is not required may be absent."""

    read: Reader[T]
    required: bool = True


def open_page(file: str, text: str) -> tuple[Page, Entry | None]:
    """The page and its top value, None where it is no YAML that we take."""
    page = Page(file, text)
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        size = BYTES_MAX // 1024
        said = Bilingual(
            f"the file is larger than {size} KiB: split it", f"文件超过 {size} KiB：请拆开"
        )
        page.fault(0, said)
        return page, None
    try:
        if not _is_plain(page):
            return page, None
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        page.fault(mark.index if mark else 0, _no_yaml(error.problem))
        return page, None
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
        page.fault(0, _no_yaml(error.reason))
        return page, None
    if node is None:
        said = Bilingual(
            "the file is empty: write its members or remove it", "文件是空的：写上内容或删去文件"
        )
        page.fault(0, said)
        return page, None
    return page, Entry(page, node, 0)


def read_members(entry: Entry, members: Mapping[str, Member[Any]]) -> dict[str, Any]:
    """What could be read of a mapping; every unknown, missing and faulty member is told."""
    pairs = entry.pairs()
    if pairs is None:
        said = Bilingual(
            f"here stands a mapping of {', '.join(members)}",
            f"这里要写一组成员：{'、'.join(members)}",
        )
        entry.fault(said)
        return {}
    for name, value in pairs.items():
        if name not in members:
            hint = suggestion(name, members)
            said = Bilingual(f"unknown member `{name}`: {hint.en}", f"没有成员 `{name}`：{hint.zh}")
            entry.page.fault(value.at, said)
    for name, member in members.items():
        if member.required and name not in pairs:
            entry.page.fault(
                entry.at, Bilingual(f"`{name}` is missing: add it", f"缺少 `{name}`：请补上")
            )
    read = {name: member.read(pairs[name]) for name, member in members.items() if name in pairs}
    return {name: value for name, value in read.items() if value is not None}


def passage(entry: Entry) -> Passage | None:
    """A text together with the place of each of its characters.

    Every character but white space and escapes stands in the file as it does in the value, in the
    same order; what lies between (indentation, folds, quotes) is skipped.
    """
    text = entry.scalar("str")
    if not text or text.isspace():
        entry.fault(Bilingual("here stands a text", "这里要写一段文字"))
        return None
    assert isinstance(entry.node, yaml.ScalarNode)
    written = entry.page.text
    at = entry.start
    if entry.node.style in ("|", ">"):
        at = written.index("\n", at)
    elif entry.node.style:
        at += 1
    places: list[int] = []
    for letter in text:
        found = -1 if letter.isspace() else written.find(letter, at, entry.node.end_mark.index)
        places.append(at if found < 0 else found)
        at = at if found < 0 else found + 1
    return Passage(text, entry.page, (*places, at))


def _no_yaml(reason: object) -> Bilingual:
    return Bilingual(f"this is no YAML: {reason}", f"不是有效的 YAML：“{reason}”")


def _at(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def _is_plain(page: Page) -> bool:
    """Whether nothing nests too deep or is an alias: composing such a file is not safe."""
    depth = 0
    for event in yaml.parse(page.text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            said = Bilingual("an alias: write the value out", "用了别名：请把值写出来")
            page.fault(_at(event), said)
            return False
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > NESTING_MAX:
            said = Bilingual(
                f"nested deeper than {NESTING_MAX}: flatten it",
                f"嵌套超过 {NESTING_MAX} 层：请减少层数",
            )
            page.fault(_at(event), said)
            return False
    return True
