"""Steps that follow others: on an answer, or to take one back; and how a step begins."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from orderguard.domain.library import Branch, PlaybookStep, StepAnswer
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import Outcome
from orderguard.responses.hours import opening
from orderguard.responses.steps import (
    RECORDED,
    Portion,
    PortionState,
    RunStep,
    StepState,
    key_of,
)

Orders = tuple[OrderKey, ...]

TAKEN_BACK = "taken back before it was begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A run at one instant: all that its steps look at. `steps` are resolved one by one."""

    alert_id: str
    orders: Orders
    added: Orders
    now_ms: int
    acts: bool
    fits: Callable[[PlaybookStep, OrderKey], bool]
    stopped: Callable[[str], str]
    steps: list[RunStep]

    def place(self, index: int, name: str) -> int | None:
        """Where the nearest earlier step of this name stands, or else any."""
        earlier = [at for at, step in enumerate(self.steps[:index]) if step.step == name]
        later = [at for at, step in enumerate(self.steps) if step.step == name and at != index]
        return earlier[-1] if earlier else next(iter(later), None)

    def earlier(self, index: int, name: str) -> RunStep | None:
        place = self.place(index, name)
        return None if place is None else self.steps[place]


def timed_out(step: RunStep, now_ms: int) -> RunStep:
    """The step with the silence of those who were asked in time and said nothing."""
    wait_ms = step.plan.wait_ms
    if not wait_ms or not any(portion.answer is None for portion in step.portions):
        return step
    portions = tuple(
        replace(portion, answer=StepAnswer.TIMEOUT, answered_at=portion.ended_at + wait_ms)
        if portion.answer is None
        and portion.ended_at is not None
        and portion.ended_at + wait_ms <= now_ms
        else portion
        for portion in step.portions
    )
    return step if portions == step.portions else replace(step, portions=portions)


def is_excluded(moment: Moment, index: int, step: RunStep, key: OrderKey | None) -> bool:
    """Whether an earlier step's answer keeps this one from an order; None for no order at all."""
    unless = step.plan.unless
    asked = None if unless is None else moment.earlier(index, unless.step)
    if unless is None or asked is None:
        return False
    return any(
        portion.answer in unless.answers
        and (key is None or key in asked.orders[portion.first : portion.end])
        for portion in asked.portions
    )


def follow(moment: Moment, index: int, step: RunStep, branch: Branch) -> RunStep:
    """A step that is done for the orders for which an earlier one had such an answer."""
    asked = moment.earlier(index, branch.step)
    if asked is None:
        return step
    found, taken, waits_until = _answered(moment, asked, step, branch)
    fitting = tuple(
        key
        for key in found
        if not is_excluded(moment, index, step, key) and moment.fits(step.plan, key)
    )
    step = replace(step, waits_until=waits_until)
    if fitting or (taken != step.taken and not asked.orders):
        former = () if step.state is StepState.WAITING else step.orders
        step = replace(step, orders=former, taken=taken)
        return begun(moment, step, fitting, (*former, *fitting))
    if step.state is not StepState.WAITING:
        return replace(step, taken=taken)
    if waits_until is None and _is_over(asked):
        return replace(
            step, state=StepState.SKIPPED, orders=(), taken=taken, ended_at=moment.now_ms
        )
    return replace(step, orders=moment.orders, taken=taken)


def _answered(
    moment: Moment, asked: RunStep, step: RunStep, branch: Branch
) -> tuple[Orders, dict[int, int], int | None]:
    """Orders answered so that are new here, what is taken then, and when to look again."""
    found: list[OrderKey] = []
    taken, times = dict(step.taken), list[int]()
    for portion in asked.portions:
        if portion.answer not in branch.answers or portion.answered_at is None:
            continue
        if portion.first in taken and taken[portion.first] >= portion.end:
            continue
        due = opening(portion.answered_at + step.plan.after_ms, step.plan.within)
        if due > moment.now_ms:
            times.append(due)
            continue
        found += asked.orders[taken.get(portion.first, portion.first) : portion.end]
        taken[portion.first] = portion.end
    return tuple(found), taken, min(times, default=None)


def _is_over(step: RunStep) -> bool:
    """Whether no answer can come of it any more, unless it extends to further orders."""
    is_settled = step.state not in {StepState.WAITING, StepState.DUE}
    return is_settled and all(portion.answer is not None for portion in step.portions)


def take_back(moment: Moment, index: int, step: RunStep) -> RunStep:
    """A step that undoes another: each portion of it that was begun, once its time has come."""
    assert step.plan.undoes is not None
    place = moment.place(index, step.plan.undoes)
    if place is None:
        return step
    is_early = step.waits_until is not None and step.waits_until > moment.now_ms
    if step.state is StepState.WAITING and step.plan.on is None and is_early:
        return replace(step, orders=moment.steps[place].orders)
    branch, waits_until = step.plan.on, None
    allowed: frozenset[OrderKey] | None = None
    if branch is not None:
        asked = moment.earlier(index, branch.step)
        if asked is None:
            return step
        found, _, waits_until = _answered(moment, asked, replace(step, taken={}), branch)
        allowed = frozenset(found)
    step = replace(step, waits_until=waits_until)
    for portion in moment.steps[place].portions:
        step = _take_back(moment, (index, place), step, portion, allowed)
    if step.state is StepState.WAITING and not step.portions:
        is_open = branch is not None and not _is_over(asked) if branch and asked else False
        if not is_open and _has_ended(moment.steps[place]):
            return replace(step, state=StepState.SKIPPED, orders=(), ended_at=moment.now_ms)
    return step


