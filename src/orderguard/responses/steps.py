"""What a run of a playbook is made of."""

from enum import StrEnum

from msgspec import Struct

from orderguard.domain.library import CHALLENGE, OPEN_CASE, PlaybookStep, StepAnswer
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import Outcome
from orderguard.kit.ids import stable_id

ACTED = frozenset({Outcome.DONE, Outcome.MAYBE_DONE})
"""Outcomes after which there may be something to take back."""

RECORDED = frozenset({CHALLENGE, OPEN_CASE})
"""Actions that are done by being recorded: what shows cases and challenges reads the runs."""


class StepState(StrEnum):
    DONE = "done"
    DUE = "due"
    WAITING = "waiting"
    SKIPPED = "skipped"
    WOULD_DO = "would_do"


class PortionState(StrEnum):
    DUE = "due"
    SENDING = "sending"
    ENDED = "ended"


class Portion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Orders of a step that are done at one go: from `first` to before `end` of the step's orders.

    `key` is what the provider knows it by, empty where nothing is sent. An outcome of None in the
    end says that it would have been done. `undoes` is the key of what it takes back.
    """

    first: int
    end: int
    due_at: int
    key: str = ""
    state: PortionState = PortionState.DUE
    outcome: Outcome | None = None
    reference: str = ""
    detail: str = ""
    undoes: str = ""
    ended_at: int | None = None
    answer: StepAnswer | None = None
    answered_at: int | None = None

    @property
    def has_acted(self) -> bool:
        return self.outcome in ACTED


class RunStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step; `due_at` in ms since the epoch, `orders` those that it is for.

    `off`: a more severe playbook took over, so it does not extend to further orders. `taken`: of
    each portion of the step that it follows, by its first order, how far that is done here.
    `waits_until`: when it is to be looked at next, None where that is not a question of time.
    `stopped`: why it was not done; `waits_for` who must say that it may be.
    """

    plan: PlaybookStep
    state: StepState
    due_at: int
    orders: tuple[OrderKey, ...]
    portions: tuple[Portion, ...] = ()
    taken: dict[int, int] = {}
    waits_until: int | None = None
    ended_at: int | None = None
    off: bool = False
    stopped: str = ""
    waits_for: str = ""

    @property
    def step(self) -> str:
        return self.plan.step

    @property
    def action(self) -> str:
        return self.plan.action

    @property
    def only_if(self) -> str | None:
        return self.plan.only_if

    @property
    def has_acted(self) -> bool:
        """Whether something of it may have to be taken back, or will have to be."""
        return any(
            portion.has_acted or (portion.key and portion.state is not PortionState.ENDED)
            for portion in self.portions
        )


class Run(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`seen`: how many of its alert's orders it has taken in; an alert's orders only ever grow.

    `acts`: it began in live mode. One that began by watching goes on watching. Of a run that mends:
    `gathered` are the orders it has taken in, since those of its alert may change; `mended` says by
    whose doing what was wrong is over, `turn` how often it had come back.
    """

    alert_id: str
    playbook: str
    version: str
    started_at: int
    steps: tuple[RunStep, ...]
    seen: int = 0
    acts: bool = False
    closed: bool = False
    gathered: tuple[OrderKey, ...] = ()
    mended: str = ""
    turn: int = 0

    @property
    def next_due(self) -> int | None:
        """When something is due next, None when nothing waits for a time."""
        times = [step.waits_until for step in self.steps if step.waits_until is not None]
        times += [
            portion.ended_at + step.plan.wait_ms
            for step in self.steps
            if step.plan.wait_ms
            for portion in step.portions
            if portion.ended_at is not None and portion.answer is None
        ]
        return min(times, default=None)

    @property
    def asks_for_person(self) -> bool:
        """Whether it came to a step that opens a case, or would."""
        return any(step.action == OPEN_CASE and step.portions for step in self.steps)

    @property
    def unsent(self) -> tuple[tuple[RunStep, Portion], ...]:
        """What the outbox has of it: due or begun, and not ended."""
        return tuple(
            (step, portion)
            for step in self.steps
            for portion in step.portions
            if portion.state is not PortionState.ENDED
        )


def key_of(alert_id: str, step: PlaybookStep, first: int) -> str:
    """The key of a portion: the same in every fold of the log, and in every try."""
    return stable_id("stp", alert_id, step.step, step.action, step.only_if or "", str(first))
