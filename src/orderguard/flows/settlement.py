"""Reconciliation: what was paid and paid back against what finance says was settled.

    order.*, refund.succeeded ─► money of the order ─ reckon ─► lines ─► faults ─► alert
    settlement.recorded ───────►                                 └────► the day's totals

A day's totals are kept as they are at each moment: an order takes back what it added before and
adds what it comes to now, so a late event changes the right day, and nothing is counted twice.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from orderguard.domain.alerts import Subject
from orderguard.domain.entries import DaySigned, ZoneSet
from orderguard.domain.events import (
    EventType,
    OrderData,
    OrderEvent,
    RefundData,
    SettlementData,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.health import SILENT_AFTER, Check, HealthRule
from orderguard.domain.orders import OrderKey
from orderguard.flows.health import Change, Health
from orderguard.flows.health_alerts import Fault
from orderguard.flows.health_judges import Limits
from orderguard.flows.money_tables import SIGN_OFFS_MAX, MoneyTables, OrderBook, ShopMoney, SignOff
from orderguard.orders import OrderState
from orderguard.settlement import (
    HARMLESS,
    Cause,
    Line,
    Payment,
    Terms,
    Totals,
    day_text,
    expected,
    explain,
    faults,
    minus,
    money_text,
    next_due,
    plus,
    posted,
    reckon,
    with_payment,
    with_refund,
    with_settlement,
)

RECONCILER = "settlement"
"""The keeper's name, under which it is woken."""
FOREVER = 2**62
_MISSING = frozenset({Cause.PAYMENT_MISSING, Cause.REFUND_MISSING})


