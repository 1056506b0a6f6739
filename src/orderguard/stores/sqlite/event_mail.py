"""Events that commands leave for the server, in `control.db`."""

from collections.abc import Sequence

from orderguard.bilingual import Bilingual
from orderguard.domain.ports import MailedEvent
from orderguard.errors import BadInput
from orderguard.stores.sqlite.connection import Connection

EVENTS_MAX = 2_000_000
"""Events that may wait for a server."""

_COUNT = "SELECT COUNT(*) FROM event_mail"
_POST = "INSERT INTO event_mail (channel, shop, raw) VALUES (?, ?, ?)"
_WAITING = "SELECT place, channel, shop, raw FROM event_mail ORDER BY place LIMIT ?"
_TAKEN = "DELETE FROM event_mail WHERE place <= ?"


class EventMail:
    """An EventMailbox."""

    def __init__(self, writer: Connection, reader: Connection) -> None:
        self._writer, self._reader = writer, reader

    def post(self, channel: str, shop: str, events: Sequence[bytes]) -> None:
        """Leave canonical events, as JSON, for the server; all of them or none."""
        with self._writer.transaction() as db:
            (count,) = db.execute(_COUNT).fetchone()
            if count + len(events) > EVENTS_MAX:
                raise BadInput(
                    Bilingual(
                        f"{count} events wait for the server already.",
                        f"已有 {count} 个事件在等服务器处理。",
                    ),
                    hint=Bilingual(
                        "Start `orderguard serve`, which takes them up.",
                        "请启动 `orderguard serve`，它会处理。",
                    ),
                )
            db.executemany(_POST, [(channel, shop, raw) for raw in events])

    def waiting(self, limit: int) -> list[MailedEvent]:
        with self._reader as db:
            return [MailedEvent(*row) for row in db.execute(_WAITING, (limit,))]

    def taken(self, place: int) -> None:
        with self._writer.transaction() as db:
            db.execute(_TAKEN, (place,))
