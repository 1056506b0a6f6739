"""What every EventLog must do."""

import threading
from collections.abc import Iterator

import pytest

from orderguard.domain.ports import Draft, EventLog, LogRow


def draft(number: int, *, received_ms: int = 1_000) -> Draft:
    return Draft(received_ms, b"record %d" % number, b"%016d" % number)


class LogContract:
    """Inherited unedited by the tests of every implementation, which makes an empty log."""

    @pytest.fixture
    def log(self) -> Iterator[EventLog]:
        raise NotImplementedError

    def test_an_empty_log_has_nothing_to_read(self, log: EventLog) -> None:
        assert log.last() == (0, 0)
        assert log.read(0, 10) == []

    def test_offsets_start_at_1_and_rise_by_1(self, log: EventLog) -> None:
        assert log.append([draft(1), draft(2)]) == [1, 2]
        assert log.append([draft(3)]) == [3]
        assert log.last() == (3, 1_000)

    def test_rows_come_back_as_they_were_given(self, log: EventLog) -> None:
        log.append([Draft(5, b"", b"a" * 16), Draft(7, b"\x00\xff", None)])
        assert log.read(0, 10) == [LogRow(1, 5, b""), LogRow(2, 7, b"\x00\xff")]

    def test_a_page_holds_at_most_its_limit(self, log: EventLog) -> None:
        log.append([draft(number) for number in range(5)])
        assert [row.offset for row in log.read(1, 2)] == [2, 3]
        assert [row.offset for row in log.read(4, 100)] == [5]
        assert log.read(5, 100) == []
        assert log.read(99, 100) == []

    def test_nothing_appended_changes_nothing(self, log: EventLog) -> None:
        assert log.append([]) == []
        assert log.last() == (0, 0)

    def test_a_digest_is_kept_once_for_ever(self, log: EventLog) -> None:
        assert log.append([draft(1), draft(2)]) == [1, 2]
        assert log.append([draft(2), draft(3), draft(1)]) == [None, 3, None]
        assert [row.record for row in log.read(0, 10)] == [b"record 1", b"record 2", b"record 3"]

    def test_a_digest_is_kept_once_within_one_call(self, log: EventLog) -> None:
        twin = Draft(1_000, b"another record", draft(1).digest)
        assert log.append([draft(1), twin, draft(2), draft(1)]) == [1, None, 2, None]
        assert log.read(0, 1) == [LogRow(1, 1_000, b"record 1")]

    def test_only_duplicates_append_nothing(self, log: EventLog) -> None:
        log.append([draft(1)])
        assert log.append([draft(1), draft(1)]) == [None, None]
        assert log.last() == (1, 1_000)

    def test_drafts_without_digest_are_all_kept(self, log: EventLog) -> None:
        same = Draft(1, b"same")
        assert log.append([same, same]) == [1, 2]
        assert log.append([same]) == [3]

    def test_a_batch_is_visible_whole_and_in_order_to_other_threads(self, log: EventLog) -> None:
        batch_size, batches = 7, 40
        seen: list[LogRow] = []
        torn: list[int] = []

        def follow() -> None:
            while len(seen) < batch_size * batches:
                rows = log.read(len(seen), 1_000)
                torn.extend([len(rows)] if len(rows) % batch_size else [])
                seen.extend(rows)

        reader = threading.Thread(target=follow, daemon=True)
        reader.start()
        for batch in range(batches):
            log.append([draft(batch * batch_size + place) for place in range(batch_size)])
        reader.join(timeout=30)
        assert [row.offset for row in seen] == list(range(1, batch_size * batches + 1))
        assert torn == []
