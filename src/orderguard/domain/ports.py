"""The ports: what the flows ask of the outside. Each has one contract suite in tests/contracts/."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.connecting import ShopSetting, TokenScope
from orderguard.domain.entries import Inbox
from orderguard.domain.events import CanonicalEvent
from orderguard.domain.orders import OrderKey, OrderStatus


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        ...


class RawMessage(Struct, frozen=True):
    """One call, byte for byte. Header names are lower case; the last of a repeated one stands.

    `path` is what follows the shop in the webhook's address, without the slash.
    """

    headers: Mapping[str, str]
    query: str
    body: bytes
    method: str = "POST"
    path: str = ""


class ShopConfig(Struct, frozen=True, kw_only=True):
    """What a channel knows of a shop. `secrets`: all that may sign now, newest first."""

    channel: str
    shop: str
    secrets: tuple[str, ...]
    settings: Mapping[str, str] = {}


class Parsed(Struct, frozen=True):
    """One event with the bytes it came from: the element of a batch, or the whole body.

    `about`: the (channel, shop) whose order a warehouse or a payment provider may speak of; with
    several, the one that knows the order. Empty for the shop's own.
    """

    event: CanonicalEvent
    raw: bytes
    about: tuple[tuple[str, str], ...] = ()


class Answer(Struct, frozen=True):
    status: int
    body: bytes
    content_type: str = "application/json"


class Channel(Protocol):
    """An outside system that tells us of orders. All methods are pure.

    What can be asked of it is `domain/calls.py`; a connection that we open, `domain/feeds.py`.
    """

    name: str
    title: str
    supplies: frozenset[str]
    """Members of the order that it tells, by push or call; rules that need others cannot fire."""
    settings: tuple[ShopSetting, ...] = ()
    tokens: Mapping[str, TokenScope] = {}
    """For members of `supplies` that are equality tokens in place of what is masked: how far."""
    greets: bool = False
    """Whether it checks an address by a GET, which `greet` answers."""
    takes_paths: bool = False
    """Whether it appends a path of its own to the webhook's address."""

    @abstractmethod
    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:
        """Raise SignatureMismatch unless the raw bytes are signed by one of the shop's secrets.

        Look at a signed time after the signature: only who has the secret tells of its clock.
        """

    @abstractmethod
    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        """The events of a verified message. Raise MalformedMessage for anything unreadable.

        An unknown topic is no fault and gives an event of type `unknown` or nothing.
        """

    @abstractmethod
    def acknowledge(self, accepted: int, duplicates: int) -> Answer:
        """What it wants to hear once the events are durable."""

    @abstractmethod
    def new_secret(self) -> str:
        """A fresh secret in this channel's form."""

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        """What these bytes were parsed to, be they of a push or of a call's answer."""
        return self.parse(RawMessage({}, "", raw), shop)

    def greet(self, message: RawMessage, shop: ShopConfig) -> Answer:  # noqa: ARG002
        """What a verified GET wants to hear, where `greets`."""
        return Answer(204, b"")

    def refuse(self, status: int, reason: str) -> Answer | None:  # noqa: ARG002
        """A refusal in the platform's own words, with this status; None for ours."""
        return None

    def fault(self, shop: ShopConfig) -> Bilingual | None:  # noqa: ARG002
        """What forbids these settings from ever working, beyond what is missing."""
        return None


class Draft(Struct, frozen=True):
    """A record to append. Equal digests are the same event: only the first is kept, for ever."""

    received_ms: int
    record: bytes
    digest: bytes | None = None


class LogRow(Struct, frozen=True):
    offset: int
    received_ms: int
    record: bytes


class EventLog(Protocol):
    """Append-only truth. Offsets start at 1 and rise by 1; rows are visible in their order."""

    def append(self, drafts: Sequence[Draft]) -> list[int | None]:
        """Append all of them durably in one commit; the offset of each, None for a duplicate.

        When this returns, the rows survive a power failure. When it raises, none was kept.
        """
        ...

    def read(self, after: int, limit: int) -> list[LogRow]:
        """At most `limit` rows with offsets greater than `after`, in order."""
        ...

    def last(self) -> tuple[int, int]:
        """(offset, received_ms) of the newest row, (0, 0) when empty."""
        ...

    def close(self) -> None: ...


class TimelineRow(Struct, frozen=True):
    """One stored event of an order."""

    order: OrderKey
    offset: int
    event_id: str
    type: str
    occurred_ms: int
    received_ms: int


class AlertRow(Struct, frozen=True):
    """An alert with the offset of the entry that changed it last and its place among changes."""

    alert: Alert
    changed: tuple[int, int]


class AlertQuery(Struct, frozen=True, kw_only=True):
    """`before` is the (detected_at, alert_id) of the last alert already seen; newest first."""

    order_id: str | None = None
    rule: str | None = None
    severity: Severity | None = None
    kind: AlertKind | None = None
    since_ms: int | None = None
    before: tuple[int, str] | None = None
    limit: int = 100


class CaseRow(Struct, frozen=True):
    """A case with the place of its last change among all changes, alerts' included."""

    case: Case
    changed: tuple[int, int]


class CaseQuery(Struct, frozen=True, kw_only=True):
    """Cases that were not merged into others.

    `before` is the (created_at, case_id) of the last one already seen; newest first, or the most
    urgent first: by severity, then by due time. `assignee` empty asks for those that nobody has.
    """

    status: CaseStatus | None = None
    severity: Severity | None = None
    inbox: Inbox | None = None
    assignee: str | None = None
    before: tuple[int, str] | None = None
    by_urgency: bool = False
    limit: int = 100