def _has_ended(step: RunStep) -> bool:
    return step.state not in {StepState.WAITING, StepState.DUE}


def _take_back(
    moment: Moment,
    places: tuple[int, int],
    step: RunStep,
    portion: Portion,
    allowed: frozenset[OrderKey] | None,
) -> RunStep:
    index, place = places
    undone = moment.steps[place]
    if portion.first in step.taken and step.taken[portion.first] >= portion.end:
        return step
    known = step.taken.get(portion.first, portion.first)
    seen = tuple(k for k in undone.orders[known : portion.end] if allowed is None or k in allowed)
    fitting = tuple(
        key
        for key in seen
        if not is_excluded(moment, index, step, key) and moment.fits(step.plan, key)
    )
    if (undone.orders and not seen) or portion.state is PortionState.SENDING:
        return step  # Looked at again when the provider or the buyer has answered.
    taken = {**step.taken, portion.first: portion.end}
    if portion.state is PortionState.DUE and (fitting or not undone.orders):
        moment.steps[place] = never_begun(undone, portion, moment.now_ms)
        return replace(step, taken=taken)
    is_real = portion.has_acted and bool(portion.key)
    is_due = is_real or (portion.outcome is None and portion.state is PortionState.ENDED)
    if not is_due or (undone.orders and not fitting):
        return replace(step, taken=taken)
    former = () if step.state is StepState.WAITING else step.orders
    step = replace(step, orders=former, taken=taken)
    grown = (*former, *fitting)
    return begun(moment, step, fitting, grown, undoes=portion.key if is_real else None)


def never_begun(step: RunStep, portion: Portion, now_ms: int) -> RunStep:
    """The step with a portion that nobody had been asked for yet, and never will be."""
    ended = replace(
        portion,
        state=PortionState.ENDED,
        outcome=Outcome.TOO_LATE,
        detail=TAKEN_BACK,
        ended_at=now_ms,
        answer=StepAnswer.TOO_LATE,
        answered_at=now_ms,
    )
    portions = tuple(ended if one.first == portion.first else one for one in step.portions)
    return settled(replace(step, portions=portions))


def begun(
    moment: Moment, step: RunStep, orders: Orders, grown: Orders, *, undoes: str | None = None
) -> RunStep:
    """The step, due for these orders; `grown` are all of the step's orders with them.

    What takes back something real (`undoes` is its key) is done in shadow mode and while actions
    are stopped too: else what was done would stay for ever.
    """
    acts = moment.acts or undoes is not None
    reason = moment.stopped(step.action) if acts and undoes is None else ""
    if reason:
        if step.portions:
            return step
        return replace(
            step,
            state=StepState.SKIPPED,
            orders=(),
            stopped=reason,
            ended_at=moment.now_ms,
            waits_until=None,
        )
    first = len(step.orders)
    step = replace(step, orders=grown, waits_until=step.waits_until if step.plan.on else None)
    if not acts or step.action in RECORDED:
        return settled(_recorded(moment, step, first, acts=acts))
    sizes = [1] * len(orders) if step.plan.is_each and orders else [len(orders)]
    portions, last = list(step.portions), step.portions[-1] if step.portions else None
    is_open = last is not None and last.state is PortionState.DUE
    if last is not None and is_open and not step.plan.is_each and undoes is None:
        portions[-1] = replace(last, end=len(grown))
        return settled(replace(step, portions=tuple(portions)))
    for size in sizes:
        portions.append(
            Portion(
                first=first,
                end=first + size,
                due_at=moment.now_ms,
                key=key_of(moment.alert_id, step.plan, first),
                undoes=undoes or "",
            )
        )
        first += size
    return settled(replace(step, portions=tuple(portions)))


def _recorded(moment: Moment, step: RunStep, first: int, *, acts: bool) -> RunStep:
    """A step of which nothing is sent: done by being recorded, or watched only."""
    last = step.portions[-1] if step.portions else None
    is_waiting = bool(step.plan.wait_ms)
    if last is not None and not last.key and (last.answer is None) is is_waiting:
        portions = (*step.portions[:-1], replace(last, end=len(step.orders)))
        return replace(step, portions=portions)
    now_ms = moment.now_ms
    portion = Portion(
        first=first,
        end=len(step.orders),
        due_at=now_ms,
        state=PortionState.ENDED,
        outcome=Outcome.DONE if acts else None,
        ended_at=now_ms,
        answer=None if is_waiting else StepAnswer.DONE,
        answered_at=None if is_waiting else now_ms,
    )
    return replace(step, portions=(*step.portions, portion))


def settled(step: RunStep) -> RunStep:
    """The step in the state of its portions."""
    portions = step.portions
    if any(portion.state is not PortionState.ENDED for portion in portions):
        return replace(step, state=StepState.DUE, ended_at=None)
    if any(portion.has_acted for portion in portions):
        state = StepState.DONE
    elif any(portion.outcome is None for portion in portions):
        state = StepState.WOULD_DO
    else:
        state = StepState.SKIPPED
    ended_at = max((portion.ended_at or 0 for portion in portions), default=None)
    return replace(step, state=state, ended_at=ended_at)
