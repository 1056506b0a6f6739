"""Addresses that somebody typed must not lead into our own network: not one connection is made."""

import asyncio
import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Iterator

import pytest
from tests.chinese import check_chinese

from orderguard.errors import ActionRefused, BadInput, MaybeDone, NotDone
from orderguard.kit.addresses import Address, is_public
from orderguard.kit.outbound import ADDRESSES_MAX, Outbound, retry_after_s

PORT_HERE = "{port}"
"""Stands for the port of a listener on this machine, in whatever way the vector spells it."""

# What a person could type to reach this machine, the network around it or a cloud's metadata.
TYPED = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://127.0.0.2:{port}/",
    "https://127.255.255.254:{port}/",
    "https://localhost:{port}/",
    "https://LOCALHOST:{port}/",
    "https://localhost.:{port}/",
    "https://sub.localhost:{port}/",
    "https://localhost.localdomain:{port}/",
    "https://db.internal:{port}/",
    "https://printer.local:{port}/",
    "https://router.lan/",
    "https://nas.home.arpa/",
    "https://intranet:{port}/",
    "https://0.0.0.0:{port}/",
    "https://0:{port}/",
    "https://127.1:{port}/",
    "https://127.0.1:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://0x7f.0.0.1:{port}/",
    "https://0x7f.1:{port}/",
    "https://017700000001:{port}/",
    "https://0177.0.0.1:{port}/",
    "https://127.0.0.01:{port}/",
    "https://127.0.0.1.:{port}/",
    "https://127.0.0.0x1:{port}/",
    "https://１２７.0.0.1:{port}/",
    "https://127。0。0。1:{port}/",
    "https://①②⑦.0.0.1:{port}/",
    "https://%31%32%37.0.0.1:{port}/",
    "https://[::1]:{port}/",
    "https://[::]:{port}/",
    "https://[0:0:0:0:0:0:0:1]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[::127.0.0.1]:{port}/",
    "https://[64:ff9b::7f00:1]:{port}/",
    "https://[2002:7f00:1::]:{port}/",
    "https://[2001:0:7f00:1::]:{port}/",
    "https://[fe80::1]:{port}/",
    "https://[fe80::1%25lo]:{port}/",
    "https://[fc00::1]:{port}/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[ff02::1]:{port}/",
    "https://[2001:db8::1]:{port}/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.127.255.254/",
    "https://100.100.100.200/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials",
    "https://168.63.129.16/",
    "https://192.0.0.192/opc/v2/instance/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://224.0.0.1/",
    "https://239.255.255.250:1900/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://user@127.0.0.1:{port}/",
    "https://user:password@shop.example.com/",
    "https://shop.example.com@127.0.0.1:{port}/",
    "https://shop.example.com#@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@shop.example.com/",
    "https://shop.example.com\\@127.0.0.1:{port}/",
    "https://shop.example.com:443@127.0.0.1:{port}/",
    "https:127.0.0.1:{port}/",
    "https:///127.0.0.1:{port}/",
    "https:/\\127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_POST",
    "dict://127.0.0.1:{port}/",
    "unix:///run/docker.sock",
    "javascript:alert(1)",
    "http://shop.example.com/",
    "https://shop.example.com:0/",
    "https://shop.example.com:65536/",
    "https://shop.example.com:99999999/",
    "https://shop..example.com/",
    "https://.example.com/",
    "https://shop.example.com/\r\nhost: 127.0.0.1",
    "https://shop.example.com/ HTTP/1.1",
    " https://shop.example.com/",
    "https://shop.example.com\t/",
    "https://shop.example.com\x00.internal/",
    "https://[::1/",
    "https://::1:{port}/",
    "",
]

