"""What befalls a whole shop: far too many orders, parcels that do not leave, payments that fail.

    placed, paid, shipped ─► slots of a quarter of an hour ─ tick ─► reading ─► judged against
                                                                    the readings of 28 days

A tick comes with every slot, so a shop in which nothing happens any more is noticed. Orders far
above the usual are noticed at the order that makes them so many.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import FeatureValue, Subject
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import FactKind
from orderguard.domain.health import Check, HealthRule, ParameterValue
from orderguard.domain.orders import OrderKey
from orderguard.flows.health import Change, Health
from orderguard.flows.health_alerts import Fault
from orderguard.flows.shop_slots import ShopSlots
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE
from orderguard.orders.pulse import (
    FINE,
    HISTORY_DAYS,
    PROMPT_MS,
    SETTLING_MS,
    SHIPPING_SLOTS,
    SLOT_MS,
    SLOTS_A_DAY,
    SURGE_SLOTS,
    UNCLEAR,
    Known,
    PendingTerms,
    Reading,
    ShippingTerms,
    State,
    SurgeTerms,
    Verdict,
    pending,
    read,
    shipping,
    slot_of,
    surge,
    surge_limits,
)

KEEPER = "shop_alarms"
READINGS_KEPT = (HISTORY_DAYS + 1) * SLOTS_A_DAY
READINGS_CACHED_MAX = 100_000
SLEEPS_AFTER_SLOTS = 2 * SLOTS_A_DAY
"""A shop that is silent for so long is not looked at until it speaks again."""
AFTER_SALE_MS = MS_PER_HOUR
"""What a planned sale brings may go on so long after its end."""

_LEFT = frozenset({FactKind.SHIPPED, FactKind.IN_TRANSIT, FactKind.DELIVERED, FactKind.COMPLETED})
_OVER = frozenset({FactKind.CANCELLED, FactKind.CLOSED})
_REFUNDED = f"{FactKind.REFUND_SUCCEEDED}:"
_CHECKS = (Check.VOLUME_SURGE, Check.SHIPPING_RATE, Check.PENDING_SHARE)

Limits = dict[str, ParameterValue]


class Pulse(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A shop: since which slot it is watched, its newest one with an event, the next to be read.

    `backlog` are paid orders that have neither left nor ended. From `surge_at` orders in slot
    `surge_slot` on it is looked at at once. `open` has the rules that find fault, each with the
    last slot in which they did.
    """

    since: int
    seen: int
    tick: int = -1
    backlog: int = 0
    surge_slot: int = -1
    surge_at: float = 0
    open: dict[str, int] = {}


