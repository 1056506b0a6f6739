"""What the server remembers of senders, in `control.db`. It alone writes; commands read."""

from collections.abc import Sequence

import msgspec

from orderguard.domain.senders import SenderRecord
from orderguard.stores.sqlite.connection import Connection

PRAGMAS_WRITER = (
    # Saved every few seconds while traffic comes; what a power failure takes is no loss.
    "synchronous = NORMAL",
)

_LOAD = "SELECT body FROM sender ORDER BY channel, shop"
_SAVE = "INSERT OR REPLACE INTO sender (channel, shop, body) VALUES (?, ?, ?)"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SenderRecord).decode


class SavedSenders:
    """A SenderStore."""

    def __init__(self, writer: Connection, reader: Connection) -> None:
        self._writer, self._reader = writer, reader

    def load(self) -> list[SenderRecord]:
        """In the order of their names."""
        with self._reader as db:
            return [_decode(body) for (body,) in db.execute(_LOAD)]

    def save(self, records: Sequence[SenderRecord]) -> None:
        with self._writer.transaction() as db:
            db.executemany(_SAVE, [(one.channel, one.shop, _encode(one)) for one in records])
