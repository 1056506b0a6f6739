"""An independent client of TMC at our simulated server: what it takes for TMC, ours may learn from.

`tmcpy` 0.3.7 was written for Python 2: its first frame makes bytes of a number, and it opens its
connection in a way that tornado calls outdated. Both are put right here; all else is its own.
"""

import asyncio
import time
from asyncio import Future
from collections.abc import Iterator
from typing import Any

import pytest
from tests.channels.test_tmall_feed import NOW_MS, PATIENCE_S, publish, settled
from tmcpy.client import TmcClient
from tmcpy.message import Message
from tmcpy.messageio import writer
from tornado.websocket import WebSocketClientConnection, websocket_connect

from orderguard.simulate.channels.tmall import TmallPlatform


class Peer(TmcClient):  # type: ignore[misc]  # It has no types.
    def connect(self, is_reconnect: bool = False) -> None:  # noqa: ARG002
        opened = websocket_connect(self.url, on_message_callback=self.on_message)
        asyncio.ensure_future(opened).add_done_callback(self.on_open)

    def on_open(self, future: "Future[WebSocketClientConnection]") -> None:
        self.ws = future.result()
        at = str(round(time.time() * 1000))
        headers = {
            "timestamp": at,
            "app_key": self.app_key,
            "sdk": "peer",
            "sign": self.create_sign(at),
            "group_name": self.group_name,
        }
        self.write_binary(writer(Message(2, 0, flag=1, content=headers)))

    def on_message(self, data: Any) -> None:
        if data is not None:  # Else the connection has ended, and it would end the process.
            super().on_message(data)


@pytest.fixture
def platform() -> Iterator[TmallPlatform]:
    platform = TmallPlatform(now_ms=lambda: NOW_MS)
    yield platform
    platform.close()


async def test_an_independent_client_hears_and_confirms(platform: TmallPlatform) -> None:
    publish(platform, 5)
    heard: list[Message] = []
    app_key, secret = platform.shop.settings["app_key"], platform.shop.secrets[0]
    peer = Peer(platform.tmc.url, app_key, secret, query_message_interval=1)

    def hear(message: Message) -> None:
        heard.append(message)

    peer.on("message", hear)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await settled(platform, 5)
    finally:
        peer._stop_query_loop()
        peer.ws.close()
    assert [one.content["content"]["tid"] for one in heard] == [1, 2, 3, 4, 5]
    assert all(one.token is None and one.content["__kind"] == 3 for one in heard)
    assert platform.tmc.connects == 1
