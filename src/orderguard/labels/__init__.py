"""Ground truth: which label of an order counts, and how much."""

from orderguard.labels.measure import (
    LABELLED_MIN,
    LIFT_MIN,
    LabelCount,
    Performance,
    Share,
    performance,
    should_retire,
    summed,
    wilson,
)
from orderguard.labels.truth import (
    PERSON,
    WEIGHTS,
    Label,
    OrderLabels,
    counting,
    labelled,
    unlabelled,
)

__all__ = [
    "LABELLED_MIN",
    "LIFT_MIN",
    "PERSON",
    "WEIGHTS",
    "Label",
    "LabelCount",
    "OrderLabels",
    "Performance",
    "Share",
    "counting",
    "labelled",
    "performance",
    "should_retire",
    "summed",
    "unlabelled",
    "wilson",
]
