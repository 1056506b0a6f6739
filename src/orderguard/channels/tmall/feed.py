"""The long connection of TMC, as its client: ask, take, and confirm what is durable.

CONNECT, signed ─► CONNECTACK, a token ─┬─► pull request, every few seconds
                                        └─► data ─► take ─► confirm, or failed
"""

import asyncio
import contextlib
import logging
import socket as sockets
from collections.abc import Callable
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidURI,
)

from orderguard.bilingual import Bilingual, quoted
from orderguard.channels.tmall.adapter import CONNECTED
from orderguard.channels.tmall.frames import (
    KIND,
    Frame,
    FrameKind,
    MessageKind,
    Moment,
    UnreadableFrame,
    Value,
    decode,
    encode,
)
from orderguard.channels.tmall.settings import is_off, number, setting
from orderguard.channels.tmall.signing import connect_sign
from orderguard.domain.feeds import WAITING_MAX, Feed, Take
from orderguard.domain.ports import Clock, RawMessage, ShopConfig
from orderguard.errors import BadInput, FeedLost, FeedRefused, MalformedMessage
from orderguard.kit.addresses import Address, AddressGuard

OPEN_S_MAX, CLOSE_S_MAX = 15.0, 5.0
SIGN_IN_S_MAX = 15.0
FRAME_BYTES_MAX = 1024 * 1024
FRAMES_BEFORE_SIGN_IN_MAX = 16
REASON_LENGTH_MAX = 200

_AS_WEB = {"ws": "http", "wss": "https"}
"""How the guard of addresses reads the schemes of a websocket; the ports are the same."""

_CORRECT = Bilingual("Correct the shop's setting.", "请改正店铺的这项设置。")

log = logging.getLogger(__name__)


class TmcFeed(Feed):
    def is_ready(self, shop: ShopConfig) -> bool:
        return bool(shop.secrets and setting(shop, "app_key")) and not is_off(shop)

    def is_off(self, shop: ShopConfig) -> bool:
        return is_off(shop)

    async def listen(
        self, shop: ShopConfig, take: Take, clock: Clock, on_connected: Callable[[], None]
    ) -> None:
        ping_s = number(shop, "ping_s") or None
        try:
            address, found = await _checked(setting(shop, "tmc_url"))
            async with connect(
                setting(shop, "tmc_url"),
                host=found,  # What was checked, so that a name cannot lead elsewhere by now.
                port=address.port,
                compression=None,
                proxy=None,
                open_timeout=OPEN_S_MAX,
                close_timeout=CLOSE_S_MAX,
                ping_interval=ping_s,
                ping_timeout=ping_s,
                max_size=FRAME_BYTES_MAX,
            ) as socket:
                await _Session(socket, shop, take).run(clock, on_connected)
        except ConnectionClosedOK:
            return
        except InvalidURI as error:
            raise FeedRefused(
                Bilingual(
                    "`tmc_url` is no address of a websocket.", "`tmc_url` 不是 websocket 地址。"
                ),
                hint=_CORRECT,
            ) from error
        except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
            said = str(error) or type(error).__name__
            raise FeedLost(
                Bilingual(f"The connection to TMC ended: {said}", f"与 TMC 的连接断开：“{said}”。")
            ) from error


async def _checked(url: str) -> tuple[Address, str]:
    """The address, and what its name leads to. Raise FeedRefused where we must not connect.

    The host is the one that the shop's settings name, so it may be of the merchant's own network;
    a cloud's metadata never is.
    """
    scheme, _, rest = url.partition("://")
    try:
        host = urlsplit(url).hostname or ""
        guard = AddressGuard((host,) if host else ())
        as_web = _AS_WEB.get(scheme.lower(), "")
        address = guard.read(f"{as_web}://{rest}")
    except (BadInput, ValueError) as error:
        why = error.whole if isinstance(error, BadInput) else quoted(f"{error}")
        raise FeedRefused(
            Bilingual(
                f"`tmc_url` is no address of a websocket that may be connected to: {why.en}",
                f"`tmc_url` 不是可以连接的 websocket 地址：{why.zh}",
            ),
            hint=_CORRECT,
        ) from error
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(OPEN_S_MAX):
        resolved = await loop.getaddrinfo(address.host, address.port, type=sockets.SOCK_STREAM)
    found = [str(where[0]) for *_, where in resolved]
    if refused := guard.refused(address.host, found):
        raise FeedRefused(
            Bilingual(
                f"The host of `tmc_url` leads to {refused}, which is never connected to.",
                f"`tmc_url` 的主机指向 {refused}，这个地址一律不连接。",
            ),
            hint=_CORRECT,
        )
    return address, found[0]


