"""What the API asks of the rest of the program."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account, Role
from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.domain.entries import ListChanged, ListKind, Note
from orderguard.domain.library import StepAnswer
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import AlertQuery, CaseQuery, TimelineRow
from orderguard.flows.challenges import Challenges
from orderguard.flows.contacts import Person
from orderguard.flows.fold import Fold
from orderguard.flows.listeners import Listener, Place
from orderguard.flows.screen import Decision
from orderguard.flows.statements import Bringing, Brought
from orderguard.flows.tables import OrderRecord
from orderguard.kit.bells import Bells
from orderguard.responses import Run


class Queue(Protocol):
    @property
    def in_flight(self) -> int:
        """Entries that wait for the log and the fold."""
        ...


class LiveView(Protocol):
    """The running fold. Everything here is called on the thread of the loop that owns it."""

    is_ready: bool
    saved_at: float
    """On the monotonic clock."""
    fold: Fold

    @property
    def writer(self) -> Queue: ...

    def order(self, key: OrderKey) -> OrderRecord | None: ...

    def timeline(self, key: OrderKey) -> list[TimelineRow]:
        """All stored events of an order, each once."""
        ...

    async def alerts(self, query: AlertQuery) -> list[Alert]: ...

    def alert(self, alert_id: str) -> Alert | None: ...

    def case(self, case_id: str) -> Case | None:
        """A case by its id, or the one that it was merged into."""
        ...

    async def cases(self, query: CaseQuery) -> list[Case]: ...

    def run(self, alert_id: str) -> Run | None: ...

    async def note(self, note: Note) -> int | None:
        """Append a note, whose `received_ms` is set; it is durable and in force on return.

        Its offset in the log.
        """
        ...

    async def change_list(self, note: ListChanged) -> None:
        """The same for a list, which the commands show too. Raise NotListed for taking off more."""
        ...

    @property
    def bells(self) -> Bells:
        """For all who wait to be told something that is not urgent."""
        ...

    def listening(self, bell: asyncio.Event) -> AbstractContextManager[Listener]:
        """Hear of alerts and cases as they change from now on; `bell` is rung when some have."""
        ...

    def missed(self, since: Place) -> AsyncIterator[list[tuple[Place, Alert | Case]]]:
        """Alerts and cases that changed after a place; of old changes only how they are now."""
        ...


class PersonRow(Protocol):
    """Somebody who signs in with a password."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def added_ms(self) -> int: ...


class TokenRow(PersonRow, Protocol):
    """A program's token, which nobody can show again."""

    @property
    def token_id(self) -> str: ...


class AccessControl(Protocol):
    """Who may use the API. All but `check_password` are quick and called on the loop's thread."""

    def token_role(self, token: str) -> Account | None: ...

    def check_password(self, name: str, password: str) -> Account | None:
        """Slow by intention, therefore called on another thread, one call at a time."""
        ...

    def sign_in(self, link: str) -> str | None:
        """A session for a one-time link, which is used up; None where it is unknown or old."""
        ...

    def session_add(self, account: Account) -> str: ...

    def session_account(self, session: str) -> Account | None: ...

    def sign_out(self, session: str) -> None: ...

    def people(self) -> Sequence[PersonRow]: ...

    def user_add(self, name: str, role: Role, password: str) -> None:
        """Slow by intention, as `check_password`."""
        ...

    def user_role(self, name: str, role: Role) -> None: ...

    def user_remove(self, name: str) -> None: ...

    def tokens(self) -> Sequence[TokenRow]: ...

    def token_add(self, name: str, role: Role) -> str: ...

    def token_revoke(self, name_or_id: str) -> int: ...


class Examined(Protocol):
    """What a check of the installation found."""

    @property
    def check(self) -> str: ...
    @property
    def found(self) -> Bilingual: ...
    @property
    def mend(self) -> Bilingual | None: ...
    @property
    def grade(self) -> str: ...


class Screening(Protocol):
    challenges: Challenges

    async def ask(self, body: bytes, by: str) -> Decision:
        """Decide for one attempt at the checkout.

        Raise MalformedMessage for what is none, NotFound for a shop that is not here.
        """
        ...


class Statements(Protocol):
    """Brings settlement files into the log."""

    async def read(self, what: Bringing) -> Brought:
        """What a file holds. Raise BadInput for one that cannot be read."""
        ...

    async def take(self, channel: str, shop: str, brought: Brought) -> int:
        """How many of its settlements are new; they are durable on return."""
        ...


ListedValue = Callable[[ListKind, str], tuple[str, str]]
"""What a list keeps for a value as typed, and how it may be shown. Raises BadInput."""

Examine = Callable[[], Sequence[Examined]]
"""Look at the whole installation, as `orderguard doctor` does; it may take seconds."""

WriteRule = Callable[[str, str], None]
"""Keep the text of a file of the library, by its path there, for the next start."""

PersonOf = Callable[[OrderKey], Person]
"""How the buyer of an order is called and reached, unmasked; read from the log."""

Previews = Callable[[Any], Awaitable[Any]]
"""Asks the process that reads the log for previews: `flows.previews.Question`, and its answer."""

ReadAnswer = Callable[[str], tuple[str, StepAnswer] | None]
"""The key and the answer that the end of an address in a message names."""
