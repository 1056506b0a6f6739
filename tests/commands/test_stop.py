from contextlib import closing
from pathlib import Path

import pytest
from tests.commands.conftest import Command

from orderguard.app import Installation
from orderguard.domain.entries import StoppableKind, Stopped


def waiting(folder: Path) -> list[tuple[str, str, bool, str]]:
    with closing(Installation(folder).open_control()) as control:
        notes = [note for _, note in control.waiting(100)]
    stops = [note for note in notes if isinstance(note, Stopped)]
    assert len(stops) == len(notes)
    return [(stop.kind, stop.name, stop.on, stop.reason) for stop in stops]


def test_what_is_stopped_waits_for_the_server_and_goes_on_later(og: Command, folder: Path) -> None:
    data = ("--data", str(folder))
    og("shop", "add", "demo", "--channel", "standard", *data)
    og("stop", "shop", "standard/demo", "--reason", "the warehouse moves", *data)
    og("stop", "rule", "velocity.same_item_burst", *data)
    og("go", "shop", "standard/demo", *data)
    assert waiting(folder) == [
        (StoppableKind.SHOP, "standard/demo", True, "the warehouse moves"),
        (StoppableKind.RULE, "velocity.same_item_burst", True, ""),
        (StoppableKind.SHOP, "standard/demo", False, ""),
    ]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("shop", "standard/nowhere"), ("action", "hold_shipmnt"), ("rule", "velocity"), ("x", "y")],
)
def test_what_is_not_there_cannot_be_stopped(
    og: Command, folder: Path, kind: str, name: str
) -> None:
    og("stop", kind, name, "--data", str(folder), status=2)
    assert waiting(folder) == []


def test_a_reason_is_bounded(og: Command, folder: Path) -> None:
    og("stop", "action", "hold_shipment", "--reason", "x" * 501, "--data", str(folder), status=2)
