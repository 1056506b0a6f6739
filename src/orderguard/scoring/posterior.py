"""What is believed of a rule: how many of the orders it concerns turn out bad.

A Beta posterior: the prior counts as `weight` labelled orders, each label as one, and labels lose
half their weight every HALF_LIFE_MS, so that a rule is judged by what it did lately.
"""

from msgspec import Struct

from orderguard.domain.library import Prior
from orderguard.kit.clock import MS_PER_DAY

HALF_LIFE_MS = 90 * MS_PER_DAY


class Posterior(Struct, frozen=True):
    """Decayed counts of labelled orders as of `at` (ms since the epoch)."""

    bad: float = 0.0
    good: float = 0.0
    at: int = 0


def observe(posterior: Posterior, *, bad: bool, at: int, weight: float = 1.0) -> Posterior:
    """The posterior after one more label; a label older than the newest counts as of the newest."""
    newest = max(at, posterior.at)
    kept = 0.5 ** ((newest - posterior.at) / HALF_LIFE_MS)
    moved = weight * 0.5 ** ((newest - at) / HALF_LIFE_MS)
    return Posterior(
        bad=max(0.0, posterior.bad * kept + (moved if bad else 0.0)),
        good=max(0.0, posterior.good * kept + (0.0 if bad else moved)),
        at=newest,
    )


def retract(posterior: Posterior, *, bad: bool, at: int, weight: float = 1.0) -> Posterior:
    """The posterior without a label that was observed at this instant with this weight."""
    return observe(posterior, bad=bad, at=at, weight=-weight)


def probability(prior: Prior, posterior: Posterior | None) -> float:
    """The posterior mean: the share of the rule's orders that turn out bad, within (0, 1)."""
    bad, good = prior.bad * prior.weight, (1 - prior.bad) * prior.weight
    if posterior is not None:
        bad, good = bad + posterior.bad, good + posterior.good
    return bad / (bad + good)
