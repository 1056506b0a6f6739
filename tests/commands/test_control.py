import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from orderguard.bilingual import Bilingual, Text
from orderguard.domain.entries import ListChanged, ListKind, ListName, SnoozeSet
from orderguard.domain.ports import ShopConfig
from orderguard.domain.senders import Connection, SenderRecord
from orderguard.errors import BadInput, DamagedRecord, NameTaken, NewerStore, NotListed
from orderguard.kit.clock import ManualClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite import control as control_module
from orderguard.stores.sqlite.control import SHOPS_FRESH_S, Control

KEYS = Keyring.for_replay()
ROUNDS = 40

WRITER = """
import sys
from pathlib import Path
from orderguard.domain.entries import SnoozeSet
from orderguard.domain.ports import ShopConfig
from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite.control import Control
path, me, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
control = Control(path, Keyring.for_replay())
for number in range(rounds):
    control.shop_add(ShopConfig(channel="c", shop=f"{me}-{number}", secrets=("s",)))
    control.post(SnoozeSet(
        received_ms=0, rule=me, subject_type="buyer", subject_key=str(number), until_ms=1))
"""


def shop(name: str, *secrets: str) -> ShopConfig:
    return ShopConfig(channel="c", shop=name, secrets=secrets or ("s",))


def listed(value: str, *, on: bool = True, until_ms: int | None = None) -> ListChanged:
    return ListChanged(
        received_ms=0,
        name=ListName.BLOCK,
        kind=ListKind.DEVICE,
        value=value,
        on=on,
        until_ms=until_ms,
        shown=value,
    )


def snooze(number: int) -> SnoozeSet:
    return SnoozeSet(
        received_ms=0, rule="a.b", subject_type="buyer", subject_key=str(number), until_ms=1
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


@pytest.fixture
def control(path: Path) -> Control:
    return Control(path, KEYS)


def test_two_processes_write_side_by_side_and_nothing_is_lost(path: Path, control: Control) -> None:
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, me, str(ROUNDS)]) for me in ("left", "right")]
    seen: dict[str, str] = {}
    doubled = []
    while any(writer.poll() is None for writer in writers) or control.waiting(1):
        notes = control.waiting(7)
        for note_id, note in notes:
            assert isinstance(note, SnoozeSet)
            doubled += [note_id] if note_id in seen else []
            seen[note_id] = f"{note.rule}-{note.subject_key}"
        control.taken([note_id for note_id, _ in notes])
        time.sleep(0.005)
    assert [writer.wait() for writer in writers] == [0, 0]
    names = {f"{me}-{number}" for me in ("left", "right") for number in range(ROUNDS)}
    assert {one.shop for one in control.all()} == names
    assert set(seen.values()) == names
    assert len(seen) == len(names)
    assert doubled == []
    for me in ("left", "right"):
        own = [name for name in seen.values() if name.startswith(me)]
        assert own == [f"{me}-{number}" for number in range(ROUNDS)], "in the order of posting"


def test_another_process_s_shop_is_found_within_a_moment(path: Path, control: Control) -> None:
    assert control.find("c", "demo") is None
    other = Control(path, KEYS)
    other.shop_add(shop("demo", "first"))
    time.sleep(SHOPS_FRESH_S)
    assert control.find("c", "demo") == shop("demo", "first")
    other.shop_rotate("c", "demo", "second")
    time.sleep(SHOPS_FRESH_S)
    assert control.find("c", "demo") == shop("demo", "second", "first")


def test_one_s_own_shop_is_found_at_once(control: Control) -> None:
    assert control.find("c", "demo") is None
    control.shop_add(shop("demo"))
    assert control.find("c", "demo") == shop("demo")
    with pytest.raises(NameTaken):
        control.shop_add(shop("demo", "another"))
    assert control.find("c", "demo") == shop("demo")