class _Session:
    """One connection, from its first frame to its last."""

    def __init__(self, socket: ClientConnection, shop: ShopConfig, take: Take) -> None:
        self._socket, self._shop, self._take = socket, shop, take
        self._code_bytes = int(setting(shop, "status_code_bytes"))
        self._idle_s = number(shop, "idle_s") or None
        self._pull_s = number(shop, "pull_s")
        self._token = ""
        self._slots = asyncio.Semaphore(WAITING_MAX)
        self._underway: set[int | str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, clock: Clock, on_connected: Callable[[], None]) -> None:
        await self._sign_in(clock.now_ms())
        on_connected()
        puller = asyncio.create_task(self._pull())
        try:
            while True:
                frame = await self._heard()
                if frame is not None and frame.kind == FrameKind.SEND:
                    await self._begin(frame)
        finally:
            tasks = [puller, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _sign_in(self, now_ms: int) -> None:
        app_key, group = setting(self._shop, "app_key"), setting(self._shop, "group_name")
        at = str(now_ms)
        headers: dict[str, Value] = {
            "app_key": app_key,
            "group_name": group,
            "timestamp": at,
            "sign": connect_sign(app_key, group, at, self._shop.secrets[0]),
            "sdk": "orderguard",
        }
        await self._socket.send(encode(Frame(kind=FrameKind.CONNECT, headers=headers)))
        async with asyncio.timeout(SIGN_IN_S_MAX):
            for _ in range(FRAMES_BEFORE_SIGN_IN_MAX):
                frame = await self._heard()
                if frame is not None and frame.kind == FrameKind.CONNECTACK:
                    break
            else:
                raise FeedLost(
                    Bilingual(
                        "TMC answers the first frame with other things.",
                        "TMC 没有应答第一帧，发来的是别的内容。",
                    )
                )
        if frame.code or not frame.token:
            phrase = (frame.phrase or "")[:REASON_LENGTH_MAX]
            missing = Bilingual("it gave no token", "没有给出 token")
            said = quoted(phrase) if phrase else missing
            raise FeedRefused(
                Bilingual(f"TMC does not let us in: {said.en}", f"TMC 拒绝连接：{said.zh}。"),
                hint=Bilingual(
                    "Check App Key, App Secret and `group_name`, and this machine's clock.",
                    "请检查 App Key、App Secret、`group_name` 和本机时钟。",
                ),
                code=str(frame.code or ""),
            )
        self._token = frame.token

    async def _heard(self) -> Frame | None:
        """The next frame; None for one that nobody can read. Raise FeedLost after a silence."""
        try:
            async with asyncio.timeout(self._idle_s):
                data = await self._socket.recv()
        except TimeoutError as error:
            seconds = f"{self._idle_s:g}"
            raise FeedLost(
                Bilingual(
                    f"TMC said nothing for {seconds} s.", f"TMC 已有 {seconds} 秒没有任何消息。"
                )
            ) from error
        if isinstance(data, str):
            return None
        try:
            return decode(data, code_bytes=self._code_bytes)
        except UnreadableFrame as error:
            # It comes again, unconfirmed; all others must not wait for it.
            log.warning("%s sent a frame that is none: %s", self._shop.shop, error)
            return None

    async def _pull(self) -> None:
        """Ask, unless as much as may wait is under way."""
        asks = Frame(
            kind=FrameKind.SEND, token=self._token, headers={KIND: MessageKind.PULL_REQUEST}
        )
        with contextlib.suppress(ConnectionClosed):  # The reader sees it too, and says so.
            while True:
                if not self._slots.locked():
                    await self._socket.send(encode(asks))
                await asyncio.sleep(self._pull_s)

    async def _begin(self, frame: Frame) -> None:
        number = frame.headers.get("id")
        is_data = frame.headers.get(KIND, MessageKind.DATA) == MessageKind.DATA
        if not is_data or not isinstance(number, int | str) or number in self._underway:
            return
        await self._slots.acquire()
        self._underway.add(number)
        task = asyncio.create_task(self._carry(number, frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, number: int | str, frame: Frame) -> None:
        answer = Frame(
            kind=FrameKind.SEND,
            token=self._token,
            headers={KIND: MessageKind.CONFIRM, "id": number},
        )
        try:
            await self._take(_message(frame))
        except MalformedMessage as error:
            log.warning("%s: message %s is unreadable: %s", self._shop.shop, number, error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the message is to come again.
            answer = Frame(
                kind=FrameKind.SENDACK,
                token=self._token,
                headers={KIND: MessageKind.FAILED, "id": number, "msg": type(error).__name__},
            )
        finally:
            self._underway.discard(number)
            self._slots.release()
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(encode(answer))


def _message(frame: Frame) -> RawMessage:
    """Its headers as text, and the content as the body."""
    content = frame.headers.get("content")
    headers = {
        name.lower(): _text(value)
        for name, value in frame.headers.items()
        if value is not None and name not in {"content", KIND}
    }
    body = content if isinstance(content, bytes) else _text(content).encode()
    return RawMessage(headers, "", body, method=CONNECTED)


def _text(value: Value) -> str:
    match value:
        case None:
            return ""
        case Moment():
            return str(value.ms)
        case bytes():
            return value.decode("utf-8", "replace")
    return str(value)
