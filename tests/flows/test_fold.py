"""The fold tells the same whatever interrupts it, and from when a library or a deadline counts."""

import os
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.flows.mixed_log import mixed_log
from tests.flows.stories import (
    BEIJING,
    LIBRARY,
    SHANGHAI,
    START_MS,
    Story,
    differences,
    everything,
    ids,
    published,
)

from orderguard.domain.alerts import Alert, Severity
from orderguard.domain.entries import Entry
from orderguard.domain.ports import AlertQuery, Changes
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_SECOND
from orderguard.responses import StepState
from orderguard.stores.memory import MemoryState
from orderguard.stores.sqlite import SqliteState

BURST, FAR = "velocity.same_item_burst", "address.far_from_usual"
HOUR = 3_600.0
SEEDS, ORDERS = ((1, 2, 3, 4), 1_500) if os.environ.get("ORDERGUARD_PROVE") else ((1,), 500)
CRASHES = 8
TINY = 16
"""Values a table may hold in memory: next to nothing, so that most are read from the store."""
RULES_HIT_MIN = 7


@pytest.fixture(scope="module", params=SEEDS)
def log(request: pytest.FixtureRequest) -> list[Entry]:
    return mixed_log(request.param, ORDERS)


@pytest.fixture(scope="module")
def told(log: list[Entry]) -> dict[str, Any]:
    """What a fold that nothing interrupts knows in the end."""
    fold = Fold(MemoryState())
    for offset, entry in enumerate(log, 1):
        fold.apply(offset, entry)
    known = everything(fold)
    assert fold.tables.progress.faults == 0
    assert len(fold.tables.rule_counts) >= RULES_HIT_MIN
    assert {alert.closed for alert in fold.tables.store.alerts(AlertQuery())} == {True, False}
    return known


def test_saving_changes_nothing(log: list[Entry], told: dict[str, Any]) -> None:
    fold = Fold(MemoryState(), cached_max=TINY)
    for offset, entry in enumerate(log, 1):
        fold.apply(offset, entry)
        if offset % 97 == 0:
            fold.save()
    assert differences(everything(fold), told) == []


def test_entries_folded_while_a_save_is_under_way_are_kept(
    log: list[Entry], told: dict[str, Any]
) -> None:
    fold = Fold(MemoryState(), cached_max=TINY)
    under_way: Changes | None = None
    for offset, entry in enumerate(log, 1):
        fold.apply(offset, entry)
        if offset % 61 == 0:
            under_way = under_way or fold.tables.changes()
        elif under_way and offset % 61 == 20:
            fold.tables.store.save(under_way)
            fold.tables.settle()
            under_way = None
    if under_way:
        fold.tables.store.save(under_way)
        fold.tables.settle()
    assert differences(everything(fold), told) == []


@pytest.mark.parametrize("backend", ["memory", "sqlite"])
def test_a_fold_that_crashes_anywhere_goes_on_from_its_last_save(
    log: list[Entry], told: dict[str, Any], backend: str, tmp_path: Path
) -> None:
    with closing(MemoryState() if backend == "memory" else SqliteState(tmp_path)) as store:
        moments = random.Random(len(log))
        fold = Fold(store, cached_max=TINY)
        crashes = sorted(moments.sample(range(1, len(log)), CRASHES))
        while fold.cursor < len(log):
            entry = log[fold.cursor]
            fold.apply(fold.cursor + 1, entry)
            if crashes and fold.cursor == crashes[0]:
                del crashes[0]
                fold = Fold(store, cached_max=TINY)
            elif moments.random() < 0.003:
                fold.save()
        assert differences(everything(fold), told) == []


def low_alert(story: Story) -> Alert:
    """The third order goes far away, on a phone that the buyer has long had."""
    for number, ship_to in enumerate((SHANGHAI, SHANGHAI, BEIJING), 1):
        story.placed(f"o{number}", "traveller", at=60 * number, ship_to=ship_to)
    alert = story.alert(FAR)
    assert (ids(alert), alert.severity) == ({"o3"}, Severity.LOW)
    return alert


def steps(story: Story, alert: Alert) -> dict[str, StepState]:
    run = story.run(alert)
    assert run is not None
    return {step.step: step.state for step in run.steps}


def by_later_entries(story: Story, at: float) -> None:
    story.event("inventory.changed", {"sku": "lamp", "available": 9}, at=at)


def by_the_clock(story: Story, at: float) -> None:
    story.fold.advance(START_MS + round(at * MS_PER_SECOND))


