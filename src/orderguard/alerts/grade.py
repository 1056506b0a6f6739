"""From a score to a severity."""

from orderguard.domain.alerts import Severity

BANDS: tuple[tuple[int, Severity], ...] = (
    (90, Severity.HIGH),
    (60, Severity.MEDIUM),
    (15, Severity.LOW),
    (0, Severity.INFO),
)
"""A score of at least this is at least that severe. An attack (critical) is never a matter of
score alone: it takes a rule that says so."""


def band(score: int) -> Severity:
    return next(severity for least, severity in BANDS if score >= least)


def grade(floor: Severity, score: int) -> Severity:
    """The more severe of the rule's own word and the band of the alert's highest order."""
    banded = band(score)
    return floor if floor.rank >= banded.rank else banded
