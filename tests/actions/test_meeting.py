"""The action `meeting` before a mail server and a group."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from icalendar import Calendar
from msgspec.structs import replace
from tests.actions.mailbox import Mailbox
from tests.contracts.action_contract import Bench

from orderguard.actions.meeting import ACTION
from orderguard.actions.meeting.adapter import PAGES_MAX, MeetingSettings
from orderguard.domain.ports import Action, Outcome
from orderguard.errors import ActionRefused, BadInput
from orderguard.simulate.providers.server import Fault


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench("meeting", "group")
    yield bench
    bench.provider.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


def connect(bench: Bench, mailbox: Mailbox, **changed: Any) -> Action:
    mail = {
        "kind": "email",
        "url": mailbox.url,
        "sender": "OrderGuard <guard@example.com>",
        "to": ["risk@example.com", "lead@example.com"],
    }
    table = {**bench.provider.connection(), "mail": mail, **changed}
    return ACTION.connect(msgspec.convert(table, MeetingSettings))


def event(mail: EmailMessage) -> Any:
    (file,) = [part for part in mail.iter_attachments() if part.get_filename() == "meeting.ics"]
    calendar: Any = Calendar.from_ical(file.get_content())
    assert file.get_content_type() == "text/calendar"
    assert file.get_param("method") == str(calendar["METHOD"])
    return calendar.walk("VEVENT")[0]


async def test_people_are_invited_with_the_evidence_and_the_group_is_told(
    bench: Bench, mailbox: Mailbox
) -> None:
    action = connect(bench, mailbox)
    before = dt.datetime.now(dt.UTC)
    receipt = await action.run(bench.first())
    await action.close()
    (mail,) = mailbox.mails
    meeting = event(mail)
    starts_at = meeting["DTSTART"].dt
    assert before + dt.timedelta(minutes=15) <= starts_at
    assert starts_at.minute % 5 == starts_at.second == 0
    assert meeting["DTEND"].dt - starts_at == dt.timedelta(minutes=30)
    assert str(meeting["LOCATION"]) == "https://meet.example.com/risk"
    assert str(meeting["ORGANIZER"]) == "mailto:guard@example.com"
    assert list(map(str, meeting["ATTENDEE"])) == [
        "mailto:risk@example.com",
        "mailto:lead@example.com",
    ]
    body = mail.get_body(("html",))
    assert body is not None
    assert "202611110005" in body.get_content()
    (told,) = bench.provider.effects
    assert "风控会议" in told
    assert "https://meet.example.com/risk" in told
    assert "https://guard.example.com/x/rel_Qm3vT8yK2w" in told
    assert receipt.detail == ""


async def test_once_people_are_invited_a_group_that_fails_is_only_told(
    bench: Bench, mailbox: Mailbox
) -> None:
    bench.provider.fault = Fault.DOWN
    action = connect(bench, mailbox)
    receipt = await action.run(bench.first())
    await action.close()
    assert receipt.outcome is Outcome.DONE
    assert "not told" in receipt.detail
    assert len(mailbox.mails) == 1


async def test_where_nobody_could_be_invited_the_group_is_not_told(
    bench: Bench, mailbox: Mailbox
) -> None:
    mailbox.answers["MAIL"] = "550 not you"
    action = connect(bench, mailbox)
    with pytest.raises(ActionRefused):
        await action.run(bench.first())
    await action.close()
    assert bench.provider.effects == []


async def test_taking_back_withdraws_the_same_meeting(bench: Bench, mailbox: Mailbox) -> None:
    action = connect(bench, mailbox)
    receipt = await action.run(bench.first())
    undone = await action.undo(receipt)
    await action.close()
    called, withdrawn = map(event, mailbox.mails)
    assert undone.outcome is Outcome.DONE
    assert (withdrawn["UID"], withdrawn["DTSTART"].dt) == (called["UID"], called["DTSTART"].dt)
    assert (str(withdrawn["STATUS"]), withdrawn["SEQUENCE"]) == ("CANCELLED", 1)
    assert mailbox.mails[0]["message-id"] != mailbox.mails[1]["message-id"]


async def test_alerts_that_come_too_fast_share_one_meeting(bench: Bench, mailbox: Mailbox) -> None:
    action = connect(bench, mailbox, burst=1, seconds_between=0.5)
    doings = [replace(bench.first(), key=f"k{number}") for number in range(40)]
    receipts = await asyncio.gather(*map(action.run, doings))
    assert len(mailbox.mails) == len(bench.provider.effects) == 2
    assert "39 条预警" in bench.provider.effects[1]
    pages = [part.get_filename() for part in mailbox.mails[1].iter_attachments()]
    assert len(pages) == 1 + PAGES_MAX
    alone, *shared = [await action.undo(receipt) for receipt in receipts]
    await action.close()
    assert alone.outcome is Outcome.DONE
    assert {one.outcome for one in shared} == {Outcome.TOO_LATE}
    assert len(mailbox.mails) == 3


@pytest.mark.parametrize(
    "mail", [{"kind": "slack", "url": "https://hooks.slack.com/services/T/B/X"}]
)
def test_a_robot_cannot_invite(mail: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="email"):
        ACTION.connect(msgspec.convert({"mail": mail}, MeetingSettings))
