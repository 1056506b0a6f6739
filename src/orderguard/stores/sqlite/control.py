"""What people and commands write, in `control.db`: shops, accounts, lists and mail for the log.

Commands and the server write it side by side, in short transactions. The log is the server's
alone: what shall stand there waits here as mail.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import msgspec
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.entries import ListChanged, Note
from orderguard.domain.ports import Clock, ShopConfig
from orderguard.domain.record import decode, encode_note
from orderguard.errors import BadInput, NameTaken, NotListed, StoreFailure, UnknownShop
from orderguard.kit.clock import SystemClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite.accounts import Accounts
from orderguard.stores.sqlite.channel_memory import SavedChannelMemory
from orderguard.stores.sqlite.connection import Connection
from orderguard.stores.sqlite.event_mail import EventMail
from orderguard.stores.sqlite.senders import PRAGMAS_WRITER as PRAGMAS_SENDERS
from orderguard.stores.sqlite.senders import SavedSenders
from orderguard.stores.sqlite.unopened import HINT, cannot_open

FILE_NAME = "control.db"
SECRETS_MAX = 2
"""A shop's secrets that may sign at once: the newest, and the one before while senders change."""
SHOPS_FRESH_S = 0.1
"""How old `find` may be; another process's change is seen after that."""
MAIL_MAX = 100_000
"""Notes that may wait for a server."""

_MODE_OWNER_ONLY = 0o600
_REPAIR = Bilingual(
    "Restore control.db from a backup; `orderguard doctor` tells more.",
    "请从备份恢复 control.db；`orderguard doctor` 说得更多。",
)
_PRAGMAS_WRITER = ("synchronous = FULL",)
_PRAGMAS_READER = ("query_only = ON",)

