"""What is remembered of who sends: kept in memory, saved with the checkpoint."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from orderguard.domain.events import EventType, OrderEvent, UnknownData
from orderguard.domain.ports import ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.errors import SignatureFault, SignatureMismatch
from orderguard.flows.senders import Sender, Senders
from orderguard.kit.clock import ManualClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite.control import Control

NOW_MS = 1_794_326_400_000
SHOP = ShopConfig(channel="standard", shop="demo", secrets=("s",))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW_MS)


@pytest.fixture
def control(tmp_path: Path, clock: ManualClock) -> Iterator[Control]:
    with closing(Control(tmp_path / "control.db", Keyring.for_replay(), clock=clock)) as control:
        yield control


@pytest.fixture
def senders(control: Control, clock: ManualClock) -> Senders:
    return Senders(control.senders, clock)


def event(*, received_ms: int = NOW_MS, ahead_ms: int = 0, shop: str = "demo") -> OrderEvent:
    return OrderEvent(
        id="e",
        type=EventType.UNKNOWN,
        channel="standard",
        shop=shop,
        occurred_ms=received_ms + ahead_ms,
        received_ms=received_ms,
        data=UnknownData(),
    )


def mismatch(fault: SignatureFault, skew_ms: int | None = None) -> SignatureMismatch:
    return SignatureMismatch("no", fault=fault, skew_ms=skew_ms)


def the_record(senders: Senders) -> SenderRecord:
    (sender,) = senders.all()
    return sender.record


WRONG = mismatch(SignatureFault.WRONG)


def test_refusals_are_counted_by_their_fault(senders: Senders, clock: ManualClock) -> None:
    for error in (WRONG, WRONG, mismatch(SignatureFault.MISSING)):
        clock.advance(1)
        senders.refused(SHOP, error)
    assert the_record(senders) == SenderRecord(
        channel="standard",
        shop="demo",
        refused={SignatureFault.WRONG: 2, SignatureFault.MISSING: 1},
        refused_ms=NOW_MS + 3,
        fault=SignatureFault.MISSING,
    )


def test_an_accepted_event_makes_an_end_of_them(senders: Senders) -> None:
    senders.refused(SHOP, mismatch(SignatureFault.TOO_OLD, -400_000))
    senders.told(event())
    assert the_record(senders) == SenderRecord(channel="standard", shop="demo", event_ms=NOW_MS)
    senders.refused(SHOP, WRONG)
    assert the_record(senders).refused == {SignatureFault.WRONG: 1}
    assert the_record(senders).skew_ms_min is None
    (sender,) = senders.all()
    assert sender.refusals.total() == 2, "over the whole run"


def test_it_does_not_matter_that_the_clock_stands_still(senders: Senders) -> None:
    for _ in range(3):
        senders.refused(SHOP, WRONG)
        senders.told(event())
    assert the_record(senders).refused == {}


def test_a_skew_keeps_its_bounds(senders: Senders) -> None:
    for skew_ms in (-400_000, -401_000, -399_500):
        senders.refused(SHOP, mismatch(SignatureFault.TOO_OLD, skew_ms))
    senders.refused(SHOP, WRONG)
    record = the_record(senders)
    assert (record.skew_ms_min, record.skew_ms_max) == (-401_000, -399_500)


def test_events_dated_after_their_receipt_are_counted_in_a_row(senders: Senders) -> None:
    for ahead_ms in (30_000, 20_000, 25_000):
        senders.told(event(ahead_ms=ahead_ms))
    assert (the_record(senders).ahead, the_record(senders).ahead_ms) == (3, 20_000)
    senders.told(replace(event(), clamped=True))
    assert (the_record(senders).ahead, the_record(senders).ahead_ms) == (4, 20_000)
    senders.told(event(ahead_ms=2_000))
    assert (the_record(senders).ahead, the_record(senders).ahead_ms) == (0, 0)
    senders.told(replace(event(), clamped=True))
    assert (the_record(senders).ahead, the_record(senders).ahead_ms) == (1, 300_000)


def test_shops_are_kept_apart(senders: Senders) -> None:
    senders.told(event(shop="other"))
    senders.refused(SHOP, WRONG)
    assert {one.record.shop: one.record.refused_count for one in senders.all()} == {
        "other": 0,
        "demo": 1,
    }


async def test_a_start_goes_on_where_the_last_run_ended(
    senders: Senders, control: Control, clock: ManualClock
) -> None:
    senders.told(event(ahead_ms=20_000))
    senders.refused(SHOP, mismatch(SignatureFault.TOO_NEW, 400_000))
    await senders.save()
    again = Senders(control.senders, clock)
    assert the_record(again) == the_record(senders)
    again.refused(SHOP, mismatch(SignatureFault.TOO_NEW, 410_000))
    assert the_record(again).refused == {SignatureFault.TOO_NEW: 2}
    again.told(event(ahead_ms=15_000))
    assert the_record(again).refused == {}
    assert (the_record(again).ahead, the_record(again).ahead_ms) == (2, 15_000)


def writes(control: Control) -> int:
    """How often the file was written, as another connection sees it."""
    with control._reader as db:
        (version,) = db.execute("PRAGMA data_version").fetchone()
        return int(version)


async def test_no_number_of_refusals_writes_more_than_a_save_does(
    senders: Senders, control: Control
) -> None:
    before = writes(control)
    for _ in range(5_000):
        senders.refused(SHOP, WRONG)
    assert writes(control) == before
    await senders.save()
    assert writes(control) == before + 1
    await senders.save()
    assert writes(control) == before + 1, "nothing changed"
    (record,) = control.senders.load()
    assert record.refused == {SignatureFault.WRONG: 5_000}


async def test_a_save_that_fails_is_made_up_for(senders: Senders, control: Control) -> None:
    senders.refused(SHOP, WRONG)
    with control._writer.transaction() as db:
        db.execute("ALTER TABLE sender RENAME TO hidden")
    with pytest.raises(Exception, match="no such table"):
        await senders.save()
    with control._writer.transaction() as db:
        db.execute("ALTER TABLE hidden RENAME TO sender")
    await senders.save()
    assert control.senders.load() == [the_record(senders)]


def test_what_was_saved_may_lack_members_of_later_versions(tmp_path: Path) -> None:
    keys = Keyring.for_replay()
    with closing(Control(tmp_path / "control.db", keys)):
        pass
    with closing(sqlite3.connect(tmp_path / "control.db", isolation_level=None)) as db:
        body = b"\x82\xa7channel\xa8standard\xa4shop\xa4demo"
        db.execute("INSERT INTO sender VALUES ('standard', 'demo', ?)", (body,))
    with closing(Control(tmp_path / "control.db", keys)) as control:
        assert control.senders.load() == [SenderRecord(channel="standard", shop="demo")]


def test_a_record_is_the_same_until_something_happens() -> None:
    sender = Sender(SenderRecord(channel="standard", shop="demo"))
    assert sender.record is sender.saved
    sender.told(event(), is_gap=False)
    assert sender.record is sender.record
    assert sender.record is not sender.saved
