"""Which of the merchant's SKUs a channel means: what was mapped when, and what stands.

One channel SKU may be a bundle: several SKUs, each with its units. All of it is one meaning.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from orderguard.stock.holding import HeldLine, Units

MAPPED_MAX = 200
"""Changes kept of one channel SKU; of older ones what stood after them."""


class Mapped(Struct, frozen=True, array_like=True):
    """A meaning that was added at `at`; None: all were removed."""

    at: int
    units: Units | None


History = tuple[Mapped, ...]
"""Changes by instant; those of one instant in the order in which they were heard."""


class Meaning(StrEnum):
    """How sure it is what a line means."""

    NAMED = "named"
    """The order names the merchant's SKU itself."""
    MAPPED = "mapped"
    UNMAPPED = "unmapped"
    AMBIGUOUS = "ambiguous"
    NAMELESS = "nameless"
    """The line names no SKU at all."""


class Meant(Struct, frozen=True):
    units: Units
    meaning: Meaning

    @property
    def is_sure(self) -> bool:
        return self.meaning in (Meaning.NAMED, Meaning.MAPPED)


def one_of(sku: str) -> Units:
    return ((sku, 1),)


def with_change(history: History, change: Mapped) -> History:
    """The history with one more change; the same once more changes nothing."""
    if change in history:
        return history
    after = [one for one in history if one.at > change.at]
    until = [one for one in history if one.at <= change.at]
    changes = (*until, change, *after)
    if len(changes) <= MAPPED_MAX:
        return changes
    old, new = changes[: -MAPPED_MAX // 2], changes[-MAPPED_MAX // 2 :]
    stood = standing(old)[: MAPPED_MAX // 4]
    return (*(Mapped(old[-1].at, units) for units in stood), *new)


def standing(history: Sequence[Mapped], at: int | None = None) -> tuple[Units, ...]:
    """The meanings that stand at an instant, or after all that is known."""
    stands: dict[Units, None] = {}
    for change in history:
        if at is not None and change.at > at:
            break
        if change.units is None:
            stands.clear()
        else:
            stands[change.units] = None
    return tuple(stands)


def meant(history: Sequence[Mapped], line: HeldLine, at: int) -> Meant:
    """What a line means that was named at an instant.

    Where nothing, or more than one thing, stood by then, what stands alone after all that is known
    holds; else the channel's own SKU takes the place of the merchant's.
    """
    if line.sku is not None:
        return Meant(one_of(line.sku), Meaning.NAMED)
    if line.channel_sku is None:
        return Meant((), Meaning.NAMELESS)
    then = standing(history, at)
    if len(then) == 1:
        return Meant(then[0], Meaning.MAPPED)
    now = standing(history)
    if len(now) == 1:
        return Meant(now[0], Meaning.MAPPED)
    meaning = Meaning.AMBIGUOUS if now else Meaning.UNMAPPED
    return Meant(one_of(line.channel_sku), meaning)


class Mappings(Struct, frozen=True, kw_only=True):
    """All that was said of one channel SKU in one shop."""

    channel: str
    shop: str
    channel_sku: str
    history: History
