"""Who listens is told of each alert that opened or grew, and of nothing else."""

from tests.flows.stories import BEIJING, SHANGHAI, START_MS, Story

from orderguard.domain.alerts import Alert, Severity
from orderguard.domain.entries import CaseDisposed, Disposition
from orderguard.flows.fold import Fold
from orderguard.flows.health import WAKE_PREFIX
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_SECOND
from orderguard.stores.memory import MemoryState

BURST, FAR = "velocity.same_item_burst", "address.far_from_usual"


def test_a_hit_that_adds_nothing_is_not_told() -> None:
    story = Story()
    for order_id in story.burst("hoarder", at=0, orders=6):
        story.placed(order_id, "hoarder", at=400, ship_to={**SHANGHAI, "street": "Nanjing Road 1"})
    alert = story.alert(BURST)
    assert [len(told.orders) for told in story.told] == [5, 6]
    assert alert.last_hit_at > START_MS + 360 * MS_PER_SECOND, "judged again at a new address"
    assert alert.updated_at == START_MS + 300 * MS_PER_SECOND


def test_an_alert_that_is_closed_has_not_grown() -> None:
    story = Story(preset="micro")
    story.burst("hoarder", at=0)
    alert = story.alert(BURST)
    told = len(story.told)
    story.note(
        CaseDisposed(
            received_ms=0,
            case_id="case",
            alert_ids=(alert.alert_id,),
            disposition=Disposition.FALSE_ALARM,
        ),
        at=400,
    )
    assert story.alert(BURST).closed
    assert len(story.told) == told


def far_then_burst(story: Story) -> None:
    """A far order on a known phone; then the same order is one of a burst."""
    for number in (1, 2):
        story.placed(f"home-{number}", "traveller", at=-3_000 * number)
    for number in range(5):
        story.placed(f"away-{number}", "traveller", at=60 * number, ship_to=BEIJING)


def test_another_alert_of_the_same_order_raises_this_one_and_says_when() -> None:
    story = Story()
    far_then_burst(story)
    first = story.alerts(FAR)[0]
    assert [told.severity for told in story.told if told.alert_id == first.alert_id] == [
        Severity.LOW,
        Severity.MEDIUM,
    ]
    assert first.detected_at == START_MS
    assert first.updated_at == START_MS + 240 * MS_PER_SECOND


def test_the_alerts_of_one_entry_are_told_in_the_order_of_their_places() -> None:
    """A listener who is cut off in between resumes after the last one that he saw."""
    story = Story()
    far_then_burst(story)
    told: list[tuple[int, int]] = []

    def tell(_alert: Alert, place: tuple[int, int]) -> None:
        told.append(place)

    fold = Fold(MemoryState(), on_alert=tell)
    for offset, entry in enumerate(story.entries, 1):
        fold.apply(offset, entry)
    assert told == sorted(told)
    assert len({offset for offset, _ in told}) < len(told), "one entry told of several"


def test_deadlines_do_not_pile_up_while_an_alert_grows() -> None:
    story = Story()
    story.burst("hoarder", at=0, orders=40)
    detected_at = story.alert(BURST).detected_at
    named = [name for _, name in story.fold._deadlines if not name.startswith(WAKE_PREFIX)]
    assert len(named) == 2
    due = min(at for at, name in story.fold._deadlines if name in named)
    assert due == detected_at + MS_PER_HOUR, "its case is due"
    story.fold.advance(detected_at + MS_PER_HOUR)
    story.fold.advance(detected_at + 4 * MS_PER_HOUR - 1)
    assert story.fold.next_due == detected_at + 4 * MS_PER_HOUR