MOVES: list[Callable[[Story, float], None]] = [by_later_entries, by_the_clock]


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("is_paid", [True, False])
def test_stock_of_a_low_alert_is_unlocked_or_reserved_after_two_hours(
    *, is_paid: bool, move: Callable[[Story, float], None]
) -> None:
    story = Story()
    alert = low_alert(story)
    assert story.fold.tables.due.get(alert.alert_id) == alert.detected_at + 2 * MS_PER_HOUR
    if is_paid:
        story.paid("o3", "traveller", at=HOUR, ship_to=BEIJING)
    move(story, 180 + 2 * HOUR - 0.001)
    assert steps(story, alert)["unlock"] is StepState.WAITING
    move(story, 180 + 2 * HOUR)
    assert steps(story, alert) == {
        "ask": StepState.WOULD_DO,
        "lock": StepState.WOULD_DO,
        "unlock": StepState.SKIPPED if is_paid else StepState.WOULD_DO,
        "reserve": StepState.WOULD_DO if is_paid else StepState.SKIPPED,
        **dict.fromkeys(("go_on", "cancel", "give_back", "remark", "case"), StepState.SKIPPED),
    }
    assert story.fold.tables.due.get(alert.alert_id) is None


def test_a_payment_at_the_deadline_comes_too_late() -> None:
    story = Story()
    alert = low_alert(story)
    story.paid("o3", "traveller", at=180 + 2 * HOUR, ship_to=BEIJING)
    assert steps(story, alert)["unlock"] is StepState.WOULD_DO


def test_the_clock_moved_by_entries_and_by_itself_leaves_the_same() -> None:
    known = []
    for clock_runs in (True, False):
        story = Story()
        low_alert(story)
        if clock_runs:
            for minute in range(3, 200):
                by_the_clock(story, 60.0 * minute)
        by_later_entries(story, 4 * HOUR)
        known.append(everything(story.fold))
    assert known[0] == known[1]


def test_the_clock_never_goes_back() -> None:
    story = Story()
    by_the_clock(story, HOUR)
    by_the_clock(story, 0)
    assert story.fold.clock_ms == START_MS + MS_PER_HOUR


FILE = "velocity/same_item_burst.yaml"


def with_burst_of(least: int) -> dict[str, str]:
    text = LIBRARY[FILE].replace(
        "same_product_orders_10m >= 5", f"same_product_orders_10m >= {least}"
    )
    assert text != LIBRARY[FILE]
    return {**LIBRARY, FILE: text}


def test_a_library_judges_from_where_it_is_published() -> None:
    story = Story(preset="micro")
    three = published(with_burst_of(3), preset="micro")
    story.placed("o1", "early", at=0)
    story.placed("o2", "early", at=60)
    story.placed("o3", "early", at=120)
    story.placed("p1", "hoarder", at=0, known=120)
    story.placed("p2", "hoarder", at=60, known=120)
    story.note(three)
    assert story.alerts() == [], "what was judged is not judged again"
    story.placed("p3", "hoarder", at=180)
    alert = story.alert(BURST)
    assert ids(alert) == {"p1", "p2", "p3"}, "the feature is the same, and so is its state"
    assert alert.hits[0].version != Story(preset="micro").fold.engine.by_id[BURST].rule.version


def test_a_run_keeps_the_playbook_it_started_with() -> None:
    story = Story()
    alert = low_alert(story)
    before = story.run(alert)
    assert before is not None
    text = LIBRARY["playbooks/low.yaml"].replace("after: 2h", "after: 9h")
    story.note(published({**LIBRARY, "playbooks/low.yaml": text}))
    by_the_clock(story, 180 + 2 * HOUR)
    after = story.run(alert)
    assert after is not None
    assert after.version == before.version
    assert steps(story, alert)["unlock"] is StepState.WOULD_DO


def test_an_entry_that_cannot_be_folded_is_counted_and_passed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    story = Story(preset="micro")
    story.placed("hoarder-0", "hoarder", at=-60)
    story.note(published({"presets/micro.yaml": "packs: [nowhere]"}, preset="micro"))
    assert story.faults == 1
    assert "entry 3 cannot be folded" in caplog.text
    assert story.fold.cursor == 3
    story.burst("hoarder", at=0)
    assert len(story.alert(BURST).orders) == 6, "the library before it judges on"
    resumed = Fold(story.store)
    assert everything(resumed) == everything(story.fold)
    assert resumed.engine.by_id.keys() == story.fold.engine.by_id.keys()


def test_a_log_without_a_library_raises_nothing() -> None:
    story = Story(preset="micro")
    fold = Fold(MemoryState())
    story.burst("hoarder", at=0)
    for offset, entry in enumerate(story.entries[1:], 1):
        fold.apply(offset, entry)
    assert fold.tables.progress.events == 5
    assert fold.tables.progress.faults == 0
    assert everything(fold)["alerts"] == []


def test_entries_already_applied_are_passed_over() -> None:
    story = Story(preset="micro")
    story.burst("hoarder", at=0)
    before = everything(story.fold)
    for offset, entry in enumerate(story.entries, 1):
        story.fold.apply(offset, entry)
    assert everything(story.fold) == before
