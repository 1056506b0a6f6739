"""Which tests begin first."""

import pytest

LONG = ("browser", "scenarios", "examples", "api", "commands")
"""Folders whose tests wait for browsers and servers: begun last, one would run on alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(LONG)))
