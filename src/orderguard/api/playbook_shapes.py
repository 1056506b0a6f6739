"""Playbooks as people see and change them: shapes of questions and answers."""

from typing import Annotated, Literal

from pydantic import Field

from orderguard.api.rulebook_shapes import Version
from orderguard.api.shapes import Bilingual, Instant, Page, Shape
from orderguard.domain.alerts import Severity
from orderguard.domain.library import StepAnswer
from orderguard.responses import StepState

STEPS_MAX = 50
VALUES_MAX = 20

Text = Annotated[str, Field(max_length=200)]
Title = Annotated[str, Field(min_length=1, max_length=200)]


class Condition(Shape):
    """An earlier step, and the answers of it that count."""

    step: Text
    answers: Annotated[list[StepAnswer], Field(max_length=len(StepAnswer))]


class PlaybookStep(Shape):
    """`after_ms` counts from the start of the run, or the end of `after_step` or `on`."""

    step: str
    action: str
    after_ms: int
    after_step: str | None
    only_if: str | None
    on: Condition | None
    unless: Condition | None
    undoes: str | None
    wait_ms: int
    due_ms: int | None
    is_each: bool
    values: dict[str, str]


class Playbook(Shape):
    """`severity` null: it mends what the health rules `mends` find.

    `draft_by`: who proposes a change of it, where somebody does.
    """

    id: str
    version: str
    title: Bilingual
    severity: Severity | None
    holds_per_hour: int | None
    steps: list[PlaybookStep]
    mends: list[str]
    draft_by: str | None


class PlaybookPage(Page):
    items: list[Playbook]


class TitleText(Shape):
    en: Title
    zh: Title


class StepText(Shape):
    """One step as its file says it, its times like `2h`. What is empty is not said."""

    step: Text
    action: Text
    after: Text = ""
    after_step: Text = ""
    only_if: Text = ""
    on: Condition | None = None
    unless: Condition | None = None
    wait: Text = ""
    give_up: Text = ""
    undoes: Text = ""
    within: Text = ""
    each: bool = False
    values: Annotated[dict[Text, Text], Field(max_length=VALUES_MAX)] = Field(default_factory=dict)
    due: Text = ""


class PlaybookText(Shape):
    """What may be changed of a playbook."""

    title: TitleText
    zone: Text = "Asia/Shanghai"
    holds_per_hour: int | None = None
    steps: Annotated[list[StepText], Field(max_length=STEPS_MAX)]


class PlaybookBook(Shape):
    """A playbook to be worked on: `text` and `file` of its draft, else of the one in force.

    `actions` are all that a step may do, `can` what the caller may do.
    """

    id: str
    severity: Severity | None
    text: PlaybookText
    file: str
    draft_by: str | None
    draft_at: Instant | None
    author: str | None
    versions: list[Version]
    actions: list[str]
    can: list[Literal["draft", "drop", "approve", "rollback"]]


class PlaybookDraft(Shape):
    text: PlaybookText


class DryRunAsked(Shape):
    """`alert_id`: the past alert to run it on. `answers`: what comes back of a step, by its name.

    Steps not named there are done, and people who are asked say nothing.
    """

    text: PlaybookText
    alert_id: Annotated[str, Field(max_length=128)] | None = None
    answers: dict[Text, StepAnswer] = Field(default_factory=dict)


class FaultAt(Shape):
    """`step` counts from 0, null where the fault is in none; `member` is what it is about."""

    step: int | None
    member: str
    message: str


class DryStep(Shape):
    """What would have become of a step: `orders` of the `of` that the alert has.

    `at` is when it would have begun, null where it never would; `stopped` what keeps it off now.
    """

    step: str
    action: str
    state: StepState
    at: Instant | None
    orders: int
    order_ids: list[str]
    stopped: str
    answers: dict[StepAnswer, int]


class DryRun(Shape):
    alert_id: str
    began_at: Instant
    of: int
    steps: list[DryStep]


class Tried(Shape):
    """`run` null where no alert was named or the playbook has faults."""

    file: str
    problems: list[FaultAt]
    run: DryRun | None