class Changes(Struct, frozen=True, kw_only=True):
    """What the fold did since the last save: written whole or not at all."""

    cursor: int
    cells: Sequence[tuple[str, str, bytes | None]] = ()
    timeline: Sequence[TimelineRow] = ()
    alerts: Sequence[AlertRow] = ()
    cases: Sequence[CaseRow] = ()


class StateStore(Protocol):
    """State by key, written by the fold alone. Cells are (space, key) to bytes; None deletes."""

    def cursor(self) -> int:
        """The offset up to which everything here has been folded; 0 when new."""
        ...

    def load(self, space: str, key: str) -> bytes | None: ...

    def scan(self, space: str) -> Iterator[tuple[str, bytes]]:
        """All cells of a space in the order of their keys."""
        ...

    def is_empty(self, space: str) -> bool: ...

    def save(self, changes: Changes) -> None:
        """Write all changes and the cursor in one commit.

        May be called from another thread than the reading methods, one call at a time.
        """
        ...

    def timeline(self, order: OrderKey) -> list[TimelineRow]:
        """In the order of offsets."""
        ...

    def alert(self, alert_id: str) -> Alert | None: ...

    def alerts(self, query: AlertQuery) -> list[Alert]:
        """Newest first by (detected_at, alert_id)."""
        ...

    def alerts_changed(self, since: tuple[int, int], limit: int) -> list[AlertRow]:
        """Those that changed after `since`, in the order of their changes."""
        ...

    def case(self, case_id: str) -> Case | None: ...

    def cases(self, query: CaseQuery) -> list[Case]: ...

    def cases_changed(self, since: tuple[int, int], limit: int) -> list[CaseRow]:
        """The same as `alerts_changed`; merged ones are among them."""
        ...

    def close(self) -> None: ...


class ShopDirectory(Protocol):
    """Which shops there are; changes by another process are seen within a second."""

    def find(self, channel: str, shop: str) -> ShopConfig | None: ...

    def all(self) -> Iterable[ShopConfig]: ...


class MailedEvent(Struct, frozen=True):
    """A canonical event, as JSON, left for a shop's log."""

    place: int
    channel: str
    shop: str
    raw: bytes


class EventMailbox(Protocol):
    """Events that commands of other processes leave for the server to take in."""

    def waiting(self, limit: int) -> list[MailedEvent]: ...

    def taken(self, place: int) -> None:
        """All up to this place are in the log, or can never be."""
        ...


class Outcome(StrEnum):
    """What came of a step."""

    DONE = "done"
    MAYBE_DONE = "maybe_done"
    """The provider did not answer: it may have acted. Never asked again where it acts twice."""
    TOO_LATE = "too_late"
    """It can no longer be done: a parcel has left, a code has expired."""
    REFUSED = "refused"
    """The provider said no; asking again is of no use."""
    NOT_CONNECTED = "not_connected"
    """Nobody is configured who could do it: it is recorded here alone."""


class Concerned(Struct, frozen=True, kw_only=True):
    """An order as an action sees it; `phone` as the buyer gave it, None where it is masked.

    `lines` are (sku, units), `parcels` (carrier, tracking number), `refunds` ids of open ones.
    """

    key: OrderKey
    status: OrderStatus
    lines: tuple[tuple[str, int], ...] = ()
    parcels: tuple[tuple[str, str], ...] = ()
    refunds: tuple[str, ...] = ()
    phone: str | None = None


class Doing(Struct, frozen=True, kw_only=True):
    """One step to do. `key` is the same at every try: what it names happens once.

    `until_ms`: nothing is begun after it. `links` are signed one-time addresses by what they
    do, such as `confirm`; `values` what the playbook's step says beyond its name.
    """

    key: str
    step: str
    alert: Alert
    orders: tuple[Concerned, ...]
    language: Literal["zh", "en"] = "zh"
    links: Mapping[str, str] = {}
    values: Mapping[str, str] = {}
    until_ms: int | None = None


class Receipt(Struct, frozen=True, kw_only=True):
    """What came of it, and enough to undo it: `reference` is the provider's own."""

    key: str
    outcome: Outcome
    reference: str = ""
    detail: str = ""


class Action(Protocol):
    """One kind of effect outside, connected as its settings say.

    `is_repeatable`: the provider honours our key, so that a second try never acts twice.
    `is_gathering`: what is asked of it at the same time may go out as one message.
    """

    is_repeatable: bool
    is_gathering: bool

    async def run(self, doing: Doing) -> Receipt:
        """Make it happen once for `doing.key`, however often this is called.

        Raise NotDone when it surely did not happen and may be tried again, MaybeDone when the
        provider was asked and did not answer, ActionRefused when it will never be done.
        """
        ...

    async def undo(self, receipt: Receipt) -> Receipt:
        """Take it back; taking back twice is no fault. Raise as `run` does."""
        ...

    def describe(self, doing: Doing) -> str:
        """What `run` would do, in the language asked for, masked: a dry run."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class CodeSender(Protocol):
    """An action that can also write a one-time code to a telephone: now, or never."""

    def reaches(self, phone: str) -> bool:
        """Whether a code can be sent to this number, as somebody typed it."""
        ...

    async def send_code(self, phone: str, code: str) -> None:
        """Raise ActionFailure where it was not sent, or perhaps not."""
        ...


class ActionKind(Protocol):
    """A kind of action as its folder offers it. `settings` is its table `[actions.NAME]`."""

    name: str
    title: Mapping[str, str]
    """By language, `zh` and `en`."""
    settings: type[Struct]

    def connect(self, settings: Struct) -> Action:
        """Raise BadInput, with what to do, for settings that cannot work."""
        ...