class ShopAlarms:
    """Counts what comes and goes in each shop, and judges it by what is usual there."""

    def __init__(self, health: Health) -> None:
        self._health, self._tables = health, health.tables
        self._slots = ShopSlots(self._tables)
        self._readings = self._tables.cached("shop_reading", Reading, READINGS_CACHED_MAX)
        self._pulses = self._tables.kept("shop_pulse", Pulse)

    def ordered(self, change: Change) -> None:
        if not change.told:
            return
        shop = f"{change.key.channel}/{change.key.shop}"
        now = slot_of(self._tables.progress.clock_ms)
        pulse = self._pulses.get(shop) or Pulse(since=now, seen=now)
        before = {} if change.before is None else change.before.told
        after = change.state.told
        self._count(shop, before, after)
        backlog = pulse.backlog + _is_waiting(after) - _is_waiting(before)
        if backlog != pulse.backlog or now != pulse.seen or pulse.tick < 0:
            tick = pulse.tick if pulse.tick >= 0 else self._wake(shop, now)
            pulse = replace(pulse, backlog=backlog, seen=now, tick=tick)
            self._pulses.put(shop, pulse)
        placed_at = after.get(FactKind.PLACED)
        if placed_at is not None and FactKind.PLACED not in before:
            number = slot_of(placed_at)
            if (
                number == pulse.surge_slot
                and self._slots.get(shop, number).placed >= pulse.surge_at
            ):
                self._rush(shop, pulse, number, change.event.received_ms)

    def saw(self, event: OrderEvent) -> None:
        """Nothing else is about orders."""

    def look(self, key: OrderKey, due_ms: int) -> None:
        """No order is waited for by itself."""

    def fire(self, name: str, due_ms: int) -> None:
        """A slot of a shop is complete."""
        pulse = self._pulses.get(name)
        if pulse is None:
            return
        number = pulse.tick
        now = self._read(name, pulse, number)
        known = self._known(name, pulse, number)
        opened = dict(pulse.open)
        for rule in self._rules():
            verdict = self._judged(name, rule, now, known, is_open=rule.id in opened)
            self._tell(name, rule, verdict, opened, (number, due_ms))
        for rule_id in opened.keys() - {rule.id for rule in self._rules()}:
            del opened[rule_id]
        is_awake = bool(opened) or number - pulse.seen < SLEEPS_AFTER_SLOTS
        tick = self._wake(name, number + 1) if is_awake else -1
        pulse = replace(pulse, tick=tick, open=opened, surge_slot=number + 1)
        surge_at = self._surge_at(name, pulse, number + 1)
        self._pulses.put(name, replace(pulse, surge_at=surge_at))

    def usual(self, shop: str, number: int) -> tuple[float, float] | None:
        """Orders that are usual in a slot, and from how many on they are far too many.

        None where nobody asks, or where too few days are known.
        """
        pulse = self._pulses.get(shop)
        if pulse is None:
            return None
        known = self._known(shop, pulse, number)
        for rule in self._health.rules(Check.VOLUME_SURGE):
            limits = _limits(rule, shop)
            if len(known.daily) >= _number(limits, "history"):
                planned = self._planned(shop, number)
                return surge_limits(_surge_terms(limits), known, planned)[0]
        return None

    def backlog(self, shop: str) -> int:
        """Paid orders that have neither left nor ended."""
        pulse = self._pulses.get(shop)
        return 0 if pulse is None else pulse.backlog

    def paid(self, shop: str, number: int, slots: int) -> int:
        """Orders paid in the slots that end with this one; a day and a third of them are known."""
        return sum(self._slots.get(shop, number - ago).paid for ago in range(slots))

    def _wake(self, shop: str, slot: int) -> int:
        self._health.wake((slot + 1) * SLOT_MS + SETTLING_MS, KEEPER, shop)
        return slot

    def _rules(self) -> list[HealthRule]:
        return [rule for check in _CHECKS for rule in self._health.rules(check)]

    def _count(self, shop: str, before: dict[str, int], after: dict[str, int]) -> None:
        """Put down what has become known of an order to the slots in which it happened."""
        placed_at, paid_at = after.get(FactKind.PLACED), after.get(FactKind.PAID)
        if placed_at is not None and FactKind.PLACED not in before:
            slot = self._slots.get(shop, slot_of(placed_at))
            self._slots.put(shop, replace(slot, placed=slot.placed + 1))
        if paid_at is not None and FactKind.PAID not in before:
            slot = self._slots.get(shop, slot_of(paid_at))
            self._slots.put(shop, replace(slot, paid=slot.paid + 1))
            if placed_at is not None and paid_at - placed_at <= PROMPT_MS:
                slot = self._slots.get(shop, slot_of(placed_at))
                self._slots.put(shop, replace(slot, prompt=slot.prompt + 1))
        if not before.keys().isdisjoint(_LEFT):
            return
        left = [after[kind] for kind in _LEFT if kind in after]
        if left:
            slot = self._slots.get(shop, slot_of(min(left)))
            self._slots.put(shop, replace(slot, shipped=slot.shipped + 1))

    def _reading(self, shop: str, number: int) -> Reading | None:
        known = self._readings.get(f"{shop}/{number % READINGS_KEPT}")
        return known if known is not None and known.number == number else None

    def _read(self, shop: str, pulse: Pulse, number: int) -> Reading:
        starts = [self._reading(shop, number - width) for width in SHIPPING_SLOTS]
        waiting = [-1 if start is None else start.backlog for start in starts]
        reading = read(number, self._slots.until(shop, number), pulse.backlog, waiting)
        self._readings.put(f"{shop}/{number % READINGS_KEPT}", reading)
        return reading

    def _known(self, shop: str, pulse: Pulse, number: int) -> Known:
        """The days before at this time; not the first one, on which a shop only begins."""
        daily, weekly = [], []
        for day in range(1, HISTORY_DAYS + 1):
            before = number - day * SLOTS_A_DAY
            if before < pulse.since + SLOTS_A_DAY:
                break
            reading = self._reading(shop, before)
            if reading is not None:
                daily.append(reading)
                if day % 7 == 0:
                    weekly.append(reading)
        return Known(tuple(daily), tuple(weekly))

    def _judged(
        self, shop: str, rule: HealthRule, now: Reading, known: Known, *, is_open: bool
    ) -> Verdict:
        limits = _limits(rule, shop)
        if len(known.daily) < _number(limits, "history"):
            return UNCLEAR
        match rule.watches:
            case Check.VOLUME_SURGE:
                planned = self._planned(shop, now.number)
                found = surge_limits(_surge_terms(limits), known, planned)
                return surge(now.placed, found, is_open=is_open)
            case Check.SHIPPING_RATE:
                terms = ShippingTerms(
                    share=_number(limits, "share"),
                    least=round(_number(limits, "least")),
                    unlikely=_number(limits, "unlikely"),
                )
                return shipping(terms, now, known)
            case _:
                pending_terms = PendingTerms(
                    share=_number(limits, "share"),
                    least=round(_number(limits, "least")),
                    unlikely=_number(limits, "unlikely"),
                )
                return pending(pending_terms, now, known)

    def _surge_at(self, shop: str, pulse: Pulse, number: int) -> float:
        """From how many orders in this slot on a rule finds too many."""
        rules = self._health.rules(Check.VOLUME_SURGE)
        known = self._known(shop, pulse, number)
        found = [float("inf")]
        before = [self._slots.get(shop, number - ago).placed for ago in range(1, max(SURGE_SLOTS))]
        for rule in rules:
            limits = _limits(rule, shop)
            if rule.id in pulse.open or len(known.daily) < _number(limits, "history"):
                continue
            windows = surge_limits(_surge_terms(limits), known, self._planned(shop, number))
            for width, (_, limit) in zip(SURGE_SLOTS, windows, strict=True):
                found.append(limit - sum(before[: width - 1]))
        return max(1.0, min(found))

    def _rush(self, shop: str, pulse: Pulse, number: int, now_ms: int) -> None:
        """So many orders in a slot that has not ended: is it a surge?"""
        known = self._known(shop, pulse, number)
        counts = [self._slots.get(shop, number - ago).placed for ago in range(max(SURGE_SLOTS))]
        placed = tuple(sum(counts[:width]) for width in SURGE_SLOTS)
        now = Reading(number, placed, (), 0, (), ())
        opened = dict(pulse.open)
        for rule in self._health.rules(Check.VOLUME_SURGE):
            if rule.id not in opened:
                verdict = self._judged(shop, rule, now, known, is_open=False)
                self._tell(shop, rule, verdict, opened, (number, now_ms))
        surge_at = self._surge_at(shop, replace(pulse, open=opened), number)
        self._pulses.put(shop, replace(pulse, open=opened, surge_at=surge_at))

    def _planned(self, shop: str, number: int) -> list[float | None]:
        """Orders that planned sales bring to each window that ends with this slot."""
        until = (number + 1) * SLOT_MS
        planned: list[float | None] = [0.0 for _ in SURGE_SLOTS]
        for campaign in self._tables.campaigns.values():
            if f"{campaign.channel}/{campaign.shop}" != shop:
                continue
            a_minute = sum(campaign.orders_per_minute.values())
            for place, width in enumerate(SURGE_SLOTS):
                since = until - width * SLOT_MS
                starts = max(since, campaign.starts_ms)
                ends = min(until, campaign.ends_ms + AFTER_SALE_MS)
                known = planned[place]
                if ends <= starts or known is None:
                    continue
                extra = a_minute * (ends - starts) / MS_PER_MINUTE
                planned[place] = known + extra if a_minute > 0 else None
        return planned

    def _tell(
        self,
        shop: str,
        rule: HealthRule,
        verdict: Verdict,
        opened: dict[str, int],
        when: tuple[int, int],
    ) -> None:
        """Open or end the rule's alert about the shop; `when` is the slot, and now in ms."""
        number, now_ms = when
        channel, _, name = shop.partition("/")
        subject = Subject("shop", shop)
        if verdict.state is State.FAULTY:
            if rule.id not in opened:
                since = (number + 1 - verdict.slots) * SLOT_MS
                fault = Fault(
                    subject=subject,
                    channel=channel,
                    shop=name,
                    order=None,
                    orders=(),
                    at=since,
                    cause=f"{rule.id}@{since}",
                    values=_evidence(rule.watches, verdict),
                )
                self._health.alerts.report(rule, fault, now_ms)
            opened[rule.id] = number
        elif rule.id in opened and (verdict is FINE or number - opened[rule.id] >= SLOTS_A_DAY):
            del opened[rule.id]
            self._health.alerts.settle(rule, subject, channel, name, now_ms)


