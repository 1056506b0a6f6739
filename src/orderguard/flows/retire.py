"""A rule that tells nothing is proposed for retirement, with what that would have changed.

Nothing retires by itself: a person approves, and the library without the rule is an entry of the
log like any other.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from msgspec import Struct

from orderguard.domain.alerts import Severity
from orderguard.domain.wording import RuleStatus
from orderguard.flows.fold import Fold
from orderguard.flows.learn import ALL, ALONE_PREFIX, BAND_PREFIX, rule_of
from orderguard.flows.rulebook import file_of, with_status
from orderguard.labels import LabelCount, should_retire, summed


class Retirement(Struct, frozen=True):
    """A rule by the orders of known truth: `concerned` by it, and by it `alone`; and all orders.

    The bad ones of `alone` would not have been found without it, the good ones not have been asked.
    """

    rule: str
    concerned: LabelCount
    alone: LabelCount
    everything: LabelCount


def counts_by_rule(fold: Fold) -> dict[str, dict[Severity, LabelCount]]:
    """The orders of known truth that each risk rule concerns, by the severity of its hits."""
    found: dict[str, dict[Severity, LabelCount]] = defaultdict(dict)
    for name, count in fold.tables.label_counts.items():
        if "/" in name and not name.startswith((BAND_PREFIX, ALONE_PREFIX)):
            found[rule_of(name)][Severity(name.rpartition("/")[2])] = count
    return found


def retirements(fold: Fold) -> Iterator[Retirement]:
    """The rules in force whose orders turn out as all orders do.

    Of all orders those are bad that are known to be: people look at orders that rules concern, so
    that among those whose truth is known there are far too many bad ones.
    """
    counts, bad = fold.tables.label_counts, (fold.tables.label_counts.get(ALL) or LabelCount()).bad
    everything = LabelCount(bad, max(fold.tables.progress.orders - bad, 0))
    for rule_id, by_severity in sorted(counts_by_rule(fold).items()):
        concerned = summed(by_severity.values())
        compiled = fold.engine.by_id.get(rule_id)
        is_in_force = compiled is not None and compiled.rule.status is not RuleStatus.RETIRED
        if is_in_force and should_retire(concerned, everything):
            alone = counts.get(f"{ALONE_PREFIX}{rule_id}") or LabelCount()
            yield Retirement(rule_id, concerned, alone, everything)


def without(files: Mapping[str, str], rule_id: str) -> dict[str, str]:
    """The library with that rule retired."""
    name = file_of(rule_id)
    return {**files, name: with_status(files[name], RuleStatus.RETIRED)}
