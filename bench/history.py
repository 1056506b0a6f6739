"""Half a year of a shop as event files: 4,200 orders a day, each placed, paid and shipped.

Mostly honest: returning buyers and some new ones, gifts to other doors, now and then a burst or a
shared payer. Made once and kept; parts follow each other in time, so the first of them are a
shorter history.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import zstandard
from bench.figures import CACHE
from bench.traffic import BUYERS, Message, Seller, some_product

from orderguard.kit.clock import MS_PER_DAY

DAYS = 180
ORDERS_A_DAY = 4_200
PARTS = 18
ORDERS = DAYS * ORDERS_A_DAY
EVENTS_AN_ORDER = 3
EVENTS = ORDERS * EVENTS_AN_ORDER
EVENTS_A_PART = EVENTS // PARTS

VERSION = 2
"""Raise it when what is written here changes."""

START_MS = 1_778_774_400_000  # 2026-05-15T00:00:00+08:00
PAID_AFTER, SHIPPED_AFTER = 20, 300
"""Orders later: some minutes, and less than the two hours that a warehouse has to stir."""
NEW_SHARE, GIFT_SHARE = 0.06, 0.02
BURST_ORDERS, BURST_EVERY = 5, 60
SHARED_PAYER_EVERY, SHARED_PAYER_AFTER = 500, 250


def parts(count: int) -> list[Path]:
    """The first so many of PARTS files, written if they are not there yet."""
    folder = CACHE / f"history-{VERSION}"
    paths = [folder / f"part-{number:02d}.jsonl.zst" for number in range(PARTS)]
    if not paths[-1].exists():
        print(f"writing {EVENTS:,} events, once", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        events = history()
        for path in paths:
            _write(path, events)
    return paths[:count]


def history() -> Iterator[Message]:
    """All events in the order of their time."""
    seller, random = Seller(), Random(11)
    placed: list[tuple[int, int]] = []
    last_ms = START_MS
    for order in range(ORDERS + SHIPPED_AFTER):
        at_ms = START_MS + _instant_ms(order, random)
        at_ms = last_ms = max(at_ms, last_ms)
        if order < ORDERS:
            placed.append(_who_and_what(order, placed, random))
            yield _placed(seller, order, placed[order], at_ms, random)
        for kind, after in ((seller.paid, PAID_AFTER), (seller.shipped, SHIPPED_AFTER)):
            former = order - after
            if 0 <= former < ORDERS:
                _, product = placed[former]
                if kind == seller.paid:
                    yield seller.paid(former, product, at_ms, account=_account(former, placed))
                else:
                    yield seller.shipped(former, product, at_ms)


def _instant_ms(order: int, random: Random) -> int:
    """Evenly over the days, and a little at random."""
    step = MS_PER_DAY // ORDERS_A_DAY
    return order * step + random.randrange(step)


def _who_and_what(order: int, placed: list[tuple[int, int]], random: Random) -> tuple[int, int]:
    """Buyer and product; now and then one buyer takes one product again and again."""
    series, place = divmod(order, BURST_ORDERS)
    if series % BURST_EVERY == 0 and place:
        return placed[-1]
    if random.random() < NEW_SHARE:
        return BUYERS + order, some_product(random)
    return int(BUYERS * random.random() ** 1.5), some_product(random)


def _placed(
    seller: Seller, order: int, who_and_what: tuple[int, int], at_ms: int, random: Random
) -> Message:
    who, product = who_and_what
    is_new, is_gift = who >= BUYERS, random.random() < GIFT_SHARE
    return seller.placed(
        order,
        who,
        product,
        at_ms,
        registered_ms=at_ms - random.randrange(5 * MS_PER_DAY) if is_new else None,
        sent_to=random.randrange(BUYERS) if is_gift else None,
    )


def _account(order: int, placed: list[tuple[int, int]]) -> str:
    payer = order - SHARED_PAYER_AFTER if order % SHARED_PAYER_EVERY == 499 else order
    return f"account-{placed[payer][0]:07d}"


def _write(path: Path, events: Iterator[Message]) -> None:
    """The next part; it has its name only once it is whole."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file, zstandard.ZstdCompressor(3).stream_writer(file) as packed:
        for _, message in zip(range(EVENTS_A_PART), events, strict=False):
            packed.write(message.body + b"\n")
    unfinished.rename(path)
