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
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

from orderguard.errors import ActionFailure, ActionRefused, MaybeDone, NotDone
from orderguard.kit.addresses import Address, AddressGuard
from orderguard.kit.clock import to_ms

ANSWER_BYTES_MAX = 64 * 1024
"""Of an answer; what is longer is cut, and never read to its end."""
ADDRESSES_MAX = 4
"""Of one name that are tried."""
RETRY_AFTER_S_MAX = 86_400

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The numeric addresses of a name, best first; raises OSError."""

_SENDING = ".send_request_headers.started"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve_by_system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


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
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=parallel_max,
            max_keepalive_connections=0,  # A kept connection that died looks like a lost answer.
            network_backend=_CheckedBackend(self._guard, resolve),
        )

    def read(self, url: str) -> Address:
        """Raise BadInput for an address that must not be called."""
        return self._guard.read(url)

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

        async def trace(event: str, _: Mapping[str, Any]) -> None:
            nonlocal asked
            asked = asked or event.endswith(_SENDING)

        try:
            async with asyncio.timeout(self._seconds_max):
                return await self._exchange(method, address, headers, body, trace)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise _failure(asked, address, f"no answer within {self._seconds_max:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _failure(asked, address, str(error) or type(error).__name__) from error

    async def close(self) -> None:
        await self._pool.aclose()

    async def _exchange(
        self, method: str, address: Address, headers: Mapping[str, str], body: bytes, trace: object
    ) -> Reply:
        target = httpcore.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=address.target.encode(),
        )
        host = address.origin.partition("://")[2]
        length = {"content-length": str(len(body))} if body or method == "POST" else {}
        sent = {"host": host, **length, **headers}
        async with self._pool.stream(
            method, target, headers=list(sent.items()), content=body, extensions={"trace": trace}
        ) as response:
            received = bytearray()
            async for piece in response.aiter_stream():
                received += piece
                if len(received) > self._answer_bytes_max:
                    break
            names = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            return Reply(response.status, names, bytes(received[: self._answer_bytes_max]))


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Resolves by itself, and connects to nothing that it has not checked."""

    def __init__(self, guard: AddressGuard, resolve: Resolve) -> None:
        self._guard, self._resolve = guard, resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own word.
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._addresses(host, port)
        if refused := self._guard.refused(host, addresses):
            raise ActionRefused(
                f"The name {host} leads to {refused}, into a private network.",
                hint="If that is meant, name the host in `allowed_hosts`.",
            )
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError(f"the name {host} has no address")

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise ActionRefused("A socket of this machine is no address.")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass  # A name.
        try:
            return (await self._resolve(host, port))[:ADDRESSES_MAX]
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved") from error


def _failure(asked: bool, address: Address, why: str) -> ActionFailure:
    if asked:
        return MaybeDone(
            f"{address.origin} was asked, and its answer is not known: {why}.",
            hint="Look there whether it happened.",
        )
    return NotDone(f"{address.origin} was not reached: {why}.", hint="Nothing was sent.")


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
