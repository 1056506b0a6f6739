"""How large and how slow the body of a request may be."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX = 64 * 1024
BODY_S_MAX = 10.0

_CLOSE = {"connection": "close"}
"""What is left of the body is not read."""


class BoundedBody:
    """Middleware that ends a request whose body is over a limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _Body(receive).piece
        await self._app(scope, receive, send)


class _Body:
    """One body on its way in. What its errors say is an answer: handlers let them pass."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + BODY_S_MAX
        self._bytes = 0
        self._is_whole = False

    async def piece(self) -> Message:
        if self._is_whole:  # Only the end of the connection is left to come.
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408, f"No whole body within {BODY_S_MAX:g} s.", _CLOSE) from error
        self._bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._bytes > BODY_BYTES_MAX:
            raise HTTPException(413, f"The body is over {BODY_BYTES_MAX} bytes.", _CLOSE)
        return message
