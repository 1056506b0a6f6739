"""The ports: what the flows ask of the outside. Each has one contract suite in tests/contracts/."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.events import CanonicalEvent
from orderguard.domain.orders import OrderKey


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        ...


class RawMessage(Struct, frozen=True):
    """One call, byte for byte. Header names are lower case; the last of a repeated one stands."""

    headers: Mapping[str, str]
    query: str
    body: bytes


class ShopConfig(Struct, frozen=True, kw_only=True):
    """What a channel needs to know of a shop. `secrets`: all that may sign now, newest first."""

    channel: str
    shop: str
    secrets: tuple[str, ...]
    settings: Mapping[str, str] = {}


class Parsed(Struct, frozen=True):
    """One event with the bytes it came from: the element of a batch, or the whole body."""

    event: CanonicalEvent
    raw: bytes


class Answer(Struct, frozen=True):
    status: int
    body: bytes
    content_type: str = "application/json"


class Channel(Protocol):
    """An outside system that tells us of orders. All three methods are pure."""

    name: str
    title: str
    supplies: frozenset[str]
    """Members of the canonical order that this channel can tell; rules that need others cannot
    fire on its shops."""

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:
        """Raise SignatureMismatch unless the raw bytes are signed by one of the shop's secrets.

        Its `fault` says what is wrong. Look at a signed time after the signature, so that only a
        sender who has the secret tells of its clock.
        """
        ...

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        """The events of a verified message.

        Raise MalformedMessage for anything unreadable; an unknown topic is no fault and gives
        an event of type `unknown` or nothing.
        """
        ...

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:
        """What the platform wants to hear once the events are durable."""
        ...

    def new_secret(self) -> str:
        """A fresh secret in this channel's form."""
        ...


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


class Changes(Struct, frozen=True, kw_only=True):
    """What the fold did since the last save: written whole or not at all."""

    cursor: int
    cells: Sequence[tuple[str, str, bytes | None]] = ()
    timeline: Sequence[TimelineRow] = ()
    alerts: Sequence[AlertRow] = ()


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

    def close(self) -> None: ...


class Account(Struct, frozen=True, kw_only=True):
    """A person or a program that may use the API. Secrets are stored as hashes only."""

    name: str
    role: str
    token_hash: str


class ShopDirectory(Protocol):
    """Which shops there are; changes by another process are seen within a second."""

    def find(self, channel: str, shop: str) -> ShopConfig | None: ...

    def all(self) -> Iterable[ShopConfig]: ...


class Receipt(Struct, frozen=True):
    """What came of an action: enough to undo it."""

    key: str
    outcome: str
    reference: str = ""


class Action(Protocol):
    """One kind of effect outside."""

    name: str
    title: str

    async def run(self, order: OrderKey, *, key: str) -> Receipt:
        """Make it happen once for `key`, however often it is called."""
        ...

    async def undo(self, receipt: Receipt) -> Receipt:
        """Take it back; taking back twice is no fault."""
        ...
