"""The kinds of effect outside: each folder here is one, found by its presence."""

import importlib
import pkgutil

from orderguard.domain.ports import ActionKind


def discover() -> dict[str, ActionKind]:
    """Every kind of action by its name, which is that of its folder."""
    return {
        folder.name: importlib.import_module(f"{__name__}.{folder.name}").ACTION
        for folder in pkgutil.iter_modules(__path__)
        if folder.ispkg
    }