class Reconciler:
    """Keeps the money of each order and of each day."""

    def __init__(self, health: Health) -> None:
        self._health, self._all = health, health.tables
        self.money: MoneyTables = health.tables.money

    def ordered(self, change: Change) -> None:
        event, name = change.event, str(change.key)
        match event.data:
            case OrderData():
                payment = payment_of(change.state, event.received_ms)
                if payment is None or _is_as_before(change, payment):
                    return
                book = self.money.orders.get(name) or OrderBook()
                money = with_payment(book.money, payment)
            case RefundData() if event.type is EventType.REFUND_SUCCEEDED:
                book = self.money.orders.get(name) or OrderBook()
                money = with_refund(book.money, event)
            case SettlementData():
                self._hear(change.key, event)
                book = self.money.orders.get(name) or OrderBook()
                money = with_settlement(book.money, event)
            case _:
                return
        if money is not book.money:
            book = replace(book, money=money)
            self._book(change.state, book, event.received_ms, event.occurred_ms)

    def saw(self, event: OrderEvent) -> None:
        """Nothing else is about money."""

    def fire(self, name: str, due_ms: int) -> None:
        """Nothing is waited for by name."""

    def look(self, key: OrderKey, due_ms: int) -> None:
        """The grace of something may be over."""
        book = self.money.orders.get(str(key))
        if book is not None and book.wake == due_ms:
            self._look_again(key, due_ms)

    def set_zone(self, note: ZoneSet) -> None:
        """What is reckoned from now on stands on the days of this zone."""
        name = f"{note.channel}/{note.shop}"
        self.money.shops.put(name, replace(self.money.shop(name), zone=note.zone))

    def sign(self, note: DaySigned) -> None:
        """A person found a day in order; the money as it stands now is kept beside what was seen.

        What changed while the person looked shows as changed since.
        """
        name = f"{note.channel}/{note.shop}/{note.day}"
        totals = self.money.day(name)
        sign_off = SignOff(note.by, note.received_ms, note.comment, note.version, totals)
        kept = (*(self.money.signed.get(name) or ()), sign_off)[-SIGN_OFFS_MAX:]
        self.money.signed.put(name, kept)

    def lines(self, key: OrderKey) -> tuple[Line, ...]:
        """What an order's money comes to, by the first rule of the library."""
        record = self._all.orders.get(str(key))
        book = self.money.orders.get(str(key))
        if record is None or book is None:
            return ()
        return self._lines(record.state, book, self.money.shop(_shop_name(key)), self._first())

    def _hear(self, key: OrderKey, event: OrderEvent) -> None:
        """The shop tells settlements; one that was thought to tell none begins to with this."""
        name = _shop_name(key)
        shop = self.money.shop(name)
        if shop.first_at is None:
            since = event.occurred_ms if shop.is_silent else 0
            heard = replace(shop, first_at=event.occurred_ms, is_silent=False, expects_from=since)
            self.money.shops.put(name, heard)

    def _look_again(self, key: OrderKey, now_ms: int) -> None:
        record = self._all.orders.get(str(key))
        book = self.money.orders.get(str(key))
        if record is not None and book is not None:
            self._book(record.state, book, now_ms)

    def _book(
        self, state: OrderState, book: OrderBook, now_ms: int, happened_ms: int | None = None
    ) -> None:
        """Reckon with the order as it is now: its days, its alerts, when it is looked at next.

        `happened_ms` is when what changed it happened, as it was told.
        """
        key = state.key
        shop = self.money.shop(_shop_name(key))
        rules = self._health.rules(Check.SETTLEMENT)
        lines = self._lines(state, book, shop, rules[0] if rules else None)
        if shop.first_at is None and not book.is_missed and _is_missed(lines, now_ms):
            book = replace(book, is_missed=True)
            if self._falls_silent(key, shop, rules):
                self.money.orders.put(str(key), book)
                self._fall_silent(key, shop, now_ms)
                return
        totals = {
            f"{day_text(day)}/{currency}": found
            for (day, currency), found in posted(book.money, lines, now_ms, shop.zone).items()
        }
        self._post(key, book.posted, totals)
        reported = dict(book.reported)
        due = next_due(lines, now_ms)
        for place, rule in enumerate(rules):
            own = lines if place == 0 else self._lines(state, book, shop, rule)
            self._tell(key, rule, faults(own, now_ms), reported, (now_ms, happened_ms))
            coming = next_due(own, now_ms)
            due = coming if due is None else min(due, coming or due)
        if due is not None and due != book.wake:
            self._health.wake_order(due, state.number)
        book = replace(book, posted=totals, reported=reported, wake=due or 0)
        self.money.orders.put(str(key), book)

    def _lines(
        self, state: OrderState, book: OrderBook, shop: ShopMoney, rule: HealthRule | None
    ) -> tuple[Line, ...]:
        terms = Terms() if rule is None else _terms(self._health.limits(rule, state))
        since = FOREVER if shop.is_silent else shop.expects_from
        return expected(reckon(book.money, terms), since)

    def _first(self) -> HealthRule | None:
        return next(iter(self._health.rules(Check.SETTLEMENT)), None)

    def _falls_silent(self, key: OrderKey, shop: ShopMoney, rules: Sequence[HealthRule]) -> bool:
        """Count a miss in a shop that has never told a settlement; whether there were too many."""
        most = rules[0].parameters["silent_after"] if rules else SILENT_AFTER
        assert isinstance(most, int), "a count"
        self.money.shops.put(_shop_name(key), replace(shop, misses=shop.misses + 1))
        return shop.misses >= most

    def _fall_silent(self, key: OrderKey, shop: ShopMoney, now_ms: int) -> None:
        """The shop tells no settlements: what was said of its orders is taken back."""
        name = _shop_name(key)
        self.money.shops.put(name, replace(shop, misses=shop.misses + 1, is_silent=True))
        order_ids = {key.order_id}
        for day in self.money.days_of(name):
            order_ids.update(self.money.differing_orders(f"{name}/{day}"))
        for order_id in sorted(order_ids):
            self._look_again(OrderKey(key.channel, key.shop, order_id), now_ms)

    def _post(self, key: OrderKey, before: dict[str, Totals], after: dict[str, Totals]) -> None:
        """Take back from each day what the order added to it, and add what it comes to now."""
        shop_name = _shop_name(key)
        for place in sorted({*before, *after}):
            old, new = before.get(place), after.get(place)
            if old == new:
                continue
            name = f"{shop_name}/{place}"
            totals = self.money.days.get(name) or Totals()
            totals = totals if old is None else minus(totals, old)
            totals = totals if new is None else plus(totals, new)
            if totals.orders:
                self.money.days.put(name, totals)
            else:
                self.money.days.drop(name)
        differing, known = _differing(after), _differing(before)
        for day in sorted(differing - known):
            self.money.differing.put(f"{shop_name}/{day}", key.order_id, 1)
        for day in sorted(known - differing):
            self.money.differing.drop(f"{shop_name}/{day}", key.order_id)

    def _tell(
        self,
        key: OrderKey,
        rule: HealthRule,
        wrong: tuple[Line, ...],
        reported: dict[str, str],
        when: tuple[int, int | None],
    ) -> None:
        """Open, extend or end the rule's alert about the order.

        `when` is now, and when what changed the order happened, in ms.
        """
        now_ms, happened_ms = when
        subject = Subject("order", key.order_id)
        if not wrong:
            if reported.pop(rule.id, None) is not None:
                where = (key.channel, key.shop)
                self._health.alerts.settle(rule, subject, *where, now_ms, happened_ms)
            return
        en, zh = explain(wrong)
        if reported.get(rule.id) == en:
            return
        reported[rule.id] = en
        first = wrong[0]
        assert first.cause is not None, "what is wrong has a cause"
        fault = Fault(
            subject=subject,
            channel=key.channel,
            shop=key.shop,
            order=key,
            orders=(key,),
            at=first.counts_at or now_ms,
            cause=f"{first.cause}:{first.kind}:{first.of}",
            values={
                "cause": str(first.cause),
                "kind": str(first.kind),
                "currency": first.currency,
                "owed": money_text(first.owed),
                "settled": money_text(first.got),
                "difference": money_text(first.amount),
                "more": len(wrong) - 1,
                "said": en,
                "said_zh": zh,
            },
        )
        self._health.alerts.report(rule, fault, now_ms)


