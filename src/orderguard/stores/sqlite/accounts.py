"""People, API tokens and sessions, in `control.db`.

Whatever lets somebody in is kept as a hash only. A token, a link and a session are 256 random
bits, for which one SHA-256 is enough; a password is not, so Argon2id makes each guess slow.
"""

import hashlib

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account, Role
from orderguard.domain.ports import Clock
from orderguard.errors import BadInput, NameTaken, UnknownAccount
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE
from orderguard.kit.ids import random_token
from orderguard.stores.sqlite.connection import Connection
from orderguard.stores.sqlite.passwords import NOBODY, is_password, record_of

PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 1_024
LINK_LIVES_MS = 15 * MS_PER_MINUTE
SESSION_LIVES_MS = 12 * MS_PER_HOUR
TOKEN_ID_LENGTH = 8

_ADD_TOKEN = "INSERT INTO token (hash, name, role, added_ms) VALUES (?, ?, ?, ?)"  # noqa: S105 - SQL.
_TOKENS = "SELECT hash, name, role, added_ms FROM token ORDER BY added_ms, hash"
_TOKEN = "SELECT name, role FROM token WHERE hash = ?"  # noqa: S105 - SQL.
_REVOKE = "DELETE FROM token WHERE name = ?1 OR substr(hash, 1, ?2) = ?1"
_ADD_PERSON = "INSERT OR IGNORE INTO person (name, role, password, added_ms) VALUES (?, ?, ?, ?)"
_PERSON = "SELECT role, password FROM person WHERE name = ?"
_PEOPLE = "SELECT name, role, added_ms FROM person ORDER BY name"
_CHANGE_PERSON = "UPDATE person SET role = ? WHERE name = ?"
_DROP_PERSON = "DELETE FROM person WHERE name = ?"
_END_SESSIONS = "DELETE FROM session WHERE name = ?"
_ADD_LINK = "INSERT INTO link (hash, name, role, until_ms) VALUES (?, ?, ?, ?)"
_DROP_OLD_LINKS = "DELETE FROM link WHERE until_ms <= ?"
_USE_LINK = "DELETE FROM link WHERE hash = ? AND until_ms > ? RETURNING name, role"
_ADD_SESSION = "INSERT INTO session (hash, name, role, until_ms) VALUES (?, ?, ?, ?)"
_DROP_OLD_SESSIONS = "DELETE FROM session WHERE until_ms <= ?"
_SESSION = "SELECT name, role FROM session WHERE hash = ? AND until_ms > ?"
_END_SESSION = "DELETE FROM session WHERE hash = ?"


class TokenRow(Struct, frozen=True):
    """A token as people see it: its first characters hashed, never itself."""

    token_id: str
    name: str
    role: str
    added_ms: int


class PersonRow(Struct, frozen=True):
    """Somebody who signs in with a password."""

    name: str
    role: str
    added_ms: int


