"""Disposition, later outcome → label → what is believed of rules, what is remembered of entities.

Of an order's labels one counts. When it changes, what the former one did is taken back first, so
that each order moves each rule that concerns it once.
"""

from collections.abc import Callable, Iterable, Mapping

from orderguard.domain.alerts import AlertKind
from orderguard.domain.cases import Case
from orderguard.domain.entries import Disposition
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import OrderKey
from orderguard.flows.detect import Detector
from orderguard.flows.facts import REMEMBERED, profile_key
from orderguard.flows.ledger import Ledger
from orderguard.flows.tables import CasePart, OrderRecord
from orderguard.kit.clock import MS_PER_DAY, MS_PER_MINUTE
from orderguard.labels import (
    PERSON,
    WEIGHTS,
    Label,
    LabelCount,
    OrderLabels,
    counting,
    labelled,
    unlabelled,
)
from orderguard.profiles import Outcome, ProfileKind, forgotten, remembered
from orderguard.scoring import Posterior, observe, retract

TROUBLE: Mapping[FactKind, str] = {
    FactKind.REFUND_SUCCEEDED: "refund",
    FactKind.RETURN_RECEIVED: "return",
    FactKind.DISPUTE_OPENED: "dispute",
    FactKind.COMPLAINT_OPENED: "complaint",
}
"""What of an order's later life speaks against it, and the source of the label."""
KEPT_MS = 14 * MS_PER_DAY
"""An order is kept when nothing was heard of it for so long after it arrived."""
ARRIVED_MS = 10 * MS_PER_MINUTE
"""Orders that arrived within so long are looked at together."""
KEPT_PREFIX = "kept_"
"""What the deadline of such orders is named by."""
PART_PREFIX = "label_"
"""What the deadline of a part of a case is named by."""
PART_ORDERS, PART_MS = 250, 200
"""A case of very many orders is labelled bit by bit, or intake would wait for seconds: so many
orders at once, and as many again each time after so long."""
ALL = "all"
BAND_PREFIX = "band/"
ALONE_PREFIX = "alone/"
"""Before a rule: the orders of known truth that no other risk rule concerns."""
BANDS = 10
"""Tenths of the score, by which it is compared with what came of the orders."""

Wake = Callable[[str, int], None]
"""Take note of a deadline: an id, and when it is due in ms since the epoch."""

LABELS: Mapping[Disposition, bool] = {Disposition.CONFIRMED: True, Disposition.FALSE_ALARM: False}
"""Whether the orders of a case are bad; an inconclusive one labels nothing."""


