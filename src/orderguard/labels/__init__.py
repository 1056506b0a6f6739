"""Ground truth: which label of an order counts, and how much."""

from orderguard.labels.truth import (
    PERSON,
    WEIGHTS,
    Label,
    OrderLabels,
    counting,
    labelled,
    unlabelled,
)

__all__ = ["PERSON", "WEIGHTS", "Label", "OrderLabels", "counting", "labelled", "unlabelled"]
