"""The demo's processes and its folder, from the first to the last."""

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from orderguard.app import Installation, channel
from orderguard.commands.demo import children, people
from orderguard.commands.demo.broken import Broken, NotAnswered
from orderguard.commands.demo.channels import channel_figures, is_settled
from orderguard.commands.demo.children import Child, Failed, Go, Made, Over, Ready, Told, Wanted
from orderguard.commands.demo.figures import Figures
from orderguard.commands.demo.outside import PUBLIC_URL, Connected, Open, outside
from orderguard.commands.demo.people import People
from orderguard.commands.demo.view import Seen
from orderguard.commands.demo.watch import Watch
from orderguard.commands.demo.words import Words
from orderguard.domain.accounts import Role
from orderguard.domain.ports import ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.errors import BadInput
from orderguard.kit.clock import MS_PER_SECOND, SystemClock
from orderguard.rules import load_library
from orderguard.settings import ACTIONS, FILE_NAME
from orderguard.settings_file import toml_table
from orderguard.simulate.clock import PlayedClock
from orderguard.simulate.latecomers import latecomers
from orderguard.simulate.sale import shop_names
from orderguard.simulate.sender import NotTaken, Post, Sender

PRESET = "standard"
CHANNEL = "standard"
PLAY_S_MAX = 95.0
"""From the start to the end of the sale, where the machine can keep up."""
OUTSIDE_S_MAX = 60.0
"""Until everybody outside listens."""
USERS = {
    Role.ANALYST: "demo",
    Role.OPERATIONS: "storefront",
    **people.USERS,
}
LOOKS_OFTEN = {"# every_s = 120.0": "every_s = 1.0", "# settle_s = 20.0": "settle_s = 1.0"}
"""Lists are read each second, since a sale of hours is played in a minute."""
SETTLE_S_MAX = 120.0
"""For the last details, once all is told."""
ENDING_S_MAX = 5.0
"""A server that answers nothing has this long to end, which explains it."""


@dataclass(frozen=True, slots=True)
class Options:
    seed: int
    orders: int
    port: int | None
    data: Path | None
    is_fast: bool
    has_channels: bool = False


