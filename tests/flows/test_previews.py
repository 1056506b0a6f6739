"""The process that answers previews, without the process."""

from pathlib import Path

import pytest
from tests.flows.stories import LIBRARY, Story

from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import Draft
from orderguard.domain.record import encode_event
from orderguard.errors import LibraryFaults
from orderguard.flows.previews import Previewer, Question
from orderguard.kit.sealing import Keyring
from orderguard.stores.memory import MemoryLog, MemoryState

WHEN = "order.amount > 1.0"
BROKEN = {**LIBRARY, "own/broken.yaml": "rules:\n  - id: own.broken\n"}


def test_a_log_that_cannot_be_read_is_told_once_and_then_read_anew(tmp_path: Path) -> None:
    log = MemoryLog()
    story = Story()
    story.placed("o1", "bob", at=0)
    for entry in story.entries:
        if isinstance(entry, OrderEvent):
            record = encode_event(entry, b"{}", Keyring.for_replay())
            log.append([Draft(entry.received_ms, record)])
    previewer = Previewer(log, MemoryState, tmp_path)
    with pytest.raises(LibraryFaults):
        previewer.answer(Question(files=BROKEN, when=WHEN))
    told = previewer.answer(Question(files=dict(LIBRARY), when=WHEN))
    assert told.state == "ready"
    assert told.preview is not None
    assert told.preview.orders == 1
