"""The past judged again: how each rule did by what came of the orders afterwards.

The events go through the fold in the order in which they were received, so that every order is
judged by what was known then; what came of it is only looked up in the end. A rule answers for
every order that its alerts concern, those before the pattern was complete included.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import AlertKind
from orderguard.errors import BadInput
from orderguard.flows.fold import Fold
from orderguard.flows.learn import TROUBLE
from orderguard.flows.replay import orders_of
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import MS_PER_DAY
from orderguard.labels import LabelCount, Share, performance, wilson

SETTLED_MS = 30 * MS_PER_DAY
"""An order of which nothing was heard for so long is taken as good, also where no arrival is told;
a younger one counts for nothing yet."""
CONFIRMED = "confirmed"
"""What a file of labels says."""

_STATUS = re.compile(r"^status:[ \t]*\w+", re.MULTILINE)


class OutcomeRate(Struct, frozen=True):
    """How often one outcome came of the rule's orders, and of all."""

    hits: Share | None
    average: Share | None


class RuleResult(Struct, frozen=True, kw_only=True):
    """One rule. Money is by currency: of bad orders that it found, of good ones that it flagged.

    `orders`: all that it concerns; `bad` and `good` those with a known outcome. `alone`: bad ones
    that no other risk rule found.
    """

    rule: str
    orders: int
    bad: int
    good: int
    precision: Share | None
    recall: Share | None
    lift: float | None
    alone: int
    outcomes: dict[str, OutcomeRate]
    money_bad: dict[str, str]
    money_good: dict[str, str]


class BacktestResult(Struct, frozen=True, kw_only=True):
    """`bad` and `good`: orders with a known outcome; `base`: the share of bad ones."""

    orders: int
    bad: int
    good: int
    base: Share | None
    rules: tuple[RuleResult, ...]


class _Tally:
    """What is counted of one rule, or of all orders."""

    def __init__(self) -> None:
        self.orders = self.alone = 0
        self.count = LabelCount()
        self.outcomes: dict[str, int] = defaultdict(int)
        self.money: dict[bool, dict[str, Decimal]] = {True: {}, False: {}}

    def add(self, record: OrderRecord, bad: bool | None, outcomes: Collection[str]) -> None:
        self.orders += 1
        if bad is None:
            return
        self.count = self.count.moved(bad=bad, by=1)
        for outcome in outcomes:
            self.outcomes[outcome] += 1
        amount = record.state.members.get("order_amount")
        if amount is not None:
            currency = record.state.members.get("order_currency", "")
            sums = self.money[bad]
            sums[currency] = sums.get(currency, Decimal(0)) + amount


def made_live(files: Mapping[str, str], rules: Collection[str]) -> dict[str, str]:
    """The library with these rules live, whatever their status: they are to be tried out.

    Raise BadInput for a rule that it does not have.
    """
    changed = dict(files)
    for rule_id in rules:
        name = rule_id.replace(".", "/", 1) + ".yaml"
        if name not in changed:
            raise BadInput(
                Bilingual(f"The library has no rule {rule_id}.", f"规则库里没有规则 {rule_id}。"),
                hint=Bilingual("`rules check` lists them.", "有哪些见 `rules check`。"),
            )
        changed[name] = _STATUS.sub("status: live", changed[name], count=1)
    return changed


def backtest(
    fold: Fold, rules: Collection[str] = (), labels: Mapping[str, bool] | None = None
) -> BacktestResult:
    """How these rules did, all risk rules without any; `labels` by order number tell the truth."""
    for rule_id in rules:
        if rule_id not in fold.engine.by_id:
            raise BadInput(
                Bilingual(f"The preset has no rule {rule_id}.", f"预设里没有规则 {rule_id}。"),
                hint=Bilingual("Name another with --preset.", "请用 --preset 换一个预设。"),
            )
    everything, found = _Tally(), defaultdict[str, _Tally](_Tally)
    for record in orders_of(fold):
        bad, outcomes = _truth(fold, record, labels)
        everything.add(record, bad, outcomes)
        hits = list(_risk_rules(fold, record))
        for rule_id in hits:
            found[rule_id].add(record, bad, outcomes)
            found[rule_id].alone += bad is True and len(hits) == 1
    asked = rules or [
        rule.rule.id for rule in fold.engine.rules if rule.rule.kind is AlertKind.RISK
    ]
    return BacktestResult(
        orders=everything.orders,
        bad=everything.count.bad,
        good=everything.count.good,
        base=wilson(everything.count.bad, everything.count.labelled),
        rules=tuple(_result(rule_id, found[rule_id], everything) for rule_id in asked),
    )


def _risk_rules(fold: Fold, record: OrderRecord) -> Iterator[str]:
    for rule_id in record.standing.hits:
        rule = fold.engine.by_id.get(rule_id)
        if rule is not None and rule.rule.kind is AlertKind.RISK:
            yield rule_id


def _truth(
    fold: Fold, record: OrderRecord, labels: Mapping[str, bool] | None
) -> tuple[bool | None, set[str]]:
    """Whether the order turned out bad, None where that is not known, and what came of it."""
    told = {name.partition(":")[0] for name in record.state.told}
    outcomes = {source for kind, source in TROUBLE.items() if kind in told}
    if labels is not None:
        bad = labels.get(record.state.key.order_id)
        return bad, outcomes | ({CONFIRMED} if bad else set())
    known = fold.tables.labels.get(str(record.state.key))
    if known is not None and known.counted is not None:
        return known.counted.bad, outcomes
    is_settled = fold.clock_ms - record.state.first_ms >= SETTLED_MS
    return (False if is_settled else None), outcomes


def _result(rule_id: str, tally: _Tally, everything: _Tally) -> RuleResult:
    found = performance(tally.count, everything.count)
    return RuleResult(
        rule=rule_id,
        orders=tally.orders,
        bad=tally.count.bad,
        good=tally.count.good,
        precision=found.precision,
        recall=found.recall,
        lift=found.lift,
        alone=tally.alone,
        outcomes={
            outcome: OutcomeRate(
                wilson(tally.outcomes[outcome], tally.count.labelled),
                wilson(everything.outcomes[outcome], everything.count.labelled),
            )
            for outcome in sorted(everything.outcomes)
        },
        money_bad=_texts(tally.money[True]),
        money_good=_texts(tally.money[False]),
    )


def _texts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: format(sums[currency], "f") for currency in sorted(sums)}
