"""A listener on the stream of alerts, which notes when each arrived."""

import socket
from collections.abc import Mapping
from typing import Self

import msgspec
from bench.load import HOST, PIECE_BYTES
from msgspec import Struct

OPEN_S_MAX = 10.0


class Told(Struct, frozen=True):
    """An alert as far as it says which event completed its pattern; the health says nothing."""

    order_id: str | None = None


_decode = msgspec.json.Decoder(Told).decode


class Listener:
    """Hears `GET /api/v1/stream`; give `connection` and `note` to who receives."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self.connection = socket.create_connection((HOST, port), timeout=OPEN_S_MAX)
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"GET /api/v1/stream HTTP/1.1\r\nhost: {HOST}\r\n{''.join(lines)}\r\n"
        self.connection.sendall(head.encode())
        heard = b""
        while b": open" not in heard:
            piece = self.connection.recv(PIECE_BYTES)
            assert piece, heard
            heard += piece
        self.connection.setblocking(True)
        self._pieces: list[tuple[int, bytes]] = []

    def note(self, at_ns: int, piece: bytes) -> None:
        assert piece, "the server has cut the listener off"
        self._pieces.append((at_ns, piece))

    def arrivals(self) -> dict[str, int]:
        """When the first alert of each completing order had arrived, in ns, and forget them."""
        first: dict[str, int] = {}
        rest = b""
        for at_ns, piece in self._pieces:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line.startswith(b"data: "):
                    order_id = _decode(line[6:]).order_id
                    if order_id is not None:
                        first.setdefault(order_id, at_ns)
        self._pieces.clear()
        return first

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
