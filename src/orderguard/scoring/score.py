"""The score of an order: the probability that it turns out bad, over all hits that concern it."""

import math
from collections.abc import Iterable

from msgspec import Struct

BASE_RATE = 0.05
"""The share of all orders that turn out bad; the field's figures lie between 2 and 14 per cent."""

LOG_ODDS_MAX = 30.0
"""As good as certain; what lies beyond would only overflow."""


class Evidence(Struct, frozen=True):
    """One rule's word on an order: the kind of evidence and the share of its orders gone bad."""

    group: str
    probability: float


def score(evidence: Iterable[Evidence], base_rate: float = BASE_RATE) -> int:
    """0 to 100.

    Hits of one group tell the same thing twice: the strongest counts. Different groups are taken
    as independent given the truth, so their log-odds against the base rate add up (naive Bayes):
    a rule whose orders turn out better than the base rate speaks for the order.
    """
    strongest: dict[str, float] = {}
    for one in evidence:
        strongest[one.group] = max(one.probability, strongest.get(one.group, 0.0))
    if not strongest:
        return 0
    base = _logit(base_rate)
    # Sorted, since floating-point sums depend on their order.
    total = base + sum(_logit(strongest[group]) - base for group in sorted(strongest))
    bounded = min(max(total, -LOG_ODDS_MAX), LOG_ODDS_MAX)
    return round(100 / (1 + math.exp(-bounded)))


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