def payment_of(state: OrderState, known_at: int) -> Payment | None:
    """The order's payment as it is known now; None where no witness says that it was paid."""
    paid_at = state.told.get(FactKind.PAID) or state.waiting.get(FactKind.PAID)
    if paid_at is None:
        return None
    members = state.members
    order_amount, order_currency = members.get("order_amount"), members.get("order_currency")
    amount, currency = members.get("payment_amount"), members.get("payment_currency")
    if amount is None and currency in {None, order_currency}:
        amount = order_amount
    return Payment(
        at=paid_at,
        known_at=known_at,
        amount=amount,
        currency=currency or order_currency,
        order_amount=order_amount,
        order_currency=order_currency,
    )


def _is_as_before(change: Change, payment: Payment) -> bool:
    """Most events of an order change nothing of its payment."""
    before = change.before
    return before is not None and payment_of(before, payment.known_at) == payment


def _is_missed(lines: tuple[Line, ...], now_ms: int) -> bool:
    return any(line.cause in _MISSING for line in faults(lines, now_ms))


def _differing(totals: dict[str, Totals]) -> set[str]:
    """The days on which something of it is wrong."""
    return {
        place.partition("/")[0]
        for place, one in totals.items()
        if not one.causes.keys() <= HARMLESS
    }


def _shop_name(key: OrderKey) -> str:
    return f"{key.channel}/{key.shop}"


def _terms(limits: Limits) -> Terms:
    def ms(name: str) -> int:
        value = limits[name]
        assert isinstance(value, int), f"`{name}` is a duration"
        return value

    return Terms(
        payment_grace=ms("payment_grace"),
        refund_grace=ms("refund_grace"),
        settling=ms("settling"),
        unmatched=ms("unmatched"),
    )
