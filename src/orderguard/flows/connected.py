"""What can be done outside here, and how each provider fares."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from orderguard.domain.calls import Routed
from orderguard.domain.ports import Action, ActionKind, Clock, CodeSender
from orderguard.flows.dispatch import Dispatcher, Fares


class ActionState(Struct, frozen=True, kw_only=True):
    """One kind of action. All but its name and title is None or empty where nobody is connected.

    `is_repeatable`: its provider knows our keys, so a try that was not answered is made again.
    `outcomes`: how many steps ended so since the start.
    """

    name: str
    title: Mapping[str, str]
    is_connected: bool
    is_repeatable: bool | None = None
    sends_codes: bool | None = None
    fares: Fares | None = None
    outcomes: Mapping[str, int] = {}


States = Callable[[], Sequence[ActionState]]


def action_states(
    kinds: Mapping[str, ActionKind],
    actions: Mapping[str, Action],
    dispatcher: Dispatcher,
    clock: Clock,
) -> list[ActionState]:
    """Every kind there is, by name."""
    fares = dispatcher.fares(clock.now_ms())
    return [
        _state(kind, actions.get(name), fares.get(name), dispatcher)
        for name, kind in sorted(kinds.items())
    ]


def _state(
    kind: ActionKind, action: Action | None, fares: Fares | None, dispatcher: Dispatcher
) -> ActionState:
    outcomes = {
        outcome: count
        for (name, outcome), count in sorted(dispatcher.counts.items())
        if name == kind.name
    }
    if action is None or (isinstance(action, Routed) and not action.is_connected):
        return ActionState(name=kind.name, title=kind.title, is_connected=False, outcomes=outcomes)
    return ActionState(
        name=kind.name,
        title=kind.title,
        is_connected=True,
        is_repeatable=action.is_repeatable,
        sends_codes=isinstance(action, CodeSender),
        fares=fares,
        outcomes=outcomes,
    )