def test_a_shop_is_opened_again_only_when_it_changed(path: Path, control: Control) -> None:
    control.shop_add(shop("demo", "first"))
    control.shop_add(shop("other"))
    before = {one.shop: one for one in control.all()}
    control.senders.save([SenderRecord(channel="c", shop="demo", event_ms=1)])
    with Control(path, KEYS)._writer.transaction() as db:
        db.execute("UPDATE shop SET sealed = sealed")
    assert all(one is before[one.shop] for one in control.all())
    control.shop_rotate("c", "demo", "second")
    after = {one.shop: one for one in control.all()}
    assert after["demo"].secrets == ("second", "first")
    assert after["other"] is before["other"]


@pytest.mark.parametrize("failure", ["said by the platform", Bilingual("ours", "我们的")])
def test_a_failure_is_kept_in_the_languages_it_has(control: Control, failure: Text) -> None:
    record = SenderRecord(channel="c", shop="demo", connection=Connection(failure=failure))
    control.senders.save([record])
    assert control.senders.load() == [record]


def test_shops_are_looked_up_from_many_threads(path: Path, control: Control) -> None:
    control.shop_add(shop("demo"))
    wrong: list[object] = []

    def look() -> None:
        until = time.monotonic() + 0.4
        while time.monotonic() < until:
            if control.find("c", "demo") is None:
                wrong.append(None)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    other = Control(path, KEYS)
    for number in range(20):
        other.shop_add(shop(f"more-{number}"))
    for thread in threads:
        thread.join()
    assert wrong == []


def test_readers_do_not_wait_for_a_writer(path: Path, control: Control) -> None:
    control.shop_add(shop("demo"))
    other = Control(path, KEYS)
    with other._writer.transaction() as db:
        db.execute("DELETE FROM shop")
        began = time.perf_counter()
        assert [one.shop for one in control.all()] == ["demo"]
        assert control.listed() == []
        assert time.perf_counter() - began < 1
    assert control.all() == []


def test_sealed_secrets_belong_to_their_shop_and_keyring(path: Path, control: Control) -> None:
    control.shop_add(shop("a", "secret of a"))
    control.shop_add(shop("b", "secret of b"))
    with pytest.raises(DamagedRecord):
        Control(path, Keyring(active=0, data_keys={0: b"k" * 32}, token_key=b"t" * 32)).all()
    with control._writer.transaction() as db:
        db.execute("UPDATE shop SET sealed = (SELECT sealed FROM shop WHERE shop = 'a')")
    with pytest.raises(DamagedRecord):
        control.all()


def test_a_note_waits_until_it_is_taken(path: Path, control: Control) -> None:
    ids = [control.post(snooze(number)) for number in range(3)]
    assert control.waiting(2) == [(ids[0], snooze(0)), (ids[1], snooze(1))]
    control.taken(ids[:2])
    assert Control(path, KEYS).waiting(10) == [(ids[2], snooze(2))]
    control.taken([*ids, "unknown"])
    assert control.waiting(10) == []


def test_the_mailbox_is_bounded(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "MAIL_MAX", 2)
    control.post(snooze(1))
    control.change_list(listed("d1"))
    with pytest.raises(BadInput, match="Start `orderguard serve`"):
        control.change_list(listed("d2"))
    assert [row.value for row in control.listed()] == ["d1"], "both or neither"


def test_a_removal_of_nothing_leaves_no_mail(control: Control) -> None:
    with pytest.raises(NotListed):
        control.change_list(listed("d1", on=False))
    assert control.waiting(10) == []


def test_what_has_ended_is_not_listed_any_more(path: Path) -> None:
    clock = ManualClock(1_000)
    control = Control(path, KEYS, clock=clock)
    control.change_list(listed("d1", until_ms=2_000))
    clock.advance(999)
    assert len(control.listed()) == 1
    clock.advance(1)
    assert control.listed() == []


def test_a_file_of_a_newer_version_is_refused(path: Path, control: Control) -> None:
    with control._writer.transaction() as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerStore):
        Control(path, KEYS)
