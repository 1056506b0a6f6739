"""The listener of the benchmarks, against the stream of a real server's shape."""

import socket
import threading

from bench.alerts import Listener
from bench.load import Clients

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n: open\nretry: 1\n\n\r\n"
ALERT = b'event: alert\nid: 7.1\ndata: {"alert_id":"a","order_id":"%s","score":1}\n\n'


HEALTH = b'event: health\ndata: {"state":"quiet","orders":3}\n\n'


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text), text)


def test_the_first_alert_of_an_order_counts_from_its_last_byte() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        accepted: list[socket.socket] = []

        def answer() -> None:
            connection, _ = server.accept()
            accepted.append(connection)
            assert b"GET /api/v1/stream" in connection.recv(1_000)
            connection.sendall(HEAD)

        thread = threading.Thread(target=answer)
        thread.start()
        with Listener(port, {"authorization": "Bearer x"}) as listener:
            thread.join()
            (connection,) = accepted
            with connection, Clients(port, connections=0) as clients:
                clients.watch(listener.connection, listener.note)
                whole = chunk(ALERT % b"one") + chunk(ALERT % b"two") + chunk(HEALTH)
                for piece in (whole[:100], whole[100:], chunk(ALERT % b"one")):
                    connection.sendall(piece)
                    clients.listen(0.05)
        arrivals = listener.arrivals()
        assert list(arrivals) == ["one", "two"]
        assert arrivals["one"] <= arrivals["two"]
        assert listener.arrivals() == {}
