"""`orderguard demo`: a whole installation, a month of history, a flash sale and its results."""

import time
from contextlib import nullcontext
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.live import Live

from orderguard.commands.demo.broken import Broken
from orderguard.commands.demo.browser import Opening
from orderguard.commands.demo.figures import Figures
from orderguard.commands.demo.run import Demo, Options, Signals, Stopped, played
from orderguard.commands.demo.tables import channels_table, kinds_table, results_table
from orderguard.commands.demo.view import line, picture
from orderguard.commands.demo.words import BY_LANGUAGE, LANGUAGES, Words, language_of
from orderguard.commands.options import json_option

ORDERS, ORDERS_FAST = 15_000, 2_000
ORDERS_MIN, ORDERS_MAX = 500, 100_000
REFRESH_S = 0.25
LINE_S = 5.0
FILE_COLUMNS = 110
"""Where there is no terminal to ask for its width."""
FOUND_WRONG, SIGNALLED = 1, 128


@click.command("demo")
@click.option("--fast", is_flag=True, help="A small sale as fast as it goes; ends by itself.")
@click.option("--stay", is_flag=True, help="Serve on until Ctrl-C, after --fast too.")
@click.option("--channels", is_flag=True, help="Play a part of it on simulated platforms.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Its chance."
)
@click.option(
    "--orders",
    type=click.IntRange(ORDERS_MIN, ORDERS_MAX),
    help=f"Orders of the sale: {ORDERS:,}, with --fast {ORDERS_FAST:,}.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the installation in this folder; else it is removed at the end.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), help="The language; else the locale's.")
@json_option
def command(
    *,
    fast: bool,
    stay: bool,
    channels: bool,
    no_browser: bool,
    seed: int,
    orders: int | None,
    port: int | None,
    data: Path | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Play a flash sale to a server of its own, and hold what it finds against the truth.

    Thirty days of history and a day of 15,000 orders go through the real webhooks in about a
    minute and a half, one in seven of them anomalous. The server acts: it writes to buyers, holds
    parcels, challenges a script and opens cases, which simulated people decide; all of the outside
    is simulated. The server and its page stay up until Ctrl-C, unless --fast.

    With --channels a part of the orders comes from simulated platforms; a table tells of each.
    """
    words = BY_LANGUAGE[lang or language_of()]
    options = Options(
        seed=seed,
        orders=orders or (ORDERS_FAST if fast else ORDERS),
        port=port,
        data=data,
        is_fast=fast,
        has_channels=channels,
    )
    signals = Signals()
    try:
        with signals.noticed(), played(options, words) as demo:
            view = View(demo, words, Console(stderr=as_json))
            view.watch(signals, opens_browser=not no_browser)
            figures = demo.figures()
            if as_json:
                click.echo(msgspec.json.encode(figures))
            else:
                view.results(figures)
            view.where_it_is_kept()
            if stay or not fast:
                view.linger(signals)
    except Broken as error:
        click.echo(f"orderguard: {' '.join(str(error).split())}", err=True)
        raise SystemExit(FOUND_WRONG) from error
    except Stopped as stopped:
        raise SystemExit(SIGNALLED + stopped.number) from stopped


class View:
    """What is shown while it goes on, and at the end."""

    def __init__(self, demo: Demo, words: Words, console: Console) -> None:
        self._demo, self._words = demo, words
        self._is_live = console.is_terminal and not console.is_dumb_terminal
        if not self._is_live:
            console = Console(stderr=console.stderr, width=FILE_COLUMNS)
        self._console = console
        self._said_s = 0.0
        self._told_address = False

    def watch(self, signals: Signals, *, opens_browser: bool) -> None:
        """Show the sale until it is over."""
        demo, console = self._demo, self._console
        opening: Opening | None = None
        first = picture(demo.seen, self._words)
        live = Live(first, console=console, auto_refresh=False) if self._is_live else None
        with live or nullcontext():
            while not demo.is_over:
                signals.check()
                demo.step()
                if opens_browser and opening is None and demo.seen.address:
                    opening, demo.seen.sign_in = Opening(demo.seen.sign_in), demo.another_link()
                if opening is not None and opening.failed:
                    self._say(self._words.no_browser.format(link=demo.seen.sign_in))
                    opens_browser, opening = False, None
                if live is not None:
                    live.update(picture(demo.seen, self._words), refresh=True)
                else:
                    self._say_now_and_then()
                time.sleep(REFRESH_S)

    def _say_now_and_then(self) -> None:
        """Where no picture can be kept up to date: the address once, and a line now and then."""
        seen = self._demo.seen
        if seen.address and not self._told_address:
            self._told_address = True
            self._say(f"{seen.address}  {self._words.sign_in}: {seen.sign_in}")
        if time.monotonic() - self._said_s >= LINE_S:
            self._said_s = time.monotonic()
            self._say(line(seen, self._words))

    def results(self, figures: Figures) -> None:
        self._console.print(kinds_table(figures, self._words))
        if figures.channels:
            self._console.print(channels_table(figures, self._words))
        self._console.print(results_table(figures, self._words))

    def where_it_is_kept(self) -> None:
        if self._demo.options.data is not None:
            self._say(self._words.kept.format(folder=self._demo.folder))
            self._say(self._words.report_kept.format(folder=self._demo.folder))

    def linger(self, signals: Signals) -> None:
        """Serve on until somebody ends it, which is the end that was meant."""
        demo = self._demo
        demo.leave_work()
        self._say(self._words.left)
        self._say(self._words.stays.format(address=demo.seen.address))
        self._say(self._words.report.format(address=demo.seen.address))
        self._say(f"{self._words.sign_in}: {demo.another_link()}")
        while signals.number is None:
            demo.step()
            time.sleep(REFRESH_S)

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, markup=False, highlight=False)
