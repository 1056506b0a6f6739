"""The action `webhook` before a receiver of Standard Webhooks, and the sample in its page."""

import json
from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook
from tests.contracts.action_contract import Bench

from orderguard.domain.ports import Outcome
from orderguard.simulate.providers.server import Told
from orderguard.simulate.providers.webhook import Receiver


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench("webhook", "receiver")
    yield bench
    bench.provider.close()


async def test_an_independent_receiver_understands_it(bench: Bench) -> None:
    assert isinstance(bench.provider, Receiver)
    receipt = await bench.run(bench.first())
    (asked,) = bench.provider.asked
    message = Webhook(bench.provider.secret).verify(asked.body.decode(), dict(asked.headers))
    assert message["type"] == "response.step"
    assert message["data"]["key"] == asked.headers["webhook-id"] == receipt.reference
    assert message["data"]["alert"]["rules"] == ["velocity.same_item_burst"]


async def test_during_a_rotation_either_secret_fits(bench: Bench) -> None:
    assert isinstance(bench.provider, Receiver)
    fresh = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    both = f"{fresh} {bench.provider.secret}"
    await bench.run(bench.first(), secret=both)
    asked = bench.provider.asked[-1]
    for secret in both.split():
        assert Webhook(secret).verify(asked.body.decode(), dict(asked.headers))


async def test_a_second_try_says_the_same_under_the_same_id(bench: Bench) -> None:
    await bench.run(bench.first())
    await bench.run(bench.first())
    first, second = bench.provider.asked
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_taking_back_names_what_is_taken_back(bench: Bench) -> None:
    receipt = await bench.run(bench.first())
    action = bench.connect()
    undone = await action.undo(receipt)
    await action.close()
    assert undone.outcome is Outcome.DONE
    assert json.loads(bench.provider.asked[-1].body) == {
        "type": "response.step_undone",
        "data": {"key": receipt.key},
    }
    assert bench.provider.effects == [receipt.key, undone.reference]


async def test_a_redirect_is_not_followed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = Receiver()
    told = Told(307, b"", {"location": str(elsewhere.connection()["url"])})
    monkeypatch.setattr(bench.provider, "act", lambda _: told)
    with pytest.raises(Exception, match="redirects are not followed"):
        await bench.run(bench.first())
    assert elsewhere.asked == []
    elsewhere.close()


async def test_an_endless_answer_is_cut(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.provider, "act", lambda _: Told(200, b"x" * 4_000_000))
    assert (await bench.run(bench.first())).outcome is Outcome.DONE
