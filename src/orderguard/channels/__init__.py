"""The outside systems that tell us of orders: each folder here is one, found by its presence."""

import importlib
import pkgutil

from orderguard.domain.ports import Channel


def discover() -> dict[str, Channel]:
    """Every channel by its name, which is that of its folder."""
    return {
        folder.name: importlib.import_module(f"{__name__}.{folder.name}").CHANNEL
        for folder in pkgutil.iter_modules(__path__)
        if folder.ispkg
    }
