"""A playbook as a form has it: its file says the same, and each fault has its place in the form."""

import pytest
from msgspec.structs import replace
from tests.chinese import check_chinese
from tests.flows.stories import LIBRARY

from orderguard.domain.library import Playbook, StepAnswer
from orderguard.rules import (
    PlaybookText,
    all_playbooks,
    check_library,
    places_of,
    read_playbook_text,
    write_playbook,
)
from orderguard.rules.playbook_text import BranchText, StepText

PLAYBOOKS = all_playbooks(LIBRARY)
HOURS = StepText(
    step="again", action="notify", after_step="remind", after="90m", within="09:00-18:00"
)


def library_with(playbook: Playbook, text: PlaybookText) -> tuple[dict[str, str], str]:
    file = write_playbook(playbook, text)
    return {**LIBRARY, f"playbooks/{playbook.id}.yaml": file}, file


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_what_is_written_reads_as_the_same_playbook(name: str) -> None:
    playbook = PLAYBOOKS[name]
    files, _ = library_with(playbook, read_playbook_text(playbook))
    assert check_library(files) == ()
    assert all_playbooks(files)[name] == playbook


def test_every_member_survives() -> None:
    high = PLAYBOOKS["high"]
    text = read_playbook_text(high)
    changed = replace(
        text, zone="Asia/Tokyo", holds_per_hour=20, steps=(*text.steps, HOURS, _late("again"))
    )
    files, file = library_with(high, changed)
    assert check_library(files) == (), file
    assert read_playbook_text(all_playbooks(files)["high"]) == changed


def _late(after: str) -> StepText:
    return StepText(
        step="late",
        action="open_case",
        on=BranchText(step=after, answers=(StepAnswer.FAILED, StepAnswer.NOT_CONNECTED)),
        unless=BranchText(step="hold", answers=(StepAnswer.DONE,)),
        only_if="paid",
        give_up="2h",
        each=True,
        values={"inbox": "service"},
        due="3d",
    )


@pytest.mark.parametrize(
    ("step", "member"),
    [
        (replace(HOURS, after="soon"), "after"),
        (replace(HOURS, after_step="nobody"), "after_step"),
        (replace(HOURS, within="9-18"), "within"),
        (replace(HOURS, only_if="green"), "only_if"),
        (replace(HOURS, action="lock_stock", after_step=""), "action"),
        (replace(HOURS, due="2h"), "due"),
        (replace(HOURS, step="Not a name"), "step"),
    ],
)
def test_a_fault_is_told_where_it_is(step: StepText, member: str) -> None:
    high = PLAYBOOKS["high"]
    text = read_playbook_text(high)
    files, file = library_with(high, replace(text, steps=(*text.steps, step)))
    places = places_of(file, check_library(files))
    assert (places[0].step, places[0].member) == (len(text.steps), member)
    check_chinese(places[0].message)


def test_a_fault_of_the_whole_is_of_no_step() -> None:
    high = PLAYBOOKS["high"]
    files, file = library_with(high, replace(read_playbook_text(high), holds_per_hour=0))
    (place,) = places_of(file, check_library(files))
    assert (place.step, place.member) == (None, "holds_per_hour")
