"""How large and how slow the body of a request may be."""

import asyncio

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orderguard.bilingual import Bilingual

BODY_BYTES_MAX = 64 * 1024
BODY_S_MAX = 10.0
UPLOADS = "/api/v1/settlement-files"
"""Where whole files may be sent."""
UPLOAD_BYTES_MAX = 32 * 1024 * 1024
UPLOAD_S_MAX = 120.0

_CLOSE = {"connection": "close"}
"""What is left of the body is not read."""


class BoundedBody:
    """Middleware that ends a request whose body is over a limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            is_upload = scope["path"] == UPLOADS
            limits = (UPLOAD_BYTES_MAX, UPLOAD_S_MAX) if is_upload else (BODY_BYTES_MAX, BODY_S_MAX)
            receive = _Body(receive, *limits).piece
        await self._app(scope, receive, send)


class _Body:
    """One body on its way in. What its errors say is an answer: handlers let them pass."""

    def __init__(self, receive: Receive, bytes_max: int, s_max: float) -> None:
        self._receive, self._bytes_max, self._s_max = receive, bytes_max, s_max
        self._deadline = asyncio.get_running_loop().time() + s_max
        self._bytes = 0
        self._is_whole = False

    async def piece(self) -> Message:
        if self._is_whole:  # Only the end of the connection is left to come.
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            late = Bilingual(
                f"No whole body within {self._s_max:g} s.",
                f"请求正文没有在 {self._s_max:g} 秒内传完。",
            )
            raise HTTPException(408, late, _CLOSE) from error
        self._bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._bytes > self._bytes_max:
            large = Bilingual(
                f"The body is over {self._bytes_max} bytes.",
                f"请求正文超过 {self._bytes_max} 字节。",
            )
            raise HTTPException(413, large, _CLOSE)
        return message
