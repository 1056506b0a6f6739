"""What a run said, held against what was planted: recall, false alarms, causes, money.

Pure: alerts and truth in, counts out. A kind whose rule the library does not have is left out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.orders import OrderKey
from orderguard.simulate.health.truth import IMPOSSIBLE_TAG, RULES, TAGGED, Fault, Kind
from orderguard.simulate.model import HOUR_MS

SHOP_NOTICED_MS_MAX = 4 * HOUR_MS
"""What befalls a whole shop may be told so long after it was over."""
DUE_SETTLING_MS_MAX = 60_000
"""A deadline of which we learned late fires so much after it at most."""
PER_ORDER = frozenset({Kind.OVERSOLD, Kind.SKU_UNMAPPED, Kind.SKU_AMBIGUOUS})
"""Of these every order has to be named, and no other."""
PER_ORDER_RULES = frozenset(RULES.values()) - {
    RULES[Kind.PHANTOM_LOCK],
    RULES[Kind.VOLUME_SURGE],
    RULES[Kind.SHIPPING_RATE_LOW],
    RULES[Kind.PAYMENT_PENDING_SHARE],
}
"""Rules that may name no order without that fault; others may name whom they concern."""
CAUSES = frozenset({"cause"})
MONEY = frozenset({"amount", "difference"})
"""Names of evidence that tell a cause, or money."""
SHOWN_MAX = 6
"""Notes of one sort, such as misses of one kind."""


class Said(Struct, frozen=True):
    """What a run says of one order in the end: its tags, and the rules that ever concerned it."""

    tags: Sequence[str]
    rules: Sequence[str]


class Count(Struct):
    """Of one kind: planted, found; of the found: judged by their cause and their money, right."""

    planted: int = 0
    found: int = 0
    causes: int = 0
    causes_right: int = 0
    moneys: int = 0
    moneys_right: int = 0

    def add(self, other: "Count") -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def recall(self) -> float:
        return self.found / self.planted if self.planted else 1.0


class Score(Struct, kw_only=True):
    """`false_alarms` by rule; `notes` says of misses and false alarms what they are."""

    kinds: dict[Kind, Count]
    false_alarms: dict[str, int]
    healthy: int
    notes: list[str]

    @property
    def false_per_1000(self) -> float:
        return 1000 * sum(self.false_alarms.values()) / max(self.healthy, 1)

    @property
    def causes_right(self) -> float:
        judged = sum(count.causes for count in self.kinds.values())
        right = sum(count.causes_right for count in self.kinds.values())
        return right / judged if judged else 1.0

    @property
    def moneys_right(self) -> float:
        judged = sum(count.moneys for count in self.kinds.values())
        right = sum(count.moneys_right for count in self.kinds.values())
        return right / judged if judged else 1.0


def joined(one: Score, other: Score) -> Score:
    """Both runs counted together."""
    kinds = {kind: Count() for kind in (*one.kinds, *other.kinds)}
    for score in (one, other):
        for kind, count in score.kinds.items():
            kinds[kind].add(count)
    rules = {**one.false_alarms, **other.false_alarms}
    return Score(
        kinds=kinds,
        false_alarms={
            rule: one.false_alarms.get(rule, 0) + other.false_alarms.get(rule, 0)
            for rule in sorted(rules)
        },
        healthy=one.healthy + other.healthy,
        notes=[*one.notes, *other.notes],
    )


class Judge:
    """Holds alerts against faults, of the rules that there are."""

    def __init__(self, faults: Sequence[Fault], rules: Collection[str]) -> None:
        self._faults = [fault for fault in faults if fault.rule in rules]
        self._by_order: dict[tuple[str, OrderKey], list[Fault]] = defaultdict(list)
        self._by_subject: dict[tuple[str, str, str], list[Fault]] = defaultdict(list)
        self._spoken_of: set[tuple[str, OrderKey]] = set()
        for fault in self._faults:
            if fault.kind not in TAGGED:
                self._index(fault)
        for fault in faults:
            for rule in (fault.rule, *fault.also):
                self._spoken_of |= {(rule, key) for key in fault.orders}

    def _index(self, fault: Fault) -> None:
        for sku in fault.skus:
            self._by_subject[fault.rule, fault.shop, sku].append(fault)
        if not fault.orders:
            self._by_subject[fault.rule, fault.shop, fault.shop].append(fault)
        if not fault.skus:
            for key in fault.orders:
                self._by_order[fault.rule, key].append(fault)

    def score(
        self, alerts: Iterable[Alert], orders: Mapping[OrderKey, Said], healthy: int
    ) -> Score:
        """`orders` has every order of the run."""
        score = Score(kinds={}, false_alarms={}, healthy=healthy, notes=[])
        found: dict[int, list[Alert]] = defaultdict(list)
        strangers: dict[tuple[str, OrderKey], str] = {}
        for alert in alerts:
            if alert.kind is AlertKind.HEALTH:
                for rule in alert.rules:
                    matched = self._matched(rule, alert)
                    for fault in matched:
                        found[id(fault)].append(alert)
                    told = f"{alert.subject.key} at {alert.detected_at}: {_seen(alert, rule)}"
                    if not matched and not alert.orders:
                        _false(score, rule, told)
                    if not matched or rule in PER_ORDER_RULES:
                        strangers |= self._strangers(rule, alert.orders, told)
        for key, said in orders.items():
            for rule in PER_ORDER_RULES.intersection(said.rules):
                told = f"{key} was named for a while"
                strangers = self._strangers(rule, (key,), told) | strangers
        for (rule, _), told in strangers.items():
            _false(score, rule, told)
        self._find(found, orders, score)
        return score

    def _matched(self, rule: str, alert: Alert) -> list[Fault]:
        """The faults that an alert is about: by its subject, else by its orders."""
        scope = f"{alert.channel}/{alert.shop}"
        by_subject = self._by_subject.get((rule, scope, alert.subject.key), ())
        matched = [fault for fault in by_subject if _is_in_time(fault, alert.detected_at)]
        if not matched:
            by_order = [self._by_order.get((rule, key), []) for key in alert.orders]
            matched = [fault for faults in by_order for fault in faults]
        return list({id(fault): fault for fault in matched}.values())

    def _strangers(
        self, rule: str, keys: Iterable[OrderKey], told: str
    ) -> dict[tuple[str, OrderKey], str]:
        """The orders that a rule has no reason to speak of."""
        return {(rule, key): told for key in keys if (rule, key) not in self._spoken_of}

    def _find(
        self, found: Mapping[int, list[Alert]], orders: Mapping[OrderKey, Said], score: Score
    ) -> None:
        """Count of each fault whether it was found."""
        impossible: set[OrderKey] = set()
        for fault in self._faults:
            count = score.kinds.setdefault(fault.kind, Count())
            if fault.kind in TAGGED:
                impossible.update(fault.orders)
                count.add(_tagged(fault, orders, score))
            else:
                count.add(_judged(fault, found.get(id(fault), []), orders, score))
        for key, said in orders.items():
            if IMPOSSIBLE_TAG in said.tags and key not in impossible:
                _false(score, IMPOSSIBLE_TAG, f"{key} is tagged")


def _tagged(fault: Fault, orders: Mapping[OrderKey, Said], score: Score) -> Count:
    [key] = fault.orders
    is_tagged = key in orders and IMPOSSIBLE_TAG in orders[key].tags
    if not is_tagged:
        _note(score, f"missed {fault.kind} ({fault.cause}): {key}")
    return Count(planted=1, found=int(is_tagged))


def _is_in_time(fault: Fault, at: int) -> bool:
    if fault.until is None:
        return True
    return fault.since <= at <= fault.until + SHOP_NOTICED_MS_MAX


def _judged(
    fault: Fault, alerts: list[Alert], orders: Mapping[OrderKey, Said], score: Score
) -> Count:
    """What was found of a fault: of some kinds each order counts, else the fault does."""
    if fault.kind in PER_ORDER:
        # An order that was cancelled since may be named no more, but it was concerned.
        named = {key for alert in alerts for key in alert.orders}
        named |= {key for key in fault.orders if key in orders and fault.rule in orders[key].rules}
        count = Count(planted=len(fault.orders), found=len(named & set(fault.orders)))
    else:
        is_whole = any(set(fault.orders) <= set(alert.orders) for alert in alerts)
        has_subject = bool(alerts) and (bool(fault.skus) or not fault.orders)
        count = Count(planted=1, found=int(is_whole or has_subject))
    if count.found < count.planted:
        where = fault.orders[0] if fault.orders else fault.shop
        said = f"missed {fault.kind}: {count.planted - count.found} of {count.planted}, {where}"
        _note(score, f"{said} since {fault.since}, {len(alerts)} alerts")
    if not count.found:
        return count
    count.causes = 1
    wrong = [_wrong_cause(fault, alert) for alert in alerts]
    count.causes_right = int("" in wrong)
    if not count.causes_right:
        _note(score, f"cause of {fault.kind}: {wrong[0]}")
    if fault.money is not None:
        count.moneys = 1
        seen = {abs(money) for alert in alerts for money in _moneys(alert, fault.rule)}
        count.moneys_right = int(abs(fault.money) in seen)
        if not count.moneys_right:
            _note(score, f"money of {fault.kind}: {fault.money} is not among {sorted(seen)}")
    return count


def _wrong_cause(fault: Fault, alert: Alert) -> str:
    """What is wrong with an alert's cause, empty where it is right."""
    if fault.due is not None:
        late_ms = alert.detected_at - fault.due
        if not 0 <= late_ms <= DUE_SETTLING_MS_MAX:
            return f"{alert.subject.key} detected {late_ms} ms after its deadline {fault.due}"
    elif alert.detected_at < fault.since:
        return f"{alert.subject.key} detected before it began"
    if fault.cause is None:
        return ""
    seen = _seen(alert, fault.rule)
    told = [str(value) for name, value in seen.items() if name in CAUSES]
    if told and fault.cause not in told:
        return f"{alert.subject.key} tells {told}, not {fault.cause}"
    return ""


def _seen(alert: Alert, rule: str) -> dict[str, object]:
    """The newest evidence of a rule."""
    hits = [hit for hit in alert.hits if hit.rule == rule]
    return dict(hits[-1].features) if hits else {}


def _moneys(alert: Alert, rule: str) -> Iterable[Decimal]:
    for hit in alert.hits:
        for name, value in hit.features.items():
            if hit.rule == rule and name in MONEY and value is not None:
                try:
                    yield Decimal(str(value))
                except InvalidOperation:
                    continue


def _false(score: Score, rule: str, told: str) -> None:
    score.false_alarms[rule] = score.false_alarms.get(rule, 0) + 1
    _note(score, f"false {rule}: {told}")


def _note(score: Score, said: str) -> None:
    sort = said.split()[:2]
    if sum(note.split()[:2] == sort for note in score.notes) < SHOWN_MAX:
        score.notes.append(said)
