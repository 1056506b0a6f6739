"""Readers of single values: each tells what should have stood there."""

import re
from enum import StrEnum
from typing import TypeVar

from orderguard.bilingual import Bilingual
from orderguard.domain.entities import BY_TYPE_JOIN, Entity
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.rules.page import Entry, Member, Passage, Reader, passage, read_members
from orderguard.rules.suggest import suggestion
from orderguard.rules.syntax import is_name_part

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

TEXT_MAX = 4_000
LIST_MAX = 200
DURATION_MS_MAX = 180 * MS_PER_DAY

_UNITS = {"s": MS_PER_SECOND, "m": MS_PER_MINUTE, "h": MS_PER_HOUR, "d": MS_PER_DAY}
_DURATION = re.compile(r"([0-9]{1,8})([smhd])\Z")
_INT = re.compile(r"-?[0-9]{1,15}\Z")
_REAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?\Z")


def text(entry: Entry) -> str | None:
    """A text that is not empty; line breaks at its end go."""
    found = entry.scalar("str")
    if found is None or not found.strip() or len(found) > TEXT_MAX:
        said = Bilingual(
            f"here stands a text of at most {TEXT_MAX} characters: quote it if need be",
            f"这里要写一段文字，最多 {TEXT_MAX} 个字符：必要时加引号",
        )
        entry.fault(said)
        return None
    return found.strip()


def word(entry: Entry) -> str | None:
    """One lower-case word: the name of a pack, a group, a step."""
    found = entry.scalar("str")
    if found is None or not is_name_part(found):
        said = Bilingual(
            "here stands a name in lower case, such as same_item",
            "这里要写小写的名称，如 same_item",
        )
        entry.fault(said)
        return None
    return found


def is_dotted(name: str) -> bool:
    """Whether this is a name of two lower-case words: `buyer.orders_10m`."""
    parts = name.split(".")
    return len(parts) == 2 and all(map(is_name_part, parts))


def dotted(entry: Entry) -> str | None:
    found = entry.scalar("str")
    if found is None or not is_dotted(found):
        said = Bilingual(
            "here stands a name of two parts in lower case, such as buyer.orders_10m",
            "这里要写两段的小写名称，如 buyer.orders_10m",
        )
        entry.fault(said)
        return None
    return found


def word_passage(entry: Entry) -> Passage | None:
    """A name in lower case that remembers its place, to be looked up later."""
    return passage(entry) if word(entry) is not None else None


def name_passage(entry: Entry) -> Passage | None:
    """A dotted name that remembers its place, to be looked up later."""
    return passage(entry) if dotted(entry) is not None else None


def boolean(entry: Entry) -> bool | None:
    found = entry.scalar("bool")
    if found not in ("true", "false"):
        entry.fault(Bilingual("here stands true or false", "这里要写 true 或 false"))
        return None
    return found == "true"


def whole(entry: Entry) -> int | None:
    found = entry.scalar("int")
    if found is None or not _INT.match(found):
        entry.fault(Bilingual("here stands a whole number", "这里要写整数"))
        return None
    return int(found)


def real(entry: Entry) -> float | None:
    found = entry.scalar("float") or entry.scalar("int")
    if found is None or not _REAL.match(found):
        entry.fault(Bilingual("here stands a number, such as 0.25", "这里要写数字，如 0.25"))
        return None
    return float(found)


def decimal_text(entry: Entry) -> str | None:
    """An amount, kept as it is written."""
    found = entry.scalar("float") or entry.scalar("int")
    if found is None or not _REAL.match(found):
        entry.fault(Bilingual("here stands an amount, such as 9.90", "这里要写金额，如 9.90"))
        return None
    return found


def normal(entry: Entry) -> int | float | str | None:
    """What is usual for a feature: a number or a text."""
    if entry.scalar("int") is not None:
        return whole(entry)
    return real(entry) if entry.scalar("float") is not None else text(entry)


def window_ms(entry: Entry) -> int | None:
    return _duration_ms(entry, least=MS_PER_SECOND)


def delay_ms(entry: Entry) -> int | None:
    return _duration_ms(entry, least=0)


def _duration_ms(entry: Entry, *, least: int) -> int | None:
    found = _DURATION.match(entry.scalar("str") or "")
    duration = int(found[1]) * _UNITS[found[2]] if found else -1
    if not least <= duration <= DURATION_MS_MAX:
        said = Bilingual(
            "here stands a time of at most 180d, such as 60s, 10m, 24h or 7d",
            "这里要写时长，最长 180d，如 60s（秒）、10m（分钟）、24h（小时）、7d（天）",
        )
        entry.fault(said)
        return None
    return duration


def one_of(choices: type[E]) -> Reader[E]:
    def read(entry: Entry) -> E | None:
        found = entry.scalar("str")
        if found is None or found not in set(choices):
            hint = suggestion(found or "", choices)
            said = Bilingual(
                f"`{found or ''}` is not known here: {hint.en}",
                f"这里没有 `{found or ''}` 这一项：{hint.zh}",
            )
            entry.fault(said)
            return None
        return choices(found)

    return read


def list_of(reader: Reader[T]) -> Reader[tuple[T, ...]]:
    def read(entry: Entry) -> tuple[T, ...] | None:
        items = entry.items()
        if items is None or len(items) > LIST_MAX:
            said = Bilingual(
                f"here stands a list of at most {LIST_MAX}, such as [a, b]",
                f"这里要写列表，最多 {LIST_MAX} 项，如 [a, b]",
            )
            entry.fault(said)
            return None
        values = [reader(item) for item in items]
        known = tuple(value for value in values if value is not None)
        return known if len(known) == len(values) else None

    return read


def several_of(choices: type[E]) -> Reader[tuple[E, ...]]:
    """A list without repeats that is not empty."""

    def read(entry: Entry) -> tuple[E, ...] | None:
        found = list_of(one_of(choices))(entry)
        if found is not None and len(set(found)) < max(1, len(found)):
            said = Bilingual(
                "here stands a list of at least one, each only once",
                "这里要写列表，至少一项，每项只写一次",
            )
            entry.fault(said)
            return None
        return found

    return read


def entities(entry: Entry) -> tuple[Entity, ...] | None:
    """`[segment, product]` or `segment+product`."""
    joined = entry.scalar("str")
    if joined is None:
        return several_of(Entity)(entry)
    found = [part for part in joined.split(BY_TYPE_JOIN) if part in set(Entity)]
    if len(set(found)) < len(joined.split(BY_TYPE_JOIN)):
        hint = suggestion(joined, Entity)
        entry.fault(
            Bilingual(f"`{joined}` is no entity: {hint.en}", f"没有主体 `{joined}`：{hint.zh}")
        )
        return None
    return tuple(Entity(part) for part in found)


def bilingual(entry: Entry) -> Bilingual | None:
    """A text in both languages."""
    found = read_members(entry, {"en": Member(text), "zh": Member(text)})
    return Bilingual(**found) if len(found) == 2 else None


def bilingual_passages(entry: Entry) -> tuple[Passage, ...] | None:
    """A text in both languages that remembers its places: English, Chinese."""
    found = read_members(entry, {"en": Member(passage), "zh": Member(passage)})
    return (found["en"], found["zh"]) if len(found) == 2 else None
