from collections.abc import Callable, Mapping

import pytest
from tests.chinese import check_chinese
from tests.contracts.channel_contract import Bench, ChannelContract

from orderguard.actions import discover as discover_actions
from orderguard.channels import discover, discover_calls
from orderguard.domain.calls import Access, Asking, Calls, Want
from orderguard.domain.ports import ShopConfig
from orderguard.errors import PlatformFailure, PlatformRefused
from orderguard.kit.outbound import Reply

CHANNELS = discover()


def test_a_channel_has_the_name_of_its_folder() -> None:
    assert {"standard", "shopify"} <= CHANNELS.keys()
    assert all(name == channel.name for name, channel in CHANNELS.items())


class TestDiscoveredChannels(ChannelContract):
    @pytest.fixture(params=sorted(CHANNELS))
    def bench(self, request: pytest.FixtureRequest) -> Bench:
        return Bench(CHANNELS[request.param])


ABILITIES: Mapping[str, Callable[[Calls], bool]] = {
    "detail": lambda calls: calls.tells_orders,
    "read_detail": lambda calls: calls.tells_orders,
    "changed": lambda calls: calls.lists,
    "read_changed": lambda calls: calls.lists,
    "tell": lambda calls: bool(calls.does),
    "read_told": lambda calls: bool(calls.does),
    "untell": lambda calls: bool(calls.undoes),
    "probe": lambda _: True,
    "read_probe": lambda _: True,
}
"""Each call, and whether a platform has to have it: by what its channel says of itself."""


@pytest.mark.parametrize("name", sorted(discover_calls()))
def test_a_platform_has_exactly_the_calls_that_it_says_it_has(name: str) -> None:
    calls = discover_calls()[name]
    assert calls.undoes <= calls.does <= discover_actions().keys()
    for call, is_needed in ABILITIES.items():
        has = getattr(type(calls), call) is not getattr(Calls, call)
        assert has == is_needed(calls), call


def test_a_call_that_is_not_there_is_refused_by_name() -> None:
    bare = Calls()
    shop = ShopConfig(channel="none", shop="demo", secrets=())
    asking = Asking(shop=shop, access=Access(), now_ms=0)
    with pytest.raises(PlatformRefused, match="no such call"):
        bare.detail(Want(kind="order", id="1"), asking)
    with pytest.raises(PlatformRefused, match="no such call"):
        bare.changed(0, 1, None, asking)
    with pytest.raises(PlatformRefused, match="no such call"):
        bare.probe(asking)


NOES = (
    b'{"error_response": {"code": 25, "msg": "Invalid signature", "zh_desc": "bad sign of it"}}',
    b'{"error_response": {"code": 27, "sub_code": "isv.x", "err_code": 4204}}',
    b'{"code": 50002, "sub_code": "isv.x", "sub_msg": "not for you", "message": "not for you"}',
    b'{"errcode": 40164, "errmsg": "not in whitelist of it"}',
    b'{"errcode": 40164}',
    b"<response><flag>failure</flag><code>sign-check-failure</code></response>",
    b"<response><flag>failure</flag><message>no such order here</message></response>",
)
"""How platforms say no: each reads its own, and the others' as something else."""


@pytest.mark.parametrize("name", sorted(discover_calls()))
def test_a_platform_that_does_not_answer_is_told_of_in_both_languages(name: str) -> None:
    told = 0
    for status in (200, 401, 403, 404, 429, 503):
        for body in (b"", b"x", *NOES):
            try:
                discover_calls()[name].read_probe(Reply(status, {}, body))
            except PlatformFailure as error:
                check_chinese(error.whole)
                told += 1
    assert told > 10
