"""HTTP out, to addresses that others typed: guarded, bounded, one try, no redirect.

The address is checked when it is read, and again when its name has been resolved; the connection
then goes to the very address that was checked, so that a name that changes its mind in between
gains nothing. Certificates are checked against the name. Proxies of the environment are not used.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

import certifi
import h11

from orderguard.bilingual import Bilingual, quoted
from orderguard.errors import ActionFailure, ActionRefused, MaybeDone, NotDone
from orderguard.kit.addresses import Address, AddressGuard
from orderguard.kit.clock import to_ms

ANSWER_BYTES_MAX = 64 * 1024
"""Of an answer; what is longer is cut, and never read to its end."""
HEAD_BYTES_MAX = 64 * 1024
PIECE_BYTES = 16 * 1024
ADDRESSES_MAX = 4
"""Of one name that are tried."""
RETRY_AFTER_S_MAX = 86_400

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The numeric addresses of a name, best first; raises OSError."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve_by_system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


class _NoAnswer(ConnectionError):
    """In our own words."""

    def __init__(self, said: Bilingual) -> None:
        super().__init__(said.en)
        self.said = said


class Outbound:
    """Sends to guarded addresses; `seconds_max` is for one try from name to the answer's end."""

    def __init__(
        self,
        *,
        seconds_max: float,
        parallel_max: int,
        allowed_hosts: Iterable[str] = (),
        resolve: Resolve = resolve_by_system,
        tls: ssl.SSLContext | None = None,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        self._seconds_max, self._answer_bytes_max = seconds_max, answer_bytes_max
        self._guard = AddressGuard(allowed_hosts)
        self._resolve = resolve
        self._tls = tls
        self._slots = asyncio.Semaphore(parallel_max)
        self._open: set[asyncio.StreamWriter] = set()

    def read(self, url: str) -> Address:
        """Raise BadInput for an address that must not be called."""
        address = self._guard.read(url)
        if address.scheme == "https" and self._tls is None:
            _trusting()  # Now, and not when shops wait for their answers.
        return address

    async def post(self, address: Address, headers: Mapping[str, str], body: bytes) -> Reply:
        """One POST with its whole answer, whatever its status. Raises as `send` does."""
        return await self.send("POST", address, headers, body)

    async def send(
        self, method: str, address: Address, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """One call with its whole answer, whatever its status.

        Raise NotDone where nothing was sent, MaybeDone where it was and no whole answer came,
        ActionRefused where the name leads to an address that must not be called.
        """
        asked = False
        try:
            async with asyncio.timeout(self._seconds_max), self._slots:
                connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
                request = _request(connection, method, address, headers, body)
                reader, writer = await self._connected(address)
                self._open.add(writer)
                try:
                    asked = True
                    return await _asked(connection, reader, writer, request, self._answer_bytes_max)
                finally:
                    # A connection that is kept and dies looks like a lost answer.
                    self._open.discard(writer)
                    writer.transport.abort()
        except TimeoutError as error:
            seconds = f"{self._seconds_max:g}"
            why = Bilingual(f"no answer within {seconds} s", f"{seconds} 秒内没有应答")
            raise _failure(asked, address, why) from error
        except (OSError, h11.ProtocolError) as error:
            raise _failure(asked, address, _said(error)) from error

    async def close(self) -> None:
        """Let go of the connections that are still open."""
        for writer in self._open:
            writer.transport.abort()

    async def _connected(
        self, address: Address
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connected to nothing that has not been checked; raise OSError where nobody answers."""
        host, is_https = address.host, address.scheme == "https"
        found = await self._addresses(host, address.port)
        if refused := self._guard.refused(host, found):
            raise ActionRefused(
                Bilingual(
                    f"The name {host} leads to {refused}, into a private network.",
                    f"主机名 {host} 指向内网地址 {refused}。",
                ),
                hint=Bilingual(
                    "If that is meant, name the host in `allowed_hosts`.",
                    "如果确实要这样，请把这个主机写进 `allowed_hosts`。",
                ),
            )
        said = Bilingual(f"the name {host} has no address", f"主机名 {host} 没有地址")
        failed: OSError = _NoAnswer(said)
        for one in found:
            try:
                return await asyncio.open_connection(
                    one,
                    address.port,
                    ssl=(self._tls or _trusting()) if is_https else None,
                    server_hostname=host if is_https else None,
                )
            except OSError as error:
                failed = error
        raise _NoAnswer(_said(failed)) from failed

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass  # A name.
        try:
            return (await self._resolve(host, port))[:ADDRESSES_MAX]
        except (OSError, UnicodeError) as error:
            raise _NoAnswer(
                Bilingual(f"the name {host} cannot be resolved", f"主机名 {host} 解析不了")
            ) from error


@lru_cache(1)
def _trusting() -> ssl.SSLContext:
    """Made once: to read all the authorities takes tens of milliseconds."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _request(
    connection: h11.Connection,
    method: str,
    address: Address,
    headers: Mapping[str, str],
    body: bytes,
) -> bytes:
    host = address.origin.partition("://")[2]
    sent = {"host": host, "content-length": str(len(body)), "connection": "close", **headers}
    parts = (
        h11.Request(method=method, target=address.target, headers=list(sent.items())),
        h11.Data(data=body),
        h11.EndOfMessage(),
    )
    return b"".join(connection.send(part) or b"" for part in parts)


async def _asked(
    connection: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: bytes,
    answer_bytes_max: int,
) -> Reply:
    """The answer up to its end, or as much of it as is read."""
    writer.write(request)
    with suppress(ConnectionError):  # Who refuses a body may hang up before its end, and says why.
        await writer.drain()
    head: h11.Response | None = None
    received = bytearray()
    while len(received) <= answer_bytes_max:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            piece = await reader.read(PIECE_BYTES)
            if not piece and head is None:
                break
            connection.receive_data(piece)
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            received += event.data
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    if head is None:
        raise _NoAnswer(Bilingual("it hung up without an answer", "对方没有应答就断开了"))
    names = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    return Reply(head.status_code, names, bytes(received[:answer_bytes_max]))


def _said(error: Exception) -> Bilingual:
    if isinstance(error, _NoAnswer):
        return error.said
    return quoted(str(error) or type(error).__name__)


def _failure(asked: bool, address: Address, why: Bilingual) -> ActionFailure:
    if asked:
        return MaybeDone(
            Bilingual(
                f"{address.origin} was asked, and its answer is not known: {why.en}.",
                f"已向 {address.origin} 发出请求，结果不明：{why.zh}。",
            ),
            hint=Bilingual("Look there whether it happened.", "请在对方系统里查看是否已经执行。"),
        )
    return NotDone(
        Bilingual(
            f"{address.origin} was not reached: {why.en}.",
            f"没有连上 {address.origin}：{why.zh}。",
        ),
        hint=Bilingual("Nothing was sent.", "什么都没有发出。"),
    )


def retry_after_s(text: str | None, now_ms: int) -> float | None:
    """Seconds to wait, from a `Retry-After` in seconds or as a date; at most a day."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), RETRY_AFTER_S_MAX))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((to_ms(moment) - now_ms) / 1000, 0.0), float(RETRY_AFTER_S_MAX))
