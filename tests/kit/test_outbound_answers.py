"""What comes back over a real connection, and what it says of what was done."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.kit.test_outbound import outbound

from orderguard.errors import MaybeDone, NotDone
from orderguard.kit.outbound import ANSWER_BYTES_MAX


class Answering:
    """A server that sends these bytes to each caller, whatever it asks, and hangs up."""

    def __init__(self, answer: bytes, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[bytes] = []
        self._answer, self._tls = answer, tls

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"{}"))
        writer.write(self._answer)
        writer.close()


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone", b"done"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ndo\r\n2\r\nne\r\n0\r\n\r\n",
            b"done",
        ),
        (b"HTTP/1.1 200 OK\r\n\r\ndone", b"done"),
        (b"HTTP/1.0 200 OK\r\n\r\ndone", b"done"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3 * ANSWER_BYTES_MAX, b"x" * ANSWER_BYTES_MAX),
    ],
    ids=["length", "chunked", "until the end", "HTTP/1.0", "continue", "too long"],
)
async def test_an_answer_is_read_to_its_end(answer: bytes, body: bytes) -> None:
    async with Answering(answer) as server:
        sender = outbound(allowed=("127.0.0.1",))
        address = sender.read(f"http://127.0.0.1:{server.port}/in?x=1")
        reply = await sender.post(address, {"webhook-id": "k"}, b"{}")
        assert (reply.status, reply.body) == (200, body)
        (asked,) = server.asked
        head, _, sent = asked.partition(b"\r\n\r\n")
        first, *headers = head.split(b"\r\n")
        assert (first, sent) == (b"POST /in?x=1 HTTP/1.1", b"{}")
        told = (b"host: 127.0.0.1:%d" % server.port, b"content-length: 2", b"webhook-id: k")
        assert {*told} <= {*headers}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nd",
        b"hello",
    ],
    ids=["nothing", "half a head", "half a body", "no HTTP"],
)
async def test_who_was_asked_and_gives_no_whole_answer_may_have_done_it(answer: bytes) -> None:
    async with Answering(answer) as server:
        sender = outbound(allowed=("127.0.0.1",))
        with pytest.raises(MaybeDone):
            await sender.post(sender.read(f"http://127.0.0.1:{server.port}/"), {}, b"{}")


async def test_certificates_are_checked_against_the_name(tmp_path: Path) -> None:
    authority = _certificate_for("shop.example.com", tmp_path)
    served, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    served.load_cert_chain(authority)
    trusting.load_verify_locations(authority)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
    async with Answering(answer, served) as server:

        async def post(name: str, tls: ssl.SSLContext | None) -> bytes:
            sender = outbound(["127.0.0.1"], allowed=(name,), tls=tls)
            reply = await sender.post(sender.read(f"https://{name}:{server.port}/"), {}, b"{}")
            return reply.body

        assert await post("shop.example.com", trusting) == b"done"
        for name, tls in (("else.example.com", trusting), ("shop.example.com", None)):
            with pytest.raises(NotDone, match="certificate"):
                await post(name, tls)
        assert len(server.asked) == 1


def _certificate_for(name: str, folder: Path) -> Path:
    """A certificate that vouches for itself, with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(named, named, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return file