class Stopped(Exception):
    """Somebody asked us to end, by this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Signals:
    """Remembers a wish to end, so that no work is cut in half by it."""

    number: int | None = None

    @contextmanager
    def noticed(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._notice) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        if self.number is not None:
            raise Stopped(self.number)

    def _notice(self, number: int, _frame: object) -> None:
        self.number = number


class Demo:
    """`step` until `is_over`, then `figures`."""

    def __init__(self, options: Options, words: Words) -> None:
        self.options, self.words = options, words
        self.seen = Seen(phase=words.starting)
        self.is_over = False
        self._began_s = time.monotonic()
        self._played_s = 0.0
        self._scratch = Path(tempfile.mkdtemp(prefix="orderguard-demo-"))
        self.folder = options.data or self._scratch / "installation"
        self._clock = PlayedClock(0)
        self._children: list[Child] = []
        self._made: Made | None = None
        self._ready: Ready | None = None
        self._watch: Watch | None = None
        self._restore: Callable[[], None] = lambda: None
        self._over: Over | None = None
        self._over_ms = 0
        self._are_open = False
        self._records: list[SenderRecord] = []

    def start(self) -> None:
        """Begin with both processes at once; each takes seconds to be ready."""
        options, clock = self.options, self._clock
        wanted = Wanted(
            seed=options.seed,
            orders=options.orders,
            end=datetime.now(UTC),
            over_s=None if options.is_fast else self._began_s + PLAY_S_MAX,
            is_spread=options.has_channels,
        )
        self._player = self._child("player", children.play, wanted, clock)
        self._outside = self._child("outside", outside)
        installation = Installation(self.folder)
        installation.create(PRESET)
        self._secrets, self._tokens = _furnish(installation, shop_names(options.seed))
        self._restore = _connect(self.folder, self._connected(), looks_often=options.has_channels)
        self._server = self._child("server", children.serve, self.folder, options.port, clock)
        library = load_library(installation.library(), preset=PRESET)
        self._holding = frozenset(playbook.id for playbook in library.playbooks if playbook.holds)

    def step(self) -> None:
        """Hear what happened since the last step. Raise Broken, BadInput for a port in use."""
        # Looked at first: what a process said before it ended is still to be heard.
        ended = [child for child in self._children if child.process.exitcode is not None]
        self._hear()
        for child in ended:
            if child is not self._player or self._over is None:
                raise _ended(child)
        if self._watch is None and self._made is not None and self._ready is not None:
            self._watch = self._go(self._made, self._ready)
        if self._watch is not None:
            try:
                self._watch.look(self._people.decided(), self.seen, self.words)
                for case in self._watch.cases():
                    self._people.waiting.told(case)
            except NotAnswered as error:
                self._server.process.join(ENDING_S_MAX)
                has_ended = self._server.process.exitcode is not None
                raise (_ended(self._server) if has_ended else error) from error
        if self._over is not None and not self.is_over:
            self.is_over = self._is_settled()
        if self.is_over:
            self.seen.phase = self.words.over

    def _hear(self) -> None:
        for message in self._server.heard():
            self._server_said(message)
        for message in self._player.heard():
            self._player_said(message)
        for message in self._outside.heard():
            if self._watch is not None:
                self._watch.outside(message)

    def another_link(self) -> str:
        """A second one-time link, for when a browser has used up the first."""
        with closing(Installation(self.folder).open_control()) as control:
            link = control.accounts.link_add("owner", Role.ADMIN)
        return f"{self.seen.address}/sign-in?token={link}"

    def figures(self) -> Figures:
        """What came of the sale. Raise Broken."""
        assert self._watch is not None, "a sale that is over was watched"
        figures = self._watch.figures(self.options.seed, self._played_s)
        told = self._over.platforms if self._over else ()
        by_channel = self._watch.by_channel()
        channels = channel_figures(told, self._records, by_channel, figures) if told else ()
        return replace(figures, channels=channels)

    def leave_work(self) -> None:
        """The simulated people go home, and what comes now waits for who looks. Raise Broken."""
        self._people.stop()
        assert self._ready is not None, "a sale that is over was served"
        port = urlsplit(self._ready.address).port
        assert port is not None, "the server says where it listens"
        now_ms = SystemClock().now_ms()
        sender = Sender(
            children.HOST,
            port,
            self._secrets,
            now_s=lambda: SystemClock().now_ms() // MS_PER_SECOND,
        )
        try:
            for shop, event in latecomers(self.options.seed, now_ms):
                sender.send([Post(event["id"], shop, msgspec.json.encode(event))])
        except NotTaken as error:
            raise Broken(str(error)) from error
        finally:
            sender.close()

    def end(self) -> None:
        """End what was started and remove what was written, but for a folder that was named."""
        if self._watch is not None:
            self._people.stop()
            self._watch.stop()
        for child in self._children:
            child.end()
        self._restore()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _open_platforms(self, arrivals: int) -> None:
        """Add their shops as the sale opens: of the weeks before they have nothing to list."""
        if self._made is None or arrivals < self._made.history or self._are_open:
            return
        self._are_open = True
        with closing(Installation(self.folder).open_control()) as control:
            for shop in self._made.platforms:
                control.shop_add(shop)

    def _is_settled(self) -> bool:
        """Whether the platforms were asked for all that their pushes left out, or take too long."""
        if self._over is None or not self._over.platforms:
            return True
        with closing(Installation(self.folder).open_control()) as control:
            self._records = list(control.senders.load())
        waited_s = time.monotonic() - self._began_s - self._played_s
        return waited_s > SETTLE_S_MAX or is_settled(self._records, self._over_ms)

    def _child(self, name: str, work: children.Work, *given: object) -> Child:
        child = Child(name, work, self._scratch / f"{name}.txt", *given)
        self._children.append(child)
        return child

    def _go(self, made: Made, ready: Ready) -> Watch:
        port = urlsplit(ready.address).port
        assert port is not None, "the server says where it listens"
        tokens, seed = self._tokens, self.options.seed
        bad = frozenset(order.order_id for order in made.orders if order.bad)
        watch = Watch(made, port, tokens[Role.ANALYST], holding=self._holding, clock=self._clock)
        self._people = People(port, tokens, bad, seed=seed, clock=self._clock)
        self._people.start()
        self._outside.pipe.send(Open(port, bad, seed))
        self._player.pipe.send(Go(port, self._secrets, tokens[Role.OPERATIONS]))
        return watch

    def _connected(self) -> Connected:
        """How the outside is reached, once it listens."""
        if not self._outside.pipe.poll(OUTSIDE_S_MAX):
            raise _ended(self._outside)
        try:
            connected: Connected = self._outside.pipe.recv()
        except EOFError as error:
            self._outside.process.join(ENDING_S_MAX)
            raise _ended(self._outside) from error
        return connected

    def _server_said(self, message: Ready | Failed) -> None:
        if isinstance(message, Failed):
            raise BadInput(message.message, hint=message.hint)
        self._ready = message
        self.seen.address, self.seen.sign_in = message.address, message.sign_in

    def _player_said(self, message: Made | Told | Over | Failed) -> None:
        match message:
            case Made():
                self._made = message
            case Told():
                if self._watch is not None:
                    self._watch.round(message)
                self._open_platforms(message.arrivals)
            case Over():
                self._over, self._over_ms = message, self._clock.now_ms()
                self._played_s = time.monotonic() - self._began_s
            case Failed():
                raise Broken(f"The sale cannot be played on. {message.message}")


def _furnish(
    installation: Installation, shops: Iterable[str]
) -> tuple[dict[str, str], dict[Role, str]]:
    """Add the shops and who uses the API: each shop's secret, and a token for each role."""
    standard, secrets = channel(CHANNEL), {}
    with closing(installation.open_control()) as control:
        for shop in shops:
            secret = secrets[shop] = standard.new_secret()
            control.shop_add(ShopConfig(channel=CHANNEL, shop=shop, secrets=(secret,)))
        tokens = {role: control.accounts.token_add(name, role) for role, name in USERS.items()}
        return secrets, tokens


def _connect(
    folder: Path, connected: Connected, *, looks_often: bool = False
) -> Callable[[], None]:
    """Let the installation act, on the outside alone; what is returned undoes that.

    A folder that is kept must not go on calling ports at which somebody else may listen by then.
    """
    path = folder / FILE_NAME
    watching = path.read_text("utf-8")
    acting = watching.replace('mode = "shadow"', 'mode = "live"')
    acting = acting.replace('# public_url = ""', f'public_url = "{PUBLIC_URL}"')
    tables = [toml_table(f"{ACTIONS}.{name}", one) for name, one in connected.tables.items()]
    if looks_often:
        for usual, often in LOOKS_OFTEN.items():
            acting = acting.replace(usual, often)
    path.write_text("\n".join([acting, *tables]), "utf-8")

    def restore() -> None:
        path.write_text(watching, "utf-8")

    return restore


def _ended(child: Child) -> Broken:
    status = child.process.exitcode
    return Broken(f"The {child.name} ended with status {status}. {child.last_words()}")


@contextmanager
def played(options: Options, words: Words) -> Iterator[Demo]:
    """A demo that is started, and in any case ended and cleaned up."""
    demo = Demo(options, words)
    try:
        demo.start()
        yield demo
    finally:
        demo.end()
