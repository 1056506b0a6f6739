"""The two processes that a demo starts: the server, and the player that sends it a sale."""

import errno
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from orderguard.commands.demo.storefront import NOTHING_SCREENED, Screened, Storefront, attempts_of
from orderguard.domain.ports import ShopConfig
from orderguard.errors import OrderGuardError
from orderguard.kit.clock import MS_PER_SECOND, SystemClock
from orderguard.simulate.clock import PlayedClock
from orderguard.simulate.model import MINUTE_MS
from orderguard.simulate.player import (
    HISTORY_ROUND_MS,
    SALE_ROUND_MS,
    Player,
    Spotlight,
    Stage,
)
from orderguard.simulate.sale import Sale, make_sale
from orderguard.simulate.sender import NotTaken, Sender
from orderguard.simulate.showcase import Attack
from orderguard.simulate.wire import Json
from orderguard.simulate.world import length_ms

if TYPE_CHECKING:  # The other processes, and most demos, do without its imports.
    from orderguard.commands.demo.platforms import Platforms, PlatformTold

HOST = "127.0.0.1"
REGULARS_SHARE = 0.1
"""Earlier orders of plain buyers for each order of the sale: what a laptop plays in seconds."""
AFTER_CLOSING_MS = 30 * MINUTE_MS
"""Played after the sale has closed: the last payments. Parcels take days, nobody waits for them."""
SALE_S_MIN, SALE_S_MAX = 30.0, 60.0
ATTACK_S = 8.0
"""Of these, for the half minute of the attack."""
ATTACK_MARGIN_MS = 5 * MS_PER_SECOND
END_S_MAX = 10.0


class KnownOrder(NamedTuple):
    """The truth about an order; `place` and `at_ms` are of its first arrival, `places` of all."""

    order_id: str
    bad: bool
    kind: str
    amount_fen: int
    place: int
    at_ms: int = 0
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The sale to make, which ends at `end`.

    It shall be played when the monotonic clock shows `over_s`; None: as fast as it goes.
    `is_spread`: a part of it on simulated platforms.
    """

    seed: int
    orders: int
    end: datetime
    over_s: float | None
    is_spread: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """`history` of the `arrivals` are from before the sale; orders in the order of their places.

    `platforms`: the shops on simulated platforms, where there are any.
    """

    arrivals: int
    history: int
    opening_ms: int
    orders: tuple[KnownOrder, ...]
    attack: Attack
    platforms: tuple[ShopConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class Go:
    """The server is ready for the player."""

    port: int
    secrets: Mapping[str, str]
    screen_token: str


@dataclass(frozen=True, slots=True)
class Told:
    """So many arrivals are durable; `repeated` posts had to be sent again.

    The last of them were sent at `sent_s`, on the monotonic clock.
    """

    arrivals: int
    repeated: int
    sent_s: float = 0.0
    screened: Screened = NOTHING_SCREENED


@dataclass(frozen=True, slots=True)
class Over:
    """All is told; by the platforms, where a part of the sale was theirs."""

    platforms: "tuple[PlatformTold, ...]" = ()


@dataclass(frozen=True, slots=True)
class Ready:
    address: str
    sign_in: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An expected failure: what happened, and what to do."""

    message: str
    hint: str


Work = Callable[..., None]


