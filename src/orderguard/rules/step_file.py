"""The steps of a playbook: when each is due, for which orders, and what it makes of answers."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from orderguard.bilingual import Bilingual
from orderguard.domain.library import OPEN_CASE, Branch, Hours, PlaybookStep, StepAnswer
from orderguard.domain.locks import LOCK
from orderguard.rules.page import Entry, Member, read_members
from orderguard.rules.readers import boolean, delay_ms, list_of, one_of, text, window_ms, word
from orderguard.rules.suggest import suggestion

HOLDS_PER_HOUR_MAX = 100_000
VALUES_MAX = 20
"""Values that one step may tell its action."""
DEFAULT_ZONE = "Asia/Shanghai"

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])\Z")
_NO_BRANCH = Bilingual(
    "here stands one earlier step with its answer, such as {ask: confirmed}",
    "这里要写一个前面的步骤和它的结果，如 {ask: confirmed}",
)
_AFTER_TWICE = Bilingual(
    "`on` says already what it comes after: remove one of them",
    "`on` 已经说明在哪一步之后：请删去一个",
)
_DUE_OF_NOTHING = Bilingual(
    f"only a step with `action: {OPEN_CASE}` makes something due",
    f"只有 `action: {OPEN_CASE}` 的步骤才有期限",
)


class _OnlyIf(StrEnum):
    UNPAID = "unpaid"
    PAID = "paid"
    NOT_SHIPPED = "not_shipped"
    SHIPPED = "shipped"


def zone(entry: Entry) -> str | None:
    """A zone of the IANA data base."""
    found = entry.scalar("str")
    try:
        return ZoneInfo(found or "").key
    except (KeyError, ValueError, OSError):
        said = Bilingual(
            "here stands a zone, such as Asia/Shanghai", "这里要写时区，如 Asia/Shanghai"
        )
        entry.fault(said)
        return None


def _hours(entry: Entry) -> Hours | None:
    found = _HOURS.match(entry.scalar("str") or "")
    if found is None or found[0][:5] == found[0][6:]:
        said = Bilingual(
            "here stand hours of a day, such as 08:00-21:00",
            "这里要写一天里的时段，如 08:00-21:00",
        )
        entry.fault(said)
        return None
    opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return Hours(opens, closes, DEFAULT_ZONE)


def _branch(entry: Entry) -> Branch | None:
    """`{ask: confirmed}` or `{ask: [confirmed, denied]}`."""
    pairs = entry.pairs()
    if pairs is None or len(pairs) != 1:
        entry.fault(_NO_BRANCH)
        return None
    ((name, said),) = pairs.items()
    read = one_of(StepAnswer)
    if said.items() is None:
        one = read(said)
        return None if one is None else Branch(name, (one,))
    answers = list_of(read)(said)
    return Branch(name, answers) if answers else None


def _values(entry: Entry) -> dict[str, str] | None:
    pairs = entry.pairs()
    if pairs is None or len(pairs) > VALUES_MAX:
        said = Bilingual(
            f"here stand at most {VALUES_MAX} names with a text each",
            f"这里最多写 {VALUES_MAX} 个名称，每个配一段文字",
        )
        entry.fault(said)
        return None
    found = {name: text(value) for name, value in pairs.items()}
    return {name: said for name, said in found.items() if said is not None}


_STEP: dict[str, Member[Any]] = {
    "step": Member(word),
    "action": Member(word),
    "after": Member(delay_ms, required=False),
    "after_step": Member(word, required=False),
    "only_if": Member(one_of(_OnlyIf), required=False),
    "on": Member(_branch, required=False),
    "unless": Member(_branch, required=False),
    "wait": Member(window_ms, required=False),
    "give_up": Member(window_ms, required=False),
    "undoes": Member(word, required=False),
    "within": Member(_hours, required=False),
    "each": Member(boolean, required=False),
    "values": Member(_values, required=False),
    "due": Member(window_ms, required=False),
}


def _step(entry: Entry) -> PlaybookStep | None:
    found = read_members(entry, _STEP)
    if not {"step", "action"} <= found.keys():
        return None
    only_if = found.get("only_if")
    return PlaybookStep(
        step=found["step"],
        action=found["action"],
        after_ms=found.get("after", 0),
        after_step=found.get("after_step"),
        only_if=None if only_if is None else str(only_if),
        on=found.get("on"),
        unless=found.get("unless"),
        wait_ms=found.get("wait", 0),
        give_up_ms=found.get("give_up"),
        undoes=found.get("undoes"),
        within=found.get("within"),
        is_each=found.get("each", False),
        values=found.get("values", {}),
        due_ms=found.get("due"),
    )


read_steps = list_of(_step)


def link_steps(page: Entry, steps: Sequence[PlaybookStep]) -> None:
    """Tell each step that names one that does not stand before it, or contradicts itself."""
    entries = ((page.pairs() or {}).get("steps") or page).items() or []
    if len(entries) != len(steps):
        return  # A step that could not be read was told already.
    for place, (step, entry) in enumerate(zip(steps, entries, strict=True)):
        before = {one.step: one for one in steps[:place]}
        pairs = entry.pairs() or {}
        for member, named in _named(step).items():
            if named not in before:
                hint = suggestion(named, before)
                said = Bilingual(
                    f"no earlier step `{named}`: {hint.en}",
                    f"前面没有步骤 `{named}`：{hint.zh}",
                )
                pairs[member].fault(said)
        if step.on is not None and step.after_step is not None:
            pairs["after_step"].fault(_AFTER_TWICE)
        if step.action == LOCK and not any(_ends(one, step.step) for one in steps[place + 1 :]):
            said = Bilingual(
                f"nothing ends this lock in time: add a later step with `undoes: {step.step}`",
                f"这次锁定没有到时解除的步骤：请在后面加一步，写 `undoes: {step.step}`",
            )
            pairs["action"].fault(said)
        if step.due_ms is not None and step.action != OPEN_CASE:
            pairs["due"].fault(_DUE_OF_NOTHING)
        undone = before.get(step.undoes or "")
        if undone is not None and step.only_if is not None and not undone.is_each:
            said = Bilingual(
                f"what is undone for some orders is done for each: give `{undone.step}` each: true",
                f"只对部分订单撤销，就要逐单执行：请给 `{undone.step}` 加上 each: true",
            )
            pairs["undoes"].fault(said)


def _ends(step: PlaybookStep, lock: str) -> bool:
    """Whether it takes a lock back though nobody answers."""
    is_timed = step.on is None or StepAnswer.TIMEOUT in step.on.answers
    return step.undoes == lock and is_timed


def _named(step: PlaybookStep) -> dict[str, str]:
    """The earlier steps that a step names, by the member that does."""
    branches = {"on": step.on, "unless": step.unless}
    named = {member: branch.step for member, branch in branches.items() if branch is not None}
    plain = {"after_step": step.after_step, "undoes": step.undoes}
    return named | {member: name for member, name in plain.items() if name is not None}
