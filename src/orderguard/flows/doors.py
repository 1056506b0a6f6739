"""Which door a street address names: spellings of one door agree, different rooms differ."""

import re
import unicodedata
from functools import lru_cache

REMEMBERED_MAX = 2**15
"""How many streets are remembered: an order tells its own again with each of its events."""

_HAN_DIGITS = {character: digit for digit, character in enumerate("〇一二三四五六七八九")}
_HAN_NUMBER = "[〇一二三四五六七八九十]{1,3}"
_UNIT = "号楼|单元|号|栋|幢|座|楼|层|室|弄|#"
# 十八号, B座, 3号楼 2单元 501室: the unit's word only ends the number or letter before it.
_HAN_NUMBER_OF_UNIT = re.compile(rf"({_HAN_NUMBER})(?={_UNIT})")
# 803室，到了打电话: in Chinese an address ends with its room, what follows is for the courier.
_REMARK = re.compile(rf"(?<=[0-9])((?:\s*(?:{_UNIT}))?)[^0-9]*\Z")
_PHONE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])|[0-9]{3,4}-[0-9]{7,8}")
_PUBLIC = re.compile(
    "学院|大学|中学|学校|校区|宿舍|驿站|自提|代收[点处站店]|快递柜|丰巢|菜鸟|速递易|智能柜|快递点"
    "|服务站|便利店"
    "|写字楼|大厦|科技园|产业园|工业园|广场|公司|医院|酒店|宾馆"
    "|\\b(?:university|college|campus|dormitory|locker|office|hotel|tower|plaza)\\b"
)
_UNIT_AFTER_NUMBER = re.compile(rf"(?<=[0-9a-z])\s*(?:{_UNIT})")
_TOKEN = re.compile(r"[0-9]+|[a-z]+|[^\W\d_a-z]+")
_HIDDEN = "*"

_UNIT_WORDS = frozenset(
    {
        *("apartment", "apt", "room", "rm", "unit", "suite", "ste", "flat"),
        *("building", "bldg", "block", "blk", "floor", "fl", "number", "no"),
    }
)
_SHORT_WORDS = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "av": "ave",
    "lane": "ln",
    "drive": "dr",
    "boulevard": "blvd",
    "court": "ct",
    "square": "sq",
    "place": "pl",
    "highway": "hwy",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}


@lru_cache(REMEMBERED_MAX)
def normalise_street(street: str, regions: tuple[str | None, ...] = ()) -> str | None:
    """The street's words and numbers with one space between; None where it is hidden or empty.

    `regions` are the names that the address gives beside the street, widest first: many a street
    repeats them.
    """
    if _HIDDEN in street:
        return None
    text = street.strip()
    for region in regions:
        if region and text.startswith(region):
            text = text[len(region) :].lstrip(" ,")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = _HAN_NUMBER_OF_UNIT.sub(_in_digits, text)
        text = _REMARK.sub(r"\1", _PHONE.sub("", text))
    text = text.casefold()
    text = _UNIT_AFTER_NUMBER.sub(" ", text)
    return _joined(_TOKEN.findall(text)) or None


@lru_cache(REMEMBERED_MAX)
def is_public(street: str) -> bool:
    """Whether many who do not know each other may have parcels sent there.

    A campus, an office or a parcel locker says so by its name.
    """
    return _PUBLIC.search(street.casefold()) is not None


def _in_digits(match: re.Match[str]) -> str:
    """十 as 10, 二十 as 20, 二十三 as 23, 一〇三 as 103."""
    tens, ten, ones = match[1].partition("十")
    if not ten:
        return "".join(str(_HAN_DIGITS[character]) for character in tens)
    return str(10 * _HAN_DIGITS.get(tens, 1) + _HAN_DIGITS.get(ones, 0))


def _joined(tokens: list[str]) -> str:
    """Chinese words are written without spaces, so none between two of them counts."""
    joined, after_han = "", False
    for token in tokens:
        if token in _UNIT_WORDS:
            continue
        is_han = not token.isascii()
        glue = "" if not joined or (after_han and is_han) else " "
        joined += glue + _SHORT_WORDS.get(token, token)
        after_han = is_han
    return joined
