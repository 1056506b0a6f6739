"""Settlement files: bytes → rows → canonical events → log, each once however often it is brought.

    file ─ recognise ─► format ─ read ─► rows ─► settlement.recorded ─► the server's intake
                                    └► lines that cannot be read, told one by one

An event's id is made from the row's own transaction number and its amount: the same row again is a
duplicate, a corrected one is a new word on the same settlement.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby

import msgspec
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.events import SettlementKind
from orderguard.domain.ports import EventMailbox, MailedEvent, Parsed
from orderguard.domain.wire import decode_event
from orderguard.errors import BadInput, MalformedMessage, Overloaded, StoreFailure, UnknownShop
from orderguard.flows.ingest import Intake
from orderguard.kit.ids import stable_id
from orderguard.settlement import (
    MERCHANT,
    PLATFORM,
    LineFault,
    Statement,
    StatementFormat,
    StatementRow,
    money_text,
    read_order_names,
    read_statement,
    recognise,
    total,
)

EVENTS_AT_ONCE = 500
"""Events that are brought to the log in one go."""
ID_LENGTH_MAX = 128
LOOK_S = 0.5
"""How often the server looks for events that commands left."""

log = logging.getLogger(__name__)


class Bringing(Struct, frozen=True, kw_only=True):
    """What is brought, and how to read it: empty members are found out.

    `number` is whose order number counts, `orders` the export of orders that some formats need.
    """

    content: bytes
    format: str = ""
    number: str = ""
    orders: bytes | None = None


class Summed(Struct, frozen=True):
    """How many settlements there are of a kind in a currency, and what they come to."""

    kind: str
    currency: str
    count: int
    amount: str


class Brought(Struct, frozen=True, kw_only=True):
    """What a file held. `fees` are what the provider kept back, by currency: no part of amounts."""

    format: str
    sums: tuple[Summed, ...]
    fees: dict[str, str]
    passed_over: dict[Bilingual, int]
    faults: tuple[LineFault, ...]
    events: tuple[bytes, ...]


def bring(formats: Mapping[str, StatementFormat], what: Bringing) -> Brought:
    """The events of a file, as JSON. Raise BadInput for one that cannot be read at all."""
    name = what.format or recognise(what.content, formats)
    how = formats.get(name)
    if how is None:
        raise BadInput(
            Bilingual(f"No settlement format {name}.", f"没有账单格式 {name}。"),
            hint=Bilingual(
                f"There are {', '.join(formats)}.", f"可以用的有：{'、'.join(formats)}。"
            ),
        )
    number = what.number or (MERCHANT if MERCHANT in how.order_id else PLATFORM)
    names = None if what.orders is None else read_order_names(what.orders, how)
    statement = read_statement(what.content, name, how, number=number, order_names=names)
    fees: dict[str, Decimal] = {}
    for row in statement.rows:
        if row.fee is not None:
            fees[row.currency] = total([fees.get(row.currency, Decimal(0)), abs(row.fee)])
    return Brought(
        format=name,
        sums=_sums(statement),
        fees={currency: money_text(fee) for currency, fee in sorted(fees.items())},
        passed_over=dict(sorted(statement.passed_over.items())),
        faults=statement.faults,
        events=tuple(_event(name, row) for row in statement.rows),
    )


class StatementImport:
    """Brings files into a running server's log."""

    def __init__(self, formats: Mapping[str, StatementFormat], intake: Intake) -> None:
        self.formats, self._intake = formats, intake

    async def read(self, what: Bringing) -> Brought:
        """On another thread: a large file takes seconds."""
        return await asyncio.to_thread(bring, self.formats, what)

    async def take(self, channel: str, shop: str, brought: Brought) -> int:
        """How many of the events are new. Raise UnknownShop, and Overloaded when too much waits."""
        new = 0
        for start in range(0, len(brought.events), EVENTS_AT_ONCE):
            part = brought.events[start : start + EVENTS_AT_ONCE]
            new += await self._intake.take(channel, shop, tuple(_parsed(raw) for raw in part))
        return new


class MailedEvents:
    """Takes in the events that commands leave."""

    def __init__(self, mailbox: EventMailbox, intake: Intake) -> None:
        self._mailbox, self._intake = mailbox, intake

    async def run(self) -> None:
        """Look again and again; what fails is tried at the next turn."""
        while True:
            try:
                while await self.take():
                    pass
            except (StoreFailure, Overloaded) as error:
                log.warning("events of a file wait: %s", error)
            await asyncio.sleep(LOOK_S)

    async def take(self) -> int:
        """Take in what waits, up to a limit; how many there were."""
        waiting = self._mailbox.waiting(EVENTS_AT_ONCE)
        for (channel, shop), group in groupby(waiting, lambda one: (one.channel, one.shop)):
            mailed = list(group)
            try:
                await self._intake.take(channel, shop, tuple(_readable(mailed)))
            except UnknownShop:
                log.error("%d events are for %s/%s, which is not here", len(mailed), channel, shop)  # noqa: TRY400 - expected, when a shop is renamed.
            self._mailbox.taken(mailed[-1].place)
        return len(waiting)


def _readable(mailed: list[MailedEvent]) -> Iterator[Parsed]:
    for one in mailed:
        try:
            yield _parsed(one.raw)
        except MalformedMessage as error:  # Left by another version.
            log.error("an event that a command left is passed over: %s", error)  # noqa: TRY400 - expected.


def _parsed(raw: bytes) -> Parsed:
    return Parsed(decode_event(raw).event, raw)


def _event(name: str, row: StatementRow) -> bytes:
    amount = money_text(row.amount)
    event_id = f"{name}:{row.kind}:{row.transaction}:{amount}"
    if len(event_id) > ID_LENGTH_MAX:
        event_id = stable_id(name[:64], row.kind, row.transaction, amount)
    data = {
        "order_id": row.order_id,
        "kind": row.kind,
        "amount": amount,
        "currency": row.currency,
        "settlement_id": row.transaction,
    }
    if row.fee is not None:
        data["fee"] = money_text(row.fee)
    return msgspec.json.encode(
        {
            "id": event_id,
            "type": "settlement.recorded",
            "occurred_at": row.at.isoformat(),
            "data": data,
        }
    )


def _sums(statement: Statement) -> tuple[Summed, ...]:
    sums: dict[tuple[SettlementKind, str], list[Decimal]] = {}
    for row in statement.rows:
        sums.setdefault((row.kind, row.currency), []).append(row.amount)
    return tuple(
        Summed(kind, currency, len(amounts), money_text(total(amounts)))
        for (kind, currency), amounts in sorted(sums.items())
    )
