"""Tell from what is remembered of our own reach to a shop's platform what is wrong with it."""

from collections.abc import Iterator

from msgspec import Struct

from orderguard.domain.senders import Connection, SenderRecord


class Reachable(Struct, frozen=True, kw_only=True):
    """What we could do towards a shop's platform, by its channel and its settings.

    `lists`: changed orders can be listed. `is_ready`: the shop has all that calls need.
    `connects`: we keep a connection to it. `is_running`: a server does all this now.
    """

    lists: bool = False
    is_ready: bool = False
    connects: bool = False
    is_running: bool = False


class ConnectionFault(Struct, frozen=True, kw_only=True):
    """In a word or two, in a sentence, and what to do. `is_lasting`: it does not end by itself."""

    short: str
    found: str
    mend: str
    is_lasting: bool = True


def connection_faults(record: SenderRecord, reach: Reachable) -> Iterator[ConnectionFault]:
    """All that is wrong between us and the platform of one shop."""
    place = f"{record.channel}/{record.shop}"
    connection = record.connection or Connection()
    page = f"docs/howto/connect-{record.channel}.md"
    if reach.connects and reach.is_running and not connection.is_connected:
        why = f": {connection.failure}" if connection.failure else ", and is being tried"
        yield ConnectionFault(
            short="not connected",
            found=f"{place}: the connection to the platform does not stand{_full(why)}",
            mend=f"{_test(record)} tries what can be tried now; key, secret and address stand in"
            f" {page}. It is made anew by itself.",
        )
    elif connection.failure:
        yield ConnectionFault(
            short="not answered",
            found=f"{place}: the platform cannot be asked: {_full(connection.failure)}",
            mend=f"{_test(record)} asks it now. Renew a token that ended, allow this server's"
            f" address, or add the permission: {page} says where.",
        )
    if connection.details_failed:
        found = f"{connection.details_failed} details could not be had since the server's start"
        yield ConnectionFault(
            short="details missing",
            found=f"{place}: {found}: of these orders only what was pushed is known.",
            mend="See in the server's messages which, and why; a `refetch_order` asks again.",
            is_lasting=False,
        )
    yield from _gaps(record, connection, reach, place, page)


def _gaps(
    record: SenderRecord, connection: Connection, reach: Reachable, place: str, page: str
) -> Iterator[ConnectionFault]:
    if reach.lists and reach.is_ready:
        if (left := connection.gaps_found - connection.gaps_mended) > 0:
            yield ConnectionFault(
                short="gaps open",
                found=f"{place}: {left} changes that its list told are not in the log yet.",
                mend="They are looked for again in minutes; if they stay, see the server's"
                " messages for what keeps them out.",
                is_lasting=False,
            )
    elif record.gaps:
        mend = "Let it push again from its own page of messages: it has no list that could be read."
        if reach.lists:
            mend = f"Give the shop what calls need ({page}): then they are found and mended."
        yield ConnectionFault(
            short="gaps seen",
            found=f"{place}: {record.gaps} facts came without the message that tells of them.",
            mend=mend,
            is_lasting=False,
        )


def _test(record: SenderRecord) -> str:
    return f"`orderguard shop test {record.shop} --channel {record.channel}`"


def _full(text: str) -> str:
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
