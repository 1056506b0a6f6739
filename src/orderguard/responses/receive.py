"""What comes back to a run: receipts, answers, a person's word, and the end of its case."""

from msgspec.structs import replace

from orderguard.domain.library import HOLD, PlaybookStep, StepAnswer
from orderguard.domain.ports import Outcome
from orderguard.responses.follow import settled
from orderguard.responses.steps import Portion, PortionState, Run, RunStep, StepState

SENDING = "sending"
"""The note made before a provider is asked: from then on it may have happened."""
NOT_BEGUN = "not_begun"
"""The note made when a provider that was asked surely did nothing: it may be asked again."""
APPROVED = "approved"
"""A person lets a step be done that waited for one."""

_ANSWERS = {answer.value: answer for answer in (StepAnswer.CONFIRMED, StepAnswer.DENIED)}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_ANSWER_OF = {
    Outcome.DONE: StepAnswer.DONE,
    Outcome.MAYBE_DONE: StepAnswer.DONE,
    Outcome.TOO_LATE: StepAnswer.TOO_LATE,
    Outcome.NOT_CONNECTED: StepAnswer.NOT_CONNECTED,
}

_TAKES_BACK = {HOLD: "release_shipment", "lock_stock": "unlock_stock"}
"""What is taken back when a case ends with a release, and the name of doing so."""
_CASE_ACTIONS = {
    "release": (),
    "cancel": (PlaybookStep(step="cancel", action="cancel_order", only_if="not_shipped"),),
    "ask_refund": (PlaybookStep(step="ask_refund", action="ask_refund"),),
}


def receive(
    run: Run, *, step: str, key: str, outcome: str, reference: str, detail: str, at_ms: int
) -> Run:
    """The run with what a receipt or an answer says; a word that is not known changes nothing."""
    if outcome == APPROVED:
        approved = tuple(_approved(one, step, at_ms) for one in run.steps)
        return replace(run, steps=approved)
    found = [
        (place, portion)
        for place, one in enumerate(run.steps)
        for portion in one.portions
        if portion.key == key and key
    ]
    if not found:
        return run
    place, portion = found[-1]
    wait_ms = run.steps[place].plan.wait_ms
    if outcome in _ANSWERS:
        changed = _answered(portion, _ANSWERS[outcome], at_ms)
    elif outcome in _OUTCOMES and portion.state is not PortionState.ENDED:
        changed = _ended(portion, _OUTCOMES[outcome], wait_ms, at_ms)
        changed = replace(changed, reference=reference, detail=detail)
    elif outcome == SENDING and portion.state is PortionState.DUE:
        changed = replace(portion, state=PortionState.SENDING)
    elif outcome == NOT_BEGUN and portion.state is PortionState.SENDING:
        changed = replace(portion, state=PortionState.DUE)
    else:
        return run
    portions = tuple(changed if one is portion else one for one in run.steps[place].portions)
    steps = list(run.steps)
    steps[place] = settled(replace(steps[place], portions=portions))
    return replace(run, steps=tuple(steps))


def _approved(step: RunStep, name: str, at_ms: int) -> RunStep:
    if step.step != name or not step.waits_for:
        return step
    return replace(step, waits_for="", due_at=at_ms, waits_until=at_ms)


def _answered(portion: Portion, answer: StepAnswer, at_ms: int) -> Portion:
    """The first answer stands; one after the time is out comes too late."""
    if portion.answer is not None:
        return portion
    return replace(portion, answer=answer, answered_at=at_ms)


def _ended(portion: Portion, outcome: Outcome, wait_ms: int, at_ms: int) -> Portion:
    ended = replace(portion, state=PortionState.ENDED, outcome=outcome, ended_at=at_ms)
    if portion.answer is not None or (ended.has_acted and wait_ms):
        return ended
    answer = _ANSWER_OF.get(outcome, StepAnswer.FAILED)
    return replace(ended, answer=answer, answered_at=at_ms)


def close(run: Run, action: str, at_ms: int) -> Run:
    """The run when a person has decided its case: what waited is off, the decision's steps are due.

    Release takes back holds and locks, cancel asks for the order to be cancelled and takes back
    locks; what takes back by itself later still does.
    """
    if run.closed:
        return run
    steps = [_off(step) for step in run.steps]
    undone = {"release": (HOLD, "lock_stock"), "cancel": ("lock_stock",)}.get(action, ())
    for step in run.steps:
        if step.action in undone and step.portions and step.plan.undoes is None:
            name = _TAKES_BACK[step.action]
            steps = [_superseded(one, step.step) for one in steps]
            plan = PlaybookStep(
                step=_closing_name(action, step.step), action=name, undoes=step.step
            )
            steps.append(_now(plan, step, at_ms))
    orders = next((step for step in run.steps if step.orders), None)
    for plan in _CASE_ACTIONS.get(action, ()):
        if orders is not None:
            steps.append(_now(plan, orders, at_ms))
    return replace(run, steps=tuple(steps), closed=True)


def closing_action(run: Run, step: RunStep) -> str:
    """The decision by which a step takes another back, empty where the playbook says it."""
    for action in _CASE_ACTIONS:
        if run.closed and step.step == _closing_name(action, step.plan.undoes or ""):
            return action
    return ""


def _closing_name(action: str, step: str) -> str:
    return f"{action}_{step}"


def _off(step: RunStep) -> RunStep:
    if step.state is not StepState.WAITING or step.plan.undoes is not None:
        return step
    return replace(
        step, state=StepState.SKIPPED, orders=(), waits_until=None, waits_for="", off=True
    )


def _superseded(step: RunStep, undone: str) -> RunStep:
    """A step that would have taken the same back later: it is done now, by another."""
    if step.plan.undoes != undone or step.state is not StepState.WAITING:
        return step
    return replace(step, state=StepState.SKIPPED, orders=(), waits_until=None, off=True)


def _now(plan: PlaybookStep, like: RunStep, at_ms: int) -> RunStep:
    return RunStep(
        plan=plan,
        state=StepState.WAITING,
        due_at=at_ms,
        waits_until=at_ms,
        orders=like.orders,
    )
