"""The API for people and programs."""

from orderguard.api.app import describe, make_api
from orderguard.api.metrics import Disk, Metrics
from orderguard.api.needs import AccessControl, Examine, ListedValue, LiveView

__all__ = [
    "AccessControl",
    "Disk",
    "Examine",
    "ListedValue",
    "LiveView",
    "Metrics",
    "describe",
    "make_api",
]