# What a good name may turn out to lead to, when it is resolved.
RESOLVED = [
    ["127.0.0.1"],
    ["127.0.0.53"],
    ["0.0.0.0"],  # noqa: S104 - an address that is refused.
    ["10.1.2.3"],
    ["172.20.0.5"],
    ["192.168.0.10"],
    ["100.100.100.200"],
    ["169.254.169.254"],
    ["168.63.129.16"],
    ["224.0.0.251"],
    ["::1"],
    ["::"],
    ["::ffff:127.0.0.1"],
    ["::ffff:10.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["fe80::1%lo"],
    ["fd12:3456::1"],
    ["2002:7f00:1::1"],
    ["93.184.215.14", "127.0.0.1"],
    ["2606:2800:21f:cb07::1", "::1"],
]


class Connections:
    """Every connection that this process begins, and every one that a listener here takes."""

    def __init__(self) -> None:
        self.begun: list[object] = []
        self.taken = 0
        self.is_watching = False
        self._listeners = [_listener("127.0.0.1", 0)]
        self.port = self._listeners[0].getsockname()[1]
        if socket.has_ipv6:
            self._listeners.append(_listener("::1", self.port))
        for listener in self._listeners:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        self.is_watching = False
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def watch(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_watching and event == "socket.connect":
            self.begun.append(arguments[1])

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                taken, _ = listener.accept()
            except OSError:  # Closed.
                return
            self.taken += 1
            taken.close()


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((host, port))
    listener.listen(16)
    return listener


@pytest.fixture(scope="module")
def all_connections() -> Iterator[Connections]:
    connections = Connections()
    sys.addaudithook(connections.watch)  # It stays to the end of the process, and looks away.
    yield connections
    connections.close()


@pytest.fixture
def connections(all_connections: Connections) -> Iterator[Connections]:
    all_connections.begun.clear()
    all_connections.taken = 0
    all_connections.is_watching = True
    yield all_connections
    all_connections.is_watching = False


def outbound(
    *answers: list[str],
    allowed: tuple[str, ...] = (),
    seconds_max: float = 20,
    tls: ssl.SSLContext | None = None,
) -> Outbound:
    """A sender whose names lead to these addresses, one answer a time, the last one for ever."""
    remaining = list(answers)

    async def resolve(_: str, __: int) -> list[str]:
        if not remaining:
            raise OSError("no such name")
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return Outbound(
        seconds_max=seconds_max, parallel_max=2, allowed_hosts=allowed, resolve=resolve, tls=tls
    )


def test_there_are_enough_vectors() -> None:
    assert len(set(TYPED)) >= 60
    assert len(RESOLVED) >= 20


@pytest.mark.parametrize("typed", TYPED)
async def test_an_address_that_is_refused_when_it_is_read(
    connections: Connections, typed: str
) -> None:
    sender = outbound(["127.0.0.1"])
    with pytest.raises(BadInput) as caught:
        await sender.post(sender.read(typed.replace(PORT_HERE, str(connections.port))), {}, b"{}")
    assert caught.value.hint
    assert (connections.begun, connections.taken) == ([], 0)


@pytest.mark.parametrize("addresses", RESOLVED, ids=",".join)
async def test_an_address_that_is_refused_when_it_is_resolved(
    connections: Connections, addresses: list[str]
) -> None:
    sender = outbound(addresses)
    address = sender.read(f"https://shop.example.com:{connections.port}/")
    with pytest.raises(ActionRefused, match="private network") as caught:
        await sender.post(address, {}, b"{}")
    check_chinese(caught.value.whole)
    assert (connections.begun, connections.taken) == ([], 0)
    await sender.close()


async def test_a_guard_that_lets_everything_through_would_be_seen(
    connections: Connections,
) -> None:
    """That no connection was made says something only if one would have been counted."""
    sender = outbound(["127.0.0.1"], allowed=("shop.example.com",))
    address = sender.read(f"https://shop.example.com:{connections.port}/")
    with pytest.raises(NotDone):  # The listener speaks no TLS.
        await sender.post(address, {}, b"{}")
    assert connections.begun == [("127.0.0.1", connections.port)]
    await sender.close()


async def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(
    connections: Connections,
) -> None:
    """DNS rebinding: the second answer is never asked for by the connection itself."""
    sender = outbound(["127.0.0.1"], ["169.254.169.254"], allowed=("shop.example.com",))
    address = sender.read(f"http://shop.example.com:{connections.port}/")
    with pytest.raises(MaybeDone):  # The listener hangs up.
        await sender.post(address, {}, b"{}")
    assert connections.begun == [("127.0.0.1", connections.port)]
    with pytest.raises(ActionRefused, match=r"169\.254\.169\.254"):
        await sender.post(address, {}, b"{}")
    assert len(connections.begun) == 1
    await sender.close()


@pytest.mark.parametrize("metadata", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::"])
async def test_an_allowed_name_never_leads_to_metadata(
    connections: Connections, metadata: str
) -> None:
    sender = outbound([metadata], allowed=("wms",))
    with pytest.raises(ActionRefused):
        await sender.post(sender.read("http://wms:8080/"), {}, b"{}")
    assert connections.begun == []
    literal = f"[{metadata}]" if ":" in metadata else metadata
    with pytest.raises(BadInput):
        outbound([], allowed=(literal,)).read(f"http://{literal}/")


async def test_a_header_that_cannot_be_sent_was_not_sent(connections: Connections) -> None:
    sender = outbound(allowed=("127.0.0.1",))
    address = sender.read(f"http://127.0.0.1:{connections.port}/")
    with pytest.raises(NotDone):
        await sender.post(address, {"webhook-id": "a\r\nb: c"}, b"{}")
    assert connections.begun == []


async def test_who_hangs_up_without_an_answer_is_told_so() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sender = outbound(["127.0.0.1"], allowed=("127.0.0.1",))
        with pytest.raises(MaybeDone, match="hung up without an answer") as caught:
            await sender.post(sender.read(f"http://127.0.0.1:{port}/"), {}, b"")
        check_chinese(caught.value.whole)
        await sender.close()


async def test_a_name_that_is_not_found_was_not_asked() -> None:
    sender = outbound()
    with pytest.raises(NotDone, match="cannot be resolved") as caught:
        await sender.post(sender.read("https://shop.example.com/"), {}, b"{}")
    check_chinese(caught.value.whole)
    await sender.close()


async def test_a_name_with_no_address_was_not_asked() -> None:
    sender = outbound([])
    with pytest.raises(NotDone, match="has no address"):
        await sender.post(sender.read("https://shop.example.com/"), {}, b"{}")
    await sender.close()


async def test_only_so_many_addresses_of_a_name_are_tried(connections: Connections) -> None:
    closed = _listener("127.0.0.1", 0)
    port = closed.getsockname()[1]
    closed.close()
    sender = outbound([f"127.0.0.{n}" for n in range(1, 9)], allowed=("wms",))
    with pytest.raises(NotDone):
        await sender.post(sender.read(f"http://wms:{port}/"), {}, b"{}")
    assert len(connections.begun) == ADDRESSES_MAX
    await sender.close()


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://shop.example.com", Address("https", "shop.example.com", 443, "/")),
        (
            "HTTPS://Shop.Example.com.:8443/a?b=c",
            Address("https", "shop.example.com", 8443, "/a?b=c"),
        ),
        ("https://shop.example.com?x=1", Address("https", "shop.example.com", 443, "/?x=1")),
        ("https://xn--fiq228c.example/@x", Address("https", "xn--fiq228c.example", 443, "/@x")),
        ("https://8.8.8.8/", Address("https", "8.8.8.8", 443, "/")),
        ("https://[2606:4700:0::1111]/", Address("https", "2606:4700::1111", 443, "/")),
        ("http://wms:8080/in", Address("http", "wms", 8080, "/in")),
        ("http://10.0.0.7/in", Address("http", "10.0.0.7", 80, "/in")),
    ],
)
def test_an_address_that_may_be_called(typed: str, address: Address) -> None:
    assert outbound([], allowed=("WMS", "10.0.0.7")).read(typed) == address


def test_what_people_read_of_an_address_holds_no_path() -> None:
    assert outbound([]).read("https://x.example:8443/T0K3N?k=1").origin == "https://x.example:8443"
    assert outbound([]).read("https://[2606:4700::1]/T").origin == "https://[2606:4700::1]"


def test_the_networks_agree_with_the_standard_library_where_it_knows_them() -> None:
    """Ours may refuse more than `is_global`, and never less."""
    for number in range(0, 1 << 32, (1 << 32) // 5003):
        address = ipaddress.IPv4Address(number)
        assert address.is_global or not is_public(address), address


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("0", 0.0),
        ("120", 120.0),
        ("9" * 50, 86_400.0),
        ("Wed, 11 Nov 2026 00:00:30 GMT", 30.0),
        ("Wed, 11 Nov 2026 00:00:30 -0000", 30.0),
        ("Tue, 10 Nov 2026 00:00:00 GMT", 0.0),
    ],
)
def test_when_to_come_back(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text, 1_794_355_200_000) == seconds
