"""Appends to a log under load until it is killed: `log_appender.py FOLDER ROUND`.

Each batch is acknowledged on standard output by `BATCH OFFSET OFFSET …`, once it is durable.
"""

import os
import random
import sys
from pathlib import Path

from orderguard.domain.ports import Draft
from orderguard.kit.ids import digest16
from orderguard.stores.sqlite import SqliteLog


def drafts_of(series: int, batch: int) -> list[Draft]:
    """A batch of 1 to 64, the same whenever it is asked for; a record names its whole batch."""
    random_ = random.Random(f"{series}/{batch}")
    size = random_.randint(1, 64)
    return [
        Draft(
            series,
            f"{series} {batch} {place} {size} ".encode() + bytes(random_.randint(0, 2_000)),
            digest16(str(series), str(batch), str(place)),
        )
        for place in range(size)
    ]


def main() -> None:
    log = SqliteLog(Path(sys.argv[1]))
    series, batch = int(sys.argv[2]), 0
    while True:
        offsets = log.append(drafts_of(series, batch))
        # One write of a short line to a pipe is taken whole or not at all.
        os.write(sys.stdout.fileno(), f"{batch} {' '.join(map(str, offsets))}\n".encode())
        # A sender that heard nothing comes again.
        again = log.append(drafts_of(series, batch // 2))
        assert not any(again)
        batch += 1


if __name__ == "__main__":
    main()
