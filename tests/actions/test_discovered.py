import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.contracts.action_contract import ActionContract, Bench, connectable

from orderguard.actions import discover


def test_an_action_has_the_name_of_its_folder() -> None:
    assert all(name == kind.name for name, kind in discover().items())


def test_every_action_is_found_where_no_extra_is_installed() -> None:
    extras = ["alibabacloud_dysmsapi20170525", "apprise", "icalendar", "phonenumbers", "requests"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({[*extras, 'tencentcloud', 'twilio']}))\n"
        "from orderguard.actions import discover; print(*sorted(discover()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == sorted(discover())


class TestDiscoveredActions(ActionContract):
    @pytest.fixture(params=connectable(), ids="-".join)
    def bench(self, request: pytest.FixtureRequest) -> Iterator[Bench]:
        bench = Bench(*request.param)
        yield bench
        bench.provider.close()