class Accounts:
    """Who may come in, and as what."""

    def __init__(self, writer: Connection, reader: Connection, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    def token_add(self, name: str, role: Role) -> str:
        """A new token, which nobody can show again. One name may have several."""
        token = random_token("og")
        with self._writer.transaction() as db:
            db.execute(_ADD_TOKEN, (_hash(token), name, role, self._clock.now_ms()))
        return token

    def tokens(self) -> list[TokenRow]:
        """Oldest first."""
        with self._reader as db:
            rows = db.execute(_TOKENS).fetchall()
        return [TokenRow(row[0][:TOKEN_ID_LENGTH], *row[1:]) for row in rows]

    def token_revoke(self, name_or_id: str) -> int:
        """All tokens of a name, or the one with this id; how many that were."""
        with self._writer.transaction() as db:
            revoked = db.execute(_REVOKE, (name_or_id, TOKEN_ID_LENGTH)).rowcount
        if not revoked:
            raise UnknownAccount(
                Bilingual(
                    f"No token has the name or id {name_or_id}.",
                    f"没有名称或编号为 {name_or_id} 的令牌。",
                ),
                hint=Bilingual(
                    "`orderguard token list` names all.", "全部令牌见 `orderguard token list`。"
                ),
            )
        return revoked

    def token_role(self, token: str) -> Account | None:
        with self._reader as db:
            return _account(_hash(token), db.execute(_TOKEN, (_hash(token),)).fetchone())

    def user_add(self, name: str, role: Role, password: str) -> None:
        if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
            raise BadInput(
                Bilingual(
                    f"The password has {len(password)} characters.",
                    f"密码有 {len(password)} 个字符。",
                ),
                hint=Bilingual(
                    f"Give one of {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX}.",
                    f"应有 {PASSWORD_LENGTH_MIN} 到 {PASSWORD_LENGTH_MAX} 个。",
                ),
            )
        row = (name, role, record_of(password), self._clock.now_ms())
        with self._writer.transaction() as db:
            if not db.execute(_ADD_PERSON, row).rowcount:
                raise NameTaken(
                    Bilingual(f"There is a user {name} already.", f"已经有用户 {name}。"),
                    hint=Bilingual("Choose another name.", "请换一个名称。"),
                )

    def people(self) -> list[PersonRow]:
        """By name."""
        with self._reader as db:
            return [PersonRow(*row) for row in db.execute(_PEOPLE).fetchall()]

    def user_role(self, name: str, role: Role) -> None:
        """Give another role; who is signed in by the former one is signed out."""
        with self._writer.transaction() as db:
            if not db.execute(_CHANGE_PERSON, (role, name)).rowcount:
                raise UnknownAccount(Bilingual(f"There is no user {name}.", f"没有用户 {name}。"))
            db.execute(_END_SESSIONS, (name,))

    def user_remove(self, name: str) -> None:
        """The person may not come in any more, from now on."""
        with self._writer.transaction() as db:
            if not db.execute(_DROP_PERSON, (name,)).rowcount:
                raise UnknownAccount(Bilingual(f"There is no user {name}.", f"没有用户 {name}。"))
            db.execute(_END_SESSIONS, (name,))

    def check_password(self, name: str, password: str) -> Account | None:
        """Takes a tenth of a second, whether there is such a user or not."""
        with self._reader as db:
            role, record = db.execute(_PERSON, (name,)).fetchone() or ("", NOBODY)
        if not is_password(password, record):
            return None
        return Account(name=name, role=role, token_hash="")

    def link_add(self, name: str, role: Role) -> str:
        """What a one-time sign-in link carries."""
        link, now_ms = random_token("link"), self._clock.now_ms()
        with self._writer.transaction() as db:
            db.execute(_DROP_OLD_LINKS, (now_ms,))
            db.execute(_ADD_LINK, (_hash(link), name, role, now_ms + LINK_LIVES_MS))
        return link

    def sign_in(self, link: str) -> str | None:
        """A session for a link that nobody has used yet."""
        with self._writer.transaction() as db:
            row = db.execute(_USE_LINK, (_hash(link), self._clock.now_ms())).fetchone()
        account = _account("", row)
        return None if account is None else self.session_add(account)

    def session_add(self, account: Account) -> str:
        session, now_ms = random_token("session"), self._clock.now_ms()
        row = (_hash(session), account.name, account.role, now_ms + SESSION_LIVES_MS)
        with self._writer.transaction() as db:
            db.execute(_DROP_OLD_SESSIONS, (now_ms,))
            db.execute(_ADD_SESSION, row)
        return session

    def session_account(self, session: str) -> Account | None:
        key = _hash(session)
        with self._reader as db:
            return _account(key, db.execute(_SESSION, (key, self._clock.now_ms())).fetchone())

    def sign_out(self, session: str) -> None:
        """A session that is over already is no fault."""
        with self._writer.transaction() as db:
            db.execute(_END_SESSION, (_hash(session),))


def _account(token_hash: str, row: tuple[str, str] | None) -> Account | None:
    return None if row is None else Account(name=row[0], role=row[1], token_hash=token_hash)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
