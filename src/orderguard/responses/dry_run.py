"""What a playbook would have come to for a past alert: the run itself, with answers made up.

Nothing is asked and nothing sent. Providers are taken to have done what they were asked for, people
to have said nothing, unless `answers` says otherwise of a step.
"""

from collections.abc import Callable, Mapping
from functools import partial

from orderguard.domain.alerts import Alert
from orderguard.domain.library import Playbook, StepAnswer
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Outcome
from orderguard.kit.clock import MS_PER_DAY
from orderguard.responses.receive import receive
from orderguard.responses.run import advance, start
from orderguard.responses.steps import Portion, Run, RunStep

DAYS_MAX = 30
"""A run is followed no further than so many days."""
INSTANTS_MAX = 1_000

StatusAt = Callable[[int, OrderKey], OrderStatus]
"""Where an order stood at an instant, in ms."""

_OUTCOMES = {
    StepAnswer.FAILED: Outcome.REFUSED,
    StepAnswer.TOO_LATE: Outcome.TOO_LATE,
    StepAnswer.NOT_CONNECTED: Outcome.NOT_CONNECTED,
}


def dry_run(
    alert: Alert,
    playbook: Playbook,
    status_at: StatusAt,
    answers: Mapping[str, StepAnswer],
    *,
    stopped: Callable[[str], str],
) -> Run:
    """The run as it would stand when nothing is left to wait for, by the alert's own times.

    It begins when the alert did, with all the orders that the alert came to have. An answer of a
    person is given as soon as it is asked for.
    """
    now_ms = alert.detected_at
    run = start(alert, playbook, now_ms, acts=True)
    for _ in range(INSTANTS_MAX):
        status = partial(status_at, now_ms)
        run = advance(run, alert.orders, status, now_ms, stopped=stopped, is_live=True)
        unsent = run.unsent
        for step, portion in unsent:
            run = _answered(run, step, portion, answers.get(step.step), now_ms)
        due = run.next_due
        if unsent:
            continue
        if due is None or due <= now_ms or due > alert.detected_at + DAYS_MAX * MS_PER_DAY:
            return run
        now_ms = due
    return run


def _answered(
    run: Run, step: RunStep, portion: Portion, answer: StepAnswer | None, now_ms: int
) -> Run:
    """The run when the provider, and maybe a person, has said this of what stood in the outbox."""
    outcome = Outcome.DONE if answer is None else _OUTCOMES.get(answer, Outcome.DONE)
    words = [outcome.value]
    if step.plan.wait_ms and answer in (StepAnswer.CONFIRMED, StepAnswer.DENIED):
        words.append(answer.value)
    for word in words:
        run = receive(
            run,
            step=step.step,
            key=portion.key,
            outcome=word,
            reference="",
            detail="",
            at_ms=now_ms,
        )
    return run
