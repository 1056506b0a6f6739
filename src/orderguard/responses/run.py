"""A run of one playbook for one alert.

A run is state of the fold: it keeps the playbook as it was when it started, and moves only by the
engine's clock and by what the log says.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from orderguard.domain.alerts import Alert
from orderguard.domain.library import Playbook, PlaybookStep
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.responses.follow import Moment, begun, follow, is_excluded, take_back, timed_out
from orderguard.responses.hours import opening
from orderguard.responses.steps import Run, RunStep, StepState

_DONE = frozenset({StepState.DONE, StepState.DUE, StepState.WOULD_DO})
_SHIPPED = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED})
_UNPAID = frozenset({OrderStatus.PENDING_PAYMENT, OrderStatus.UNKNOWN})
_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.CLOSED})

ONLY_IF: Mapping[str, Callable[[OrderStatus], bool]] = {
    # Whoever locks stock for two hours unlocks what is not paid then: an ended order's lock too.
    "unpaid": lambda status: status in _UNPAID or status in _ENDED,
    "paid": lambda status: status not in _UNPAID and status not in _ENDED,
    "shipped": lambda status: status in _SHIPPED,
    "not_shipped": lambda status: status not in _SHIPPED and status not in _ENDED,
}


def start(alert: Alert, playbook: Playbook, now_ms: int, *, acts: bool = False) -> Run:
    """The run of a playbook for an alert, no step done yet."""
    steps: list[RunStep] = []
    for plan in playbook.steps:
        steps.append(_waiting(plan, steps, alert.orders, now_ms))
    return Run(
        alert_id=alert.alert_id,
        playbook=playbook.id,
        version=playbook.version,
        started_at=now_ms,
        steps=tuple(steps),
        acts=acts,
    )


def _waiting(
    plan: PlaybookStep, before: list[RunStep], orders: tuple[OrderKey, ...], now_ms: int
) -> RunStep:
    base = now_ms
    is_known = plan.after_step is None and plan.on is None
    former = plan.after_step or (None if plan.on is None else plan.on.step)
    for step in before:
        if step.step == former:  # Not before it has come so far: until then the latest time shows.
            base = step.due_at + (step.plan.wait_ms if plan.on else 0)
    due = opening(base + plan.after_ms, plan.within)
    return RunStep(
        plan=plan,
        state=StepState.WAITING,
        due_at=due,
        waits_until=due if is_known else None,
        orders=orders,
    )


def take_over(former: Run, run: Run) -> Run:
    """The run of a more severe playbook goes on: what was done stands, what waited is off.

    What was done and stands in the new playbook too is not done again: it goes on there. What
    takes back a step that was done is still to come.
    """
    done = {
        _name(step): step
        for step in former.steps
        if not step.off and (step.state in _DONE or step.portions)
    }
    steps = tuple(_going_on(done.get(_name(step)), step) for step in run.steps)
    continued = {_name(step) for step in run.steps} & done.keys()
    kept = {step.step for step in former.steps if step.portions and _name(step) not in continued}
    ended = tuple(_ended(step, kept) for step in former.steps if _name(step) not in continued)
    return replace(run, steps=(*ended, *steps), seen=former.seen, acts=former.acts)


def _going_on(former: RunStep | None, step: RunStep) -> RunStep:
    return step if former is None else replace(former, plan=step.plan)


def _name(step: RunStep) -> tuple[str, str, str | None]:
    return step.step, step.action, step.only_if


def _ended(step: RunStep, kept: set[str]) -> RunStep:
    if step.state is not StepState.WAITING:
        return replace(step, off=True, waits_until=None)
    if step.plan.undoes in kept:
        return replace(step, off=True)
    return replace(step, off=True, state=StepState.SKIPPED, waits_until=None, waits_for="")


def advance(
    run: Run,
    orders: tuple[OrderKey, ...],
    status: Callable[[OrderKey], OrderStatus],
    now_ms: int,
    *,
    stopped: Callable[[str], str] = lambda _action: "",
    is_live: bool = False,
) -> Run:
    """The run at this instant: what is due is resolved, and every step extends to new orders.

    A step looks at an order once: when it is due or, after that, when the order joins the alert.
    Where nothing acts a due step says `would_do`; one whose condition holds for no order is
    skipped. `stopped` tells why an action is not to be done, empty where it is.
    """
    moment = Moment(
        alert_id=run.alert_id,
        orders=orders,
        added=orders[run.seen :],
        now_ms=now_ms,
        acts=run.acts and is_live,
        fits=lambda plan, key: plan.only_if is None or ONLY_IF[plan.only_if](status(key)),
        stopped=stopped,
        steps=list(run.steps),
    )
    for index in range(len(run.steps)):
        moment.steps[index] = _resolve(moment, index)
    steps = tuple(moment.steps)
    if not moment.added and steps == run.steps:
        return run
    return replace(run, steps=steps, seen=len(orders))


def _resolve(moment: Moment, index: int) -> RunStep:
    step = timed_out(moment.steps[index], moment.now_ms)
    if step.plan.undoes is not None:
        is_over = step.off and step.state is not StepState.WAITING
        return step if is_over else take_back(moment, index, step)
    if step.off:
        return step
    if step.plan.on is not None:
        return follow(moment, index, step, step.plan.on)
    return _plain(moment, index, step)


def _plain(moment: Moment, index: int, step: RunStep) -> RunStep:
    """A step that is due at a time of its own."""
    orders, added = moment.orders, moment.added
    if step.state is not StepState.WAITING:
        fitting = _fitting(moment, index, step, added)
        if not fitting:
            return step
        # Mostly a step is for all orders, and shares their tuple: an alert may grow to many.
        is_for_all = len(step.orders) + len(fitting) == len(orders)
        return begun(moment, step, fitting, orders if is_for_all else (*step.orders, *fitting))
    step = _timed(moment, index, replace(step, orders=orders) if added else step)
    if step.waits_for or step.waits_until is None or step.waits_until > moment.now_ms:
        return step
    fitting = _fitting(moment, index, step, orders)
    if (orders and not fitting) or (not orders and is_excluded(moment, index, step, None)):
        return replace(
            step,
            state=StepState.SKIPPED,
            orders=(),
            ended_at=moment.now_ms,
            waits_until=None,
        )
    return begun(moment, replace(step, orders=()), fitting, fitting)


def _timed(moment: Moment, index: int, step: RunStep) -> RunStep:
    """The step with its time, once the step that it comes after has ended."""
    plan = step.plan
    if plan.after_step is None or step.waits_until is not None or step.waits_for:
        return step
    former = moment.earlier(index, plan.after_step)
    if former is None or former.ended_at is None:
        return step
    due = opening(former.ended_at + plan.after_ms, plan.within)
    return replace(step, due_at=due, waits_until=due)


def _fitting(
    moment: Moment, index: int, step: RunStep, orders: tuple[OrderKey, ...]
) -> tuple[OrderKey, ...]:
    plan = step.plan
    if plan.only_if is None and plan.unless is None:
        return orders
    return tuple(
        key
        for key in orders
        if not is_excluded(moment, index, step, key) and moment.fits(plan, key)
    )
