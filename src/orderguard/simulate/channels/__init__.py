"""The platforms, on this machine: what they push, what they answer, and what is true.

A module here has the name of a channel; its `PLATFORM` is the class of its simulator. All listen on
127.0.0.1 alone.
"""

import importlib
import pkgutil

from orderguard.simulate.channels.platform import Platform


def discover() -> dict[str, type[Platform]]:
    """Every simulated platform by its channel's name."""
    modules = {
        found.name: importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    }
    return {
        name: module.PLATFORM for name, module in modules.items() if hasattr(module, "PLATFORM")
    }
