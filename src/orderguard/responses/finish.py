"""The end of a run that mends: what was wrong is over, by itself or by what the run did."""

from collections.abc import Callable
from enum import StrEnum

from msgspec.structs import replace

from orderguard.domain.library import HOLD, OPEN_CASE, TELLING, Branch, PlaybookStep
from orderguard.responses.follow import never_begun
from orderguard.responses.steps import PortionState, Run, RunStep, StepState

AGAIN_MAX = 3
"""How often a fault that comes back is mended anew; after that only its case is left."""

_ONLY_MEANWHILE = {HOLD: "release_shipment", "lock_stock": "unlock_stock"}
"""What was to last as long as the fault, and the name of taking it back."""
_IN_VAIN = {"request_shipment": "withdraw_request", "remark_order": "remove_remark"}
"""What is taken back where there never was a fault, and the name of doing so."""


class Mended(StrEnum):
    """By whose doing a fault ended."""

    ALONE = "alone"
    """By a step of the run, and nobody was asked."""
    PERSON = "person"
    """After a person was told, or had a case of it."""
    ITSELF = "itself"
    """Before anything was done."""


def finish(run: Run, at_ms: int, *, is_unfounded: bool) -> Run:
    """The run when what it mends is over: what is not begun is off, holds are taken back.

    `is_unfounded`: there never was a fault, it was told late; then all is taken back that can be.
    """
    mended = how_mended(run)
    if run.closed:  # A person has decided, and said what becomes of it.
        return replace(run, mended=mended)
    names = _ONLY_MEANWHILE | (_IN_VAIN if is_unfounded else {})
    steps = [_stopped(step, at_ms) for step in run.steps]
    standing = {step.plan.undoes for step in steps if step.plan.undoes and step.portions}
    for step in run.steps:
        name = names.get(step.action)
        if name is None or not step.portions or step.plan.undoes or step.step in standing:
            continue
        plan = PlaybookStep(step=f"ended_{step.step}", action=name, undoes=step.step)
        steps.append(
            RunStep(
                plan=plan,
                state=StepState.WAITING,
                due_at=at_ms,
                waits_until=at_ms,
                orders=step.orders,
            )
        )
    return replace(run, steps=tuple(steps), closed=True, mended=mended)


def how_mended(run: Run) -> Mended:
    """By whose doing the fault is over, as far as the run can tell."""
    acted = {step.action for step in run.steps if any(one.has_acted for one in step.portions)}
    if run.closed or run.asks_for_person or acted & TELLING:
        return Mended.PERSON
    return Mended.ALONE if acted - {OPEN_CASE} else Mended.ITSELF


def again(former: Run, run: Run) -> Run:
    """A new run after one that has ended, since the fault is back: with keys of its own.

    The same run where it came back too often.
    """
    turn = former.turn + 1
    if turn > AGAIN_MAX:
        return former
    steps = tuple(replace(step, plan=_renamed(step.plan, turn + 1)) for step in run.steps)
    ended = tuple(replace(step, off=True) for step in former.steps)
    return replace(run, steps=(*ended, *steps), turn=turn)


def _renamed(plan: PlaybookStep, number: int) -> PlaybookStep:
    def name(step: str) -> str:
        return f"{step}_{number}"

    return replace(
        plan,
        step=name(plan.step),
        after_step=_or_none(plan.after_step, name),
        undoes=_or_none(plan.undoes, name),
        on=_branch(plan.on, name),
        unless=_branch(plan.unless, name),
    )


def _or_none(step: str | None, name: Callable[[str], str]) -> str | None:
    return None if step is None else name(step)


def _branch(branch: Branch | None, name: Callable[[str], str]) -> Branch | None:
    return None if branch is None else Branch(name(branch.step), branch.answers)


def _stopped(step: RunStep, at_ms: int) -> RunStep:
    """The step with all of it off that is not begun."""
    if step.plan.undoes is not None:
        return step
    if step.state is StepState.WAITING:
        return replace(
            step, state=StepState.SKIPPED, orders=(), waits_until=None, waits_for="", off=True
        )
    for portion in step.portions:
        if portion.state is PortionState.DUE:
            step = never_begun(step, portion, at_ms)
    return step
