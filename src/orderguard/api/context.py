"""What every handler works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from orderguard.api.metrics import Metrics
from orderguard.api.needs import (
    AccessControl,
    ListedValue,
    LiveView,
    Previews,
    ReadAnswer,
    Screening,
    Statements,
    WriteRule,
)
from orderguard.api.passwords import PasswordGate
from orderguard.api.pulse import Pulse
from orderguard.api.tally import Tally
from orderguard.domain.ports import Clock
from orderguard.flows.connected import States


@dataclass(frozen=True, kw_only=True)
class Context:
    live: LiveView
    control: AccessControl
    metrics: Metrics
    clock: Clock
    listed_value: ListedValue
    read_answer: ReadAnswer
    write_rule: WriteRule
    tally: Tally
    pulse: Pulse
    passwords: PasswordGate
    screen: Screening
    storefronts: str
    action_states: States
    results_before: Mapping[str, float]
    """What the merchant says of how things were before, by measure."""
    supplies: Mapping[str, frozenset[str]]
    """The members of an order that each channel tells, by the channel."""
    statements: Statements | None = None
    previews: Previews | None = None


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Given = Annotated[Context, Depends(_context)]
