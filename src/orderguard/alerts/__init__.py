"""Hits that belong together: open, extend, grade and close alerts."""

from orderguard.alerts.grade import band, grade
from orderguard.alerts.grow import (
    HITS_MAX,
    ORDERS_MAX,
    Finding,
    has_grown,
    is_open,
    open_alert,
    regraded,
    with_hit,
)

__all__ = [
    "HITS_MAX",
    "ORDERS_MAX",
    "Finding",
    "band",
    "grade",
    "has_grown",
    "is_open",
    "open_alert",
    "regraded",
    "with_hit",
]
