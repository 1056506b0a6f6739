"""What a few items amount to, at once: for these kinds that costs less than filling a tally."""

from collections.abc import Callable
from typing import Any

from orderguard.domain.library import FeatureKind
from orderguard.features.numbers import Arithmetic
from orderguard.features.tallies import unevenness

Fold = Callable[[list[Any]], Any]
"""Takes at least one item, the oldest first."""


def fold_of(kind: FeatureKind, arithmetic: Arithmetic) -> Fold | None:
    """The same meaning as the tally of this kind, None where that depends on the fact."""
    told, sum_of = arithmetic.told, arithmetic.sum_of
    folds: dict[FeatureKind, Fold] = {
        FeatureKind.COUNT: len,
        FeatureKind.SUM: sum_of,
        FeatureKind.AVG: lambda items: float(sum_of(items)) / len(items),
        FeatureKind.MIN: lambda items: told(min(items)),
        FeatureKind.MAX: lambda items: told(max(items)),
        FeatureKind.DISTINCT: lambda items: len(set(items)),
        FeatureKind.SHARE: lambda items: _most(items) / len(items),
        FeatureKind.PREFIX: _most,
        FeatureKind.SPACING: unevenness,
    }
    return folds.get(kind)


def _most(items: list[Any]) -> int:
    return max(map(items.count, items))