class Learner:
    def __init__(self, detector: Detector, ledger: Ledger, wake: Wake) -> None:
        self.detector, self.ledger = detector, ledger
        self.tables = detector.tables
        self._wake = wake

    def turned_out(self, key: OrderKey, kind: FactKind, now_ms: int) -> None:
        """A refund, a return, a dispute or a complaint is a label; an arrival is one later."""
        source = TROUBLE.get(kind)
        if source is not None:
            self.label(key, Label(bad=True, source=source, at=now_ms))
            return
        record = self.tables.orders.get(str(key))
        if record is None:
            return
        due = (now_ms // ARRIVED_MS + 1) * ARRIVED_MS + KEPT_MS
        name = f"{KEPT_PREFIX}{due}"
        self.tables.arrived.put(name, str(record.state.number), 1)
        if self.tables.due.get(name) is None:
            self.tables.due.put(name, due)
            self._wake(name, due)

    def fire(self, name: str, due_ms: int) -> None:
        """Orders that arrived long ago, and of which no trouble was heard, are kept."""
        numbers = sorted(self.tables.arrived.of(name), key=int)
        for number in numbers:
            self.tables.arrived.drop(name, number)
            key = self.tables.keys.get(number)
            known = None if key is None else self.tables.labels.get(str(key))
            if key is not None and (known is None or not known.labels):
                self.label(key, Label(bad=False, source="kept", at=due_ms))
        self.tables.due.drop(name)

    def decided(self, case: Case, said: Disposition, at: int) -> None:
        """A person found this of the case's orders."""
        bad = LABELS.get(said)
        if bad is not None:
            self._in_parts(case, bad, at)

    def undecided(self, case: Case, at: int) -> None:
        """What a person found of the case's orders is taken back."""
        self._in_parts(case, None, at)

    def go_on(self, name: str) -> None:
        """The next part of a case is due."""
        part = self.tables.parts.get(name)
        if part is not None:
            self._say(part)
        self.tables.parts.drop(name)
        self.tables.due.drop(name)

    def _in_parts(self, case: Case, bad: bool | None, at: int) -> None:
        """The first part now, the others in time; they take the place of those still to come."""
        for number, first in enumerate(range(0, len(case.orders), PART_ORDERS)):
            part = CasePart(orders=case.orders[first : first + PART_ORDERS], bad=bad, at=at)
            if number == 0:
                self._say(part)
                continue
            name, due = f"{PART_PREFIX}{case.case_id}/{number}", at + number * PART_MS
            self.tables.parts.put(name, part)
            self.tables.due.put(name, due)
            self._wake(name, due)

    def _say(self, part: CasePart) -> None:
        for key in part.orders:
            if part.bad is not None:
                self.label(key, Label(bad=part.bad, source=PERSON, at=part.at))
                continue
            known = self.tables.labels.get(str(key))
            # Meanwhile the order may have gone into another case, which somebody decided.
            if known is not None and not any(
                label.source == PERSON and label.at > part.at for label in known.labels
            ):
                self._settle(key, unlabelled(known, PERSON))

    def label(self, key: OrderKey, label: Label) -> None:
        """One source's word on an order; of an order never heard of it is kept for nothing."""
        if self.tables.orders.get(str(key)) is not None:
            known = self.tables.labels.get(str(key)) or OrderLabels()
            self._settle(key, labelled(known, label))

    def _settle(self, key: OrderKey, known: OrderLabels) -> None:
        """Let the label that counts now take the place of the one that did."""
        self.tables.uncounted.orders[key] = None
        record = self.tables.orders.get(str(key))
        before, now = known.counted, counting(known)
        if record is None or before == now:
            self.tables.labels.put(str(key), known)
            return
        if before is not None:
            self._count(known.credited, known.band, before, -1)
            for belief in known.credited:
                self._move(belief, before, is_taken_back=True)
            for name in known.profiled:
                self._forget(name, _outcome(record, before))
        after = OrderLabels(labels=known.labels)
        if now is not None:
            after = OrderLabels(
                labels=known.labels,
                counted=now,
                credited=self._beliefs(record),
                profiled=self._remember(record, now),
                band=min(record.standing.score // 10, BANDS - 1),
            )
            self._count(after.credited, after.band, now, 1)
            for belief in after.credited:
                self._move(belief, now)
        self.tables.labels.put(str(key), after)
        self.ledger.judge(key)

    def _count(self, credited: Iterable[str], band: int, label: Label, by: int) -> None:
        """Count the order among all, under each rule that concerns it, and by its score."""
        rules = {rule_of(belief) for belief in credited}
        alone = [f"{ALONE_PREFIX}{rule}" for rule in rules] if len(rules) == 1 else []
        for name in (ALL, f"{BAND_PREFIX}{band}", *alone, *credited):
            count = self.tables.label_counts.get(name) or LabelCount()
            self.tables.label_counts.put(name, count.moved(bad=label.bad, by=by))

    def _beliefs(self, record: OrderRecord) -> tuple[str, ...]:
        """What is believed of each risk rule that concerns the order, at its severity."""
        rules = self.detector.engine.by_id
        return tuple(
            f"{rule_id}/{severity}"
            for rule_id, severity in sorted(record.standing.hits.items())
            if rule_id not in rules or rules[rule_id].rule.kind is AlertKind.RISK
        )

    def _move(self, belief: str, label: Label, *, is_taken_back: bool = False) -> None:
        posterior = self.tables.posteriors.get(belief) or Posterior()
        move = retract if is_taken_back else observe
        moved = move(posterior, bad=label.bad, at=label.at, weight=label.weight)
        self.tables.posteriors.put(belief, moved)

    def _remember(self, record: OrderRecord, label: Label) -> tuple[str, ...]:
        """Add to the profiles of the order's entities; those that it was added to.

        A person's word makes a profile; what comes later adds to those that there are.
        """
        entities, moved = entities_of(record), list[str]()
        for kind, key in entities.items():
            name = profile_name(kind, key)
            profile = self.tables.profiles.get(name)
            if profile is not None or label.source not in WEIGHTS:
                others = {other: one for other, one in entities.items() if other is not kind}
                outcome = _outcome(record, label)
                self.tables.profiles.put(name, remembered(profile, outcome, others))
                moved.append(name)
        return tuple(moved)

    def _forget(self, name: str, outcome: Outcome) -> None:
        profile = self.tables.profiles.get(name)
        if profile is None:
            return
        after = forgotten(profile, outcome)
        if after is None:
            self.tables.profiles.drop(name)
        else:
            self.tables.profiles.put(name, after)


def rule_of(belief: str) -> str:
    """The rule of which it is believed; a belief is `RULE/SEVERITY`."""
    return belief.rpartition("/")[0]


def entities_of(record: OrderRecord) -> dict[ProfileKind, str]:
    """Whom the order tells something of: profile keys, with channel and shop where they matter."""
    key, members = record.state.key, record.state.members
    return {
        kind: profile_key(kind, value, key.channel, key.shop)
        for kind, field in REMEMBERED.items()
        if isinstance(value := members.get(field), str)
    }


def profile_name(kind: ProfileKind, key: str) -> str:
    return f"{kind}|{key}"


def _outcome(record: OrderRecord, label: Label) -> Outcome:
    told = record.state.told.values()
    first = record.state.first_ms
    return Outcome(label.bad, label.source, first, max(told, default=first))
