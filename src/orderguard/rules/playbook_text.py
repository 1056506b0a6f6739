"""A playbook as people change it: what its file says, member by member, and that file's text."""

from typing import Any

import msgspec
import yaml
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.library import Branch, Hours, Playbook, PlaybookStep, StepAnswer
from orderguard.errors import Fault
from orderguard.rules.step_file import DEFAULT_ZONE
from orderguard.rules.write import as_yaml, span_text


class BranchText(Struct, frozen=True, kw_only=True):
    """An earlier step, and the answers of it that count."""

    step: str
    answers: tuple[StepAnswer, ...]


class StepText(Struct, frozen=True, kw_only=True):
    """One step, its times as the file has them: `2h`. What is empty is not said."""

    step: str
    action: str
    after: str = ""
    after_step: str = ""
    only_if: str = ""
    on: BranchText | None = None
    unless: BranchText | None = None
    wait: str = ""
    give_up: str = ""
    undoes: str = ""
    within: str = ""
    each: bool = False
    values: dict[str, str] = {}
    due: str = ""


class PlaybookText(Struct, frozen=True, kw_only=True):
    """What may be changed of a playbook; its id and its severity stay what they are."""

    title: Bilingual
    zone: str = DEFAULT_ZONE
    holds_per_hour: int | None = None
    steps: tuple[StepText, ...]


class PlaceOfFault(Struct, frozen=True):
    """Which step a fault is in, None where it is in none, and which of its members."""

    step: int | None
    member: str
    message: Bilingual


def read_playbook_text(playbook: Playbook) -> PlaybookText:
    zones = {step.within.zone for step in playbook.steps if step.within is not None}
    return PlaybookText(
        title=playbook.title,
        zone=min(zones, default=DEFAULT_ZONE),
        holds_per_hour=playbook.holds_per_hour,
        steps=tuple(_step_text(step) for step in playbook.steps),
    )


def write_playbook(playbook: Playbook, text: PlaybookText) -> str:
    """The file of a playbook that shall say this from now on."""
    said: dict[str, Any] = {"id": playbook.id, "title": msgspec.to_builtins(text.title)}
    if playbook.severity is not None:
        said["severity"] = playbook.severity.value
    if text.zone != DEFAULT_ZONE:
        said["zone"] = text.zone
    if text.holds_per_hour is not None:
        said["holds_per_hour"] = text.holds_per_hour
    said["steps"] = [_members(step) for step in text.steps]
    return as_yaml(said)


def places_of(file_text: str, faults: tuple[Fault, ...]) -> list[PlaceOfFault]:
    """Where the faults of a file that `write_playbook` wrote are, for whoever fills in a form."""
    lines: dict[int, tuple[int | None, str]] = {}
    top = yaml.compose(file_text, Loader=yaml.SafeLoader)
    assert isinstance(top, yaml.MappingNode), "a playbook is written as a mapping"
    for key, value in top.value:
        lines[key.start_mark.line] = (None, key.value)
        if key.value == "steps":
            for number, step in enumerate(value.value):
                for member, _ in step.value:
                    lines[member.start_mark.line] = (number, member.value)
    found = list[PlaceOfFault]()
    for fault in faults:
        line = max((at for at in lines if at <= fault.line - 1), default=0)
        found.append(PlaceOfFault(*lines[line], fault.message))
    return found


def _step_text(step: PlaybookStep) -> StepText:
    return StepText(
        step=step.step,
        action=step.action,
        after=span_text(step.after_ms),
        after_step=step.after_step or "",
        only_if=step.only_if or "",
        on=_branch_text(step.on),
        unless=_branch_text(step.unless),
        wait=span_text(step.wait_ms),
        give_up=span_text(step.give_up_ms),
        undoes=step.undoes or "",
        within=_hours_text(step.within),
        each=step.is_each,
        values=step.values,
        due=span_text(step.due_ms),
    )


def _branch_text(branch: Branch | None) -> BranchText | None:
    return None if branch is None else BranchText(step=branch.step, answers=branch.answers)


def _hours_text(hours: Hours | None) -> str:
    if hours is None:
        return ""
    opens, closes = (f"{at // 60:02}:{at % 60:02}" for at in (hours.opens_min, hours.closes_min))
    return f"{opens}-{closes}"


def _members(step: StepText) -> dict[str, Any]:
    """What is said of a step, in the order of the docs."""
    said: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(step).items():
        if isinstance(value, BranchText):
            said[name] = {value.step: [answer.value for answer in value.answers]}
        elif value:
            said[name] = value
    return said
