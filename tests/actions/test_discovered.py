from collections.abc import Iterator

import pytest
from tests.contracts.action_contract import ActionContract, Bench, connectable

from orderguard.actions import discover


def test_an_action_has_the_name_of_its_folder() -> None:
    assert all(name == kind.name for name, kind in discover().items())


class TestDiscoveredActions(ActionContract):
    @pytest.fixture(params=connectable(), ids="-".join)
    def bench(self, request: pytest.FixtureRequest) -> Iterator[Bench]:
        bench = Bench(*request.param)
        yield bench
        bench.provider.close()
