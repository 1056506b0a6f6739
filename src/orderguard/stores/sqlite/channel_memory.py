"""What the server remembers of each shop's connection, sealed, in `control.db`."""

from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite.connection import Connection

_LOAD = "SELECT key_id, sealed FROM channel_memory WHERE channel = ? AND shop = ? AND name = ?"
_SAVE = (
    "INSERT OR REPLACE INTO channel_memory (channel, shop, name, key_id, sealed)"
    " VALUES (?, ?, ?, ?, ?)"
)


class SavedChannelMemory:
    """A ChannelMemory."""

    def __init__(self, writer: Connection, reader: Connection, keyring: Keyring) -> None:
        self._writer, self._reader, self._keyring = writer, reader, keyring

    def load(self, channel: str, shop: str, name: str) -> bytes | None:
        with self._reader as db:
            row = db.execute(_LOAD, (channel, shop, name)).fetchone()
        if row is None:
            return None
        key_id, sealed = row
        return self._keyring.unseal(key_id, sealed, _place(channel, shop, name))

    def save(self, channel: str, shop: str, name: str, value: bytes) -> None:
        sealed = self._keyring.seal(value, _place(channel, shop, name))
        with self._writer.transaction() as db:
            db.execute(_SAVE, (channel, shop, name, self._keyring.active, sealed))


def _place(channel: str, shop: str, name: str) -> bytes:
    """Sealed bytes are worth nothing under another name."""
    return f"memory\x00{channel}\x00{shop}\x00{name}".encode()
