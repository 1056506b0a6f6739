"""What was done outside in a sale, and how soon after the event that asked for it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from orderguard.commands.demo.board import Board
from orderguard.commands.demo.children import KnownOrder, Made, Told
from orderguard.commands.demo.outside import Call, News
from orderguard.kit.clock import MS_PER_SECOND

HOLD, INTERCEPT, CANCEL = "hold_shipment", "intercept_parcel", "cancel_order"


class Deeds:
    """All that the outside tells, and when the arrivals were sent."""

    def __init__(self, made: Made) -> None:
        self._history = made.history
        self._orders = {order.order_id: order for order in made.orders}
        self._ends: list[int] = []
        self._sent_s: list[float] = []
        self._first_calls: dict[str, Call] = {}
        self._before: Mapping[str, int] | None = None
        self._messages: Mapping[str, int] = {}
        self._confirmed = self._confirmed_before = 0
        self._asked: dict[str, set[str]] = {HOLD: set(), INTERCEPT: set(), CANCEL: set()}
        self.released = 0

    def round(self, told: Told) -> None:
        """A round of arrivals is durable."""
        self._ends.append(told.arrivals)
        self._sent_s.append(told.sent_s)

    def heard(self, news: News) -> None:
        for call in news.calls:
            if call.is_undo:
                self.released += call.action == HOLD
                continue
            self._first_calls.setdefault(call.alert_id, call)
            if call.action in self._asked:
                self._asked[call.action].update(call.order_ids)
        self._messages, self._confirmed = news.messages, news.confirmed

    def open_sale(self) -> None:
        """From now on messages count."""
        if self._before is None:
            self._before, self._confirmed_before = self._messages, self._confirmed

    @property
    def messages(self) -> dict[str, int]:
        """Sent since the sale opened, by the action that sent them."""
        sent = Counter(self._messages)
        sent.subtract(self._before or {})
        return dict(sent)

    @property
    def confirmed(self) -> int:
        return self._confirmed - self._confirmed_before

    def asked(self, action: str, board: Board) -> int:
        """The orders of the sale for which the merchant was asked to do this."""
        return sum(board.sale_order(order_id) is not None for order_id in self._asked[action])

    def delays_ms(self, board: Board) -> list[float]:
        """For each alert of the sale, from its event's sending to the merchant being called.

        The event is the last of the order that completed the pattern before the call; the call is
        the first that the alert brought about.
        """
        found = []
        for alert_id, call in self._first_calls.items():
            alert = board.alerts.get(alert_id)
            order = None if alert is None else self._orders.get(alert.order_id or "")
            sent_s = None if order is None else self._last_sent_s(order, call.at_s)
            if sent_s is not None:
                found.append((call.at_s - sent_s) * MS_PER_SECOND)
        return found

    def _last_sent_s(self, order: KnownOrder, until_s: float) -> float | None:
        """When an event of the order was sent last before then; None for one before the sale."""
        for place in reversed(order.places):
            number = bisect_right(self._ends, place)
            if place >= self._history and number < len(self._ends):
                sent_s = self._sent_s[number]
                if sent_s <= until_s:
                    return sent_s
        return None


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of them do not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None
