"""Days of a shop with known truth, and people who decide its cases by it, two hours later.

Per 200 orders of a day: two resellers who order one shoe five times within minutes, and now and
then a buyer for a group who does the same; three devices that strangers share, of which one in four
is a farm's; lone frauds that no rule can see. One plain order in twenty comes to 88 yuan and some,
be it honest or not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.flows.stories import LIBRARY, START_MS, order_document, published, taken_in

from orderguard.domain.cases import Case
from orderguard.domain.entries import CaseAction, CaseDisposed, Disposition, Entry
from orderguard.domain.orders import OrderKey
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_SECOND, rfc3339
from orderguard.stores.memory import MemoryState

SHOP_HOURS = 20
ORDERS_A_SCENE = 200
DECIDED_AFTER_MS = 2 * MS_PER_HOUR
WRONG_SHARE = 0.008
"""Of decisions: the opposite of the truth."""
FARMS_SHARE, LONE_FRAUDS_SHARE, LUCKY_SHARE = 0.25, 0.015, 0.05

BURST, DEVICE, LUCKY = "velocity.same_item_burst", "device.shared", "amount.lucky_number"
LUCKY_FILE = "amount/lucky_number.yaml"
LUCKY_RULE = """
id: amount.lucky_number
title: {en: A lucky number, zh: 吉利数字}
why: Somebody thought that frauds like the number 88.
status: live
severity: medium
group: lucky
subject: order
when: order.amount >= 88.0 && order.amount < 89.0
explanation:
  en: "The amount is {order.amount}."
  zh: "金额为{order.amount}。"
prior:
  bad: 0.4
  weight: 20
  source: A guess.
false_alarms: [Whoever buys for that much.]
runbook: Look at the order.
tests:
  - {name: it is, hit: true, given: {order.amount: 88.0}}
  - {name: it is not, hit: false, given: {order.amount: 89.0}}
"""


def library(rule_id: str, stated: float) -> dict[str, str]:
    """The shipped one with the lucky number, and a rule that states this share of bad orders."""
    name = rule_id.replace(".", "/", 1) + ".yaml"
    head, mark, rest = LIBRARY[name].partition("\nprior:\n  bad: ")
    assert mark, "the rule states it in the usual form"
    _, end_of_line, rest = rest.partition("\n")
    claimed = f"{head}{mark}{stated}{end_of_line}{rest}"
    return {**LIBRARY, LUCKY_FILE: LUCKY_RULE.lstrip(), name: claimed}


@dataclass(frozen=True)
class Placed:
    """One order of a day; `at_ms` since the days began."""

    at_ms: int
    order_id: str
    buyer: str
    bad: bool
    members: Mapping[str, object] = field(default_factory=dict)


def day(number: int, orders: int, seed: int) -> list[Placed]:
    """The orders of one day, of which nothing depends on what was decided."""
    rng = Random(f"{seed}/{number}")
    placed: list[Placed] = []

    def place(at_ms: int, buyer: str, *, bad: bool, **members: object) -> None:
        placed.append(Placed(at_ms, f"{number}-{len(placed)}", buyer, bad, members))

    def moment() -> int:
        return number * MS_PER_DAY + round(rng.uniform(0, SHOP_HOURS) * MS_PER_HOUR)

    for scene in range(orders // ORDERS_A_SCENE):
        resellers = [True, True, *([False] if rng.random() < 0.2 else [])]
        for one, is_reseller in enumerate(resellers):
            at_ms, buyer = moment(), f"burst-{number}-{scene}-{one}"
            for place_in_burst in range(5):
                place(at_ms + place_in_burst * 60_000, buyer, bad=is_reseller)
        for one in range(3):
            at_ms, bad = moment(), rng.random() < FARMS_SHARE
            device = {"id": f"device-{number}-{scene}-{one}"}
            for guest in range(3):
                place(
                    at_ms + guest * 600_000,
                    f"guest-{number}-{scene}-{one}-{guest}",
                    bad=bad,
                    device=device,
                    ship_to={"country": "CN", "address_token": f"{number}-{scene}-{one}-{guest}"},
                )
    while len(placed) < orders:
        cents = rng.randrange(100)
        is_lucky = rng.random() < LUCKY_SHARE
        amount = f"{88 if is_lucky else rng.randrange(20, 80)}.{cents:02d}"
        bad = rng.random() < LONE_FRAUDS_SHARE
        place(moment(), f"plain-{number}-{len(placed)}", bad=bad, amount=amount)
    return sorted(placed, key=lambda one: (one.at_ms, one.order_id))


class Shop:
    """A fold that lives through the days. Whoever `decides` knows the truth of what is past."""

    def __init__(self, files: Mapping[str, str], *, seed: int, decides: bool) -> None:
        self._seed, self._decides = seed, decides
        self._rng = Random(seed)
        self._offset = 0
        self._open: dict[str, int] = {}
        self.bad: set[str] = set()
        self.decisions = self.wrong = 0
        self.fold = Fold(MemoryState(), on_case=self._follow)
        self.tell(published(files, received_ms=START_MS))

    def tell(self, entry: Entry) -> None:
        self._offset += 1
        self.fold.apply(self._offset, entry)

    def live_through(self, number: int, orders: int) -> dict[str, int]:
        """One day; the score of each of its orders when the day was over."""
        today = day(number, orders, self._seed)
        for one in today:
            self._decide(START_MS + one.at_ms)
            self.bad |= {one.order_id} if one.bad else set()
            self.tell(_event(one))
        self._decide(START_MS + (number + 1) * MS_PER_DAY)
        return {one.order_id: self._score(one.order_id) for one in today}

    def _score(self, order_id: str) -> int:
        record = self.fold.tables.orders.get(str(OrderKey("standard", "demo", order_id)))
        assert record is not None, "it was told"
        return record.standing.score

    def _follow(self, case: Case, _: tuple[int, int]) -> None:
        if case.is_open:
            self._open.setdefault(case.case_id, case.created_at)
        else:
            self._open.pop(case.case_id, None)

    def _decide(self, now_ms: int) -> None:
        """The cases whose time has come, each when it had."""
        for case_id, created_ms in self._due(now_ms):
            case = self.fold.desk.case(case_id)
            assert case is not None, "it was opened"
            bad = sum(key.order_id in self.bad for key in case.orders)
            is_wrong = self._rng.random() < WRONG_SHARE
            found = (2 * bad >= len(case.orders)) is not is_wrong
            self.decisions, self.wrong = self.decisions + 1, self.wrong + is_wrong
            note = CaseDisposed(
                received_ms=max(self.fold.clock_ms, created_ms + DECIDED_AFTER_MS),
                by="somebody",
                case_id=case.case_id,
                alert_ids=case.alert_ids,
                disposition=Disposition.CONFIRMED if found else Disposition.FALSE_ALARM,
                action=CaseAction.CANCEL if found else CaseAction.RELEASE,
            )
            self.tell(note)

    def _due(self, now_ms: int) -> Iterator[tuple[str, int]]:
        if self._decides:
            for case_id, created_ms in list(self._open.items()):
                if created_ms + DECIDED_AFTER_MS <= now_ms:
                    yield case_id, created_ms


def _event(one: Placed) -> Entry:
    at_ms = START_MS + one.at_ms
    order = order_document(one.order_id, one.buyer, at_ms, **one.members)
    document = {
        "id": f"placed-{one.order_id}",
        "type": "order.created",
        "occurred_at": rfc3339(at_ms),
        "data": {"order": order},
    }
    return taken_in(document, at_ms + MS_PER_SECOND)
