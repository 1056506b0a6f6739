"""What every handler works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from orderguard.api.frames import Frames
from orderguard.api.metrics import Metrics
from orderguard.api.needs import (
    AccessControl,
    Examine,
    ListedValue,
    LiveView,
    PersonOf,
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
from orderguard.domain.shown import ShownSection
from orderguard.flows.connected import States
from orderguard.flows.shop_desk import ShopDesk


@dataclass(frozen=True, kw_only=True)
class Context:
    live: LiveView
    control: AccessControl
    metrics: Metrics
    clock: Clock
    listed_value: ListedValue
    read_answer: ReadAnswer
    write_rule: WriteRule
    person: PersonOf
    tally: Tally
    pulse: Pulse
    passwords: PasswordGate
    screen: Screening
    storefronts: str
    action_states: States
    results_before: Mapping[str, float]
    """What the merchant says of how things were before, by measure."""
    frames: Frames
    supplies: Mapping[str, frozenset[str]]
    """The members of an order that each channel tells, by the channel."""
    statements: Statements | None = None
    desk: ShopDesk | None = None
    examine: Examine | None = None
    settings: tuple[ShownSection, ...] = ()
    previews: Previews | None = None


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Given = Annotated[Context, Depends(_context)]
