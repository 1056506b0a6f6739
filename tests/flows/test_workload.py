"""What comes to the team a day, and what it decides."""

from tests.flows.stories import START_MS, Story

from orderguard.domain.entries import CaseAction, CaseDisposed, Disposition
from orderguard.domain.orders import OrderKey
from orderguard.flows.workload import Workload, workload
from orderguard.kit.clock import MS_PER_SECOND
from orderguard.kit.days import day_of, day_start

DAY = 86_400
NOON = (day_start(day_of(START_MS) + 1) - START_MS) // MS_PER_SECOND + DAY // 2
"""Of the second day of the story, in its seconds."""


def measured(story: Story, *, at: float) -> Workload:
    pieces = workload(story.fold.results, START_MS + round(at * MS_PER_SECOND))
    while True:
        try:
            next(pieces)
        except StopIteration as made:
            found: Workload = made.value
            return found


def decided(story: Story, buyer: str, *, at: float, by: str) -> None:
    case = story.fold.desk.case_of_order(OrderKey("standard", "demo", f"{buyer}-5"))
    assert case is not None
    note = CaseDisposed(
        received_ms=0,
        by=by,
        case_id=case.case_id,
        alert_ids=case.alert_ids,
        disposition=Disposition.CONFIRMED,
        action=CaseAction.NONE,
    )
    story.note(note, at=at)


def test_an_installation_without_cases_says_so() -> None:
    story = Story()
    story.placed("plain", "buyer", at=0)
    nothing = Workload(
        days=1, opened_per_day=0, decided_per_day=0, busiest_day=0, people=0, waiting=0
    )
    assert measured(story, at=10) == nothing


def test_the_first_day_is_measured_while_it_lasts() -> None:
    story = Story()
    story.burst("bob", at=NOON)
    story.burst("eve", at=NOON + 1_000)
    decided(story, "bob", at=NOON + 2_000, by="ann")
    found = measured(story, at=NOON + 3_000)
    assert (found.days, found.opened_per_day, found.decided_per_day) == (1, 2, 1)
    assert (found.people, found.waiting) == (1, 1)


def test_days_are_counted_whole_and_by_when_people_decided() -> None:
    story = Story()
    for place, buyer in enumerate(("bob", "eve", "kim", "lee")):
        story.burst(buyer, at=NOON + 1_000 * place)
    decided(story, "bob", at=NOON + DAY, by="ann")
    decided(story, "eve", at=NOON + DAY + 100, by="ann")
    decided(story, "kim", at=NOON + DAY + 200, by="joe")
    # Today's is not over yet.
    decided(story, "lee", at=NOON + 2 * DAY, by="sue")
    found = measured(story, at=NOON + 2 * DAY + 100)
    assert (found.days, found.opened_per_day, found.decided_per_day) == (2, 2.0, 1.5)
    assert (found.busiest_day, found.people, found.waiting) == (3, 3, 0)


def test_what_is_long_ago_counts_no_more() -> None:
    story = Story()
    story.burst("bob", at=NOON)
    story.burst("eve", at=NOON + 20 * DAY)
    decided(story, "eve", at=NOON + 20 * DAY + 100, by="ann")
    found = measured(story, at=NOON + 21 * DAY)
    assert (found.days, found.opened_per_day, found.waiting) == (14, 0.1, 1)
    assert measured(story, at=NOON + 60 * DAY).waiting == 0
