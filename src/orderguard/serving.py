"""The API of a server, put together from the parts that the server has opened."""

from collections.abc import (
    Awaitable,
    Callable,
    Mapping,
)
from functools import partial
from typing import NamedTuple

from orderguard.api import Examine, ListedValue, Metrics, make_api
from orderguard.app import ControlStore, Installation, calls, channels, feeds, guides
from orderguard.app import actions as action_kinds
from orderguard.domain.entries import ListKind
from orderguard.domain.ports import Action, Clock, CodeSender, ShopDirectory
from orderguard.flows.challenges import Challenges
from orderguard.flows.codes import CodeLimits
from orderguard.flows.connected import action_states
from orderguard.flows.contacts import Contacts
from orderguard.flows.dispatch import Dispatcher
from orderguard.flows.ingest import Intake, Keys
from orderguard.flows.lists import listed_value
from orderguard.flows.live import Live
from orderguard.flows.protect import Tokens
from orderguard.flows.questions import Questions
from orderguard.flows.screen import Screen, ScreenLimits
from orderguard.flows.senders import Senders
from orderguard.flows.shop_desk import ShopDesk
from orderguard.flows.shop_test import Known
from orderguard.flows.statements import StatementImport
from orderguard.kit.child import Child
from orderguard.kit.sealing import Keyring
from orderguard.settings import Settings
from orderguard.settings_file import shown

App = Callable[..., Awaitable[None]]


class Serving(NamedTuple):
    """How a folder is served."""

    settings: Settings
    clock: Clock
    is_demo: bool
    examine: Examine | None


class Parts(NamedTuple):
    """What the API is made of."""

    installation: Installation
    live: Live
    control: ControlStore
    keyring: Keyring
    metrics: Metrics
    senders: Senders
    intake: Intake
    contacts: Contacts
    actions: Mapping[str, Action]
    dispatcher: Dispatcher
    questions: Questions
    previews: Child


def api_of(serving: Serving, parts: Parts) -> App:
    return make_api(
        parts.live,
        parts.control.accounts,
        parts.metrics,
        clock=serving.clock,
        listed_value=_listed_value(parts.keyring),
        storefronts=serving.settings.screen.storefronts,
        screening=_screen(parts.live, parts.control, parts.keyring, serving, parts.actions),
        has_demo_shop=serving.is_demo,
        read_answer=parts.questions.read,
        action_states=partial(
            action_states, action_kinds(), parts.actions, parts.dispatcher, serving.clock
        ),
        write_rule=parts.installation.write_rule,
        statements=StatementImport(parts.installation.settlement_formats(), parts.intake),
        results_before=serving.settings.results.given(),
        desk=ShopDesk(
            shops=parts.control,
            senders=parts.senders,
            known=Known(channels(), calls(), feeds(), parts.control.memory),
            guides=guides(),
            public_url=serving.settings.respond.public_url,
        ),
        examine=serving.examine,
        settings=shown(serving.settings),
        person=parts.contacts.person,
        supplies={name: one.supplies for name, one in channels().items()},
        ask_preview=parts.previews.ask,
    )


def _screen(
    live: Live,
    shops: ShopDirectory,
    keys: Keys,
    serving: Serving,
    actions: Mapping[str, Action],
) -> Screen:
    settings, clock = serving.settings, serving.clock
    limits = ScreenLimits(
        asks_per_s_max=settings.screen.asks_per_s_max, answer_s_max=settings.screen.answer_s_max
    )
    return Screen(
        live=live,
        shops=shops,
        keys=keys,
        clock=clock,
        challenges=Challenges(
            clock,
            _code_sender(actions) if settings.screen.codes_per_hour_max else None,
            CodeLimits(per_hour_max=settings.screen.codes_per_hour_max),
        ),
        limits=limits,
        is_shadow=settings.respond.mode == "shadow" and not serving.is_demo,
    )


def _listed_value(tokens: Tokens) -> ListedValue:
    def listed(kind: ListKind, text: str) -> tuple[str, str]:
        found = listed_value(kind, text, tokens)
        return found.value, found.shown

    return listed


def _code_sender(actions: Mapping[str, Action]) -> CodeSender | None:
    return next((one for one in actions.values() if isinstance(one, CodeSender)), None)
