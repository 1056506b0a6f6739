"""A log whose writer is killed at any moment has all that was acknowledged, once and in order."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.scenarios import log_appender
from tests.scenarios.log_appender import drafts_of

from orderguard.domain.ports import LogRow
from orderguard.stores.sqlite import SqliteLog

ROUNDS = 20 if os.environ.get("ORDERGUARD_PROVE") else 2
PAGE_ROWS = 1_000


def append_until_killed(folder: Path, series: int, after_s: float) -> dict[int, list[int]]:
    """The acknowledged offsets by batch."""
    command = [sys.executable, str(log_appender.__file__), str(folder), str(series)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as appender:
        assert appender.stdout is not None
        heard = appender.stdout.readline()
        time.sleep(after_s)
        appender.kill()
        heard += appender.stdout.read()
    lines = [[int(word) for word in line.split()] for line in heard.splitlines()]
    return {batch: offsets for batch, *offsets in lines}


def rows_after(log: SqliteLog, offset: int) -> list[LogRow]:
    rows: list[LogRow] = []
    while page := log.read(offset, PAGE_ROWS):
        rows += page
        offset = page[-1].offset
    return rows


def test_a_killed_writer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    moments = random.Random(7)
    last = 0
    for series in range(ROUNDS):
        acknowledged = append_until_killed(tmp_path, series, moments.uniform(0, 0.4))
        log = SqliteLog(tmp_path)
        rows = rows_after(log, last)
        assert [row.offset for row in rows] == list(range(last + 1, last + 1 + len(rows)))

        # Every batch stands whole, in order, each once; at most one was not yet acknowledged.
        kept = Counter(int(row.record.split()[1]) for row in rows)
        batches = list(kept)
        assert batches == list(range(len(batches)))
        assert [row.record for row in rows] == [
            draft.record for batch in batches for draft in drafts_of(series, batch)
        ]
        assert len(acknowledged) <= len(batches) <= len(acknowledged) + 1
        expected = iter(row.offset for row in rows)
        for batch, offsets in acknowledged.items():
            assert offsets == [next(expected) for _ in drafts_of(series, batch)]

        # Who heard nothing sends again, and nothing is doubled.
        for batch in (batches[0], batches[-1]):
            assert not any(log.append(drafts_of(series, batch)))
        last, _ = log.last()
        log.close()