class Child:
    """A process, what it says, and where what it prints goes."""

    def __init__(self, name: str, work: Work, output: Path, *given: Any) -> None:
        context = get_context("spawn")
        self.name, self.output = name, output
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=_work, args=(work, output, theirs, *given), name=name
        )
        # Ctrl-C reaches the whole group, but a child ends when its parent says so: what is blocked
        # at the birth of a process stays blocked in it, and is only late for the parent.
        ensure_running()  # The tracker of multiprocessing would be born in between, and unblock it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def heard(self) -> list[Any]:
        """What it has said since the last call."""
        said = []
        try:
            while self.pipe.poll():
                said.append(self.pipe.recv())
        except (EOFError, OSError):
            pass  # It ended, which `process` tells.
        return said

    def last_words(self) -> str:
        """The last line that it printed."""
        try:
            lines = self.output.read_text("utf-8", "replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def end(self) -> None:
        """Let it finish what it has begun, but not for ever."""
        self.process.terminate()
        self.process.join(END_S_MAX)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _work(work: Work, output: Path, pipe: Connection, *given: Any) -> None:
    """In the child: print into the file, end with the parent, and say an expected failure."""
    descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(descriptor, sys.stdout.fileno())
    os.dup2(descriptor, sys.stderr.fileno())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work(pipe, *given)
    except OrderGuardError as error:
        is_taken = isinstance(error.__cause__, OSError) and (
            error.__cause__.errno in (errno.EADDRINUSE, errno.EACCES)
        )
        hint = "Choose another with --port (0 takes any free one), or stop who listens there."
        pipe.send(Failed(error.message, hint if is_taken else error.hint))
    except NotTaken as error:
        pipe.send(Failed(str(error), ""))


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "this runs in a child"
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def serve(pipe: Connection, folder: Path, port: int | None, clock: PlayedClock) -> None:
    """The server's process."""
    # The other processes do without these imports.
    from orderguard import server  # noqa: PLC0415
    from orderguard.commands.doctor import diagnose  # noqa: PLC0415

    server.serve(
        folder,
        host=HOST,
        port=port,
        on_ready=lambda address, sign_in: pipe.send(Ready(address, sign_in)),
        clock=clock,
        is_demo=True,
        examine=partial(diagnose, folder, os.environ),
    )


def play(pipe: Connection, wanted: Wanted, clock: PlayedClock) -> None:
    """The player's process: make the sale while the server starts, then send it."""
    gc.disable()  # All of a sale is kept until the end, and nothing of it is cyclic.
    sale = _make(wanted)
    platforms = _platforms(wanted, clock)
    if platforms is not None:
        sale = platforms.spread(sale)
    made = _made(sale, platforms)
    attempts = attempts_of(sale.arrivals, made.history, made.attack.shop)
    clock.move_to(sale.arrivals[0][0])
    pipe.send(made)
    go: Go = pipe.recv()
    sender = Sender(HOST, go.port, go.secrets, now_s=lambda: clock.now_ms() // MS_PER_SECOND)
    storefront = Storefront(
        HOST,
        go.port,
        {"authorization": f"Bearer {go.screen_token}", "content-type": "application/json"},
        attempts,
    )
    sent_s = 0.0

    def before_round(_start: int, end: int) -> None:
        nonlocal sent_s
        for group in storefront.due(end):
            clock.move_to(group[-1].at_ms)
            storefront.ask(group)
        sent_s = time.monotonic()

    player = Player(
        sale.arrivals,
        clock,
        sender if platforms is None else platforms.beside(sender, f"http://{HOST}:{go.port}"),
        before_round=before_round,
        on_round=lambda place: pipe.send(Told(place, sender.repeated, sent_s, storefront.screened)),
    )
    attack, end = made.attack, len(sale.arrivals)
    spotlight = Spotlight(
        attack.began_ms - ATTACK_MARGIN_MS, attack.ended_ms + ATTACK_MARGIN_MS, ATTACK_S
    )
    player.play(Stage(0, made.history, HISTORY_ROUND_MS))
    sale_s = None if wanted.over_s is None else _sale_s(wanted.over_s - time.monotonic())
    if platforms is not None and sale_s is None:
        # A call that is signed has to arrive before the played clock has moved on by minutes.
        sale_s = SALE_S_MIN
    player.play(Stage(made.history, end, SALE_ROUND_MS, sale_s, spotlight))
    sender.close()
    storefront.close()
    # The sale ended when the demo began; from here on anybody may send webhooks of now.
    clock.move_to(SystemClock().now_ms())
    clock.let_go()
    if platforms is None:
        pipe.send(Over())
        return
    pipe.send(Over(platforms.told()))
    pipe.recv()  # They answer calls until this process is ended.


def _platforms(wanted: Wanted, clock: PlayedClock) -> "Platforms | None":
    if not wanted.is_spread:
        return None
    from orderguard.commands.demo.platforms import Platforms  # noqa: PLC0415 - as above.

    return Platforms(clock.now_ms, wanted.seed)


def _sale_s(left_s: float) -> float:
    """A minute, or what history has left of it, so that the table comes when it was promised."""
    return min(max(left_s, SALE_S_MIN), SALE_S_MAX) - ATTACK_S


def _make(wanted: Wanted) -> Sale:
    lasts = timedelta(milliseconds=length_ms(wanted.seed) + AFTER_CLOSING_MS)
    return make_sale(
        wanted.seed,
        orders=wanted.orders,
        start=wanted.end - lasts,
        until=wanted.end,
        regulars_share=REGULARS_SHARE,
        with_attack=True,
    )


def _made(sale: Sale, platforms: "Platforms | None") -> Made:
    places: dict[str, list[int]] = {}
    for place, (_, event) in enumerate(sale.arrivals):
        order_id = _order_id(event)
        if order_id is not None:
            places.setdefault(order_id, []).append(place)
    history = next(
        (place for place, (at, _) in enumerate(sale.arrivals) if at >= sale.opening_ms),
        len(sale.arrivals),
    )
    assert sale.attack is not None, "it was asked for"
    return Made(
        arrivals=len(sale.arrivals),
        history=history,
        opening_ms=sale.opening_ms,
        orders=tuple(
            KnownOrder(
                order_id,
                label.bad,
                label.kind,
                label.amount_fen,
                place=told[0],
                at_ms=sale.arrivals[told[0]][0],
                places=tuple(told),
            )
            for order_id, told in places.items()
            for label in [sale.labels[order_id]]
        ),
        attack=sale.attack,
        platforms=() if platforms is None else platforms.shops(),
    )


def _order_id(event: Json) -> str | None:
    data = event["data"]
    order_id: str | None = data.get("order", data).get("order_id")
    return order_id