_DATA_VERSION = "PRAGMA data_version"
_SHOPS = "SELECT channel, shop, key_id, sealed FROM shop ORDER BY channel, shop"
_SHOP = "SELECT key_id, sealed FROM shop WHERE channel = ? AND shop = ?"
_ADD_SHOP = "INSERT OR IGNORE INTO shop (channel, shop, key_id, sealed) VALUES (?, ?, ?, ?)"
_SEAL_SHOP = "UPDATE shop SET key_id = ?3, sealed = ?4 WHERE channel = ?1 AND shop = ?2"
_MAIL_COUNT = "SELECT COUNT(*) FROM mail"
_POST = "INSERT INTO mail (id, record) VALUES (?, ?)"
_WAITING = "SELECT id, record FROM mail ORDER BY place LIMIT ?"
_TAKEN = "DELETE FROM mail WHERE id = ?"
_LIST = (
    "INSERT OR REPLACE INTO listed (list, kind, value, shown, reason, until_ms, added_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_UNLIST = "DELETE FROM listed WHERE list = ? AND kind = ? AND value = ?"
_LISTED = (
    "SELECT list, kind, value, shown, reason, until_ms, added_ms FROM listed"
    " WHERE until_ms IS NULL OR until_ms > ? ORDER BY list, kind, added_ms, value"
)


class ListedRow(Struct, frozen=True):
    """An entity on a list. `shown` is what people may see of a value that is personal."""

    list: str
    kind: str
    value: str
    shown: str
    reason: str
    until_ms: int | None
    added_ms: int


class _ShopSecrets(Struct, frozen=True):
    """What is sealed of a shop."""

    secrets: tuple[str, ...]
    settings: Mapping[str, str]


class _KnownShop(NamedTuple):
    """A shop as it was opened, with the key's id and the bytes that it was opened from."""

    sealed: tuple[int, bytes]
    config: ShopConfig


_encode_secrets = msgspec.msgpack.Encoder().encode
_decode_secrets = msgspec.msgpack.Decoder(_ShopSecrets).decode
_SYSTEM_CLOCK = SystemClock()


class Control:
    """A ShopDirectory, the mailbox and the lists.

    `accounts` are those who may come in, `senders` what is remembered of who sends webhooks,
    `events` what commands leave for the log beside notes, `memory` what connections need.

    Any thread may call any method. Readers wait for no writer.
    """

    def __init__(self, path: Path, keyring: Keyring, *, clock: Clock = _SYSTEM_CLOCK) -> None:
        self._keyring, self._clock = keyring, clock
        _create(path)
        with ExitStack() as opened:

            def connect(pragmas: tuple[str, ...]) -> Connection:
                return opened.enter_context(closing(Connection(path, pragmas, repair=_REPAIR)))

            self._writer = connect(_PRAGMAS_WRITER)
            self._writer.migrate("control")
            self._reader = connect(_PRAGMAS_READER)
            self.senders = SavedSenders(connect(PRAGMAS_SENDERS), self._reader)
            self._opened = opened.pop_all()
        self.accounts = Accounts(self._writer, self._reader, clock)
        self.events = EventMail(self._writer, self._reader)
        self.memory = SavedChannelMemory(self._writer, self._reader, keyring)
        self._shops: dict[tuple[str, str], _KnownShop] = {}
        self._shops_version = -1
        self._look_again_at = 0.0

    def shop_add(self, shop: ShopConfig) -> None:
        with self._writer.transaction() as db:
            if not db.execute(_ADD_SHOP, self._shop_values(shop)).rowcount:
                raise NameTaken(
                    Bilingual(
                        f"There is a shop {shop.shop} on {shop.channel} already.",
                        f"{shop.channel} 上已经有店铺 {shop.shop}。",
                    ),
                    hint=Bilingual(
                        f"`orderguard shop rotate-secret {shop.shop} --channel {shop.channel}`"
                        " gives it a new secret.",
                        "换新密钥请用"
                        f" `orderguard shop rotate-secret {shop.shop} --channel {shop.channel}`。",
                    ),
                )
        self._look_again_at = 0.0

    def shop_rotate(self, channel: str, shop: str, secret: str) -> ShopConfig:
        """Sign by a new secret; the one before it stays valid, older ones do not."""

        def rotated(former: ShopConfig) -> ShopConfig:
            both = tuple(dict.fromkeys((secret, *former.secrets)))[:SECRETS_MAX]
            return msgspec.structs.replace(former, secrets=both)

        return self.shop_change(channel, shop, rotated)

    def shop_change(
        self, channel: str, shop: str, change: Callable[[ShopConfig], ShopConfig]
    ) -> ShopConfig:
        """Put what `change` makes of a shop in its place. Raise UnknownShop where there is none."""
        with self._writer.transaction() as db:
            row = db.execute(_SHOP, (channel, shop)).fetchone()
            if row is None:
                raise UnknownShop(
                    Bilingual(
                        f"There is no shop {shop} on {channel}.", f"{channel} 上没有店铺 {shop}。"
                    ),
                    hint=Bilingual(
                        "`orderguard shop list` names all.", "全部店铺见 `orderguard shop list`。"
                    ),
                )
            changed = change(self._shop(channel, shop, *row))
            db.execute(_SEAL_SHOP, self._shop_values(changed))
        self._look_again_at = 0.0
        return changed

    def find(self, channel: str, shop: str) -> ShopConfig | None:
        if monotonic() >= self._look_again_at:
            self._look()
        known = self._shops.get((channel, shop))
        return known.config if known else None

    def all(self) -> list[ShopConfig]:
        self._look()
        return [known.config for known in self._shops.values()]

    def post(self, note: Note) -> str:
        """Leave a note for the server; its id."""
        with self._writer.transaction() as db:
            return _post(db, note)

    def waiting(self, limit: int) -> list[tuple[str, Note]]:
        """Notes not taken yet, oldest first."""
        with self._reader as db:
            rows = db.execute(_WAITING, (limit,)).fetchall()
        return [(note_id, _note(record)) for note_id, record in rows]

    def taken(self, ids: Sequence[str]) -> None:
        with self._writer.transaction() as db:
            db.executemany(_TAKEN, [(note_id,) for note_id in ids])

    def change_list(self, note: ListChanged) -> None:
        """Put an entity on a list or take it off: for people at once, for the engine by mail."""
        key = (note.name, note.kind, note.value)
        with self._writer.transaction() as db:
            if note.on:
                told = (note.shown, note.reason, note.until_ms, self._clock.now_ms())
                db.execute(_LIST, (*key, *told))
            elif not db.execute(_UNLIST, key).rowcount:
                raise NotListed(
                    Bilingual(
                        f"{note.kind} {note.shown} is not on the {note.name} list.",
                        f"{note.kind} {note.shown} 不在 {note.name} 名单上。",
                    ),
                    hint=Bilingual(
                        "`orderguard list show` names what is.",
                        "名单上有什么见 `orderguard list show`。",
                    ),
                )
            _post(db, note)

    def listed(self) -> list[ListedRow]:
        """All that is on a list now."""
        with self._reader as db:
            rows = db.execute(_LISTED, (self._clock.now_ms(),)).fetchall()
        return [ListedRow(*row) for row in rows]

    def close(self) -> None:
        self._opened.close()

    def _look(self) -> None:
        """Read the shops again if anything was written since the last time."""
        with self._reader as db:
            (version,) = db.execute(_DATA_VERSION).fetchone()
            rows = [] if version == self._shops_version else db.execute(_SHOPS).fetchall()
        if version != self._shops_version:
            former = self._shops
            self._shops = {(row[0], row[1]): self._known(former, *row) for row in rows}
            self._shops_version = version
        self._look_again_at = monotonic() + SHOPS_FRESH_S

    def _known(
        self,
        former: Mapping[tuple[str, str], _KnownShop],
        channel: str,
        shop: str,
        key_id: int,
        sealed: bytes,
    ) -> _KnownShop:
        """Most changes of the file are not of shops, and opening secrets takes time."""
        known = former.get((channel, shop))
        if known and known.sealed == (key_id, sealed):
            return known
        return _KnownShop((key_id, sealed), self._shop(channel, shop, key_id, sealed))

    def _shop(self, channel: str, shop: str, key_id: int, sealed: bytes) -> ShopConfig:
        plain = _decode_secrets(self._keyring.unseal(key_id, sealed, _place(channel, shop)))
        return ShopConfig(
            channel=channel, shop=shop, secrets=plain.secrets, settings=plain.settings
        )

    def _shop_values(self, shop: ShopConfig) -> tuple[str, str, int, bytes]:
        plain = _encode_secrets(_ShopSecrets(shop.secrets, shop.settings))
        sealed = self._keyring.seal(plain, _place(shop.channel, shop.shop))
        return (shop.channel, shop.shop, self._keyring.active, sealed)


def _create(path: Path) -> None:
    """The files that SQLite lays beside this one get its mode.

    A file that is there is not opened: closing it would end every lock that this process holds on
    it (sqlite.org/howtocorrupt.html, 2.2), and another process would then drop the WAL in use.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE_OWNER_ONLY))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreFailure(cannot_open(path, error), hint=HINT) from error


def _place(channel: str, shop: str) -> bytes:
    """Sealed bytes are worth nothing under another shop's name."""
    return f"shop\x00{channel}\x00{shop}".encode()


def _post(db: sqlite3.Connection, note: Note) -> str:
    (count,) = db.execute(_MAIL_COUNT).fetchone()
    if count >= MAIL_MAX:
        raise BadInput(
            Bilingual(
                f"{count} changes wait for the server already.",
                f"已有 {count} 个更改在等服务器处理。",
            ),
            hint=Bilingual(
                "Start `orderguard serve`, which takes them up.",
                "请启动 `orderguard serve`，它会处理。",
            ),
        )
    note_id = secrets.token_hex(16)
    db.execute(_POST, (note_id, encode_note(note)))
    return note_id


def _note(record: bytes) -> Note:
    note = decode(record)
    assert isinstance(note, Note), "only notes are posted"
    return note
