"""A run of one playbook for one alert.

A run is state of the fold: it keeps the playbook as it was when it started, and moves only by the
engine's clock and by what the log says.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import Alert
from orderguard.domain.library import Playbook, PlaybookStep
from orderguard.domain.orders import OrderKey, OrderStatus


class StepState(StrEnum):
    DONE = "done"
    DUE = "due"
    WAITING = "waiting"
    SKIPPED = "skipped"
    WOULD_DO = "would_do"


class RunStep(Struct, frozen=True, kw_only=True):
    """One step; `due_at` in ms since the epoch, `orders` those that it is for.

    `off`: a more severe playbook took over, so it does not extend to further orders.
    """

    step: str
    action: str
    state: StepState
    due_at: int
    only_if: str | None
    orders: tuple[OrderKey, ...]
    off: bool = False


class Run(Struct, frozen=True, kw_only=True):
    """`seen`: how many of its alert's orders it has taken in; an alert's orders only ever grow."""

    alert_id: str
    playbook: str
    version: str
    started_at: int
    steps: tuple[RunStep, ...]
    seen: int = 0

    @property
    def next_due(self) -> int | None:
        """When the earliest waiting step is due, None when none waits."""
        waiting = [step.due_at for step in self.steps if step.state is StepState.WAITING]
        return min(waiting, default=None)


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


def start(alert: Alert, playbook: Playbook, now_ms: int) -> Run:
    """The run of a playbook for an alert, no step done yet."""
    return Run(
        alert_id=alert.alert_id,
        playbook=playbook.id,
        version=playbook.version,
        started_at=now_ms,
        steps=tuple(_waiting(step, alert.orders, now_ms) for step in playbook.steps),
    )


def _waiting(step: PlaybookStep, orders: tuple[OrderKey, ...], now_ms: int) -> RunStep:
    return RunStep(
        step=step.step,
        action=step.action,
        state=StepState.WAITING,
        due_at=now_ms + step.after_ms,
        only_if=step.only_if,
        orders=orders,
    )


def take_over(former: Run, run: Run) -> Run:
    """The run of a more severe playbook goes on: what was done stands, what waited is off.

    What was done and stands in the new playbook too is not done again: it goes on there.
    """
    done = {_name(step): step for step in former.steps if step.state in _DONE and not step.off}
    steps = tuple(done.get(_name(step), step) for step in run.steps)
    ended = tuple(_ended(step) for step in former.steps if step not in steps)
    return replace(run, steps=(*ended, *steps), seen=former.seen)


def _name(step: RunStep) -> tuple[str, str, str | None]:
    return step.step, step.action, step.only_if


def _ended(step: RunStep) -> RunStep:
    state = StepState.SKIPPED if step.state is StepState.WAITING else step.state
    return replace(step, state=state, off=True)


def advance(
    run: Run, orders: tuple[OrderKey, ...], status: Callable[[OrderKey], OrderStatus], now_ms: int
) -> Run:
    """The run at this instant: what is due is resolved, and every step extends to new orders.

    A step looks at an order once: when it is due or, after that, when the order joins the alert.
    No action is connected here, so a due step says `would_do`; one whose condition holds for no
    order is skipped.
    """
    added = orders[run.seen :]
    steps = tuple(_resolve(step, orders, added, status, now_ms) for step in run.steps)
    if not added and steps == run.steps:
        return run
    return replace(run, steps=steps, seen=len(orders))


def _resolve(
    step: RunStep,
    orders: tuple[OrderKey, ...],
    added: tuple[OrderKey, ...],
    status: Callable[[OrderKey], OrderStatus],
    now_ms: int,
) -> RunStep:
    if step.off:
        return step
    if step.state is StepState.WAITING and step.due_at > now_ms:
        return replace(step, orders=orders) if added else step
    if step.state is StepState.WAITING:
        fitting = _fitting(step, orders, status)
        is_for_nobody = bool(orders) and not fitting
        state = StepState.SKIPPED if is_for_nobody else StepState.WOULD_DO
        return replace(step, state=state, orders=fitting)
    fitting = _fitting(step, added, status)
    if not fitting:
        return step
    # Mostly a step is for all orders, and shares their tuple: an alert may grow one by one to many.
    is_for_all = len(step.orders) + len(fitting) == len(orders)
    grown = orders if is_for_all else (*step.orders, *fitting)
    return replace(step, state=StepState.WOULD_DO, orders=grown)


def _fitting(
    step: RunStep, orders: tuple[OrderKey, ...], status: Callable[[OrderKey], OrderStatus]
) -> tuple[OrderKey, ...]:
    if step.only_if is None:
        return orders
    holds = ONLY_IF[step.only_if]
    return tuple(key for key in orders if holds(status(key)))
