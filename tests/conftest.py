"""Which tests run when, where several run at a time."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/browser/"
LONG = (BROWSER, "tests/scenarios/", "tests/examples/", "tests/api/", "tests/commands/")
"""Whose tests wait for browsers and servers: begun last, one would run on alone."""


class InTurn(LoadFileScheduling):  # type: ignore[misc]  # It has no types.
    """Files go to whoever is free, those with a browser to one: two of them keep all cores busy."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, one in enumerate(LONG) if item.nodeid.startswith(one)), len(LONG))

    items.sort(key=place)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> InTurn:
    config.option.loadscopereorder = False
    return InTurn(config, log)
