"""Data keys: sealing bytes, and equality tokens that stand for a text."""

import base64
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from orderguard.bilingual import Bilingual
from orderguard.errors import BadInstallation, DamagedRecord, KeyErased
from orderguard.kit.signing import hmac_sha256

KEY_BYTES = 32
NONCE_BYTES = 12
NONCES_AT_ONCE = 256
TOKEN_BYTES = 16
KEY_ID_MAX = 2**32 - 1

_MODE_OWNER_ONLY = 0o600


class _KeyFile(msgspec.Struct, forbid_unknown_fields=True):
    """What stands in the file; bytes are base64 there."""

    active: int
    data_keys: dict[int, bytes]
    token_key: bytes


TOKENS_MAX = 2**15
"""How many tokens are remembered: the same people and doors come back again and again."""


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """The keys of one installation.

    `active` is the id of the data key that seals; each key that ever sealed stays until it is
    erased, and what it sealed is unreadable from then on. The token key never changes: equal
    texts must give equal tokens for ever.
    """

    active: int
    data_keys: dict[int, bytes] = field(repr=False)
    token_key: bytes = field(repr=False)
    _ciphers: dict[int, AESGCM] = field(init=False, repr=False, compare=False)
    _tokens: Callable[[str, str], str] = field(init=False, repr=False, compare=False)
    _nonces: deque[bytes] = field(default_factory=deque, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if any(len(key) != KEY_BYTES for key in (self.token_key, *self.data_keys.values())):
            raise BadInstallation(
                Bilingual(
                    f"A key of the keyring is not {KEY_BYTES} bytes long.",
                    f"密钥环里有一个密钥不是 {KEY_BYTES} 字节。",
                )
            )
        if self.active not in self.data_keys:
            raise BadInstallation(
                Bilingual(
                    f"The keyring lacks its active key {self.active}.",
                    f"密钥环里没有正在使用的密钥 {self.active}。",
                )
            )
        if not all(0 <= key_id <= KEY_ID_MAX for key_id in self.data_keys):
            raise BadInstallation(
                Bilingual(
                    f"A key id of the keyring is not within 0 and {KEY_ID_MAX}.",
                    f"密钥环里有一个密钥编号不在 0 与 {KEY_ID_MAX} 之间。",
                )
            )
        ciphers = {key_id: AESGCM(key) for key_id, key in self.data_keys.items()}
        object.__setattr__(self, "_ciphers", ciphers)
        object.__setattr__(self, "_tokens", lru_cache(TOKENS_MAX)(self._token))

    @classmethod
    def create(cls) -> Self:
        """Fresh keys for a new installation."""
        return cls(active=1, data_keys={1: os.urandom(KEY_BYTES)}, token_key=os.urandom(KEY_BYTES))

    @classmethod
    def for_replay(cls) -> Self:
        """Well-known keys, NOT SECRET: a replay makes the same tokens on any machine."""
        return cls(active=0, data_keys={0: bytes(KEY_BYTES)}, token_key=bytes(KEY_BYTES))

    @classmethod
    def load(cls, path: Path) -> Self:
        try:
            keys = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
        except OSError as error:
            raise BadInstallation(
                Bilingual(
                    f"The keys cannot be read from {path}: {error.strerror}.",
                    f"从 {path} 读不出密钥：“{error.strerror}”。",
                ),
                hint=Bilingual(
                    "Restore the file from a backup; without it nothing sealed can be read.",
                    "请从备份恢复这个文件；没有它，加密的内容都读不出来。",
                ),
            ) from error
        except msgspec.MsgspecError as error:
            raise BadInstallation(
                Bilingual(f"{path} is not a keyring: {error}.", f"{path} 不是密钥环：“{error}”。"),
                hint=Bilingual("Restore the file from a backup.", "请从备份恢复这个文件。"),
            ) from error
        return cls(active=keys.active, data_keys=keys.data_keys, token_key=keys.token_key)

    def save(self, path: Path) -> None:
        """Write the file so that a crash leaves the old one or the new one, whole."""
        content = msgspec.json.encode(_KeyFile(self.active, self.data_keys, self.token_key))
        draft = path.with_name(f"{path.name}.tmp")
        try:
            _write_synced(draft, content)
            draft.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            raise BadInstallation(
                Bilingual(
                    f"The keys cannot be written to {path}: {error.strerror}.",
                    f"密钥写不进 {path}：“{error.strerror}”。",
                ),
                hint=Bilingual(
                    "Check the folder's owner, its permissions and the space on the disk.",
                    "请检查文件夹的所有者、权限和磁盘空间。",
                ),
            ) from error

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """Nonce, ciphertext and tag under the active key; `aad` must be the same at `unseal`."""
        nonce = self._nonce()
        return nonce + self._ciphers[self.active].encrypt(nonce, plain, aad)

    def _nonce(self) -> bytes:
        """A random one. They are drawn many at a time: each call lets go of the interpreter."""
        while True:
            try:
                return self._nonces.pop()
            except IndexError:
                drawn = os.urandom(NONCE_BYTES * NONCES_AT_ONCE)
                self._nonces.extend(
                    drawn[place : place + NONCE_BYTES]
                    for place in range(0, len(drawn), NONCE_BYTES)
                )

    def unseal(self, key_id: int, sealed: bytes, aad: bytes) -> bytes:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise KeyErased(
                Bilingual(f"Data key {key_id} was erased.", f"数据密钥 {key_id} 已销毁。"),
                hint=Bilingual(
                    "What it sealed cannot be read any more.", "用它加密的内容再也读不出来。"
                ),
            )
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce.
            raise DamagedRecord(
                Bilingual(
                    f"Bytes sealed with data key {key_id} were changed or cut short.",
                    f"用数据密钥 {key_id} 加密的内容被改动或截短了。",
                ),
                hint=Bilingual(
                    "Check the disk, and that the keys belong to this data folder.",
                    "请检查磁盘，并确认密钥属于这个数据文件夹。",
                ),
            ) from error

    def token(self, kind: str, text: str) -> str:
        """A text of 22 characters that is the same for the same kind and text, and tells neither.

        `kind` keeps equal texts of different meaning apart.
        """
        return self._tokens(kind, text)

    def _token(self, kind: str, text: str) -> str:
        message = f"{kind}\x00{text}".encode("utf-8", "surrogatepass")
        digest = hmac_sha256(self.token_key, message)
        return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode("ascii")


def _write_synced(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE_OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, _MODE_OWNER_ONLY)  # One left over from a crash keeps its old mode.
        file.write(content)
        file.flush()
        os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
