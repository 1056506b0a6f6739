from collections.abc import Iterator

import pytest
from tests.contracts.platform_contract import NOW_MS, PlatformContract

from orderguard.channels import discover as discover_channels
from orderguard.simulate.channels import discover
from orderguard.simulate.channels.platform import Platform

PLATFORMS = discover()


def test_each_simulator_plays_a_channel() -> None:
    assert all(name == platform.channel for name, platform in PLATFORMS.items())
    assert PLATFORMS.keys() <= discover_channels().keys()


class TestSimulatedPlatforms(PlatformContract):
    @pytest.fixture(params=sorted(PLATFORMS))
    def platform(self, request: pytest.FixtureRequest) -> Iterator[Platform]:
        platform = PLATFORMS[request.param](now_ms=lambda: NOW_MS)
        yield platform
        platform.close()
