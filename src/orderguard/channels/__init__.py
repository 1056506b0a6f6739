"""The outside systems that tell us of orders: each folder here is one, found by its presence.

A folder has `CHANNEL`; `CALLS` where the platform can be asked, `FEED` where we connect to it.
"""

import importlib
import pkgutil
from types import ModuleType

from orderguard.domain.calls import Calls
from orderguard.domain.feeds import Feed
from orderguard.domain.ports import Channel


def discover() -> dict[str, Channel]:
    """Every channel by its name, which is that of its folder."""
    return {name: folder.CHANNEL for name, folder in _folders().items()}


def discover_calls() -> dict[str, Calls]:
    """Of the channels that can be asked, what they can be asked."""
    folders = _folders().items()
    return {name: folder.CALLS for name, folder in folders if hasattr(folder, "CALLS")}


def discover_feeds() -> dict[str, Feed]:
    """Of the channels that we connect to, how."""
    return {name: folder.FEED for name, folder in _folders().items() if hasattr(folder, "FEED")}


def _folders() -> dict[str, ModuleType]:
    return {
        folder.name: importlib.import_module(f"{__name__}.{folder.name}")
        for folder in pkgutil.iter_modules(__path__)
        if folder.ispkg
    }
