"""Events that a command left come into the log of a running server, once."""

import logging

import pytest
from tests.api.conftest import clock, control, keyring, running, starting  # noqa: F401 - fixtures
from tests.api.installation import Installation
from tests.settlement.files import formats, wechat, wechat_row

from orderguard.domain.orders import OrderKey
from orderguard.flows.statements import Bringing, MailedEvents, bring

BILL = wechat(wechat_row("4200001", "A1", amount="100.00"))
ORDER = OrderKey("standard", "demo", "A1")


async def test_they_are_taken_in_once_however_often_they_are_left(
    running: Installation,  # noqa: F811 - the fixture
) -> None:
    events = bring(formats(), Bringing(content=BILL)).events
    mailed = MailedEvents(running.control.events, running.intake())
    running.control.events.post("standard", "demo", events)
    running.control.events.post("standard", "demo", events)
    assert await mailed.take() == 2
    assert await mailed.take() == 0
    assert [row.type for row in running.live.timeline(ORDER)] == ["settlement.recorded"]


async def test_those_of_a_shop_that_went_away_do_not_stop_the_others(
    running: Installation,  # noqa: F811 - the fixture
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = bring(formats(), Bringing(content=BILL)).events
    running.control.events.post("standard", "gone", events)
    running.control.events.post("standard", "demo", [b"{}", *events])
    with caplog.at_level(logging.ERROR):
        await MailedEvents(running.control.events, running.intake()).take()
    assert "1 events are for standard/gone, which is not here" in caplog.text
    assert "passed over" in caplog.text
    assert len(running.live.timeline(ORDER)) == 1
    assert running.control.events.waiting(10) == []
