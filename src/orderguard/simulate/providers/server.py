"""A provider on this machine: an HTTP server that can fail in every way that matters."""

import contextlib
import datetime as dt
import socket
import ssl
import struct
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
BODY_BYTES_MAX = 16 * 1024 * 1024
SLOW_S_MAX = 60.0
"""How long a slow answer takes that nobody releases."""
RETRY_AFTER_S = 7


class Fault(StrEnum):
    """How a provider fails."""

    DOWN = "down"
    """Nobody listens."""
    BAD_TLS = "bad_tls"
    """A certificate that nobody trusts."""
    BUSY = "busy"
    """Too many requests: come back later."""
    BROKEN = "broken"
    """An internal error, told as such."""
    REFUSING = "refusing"
    """The request is wrong, and will be."""
    SLOW = "slow"
    """It acts, and answers only when it is released."""
    RESET = "reset"
    """It acts, and the connection breaks before the answer."""
    HALF_BODY = "half_body"
    """It acts, and the connection breaks within the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpProvider(ABC):
    """Listens from its making to `close`. `effects`: what it did, one entry each time it acted."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.effects: list[str] = []
        self.asked: list[Asked] = []
        self.acted = threading.Event()
        self._released = threading.Event()
        self._plain = _Server(self, None)
        self._secure: _Server | None = None

    @abstractmethod
    def settings(self, url: str) -> Mapping[str, Any]:
        """The table of settings that connects the action to this provider at this address."""

    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """What of these settings nobody may read in a log."""

    @abstractmethod
    def act(self, asked: Asked) -> Told:
        """Check the request as the provider does, and act."""

    @abstractmethod
    def fail(self, fault: Fault) -> Told:
        """How this provider says that it is busy, broken or refusing."""

    def connection(self) -> Mapping[str, Any]:
        """The table of settings for where this provider is now, down or behind bad TLS included."""
        if self.fault is Fault.DOWN:
            self._plain.stop()
        if self.fault is Fault.BAD_TLS:
            self._secure = self._secure or _Server(self, _untrusted())
            return self.settings(f"https://{HOST}:{self._secure.port}")
        return self.settings(f"http://{HOST}:{self._plain.port}")

    def answer(self, asked: Asked) -> Told:
        self.asked.append(asked)
        if self.fault in {Fault.BUSY, Fault.BROKEN, Fault.REFUSING}:
            return self.fail(self.fault)
        told = self.act(asked)
        self.acted.set()
        if self.fault is Fault.SLOW:
            self._released.wait(SLOW_S_MAX)
        return told

    def release(self) -> None:
        """Let slow answers go."""
        self._released.set()

    def close(self) -> None:
        self.release()
        for server in (self._plain, self._secure):
            if server is not None:
                server.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, provider: HttpProvider, tls: ssl.SSLContext | None) -> None:
        super().__init__((HOST, 0), _Handler)
        self.provider, self.tls = provider, tls
        self.port = self.server_address[1]
        self._is_open = True
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up, or did not trust us, is what was asked for; all else is ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        if self._is_open:
            self._is_open = False
            self.shutdown()
            self._thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def log_message(self, *_: Any) -> None:
        """Nothing: what was asked is kept."""

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if not 0 <= length <= BODY_BYTES_MAX:
            self.send_error(413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider = self.server.provider
        told = provider.answer(Asked(self.command, self.path, headers, self.rfile.read(length)))
        self.close_connection = True
        if provider.fault is Fault.RESET:
            # Closed without lingering, a connection is reset.
            reset = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            self.connection.close()
            return
        self.send_response(told.status)
        for name, value in {"content-type": "application/json", **told.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(told.body)))
        self.send_header("connection", "close")
        self.end_headers()
        half = len(told.body) // 2 if provider.fault is Fault.HALF_BODY else len(told.body)
        with contextlib.suppress(OSError):  # The caller may not wait for us.
            self.wfile.write(told.body[:half])


def _untrusted() -> ssl.SSLContext:
    """A certificate for the right host, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "both.pem")
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        context.load_cert_chain(path)
    return context
