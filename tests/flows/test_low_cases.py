"""A low alert has a case where its playbook comes to one: nobody can be asked, or time is out."""

import pytest
from tests.flows.acting import Acting, Provider
from tests.flows.stories import LIBRARY, START_MS, Json, Story, everything, published

from orderguard.cases import DUE_MS
from orderguard.domain.alerts import Severity
from orderguard.domain.cases import Case
from orderguard.domain.entries import Inbox
from orderguard.domain.ports import CaseQuery
from orderguard.domain.record import decode
from orderguard.errors import ActionRefused
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_HOUR, ManualClock, rfc3339
from orderguard.stores.memory import MemoryState

NEAR = "amount.near_threshold"
HOUR = 3_600.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS)


def cases(fold: Fold) -> list[Case]:
    fold.save()
    return fold.tables.store.cases(CaseQuery())


def asking(clock: ManualClock, *, has_remark: bool) -> Acting:
    """A buyer whose number is masked; the channel may take a remark in place of a message."""
    masked = Provider(clock, fails=lambda: ActionRefused("masked"))
    actions = {"sms": masked} | ({"remark_order": Provider(clock)} if has_remark else {})
    return Acting(actions, clock)


async def test_a_masked_number_and_no_remark_is_a_matter_for_a_person(clock: ManualClock) -> None:
    async with asking(clock, has_remark=False) as acting:
        await acting.near_threshold("o1", "newcomer")
        await acting.passes(30)
        (case,) = cases(acting.live.fold)
        (run,) = acting.runs()
        assert case.alert_ids == (run.alert_id,)
        assert [key.order_id for key in case.orders] == ["o1"]
        assert (case.severity, case.inbox) == (Severity.LOW, Inbox.SERVICE)
        assert case.due_at == case.created_at + DUE_MS[Severity.LOW]
        assert case.created_at < START_MS + MS_PER_HOUR, "at once, not when time is out"
        await acting.passes(3 * HOUR, step_s=600)
        assert len(cases(acting.live.fold)) == 1, "each alert has one"
        again = Fold(MemoryState())
        for row in acting.log.read(0, 10_000):
            again.apply(row.offset, decode(row.record))
        again.advance(acting.live.fold.clock_ms)
        assert everything(again)["cases"] == everything(acting.live.fold)["cases"]


async def test_who_is_asked_by_a_remark_needs_nobody(clock: ManualClock) -> None:
    async with asking(clock, has_remark=True) as acting:
        await acting.near_threshold("o1", "newcomer")
        await acting.passes(3 * HOUR, step_s=600)
        assert cases(acting.live.fold) == []


def doubtful(story: Story, order_id: str, *, at: float) -> None:
    young = {"id": f"b-{order_id}", "registered_at": rfc3339(START_MS - MS_PER_HOUR)}
    members: Json = {"amount": "990.00", "coupons": [], "buyer": young, "discount": "0.00"}
    story.placed(order_id, f"b-{order_id}", at=at, **members)


def test_watching_opens_the_case_that_a_low_playbook_asks_for() -> None:
    story = Story()
    low = """\
id: low
title: {en: Look later, zh: 稍后查看}
severity: low
steps:
  - {step: case, action: open_case, only_if: unpaid, after: 1h}
"""
    story.note(published({**LIBRARY, "playbooks/low.yaml": low}))
    doubtful(story, "o1", at=0)
    assert cases(story.fold) == []
    places = []
    fold = Fold(MemoryState(), on_case=lambda _, place: places.append(place))
    for offset, entry in enumerate(story.entries, 1):
        fold.apply(offset, entry)
    fold.advance(START_MS + MS_PER_HOUR - 1)
    assert cases(fold) == []
    fold.advance(START_MS + MS_PER_HOUR)
    (case,) = cases(fold)
    assert case.created_at == START_MS + MS_PER_HOUR
    assert len(places) == 1
    assert fold.tables.progress.cases == 1


def test_a_low_alert_that_grows_keeps_its_case_and_becomes_sooner_due() -> None:
    story = Story()
    low = LIBRARY["playbooks/low.yaml"].split("steps:")[0]
    low += "steps:\n  - {step: case, action: open_case}\n"
    story.note(published({**LIBRARY, "playbooks/low.yaml": low}))
    doubtful(story, "o1", at=0)
    (case,) = cases(story.fold)
    assert case.severity is Severity.LOW
    for number in range(2, 6):
        story.placed(f"o{number}", "b-o1", at=number)
    (grown,) = cases(story.fold)
    assert grown.case_id == case.case_id
    assert grown.severity is Severity.HIGH
    assert grown.due_at < case.due_at
