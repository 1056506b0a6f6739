"""The actions: whether each table of them can work, and what playbooks ask for without one."""

import asyncio
from collections.abc import Container, Iterable, Iterator

from msgspec.structs import replace

from orderguard.app import actions as known_actions
from orderguard.bilingual import Bilingual
from orderguard.commands.doctor.finding import Finding, Patient, failed, fault, note
from orderguard.domain.library import Library, Playbook, PlaybookStep, StepAnswer
from orderguard.errors import LibraryFaults, OrderGuardError
from orderguard.responses import RECORDED
from orderguard.rules import load_library
from orderguard.rules.suggest import suggestion


def actions(patient: Patient) -> Iterator[Finding]:
    """Nobody outside is called: what a provider says to a key is seen at the first step."""
    tried = patient.installation.tried(patient.environment)
    for name, found in tried.items():
        if isinstance(found, OrderGuardError):
            wrong = failed("actions", found)
            what = Bilingual(
                f"[actions.{name}]: {wrong.found.en}", f"设置 [actions.{name}]：{wrong.found.zh}"
            )
            yield replace(wrong, found=what)
        else:
            asyncio.run(found.close())
    connected = {name for name, found in tried.items() if not isinstance(found, OrderGuardError)}
    if connected:
        names = sorted(connected)
        what = Bilingual(f"Connected: {', '.join(names)}.", f"已接通：{'、'.join(names)}。")
        yield Finding("actions", what)
    settings = patient.settings
    if settings is None:
        return
    try:
        library = load_library(patient.installation.library(), preset=settings.library.preset)
    except LibraryFaults:
        return  # Told by the library's own check.
    is_live = settings.respond.mode == "live"
    yield from _asked(library, tried.keys(), is_live=is_live)


def _asked(library: Library, tables: Container[str], *, is_live: bool) -> Iterator[Finding]:
    known = known_actions()
    for playbook in (*library.playbooks, *library.mending):
        for step in playbook.steps:
            if step.action in RECORDED or step.undoes is not None:
                continue
            if step.action not in known:
                yield _unknown(playbook, step, known)
            elif is_live and step.action not in tables:
                yield _unconnected(playbook, step)


def _place(playbook: Playbook, step: PlaybookStep) -> Bilingual:
    return Bilingual(
        f"Playbook {playbook.id}: the step {step.step}", f"预案 {playbook.id} 的步骤 {step.step}"
    )


def _unknown(playbook: Playbook, step: PlaybookStep, known: Iterable[str]) -> Finding:
    place, hint = _place(playbook, step), suggestion(step.action, known)
    file = f"playbooks/{playbook.id}.yaml"
    return fault(
        "actions",
        Bilingual(
            f"{place.en} asks for {step.action}, which is none.",
            f"{place.zh}要执行 {step.action}，但没有这个动作。",
        ),
        Bilingual(
            f"Correct `action` in {file}: {hint.en}", f"请改正 {file} 里的 `action`：{hint.zh}"
        ),
    )


def _unconnected(playbook: Playbook, step: PlaybookStep) -> Finding:
    place, instead = _place(playbook, step), _instead(playbook, step)
    return note(
        "actions",
        Bilingual(
            f"{place.en} is not connected: {instead.en}.", f"{place.zh}没有接通：{instead.zh}。"
        ),
        Bilingual(
            f"Add a table [actions.{step.action}] to orderguard.toml, if you have one.",
            f"如果有对应的系统，请在 orderguard.toml 里加上 [actions.{step.action}]。",
        ),
    )


def _instead(playbook: Playbook, step: PlaybookStep) -> Bilingual:
    """What happens where nobody can do a step."""
    others = [
        one.step
        for one in playbook.steps
        if one.on is not None
        and one.on.step == step.step
        and StepAnswer.NOT_CONNECTED in one.on.answers
    ]
    then = Bilingual("the rest goes on without it", "其余步骤照常进行")
    if others:
        then = Bilingual(f"then {' and '.join(others)} is done", f"随后执行 {'、'.join(others)}")
    return Bilingual(
        f"it ends as not_connected, and {then.en}", f"它以 not_connected 结束，{then.zh}"
    )