def _is_waiting(told: dict[str, int]) -> bool:
    """Whether an order is paid, and has neither left nor ended."""
    return (
        FactKind.PAID in told
        and told.keys().isdisjoint(_LEFT)
        and told.keys().isdisjoint(_OVER)
        and not any(name.startswith(_REFUNDED) for name in told)
    )


def _limits(rule: HealthRule, shop: str) -> Limits:
    """The rule's limits for this shop: the last override that fits has the word."""
    limits = rule.parameters
    channel, _, name = shop.partition("/")
    for other in rule.overrides:
        is_whole = other.warehouse is None and other.carrier is None
        if is_whole and other.channel in (None, channel) and other.shop in (None, name):
            limits = {**limits, **other.parameters}
    return limits


def _number(limits: Limits, name: str) -> float:
    value = limits[name]
    assert isinstance(value, int | float), f"`{name}` is a number"
    return float(value)


def _surge_terms(limits: Limits) -> SurgeTerms:
    return SurgeTerms(
        factor=_number(limits, "factor"),
        least=round(_number(limits, "least")),
        unlikely=_number(limits, "unlikely"),
    )


def _evidence(check: Check, verdict: Verdict) -> dict[str, FeatureValue]:
    """What a person is told; how many is usual, to a tenth."""
    expected = round(verdict.expected, 1)
    minutes = verdict.slots * SLOT_MS // MS_PER_MINUTE
    if check is Check.VOLUME_SURGE:
        times = round(verdict.seen / max(1.0, verdict.expected), 1)
        seen: Sequence[tuple[str, FeatureValue]] = (
            ("orders", verdict.seen),
            ("expected", expected),
            ("minutes", minutes),
            ("times", times),
        )
    elif check is Check.SHIPPING_RATE:
        seen = (
            ("shipped", verdict.seen),
            ("expected", expected),
            ("hours", minutes // 60),
            ("percent", round(100 * verdict.seen / verdict.expected)),
            ("waiting", verdict.of),
        )
    else:
        seen = (
            ("unpaid", verdict.seen),
            ("orders", verdict.of),
            ("percent", round(100 * verdict.seen / verdict.of)),
            ("usual_percent", round(100 * verdict.expected)),
            ("minutes", minutes),
        )
    return dict(seen)
