"""How the entries of one group of features are laid out."""

from functools import lru_cache
from typing import Any, NamedTuple

LAYOUTS_MAX = 1024

Row = tuple[Any, ...] | list[Any]
"""One entry: instant, order number, the mask of the features it entered, then the columns.

It is a list only while its fact is being entered and the mask still grows."""

ROW_HEAD = 3

NO_NUMBER = -1
"""The order number of an entry that concerns no order; attempts have numbers below it."""


class Layout(NamedTuple):
    """What the bits of a mask and the columns of a row stand for. `tags` name the features."""

    tags: tuple[bytes, ...]
    columns: tuple[str, ...]


@lru_cache(LAYOUTS_MAX)
def layout_of(tags: tuple[bytes, ...], columns: tuple[str, ...]) -> Layout:
    """The same object for the same layout, so that all keys of a group share it."""
    return Layout(tags, columns)
