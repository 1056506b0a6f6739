import pytest
from tests.contracts.channel_contract import Bench, ChannelContract

from orderguard.channels import discover

CHANNELS = discover()


def test_a_channel_has_the_name_of_its_folder() -> None:
    assert {"standard", "shopify"} <= CHANNELS.keys()
    assert all(name == channel.name for name, channel in CHANNELS.items())


class TestDiscoveredChannels(ChannelContract):
    @pytest.fixture(params=sorted(CHANNELS))
    def bench(self, request: pytest.FixtureRequest) -> Bench:
        return Bench(CHANNELS[request.param])
