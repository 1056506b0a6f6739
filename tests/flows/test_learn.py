"""What happens to orders later labels them, each once, and tells how good the rules are."""

import pytest
from tests.flows.stories import Story, everything
from tests.flows.test_cases import DEVICE, disposed, ring

from orderguard.domain.entries import CaseReopened, Disposition, LabelKind, LabelRecorded
from orderguard.domain.orders import OrderKey
from orderguard.flows import learn
from orderguard.flows.fold import Fold
from orderguard.flows.learn import ALL, KEPT_MS, KEPT_PREFIX, PART_MS
from orderguard.kit.clock import MS_PER_DAY, MS_PER_SECOND
from orderguard.labels import PERSON, LabelCount
from orderguard.stores.memory import MemoryState

HOUR = 3_600.0
DAY = 24 * HOUR
TROUBLE = {
    "refund": ("refund.succeeded", {"refund_id": "r1"}),
    "return": ("return.received", {"reason": "other shoe"}),
    "dispute": ("dispute.opened", {}),
    "complaint": ("complaint.opened", {}),
}


def counted(story: Story, name: str = ALL) -> LabelCount:
    return story.fold.tables.label_counts.get(name) or LabelCount()


def arrived(story: Story, order_id: str, *, at: float) -> None:
    story.event("shipment.delivered", {"order_id": order_id}, at=at)


@pytest.mark.parametrize("source", TROUBLE)
def test_trouble_speaks_against_an_order_once(source: str) -> None:
    story = Story()
    (first, *_) = ring(story, "tablet", at=0)
    kind, data = TROUBLE[source]
    for at in (DAY, 2 * DAY):
        story.event(kind, {"order_id": first, **data}, at=at)
    assert counted(story) == counted(story, f"{DEVICE}/medium") == LabelCount(bad=1)
    known = story.fold.tables.labels.get(f"standard/demo/{first}")
    assert known is not None
    assert known.counted is not None
    assert (known.counted.source, known.counted.bad) == (source, True)
    posterior = story.fold.tables.posteriors.get(f"{DEVICE}/medium")
    assert posterior is not None
    assert posterior.bad == pytest.approx(known.counted.weight)


def test_an_order_without_trouble_is_kept_after_two_weeks() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    story.placed("alone", "alone", at=HOUR)
    for order_id in ("tablet-1", "tablet-2", "alone"):
        arrived(story, order_id, at=2 * DAY)
    story.event("dispute.opened", {"order_id": "tablet-2"}, at=3 * DAY)
    assert counted(story) == LabelCount(bad=1)
    waiting = [name for name in story.fold.tables.due if name.startswith(KEPT_PREFIX)]
    arrived_ms = story.fold.clock_ms - MS_PER_DAY
    story.fold.advance(arrived_ms + KEPT_MS - MS_PER_SECOND)
    assert counted(story) == LabelCount(bad=1)
    story.fold.advance(arrived_ms + KEPT_MS + 10 * 60 * MS_PER_SECOND)
    assert counted(story) == LabelCount(bad=1, good=2)
    assert counted(story, f"{DEVICE}/medium") == LabelCount(bad=1, good=1)
    (name,) = waiting
    assert not story.fold.tables.arrived.of(name)
    assert story.fold.tables.due.get(name) is None
    story.event("dispute.opened", {"order_id": "alone"}, at=20 * DAY)
    assert counted(story) == LabelCount(bad=2, good=1), "trouble that comes later still counts"


def test_a_persons_word_stands_against_what_comes_later_until_it_is_taken_back() -> None:
    story = Story()
    orders = ring(story, "tablet", at=0)
    case = story.case(DEVICE)
    story.note(disposed(case, Disposition.FALSE_ALARM), at=HOUR)
    story.event("dispute.opened", {"order_id": orders[0]}, at=DAY)
    assert counted(story) == LabelCount(good=3)


def test_the_same_history_leaves_the_same() -> None:
    story = Story()
    orders = ring(story, "tablet", at=0)
    for order_id in orders:
        arrived(story, order_id, at=DAY)
    story.event("return.received", {"order_id": orders[1]}, at=2 * DAY)
    story.note(disposed(story.case(DEVICE)), at=20 * DAY)
    again = Fold(MemoryState())
    for offset, entry in enumerate(story.entries, 1):
        again.apply(offset, entry)
        if offset % 3 == 0:
            again.save()
            again = Fold(again.tables.store)
    assert everything(again) == everything(story.fold)
    assert counted(story) == LabelCount(bad=3)


def test_a_case_of_many_orders_is_labelled_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "PART_ORDERS", 3)
    story = Story()
    ring(story, "tablet", at=0, buyers=8)
    story.note(disposed(story.case(DEVICE)), at=DAY)
    decided_ms, found = story.fold.clock_ms, [counted(story)]
    for number in range(1, 4):
        story.fold.advance(decided_ms + number * PART_MS)
        found.append(counted(story))
    assert found == [LabelCount(bad=bad) for bad in (3, 6, 8, 8)]
    assert not len(story.fold.tables.parts)


def test_what_is_taken_back_amid_its_parts_is_taken_back_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learn, "PART_ORDERS", 3)
    story = Story()
    orders = ring(story, "tablet", at=0, buyers=11)
    case = story.case(DEVICE)
    story.note(disposed(case), at=DAY)
    story.note(CaseReopened(received_ms=0, by="li", case_id=case.case_id), at=DAY + 0.3)
    assert counted(story) == LabelCount(bad=3), "six were labelled; of three it is taken back"
    word = LabelRecorded(
        received_ms=0,
        by="li",
        order=OrderKey("standard", "demo", orders[-1]),
        label=LabelKind.BAD,
        source=PERSON,
    )
    story.note(word, at=DAY + 0.4)
    story.fold.advance(story.fold.clock_ms + 4 * PART_MS)
    assert counted(story) == LabelCount(bad=1), "what somebody said since then stands"

    again = Fold(MemoryState())
    for offset, entry in enumerate(story.entries, 1):
        again.apply(offset, entry)
        again.save()
        again = Fold(again.tables.store)
    again.advance(story.fold.clock_ms)
    assert everything(again) == everything(story.fold)
