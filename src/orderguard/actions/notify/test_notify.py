from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from orderguard.domain.alerts import Severity
from orderguard.domain.evidence import DIGEST_SHOWN_MAX, digest
from orderguard.domain.ports import Doing

BURST = msgspec.json.decode(
    (Path(__file__).parent / "fixtures" / "burst_in_chinese.json").read_bytes(), type=Doing
)


def doings(count: int) -> list[Doing]:
    return [
        replace(BURST, language="en", links={"alert": f"https://guard.example.com/a/{number:04d}"})
        for number in range(count)
    ]


@pytest.mark.parametrize("bytes_max", [200, 500, 2_000, 100_000])
@pytest.mark.parametrize("count", [2, DIGEST_SHOWN_MAX, DIGEST_SHOWN_MAX + 1, 3_000])
def test_a_gathered_message_has_room_for_whole_lines_and_counts_the_rest(
    count: int, bytes_max: int
) -> None:
    told = digest(doings(count), bytes_max)
    head, *lines = told.splitlines()
    assert len(told.encode()) <= bytes_max
    assert head == f"{count} alerts"
    shown = [line for line in lines if "https://guard.example.com/a/" in line]
    assert all(
        line.rpartition("/")[2].isdigit() and len(line.rpartition("/")[2]) == 4 for line in shown
    )
    rest = count - len(shown)
    assert lines[len(shown) :] == ([f"and {rest} more"] if rest else [])


def test_the_gravest_come_first() -> None:
    low = replace(BURST, alert=replace(BURST.alert, severity=Severity.LOW))
    critical = replace(BURST, alert=replace(BURST.alert, severity=Severity.CRITICAL))
    lines = digest([low, BURST, critical], 10_000).splitlines()
    assert [line[:4] for line in lines[1:]] == ["【紧急】", "【高】风", "【低】风"]
