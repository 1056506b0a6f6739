"""Attempts at the checkout: each counts as an order would, until its order takes its place.

Whoever stands at the checkout enters the features at once, so that the fourth order of a script is
known before it is accepted. An attempt and its order count once: the attempt leaves when the order
is told. A buyer stands at one checkout at a time, and an attempt that leads to nothing leaves after
a while, so that neither a page loaded twice nor a basket left behind makes anybody suspicious.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from orderguard.domain.alerts import Alert, Severity
from orderguard.domain.attempts import Attempt, Challenged
from orderguard.domain.entities import Entity, entity_keys, entity_type
from orderguard.domain.facts import Fact, FactKind
from orderguard.flows.tables import Tables
from orderguard.kit.clock import MS_PER_MINUTE
from orderguard.orders import OrderState, Told

PENDING_MS_MAX = 30 * MS_PER_MINUTE
PENDING_MAX = 20_000
"""Attempts that count at once; beyond it the oldest leave."""
CHALLENGED_MS = 30 * MS_PER_MINUTE
"""A challenge stays on for so long after an attack was last seen."""
CHALLENGED_MAX = 10_000
"""Segments with a product for which a challenge may be on at once."""

ORDERED_FIRST = -1
FIRST_NUMBER = -2

WHERE = (Entity.SEGMENT, Entity.PRODUCT)
"""What a challenge is switched on for."""
_WHERE_TYPE = entity_type(WHERE)


class Attempts:
    """The attempts of the tables; `withdraw` takes a fact out of the features."""

    def __init__(self, tables: Tables, withdraw: Callable[[Fact], None]) -> None:
        self.tables, self._withdraw = tables, withdraw
        by_age = sorted(tables.pending.items(), key=lambda one: -one[1])
        self._names = {number: name for name, number in by_age}
        """Of those that count, the oldest first: numbers fall."""

    def next_number(self) -> int:
        self.tables.progress.attempts += 1
        return FIRST_NUMBER + 1 - self.tables.progress.attempts

    def is_known(self, name: str) -> bool:
        return self.tables.attempts.get(name) is not None

    def open(self, name: str, fact: Fact) -> None:
        """From here on it counts, and the attempt before it of the same buyer no longer does."""
        tables, number, buyer = self.tables, fact.number, _buyer(fact)
        assert number is not None, "an attempt is given its number before"
        if buyer is not None:
            former = tables.checkouts.get(buyer)
            if former is not None:
                self._leave(former)
            tables.checkouts.put(buyer, name)
        places = tuple(_place(fact.channel, fact.shop, key) for key in entity_keys(WHERE, fact))
        allowed = bool(fact.lists_allowed)
        tables.attempts.put(
            name, Attempt(number=number, fact=fact, places=places, is_allowed=allowed)
        )
        tables.pending.put(name, number)
        self._names[number] = name

    def judged(self, number: int, hits: dict[str, Severity], score: int) -> Attempt:
        """What stands against an attempt that counts."""
        name = self._names[number]
        attempt = self.tables.attempts.get(name)
        assert attempt is not None, "what counts is known"
        attempt = replace(attempt, hits=hits, score=score)
        self.tables.attempts.put(name, attempt)
        return attempt

    def fact(self, number: int) -> Fact | None:
        """What an attempt that counts has entered."""
        name = self._names.get(number)
        attempt = None if name is None else self.tables.attempts.get(name)
        return None if attempt is None else attempt.fact

    def ordered(self, state: OrderState, told: Iterable[Told]) -> None:
        """The order takes the place of its attempt; who names none, that of the buyer's."""
        placed = next((one for one in told if one.kind is FactKind.PLACED), None)
        scope, attempt_id = f"{state.key.channel}/{state.key.shop}", state.members.get("attempt_id")
        if attempt_id is not None:
            name = f"{scope}/{attempt_id}"
            if self.tables.pending.get(name) is not None:
                if FactKind.PLACED in state.told:
                    self._leave(name)
            elif placed is not None and not self.is_known(name):
                self.tables.attempts.put(name, Attempt(number=ORDERED_FIRST))
        elif placed is not None and placed.amends is None and len(self.tables.checkouts):
            found = self.tables.checkouts.get(f"{scope}/{state.members.get('buyer_id')}")
            attempt = None if found is None else self.tables.attempts.get(found)
            if found and attempt and attempt.fact and attempt.fact.at <= placed.at:
                self._leave(found)

    def lapse(self, now_ms: int) -> None:
        """Those that led to nothing leave."""
        while self._names:
            name = next(iter(self._names.values()))
            attempt = self.tables.attempts.get(name)
            fact = None if attempt is None else attempt.fact
            is_young = fact is not None and fact.known_at > now_ms - PENDING_MS_MAX
            if is_young and len(self._names) <= PENDING_MAX:
                return
            self._leave(name)

    def _leave(self, name: str) -> None:
        number = self.tables.pending.get(name)
        attempt = self.tables.attempts.get(name)
        if number is None or attempt is None:
            return
        self.tables.pending.drop(name)
        self._names.pop(number, None)
        if attempt.fact is not None:
            self._withdraw(attempt.fact)
            buyer = _buyer(attempt.fact)
            if buyer is not None and self.tables.checkouts.get(buyer) == name:
                self.tables.checkouts.drop(buyer)
            self.tables.attempts.put(name, replace(attempt, fact=None))


def switch_on(tables: Tables, alert: Alert, now_ms: int) -> None:
    """Whoever buys this product from this segment is challenged for a while from now on."""
    if alert.subject.type != _WHERE_TYPE:
        return
    place = _place(alert.channel, alert.shop, alert.subject.key)
    if len(tables.challenged) >= CHALLENGED_MAX and tables.challenged.get(place) is None:
        for name, challenged in tuple(tables.challenged.items()):
            if challenged.until_ms <= now_ms:
                tables.challenged.drop(name)
    if len(tables.challenged) < CHALLENGED_MAX or tables.challenged.get(place) is not None:
        tables.challenged.put(place, Challenged(now_ms + CHALLENGED_MS, alert.alert_id))


def switch_off(tables: Tables, alert: Alert) -> None:
    """A person found that it was no attack."""
    place = _place(alert.channel, alert.shop, alert.subject.key)
    challenged = tables.challenged.get(place)
    if challenged is not None and challenged.alert_id == alert.alert_id:
        tables.challenged.drop(place)


def is_challenged(tables: Tables, attempt: Attempt, now_ms: int) -> bool:
    """Whether a challenge is on where the attempt was made."""
    found = (tables.challenged.get(place) for place in attempt.places)
    return any(one is not None and now_ms < one.until_ms for one in found)


def _place(channel: str, shop: str, key: str) -> str:
    return f"{channel}/{shop}|{key}"


def _buyer(fact: Fact) -> str | None:
    who = fact.buyer_id or fact.buyer_phone_token
    return None if who is None else f"{fact.channel}/{fact.shop}/{who}"
