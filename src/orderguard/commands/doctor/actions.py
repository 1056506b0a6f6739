"""The actions: whether each table of them can work, and what playbooks ask for without one."""

import asyncio
from collections.abc import Container, Iterator

from orderguard.app import actions as known_actions
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
            yield fault("actions", f"[actions.{name}]: {wrong.found}", wrong.mend)
        else:
            asyncio.run(found.close())
    connected = {name for name, found in tried.items() if not isinstance(found, OrderGuardError)}
    if connected:
        yield Finding("actions", f"Connected: {', '.join(sorted(connected))}.")
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
            place = f"Playbook {playbook.id}: the step {step.step}"
            if step.action not in known:
                mend = f"Correct `action` in playbooks/{playbook.id}.yaml: "
                mend += suggestion(step.action, known)
                yield fault("actions", f"{place} asks for {step.action}, which is none.", mend)
            elif is_live and step.action not in tables:
                found = f"{place} is not connected: {_instead(playbook, step)}."
                mend = f"Add a table [actions.{step.action}] to orderguard.toml, if you have one."
                yield note("actions", found, mend)


def _instead(playbook: Playbook, step: PlaybookStep) -> str:
    """What happens where nobody can do a step."""
    others = [
        one.step
        for one in playbook.steps
        if one.on is not None
        and one.on.step == step.step
        and StepAnswer.NOT_CONNECTED in one.on.answers
    ]
    then = f"then {' and '.join(others)} is done" if others else "the rest goes on without it"
    return f"it ends as not_connected, and {then}"
