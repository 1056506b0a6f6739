"""Watching a sale that is being played: what the server says of it, and its figures at the end."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping

from orderguard.commands.demo.board import Board
from orderguard.commands.demo.children import Made, Told
from orderguard.commands.demo.deeds import Deeds
from orderguard.commands.demo.figures import (
    Figures,
    Percentiles,
    action_figures,
    attack_figures,
    honest_kinds_of,
    kinds_of,
    money,
    people_figures,
    screen_figures,
    share,
)
from orderguard.commands.demo.listener import NOTHING, Api, Measured, Stream
from orderguard.commands.demo.outside import News
from orderguard.commands.demo.people import Decided, SeenCase
from orderguard.commands.demo.view import Seen
from orderguard.commands.demo.words import Words
from orderguard.domain.ports import Clock
from orderguard.kit.clock import MS_PER_SECOND

MEASURE_S = 1.0


class Watch:
    """Listens from before the first event on. `holding`: the playbooks that hold parcels."""

    def __init__(
        self, made: Made, port: int, token: str, *, holding: Collection[str], clock: Clock
    ) -> None:
        self._made, self._clock = made, clock
        self._board = Board(made.orders, made.attack, holding)
        self._told, self._deeds = Told(0, 0), Deeds(made)
        self._decided: list[Decided] = []
        self._at_opening: Measured | None = None
        self._measured_s, self._measured_ms = time.monotonic(), clock.now_ms()
        self._api, self._stream = Api(port, token), Stream(port, token)
        self._stream.start()

    def round(self, told: Told) -> None:
        """More arrivals are durable."""
        self._told = told
        self._deeds.round(told)

    def cases(self) -> Iterator[SeenCase]:
        """Those that changed since the last call."""
        return self._stream.cases()

    def outside(self, news: News) -> None:
        """Something was done outside."""
        self._deeds.heard(news)

    def look(self, decided: Iterable[Decided], seen: Seen, words: Words) -> None:
        """Take in what was told and said since, and show it in `seen`. Raise NotAnswered."""
        made, board, told = self._made, self._board, self._told
        self._decided += decided
        board.arrived(told.arrivals)
        for alert in self._stream.heard():
            board.raised(alert)
        is_sale = told.arrivals >= made.history
        if is_sale and self._at_opening is None:
            self._at_opening = self._api.measured()
            self._deeds.open_sale()
        self._measure(seen)
        start, end = (made.history, made.arrivals) if is_sale else (0, made.history)
        seen.phase = words.sale if is_sale else words.history
        seen.done = (told.arrivals - start) / max(end - start, 1)
        seen.now_ms = self._clock.now_ms()
        seen.alerts = dict(board.by_severity)
        seen.count = board.count()
        seen.orders, seen.history_orders = board.orders, board.history_orders
        seen.messages, seen.decided = self._deeds.messages, len(self._decided)
        seen.attack = board.attack_seen()
        seen.attack_title, seen.attack_units = made.attack.title, made.attack.units

    def figures(self, seed: int, seconds: float) -> Figures:
        """What came of the sale, as the server tells it now. Raise NotAnswered."""
        made, api, board = self._made, self._api, self._board
        for alert in api.alerts():
            board.raised(alert)
        attack = made.attack
        attackers = [api.order(attack.shop, order_id) for order_id in attack.order_ids]
        measured, before = api.measured(), self._at_opening or NOTHING
        count = board.count()
        bad, honest = count.all_bad, count.all_honest
        orders = bad.orders + honest.orders
        people = people_figures(
            list(api.cases(made.opening_ms)), self._decided, board, api.labelled()
        )
        screened = self._told.screened
        return Figures(
            seed=seed,
            orders=orders,
            history_orders=board.history_orders,
            events=measured.events,
            posts_repeated=self._told.repeated,
            seconds=round(seconds, 1),
            mode="live",
            planted=share(bad.orders, orders),
            flagged=share(bad.flagged + honest.flagged, orders),
            recognised=share(bad.flagged, bad.orders),
            recognised_by_kind=kinds_of(count.bad.items()),
            people=people,
            case_share=share(people.opened, orders),
            order_share=share(people.orders, orders),
            honest_orders=honest.orders,
            honest_flagged=share(honest.flagged, honest.orders),
            honest_medium=share(honest.medium, honest.orders),
            honest_held=honest.held,
            honest_by_kind=honest_kinds_of(count.honest.items()),
            bad_money=money(bad),
            honest_money=money(honest),
            attack=attack_figures(
                attack, attackers, board.attack_held_at, frozenset(screened.challenged)
            ),
            ack_ms=Percentiles.of(measured.ack.since(before.ack)),
            event_to_alert_ms=Percentiles.of(measured.event_to_alert.since(before.event_to_alert)),
            event_to_action_ms=Percentiles.among(self._deeds.delays_ms(board)),
            actions=action_figures(self._deeds, board),
            screen=screen_figures(screened, board),
            results=api.results(made.opening_ms),
        )

    def by_channel(self) -> Mapping[str, int]:
        """Events since the start."""
        return self._api.measured().by_channel

    def stop(self) -> None:
        self._stream.stop()
        self._api.close()

    def _measure(self, seen: Seen) -> None:
        """Once a second, what would flicker."""
        now_s, now_ms = time.monotonic(), self._clock.now_ms()
        passed_s = now_s - self._measured_s
        if passed_s < MEASURE_S:
            return
        measured, since = self._api.measured(), self._at_opening or NOTHING
        seen.events_a_second = (measured.events - seen.events) / passed_s
        seen.speed = (now_ms - self._measured_ms) / MS_PER_SECOND / passed_s
        self._measured_s, self._measured_ms = now_s, now_ms
        seen.events = measured.events
        seen.ack = measured.ack.since(since.ack)
        seen.event_to_alert = measured.event_to_alert.since(since.event_to_alert)
