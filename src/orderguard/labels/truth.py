"""The labels of one order, one for each source, and the one of them that counts."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

PERSON = "case"
"""The source of a disposition."""

WEIGHTS: Mapping[str, float] = {
    "dispute": 0.9,
    "return": 0.6,
    "refund": 0.5,
    "complaint": 0.5,
    "kept": 0.5,
}
"""How much a label of each source that is no person's word counts. Honest buyers return goods too,
and who keeps them may yet be a thief; any source that is not named here is somebody's word."""
SOURCES_MAX = 20
"""Sources kept of one order."""


class Label(Struct, frozen=True):
    """One source's word on an order; `at` in ms since the epoch."""

    bad: bool
    source: str
    at: int

    @property
    def weight(self) -> float:
        return WEIGHTS.get(self.source, 1.0)


class OrderLabels(Struct, frozen=True, kw_only=True):
    """What is known of an order's truth, the newest of each source.

    `counted` is the label by which beliefs and profiles were moved: `credited` are the beliefs,
    `profiled` the profiles, `band` the tenth of the score in which it stands for calibration.
    """

    labels: tuple[Label, ...] = ()
    counted: Label | None = None
    credited: tuple[str, ...] = ()
    profiled: tuple[str, ...] = ()
    band: int = 0


def labelled(known: OrderLabels, label: Label) -> OrderLabels:
    """The order with one more label, in place of what the same source said before."""
    others = tuple(one for one in known.labels if one.source != label.source)
    return replace(known, labels=(*others, label)[-SOURCES_MAX:])


def unlabelled(known: OrderLabels, source: str) -> OrderLabels:
    """The order without this source's word."""
    return replace(known, labels=tuple(one for one in known.labels if one.source != source))


def counting(known: OrderLabels) -> Label | None:
    """The label that counts: the word of a person, else of the strongest source, the newest."""
    return max(
        known.labels,
        key=lambda one: (one.weight, one.source == PERSON, one.at, one.source),
        default=None,
    )
