"""What each channel told of a sale that was spread over platforms, and what was asked of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from orderguard.app import calls
from orderguard.commands.demo.figures import ChannelFigures, Figures, Percentiles
from orderguard.domain.senders import Connection, SenderRecord

if TYPE_CHECKING:
    from orderguard.commands.demo.platforms import PlatformTold

STANDARD = "standard"
_NONE = Connection()


def is_settled(records: Iterable[SenderRecord], since_ms: int) -> bool:
    """Whether no detail is waited for, and each list was read up to then."""
    lists = {name for name, one in calls().items() if one.lists}
    connections = [(one.channel, one.connection) for one in records if one.connection]
    return all(
        not one.details_waiting
        and (name not in lists or (one.listed_ms >= since_ms and not one.failure))
        for name, one in connections
    )


def channel_figures(
    told: "Sequence[PlatformTold]",
    records: Iterable[SenderRecord],
    events: Mapping[str, int],
    figures: Figures,
) -> tuple[ChannelFigures, ...]:
    """The platforms, then the shops that send events as they are."""
    known = {(one.channel, one.shop): one for one in records}
    return (
        *_platforms(told, known, events),
        ChannelFigures(
            channel=STANDARD,
            orders=figures.orders + figures.history_orders - _spread(told),
            events=events.get(STANDARD, 0),
            pushes=None,
            details=0,
            details_failed=0,
            gaps_found=0,
            gaps_mended=0,
            gaps_seen=sum(one.gaps for one in known.values() if one.channel == STANDARD),
            ack_ms=figures.ack_ms,
        ),
    )


def _platforms(
    told: "Sequence[PlatformTold]",
    known: Mapping[tuple[str, str], SenderRecord],
    events: Mapping[str, int],
) -> Iterator[ChannelFigures]:
    for one in told:
        record = known.get((one.channel, one.shop))
        connection = (record.connection if record else None) or _NONE
        p50, p99 = one.ack_ms or (None, None)
        yield ChannelFigures(
            channel=one.channel,
            orders=one.orders,
            events=events.get(one.channel, 0),
            pushes=one.pushes,
            details=connection.details_fetched,
            details_failed=connection.details_failed,
            gaps_found=connection.gaps_found,
            gaps_mended=connection.gaps_mended,
            gaps_seen=record.gaps if record else 0,
            ack_ms=Percentiles(p50=p50, p99=p99),
        )


def _spread(told: "Sequence[PlatformTold]") -> int:
    """Orders of the platforms: a warehouse and a payment provider speak of the same ones."""
    lists = {name for name, one in calls().items() if one.lists}
    return sum(one.orders for one in told if one.channel in lists)
