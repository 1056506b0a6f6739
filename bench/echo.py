"""The probe of the intake: a bare ASGI app on the same server that verifies the signature.

It keeps nothing and reads nothing of the body: `python -m bench.echo PORT`.
"""

import asyncio
import base64
import hmac
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
import uvloop
from bench.traffic import SECRET

_KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
_ANSWER = b'{"accepted": 1, "duplicates": 0}'
_HEAD = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_ANSWER)).encode()),
]


async def app(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    piece = await receive()
    body = piece["body"]
    while piece.get("more_body"):
        piece = await receive()
        body += piece["body"]
    headers = dict(scope["headers"])
    signed = headers[b"webhook-id"] + b"." + headers[b"webhook-timestamp"] + b"." + body
    expected = b"v1," + base64.b64encode(hmac.digest(_KEY, signed, "sha256"))
    fits = hmac.compare_digest(expected, headers[b"webhook-signature"])
    status = 202 if fits else 401
    await send({"type": "http.response.start", "status": status, "headers": _HEAD})
    await send({"type": "http.response.body", "body": _ANSWER})


def main() -> None:
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=2048)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
