"""Ten days on which people decide cases: the ranking gets better, and a bad rule is found out.

Two shops live through the same orders. In one people decide what is open for two hours, in the
other nobody does, so that all its scores rest on what the rules state. The last three days count:

- at the head of the ranking of the shop that learned nothing, as many orders as people can look at
  (`ATTENTION` of all), a share `precision` is bad, which is `recall` of all that are;
- in the shop that learned, the precision of the head with the same recall is taken.

An order has the score that it had when its day was over. Decisions know the truth of orders that
came before them, and nothing else does: there is no look ahead.
"""

import pytest
from tests.scenarios.installation import is_proof
from tests.scenarios.working_days import BURST, DEVICE, LUCKY, LUCKY_FILE, Shop, library

from orderguard.flows.retire import retirements, without
from orderguard.flows.rulebook import publication
from orderguard.labels import LABELLED_MIN
from orderguard.rules import load_library, run_rule_tests

DAYS = 10
ORDERS_A_DAY, SEEDS = (600, (1, 2, 3, 4)) if is_proof() else (200, (1,))
LAST = range(DAYS - 3, DAYS)
ATTENTION = 0.05
GAIN_MIN = 0.10

WRONG_PRIORS = {"far too high": (DEVICE, 0.97), "far too low": (BURST, 0.02)}


def ranked(scores: dict[str, int], bad: set[str]) -> list[bool]:
    """The truth of the orders, the highest score first; among equals the earlier order."""
    return [order_id in bad for order_id in sorted(scores, key=lambda one: -scores[one])]


def head(ranking: list[bool]) -> tuple[float, float]:
    """Precision and recall of what people can look at."""
    looked_at = ranking[: round(ATTENTION * len(ranking))]
    return sum(looked_at) / len(looked_at), sum(looked_at) / sum(ranking)


def precision_at(recall: float, ranking: list[bool]) -> float:
    """Of the shortest head that has the recall."""
    wanted, found = recall * sum(ranking), 0
    for place, is_bad in enumerate(ranking, 1):
        found += is_bad
        if found >= wanted - 1e-9:
            return found / place
    raise AssertionError("the whole ranking has all")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("prior", WRONG_PRIORS)
def test_decisions_mend_a_wrong_prior_and_a_bad_rule_is_proposed_for_retirement(
    prior: str, seed: int
) -> None:
    files = library(*WRONG_PRIORS[prior])
    assert all(one.passed for one in run_rule_tests(load_library(files)))
    learns = Shop(files, seed=seed, decides=True)
    ignores = Shop(files, seed=seed, decides=False)
    scores: dict[str, int] = {}
    stated: dict[str, int] = {}
    for number in range(DAYS):
        today, as_stated = (shop.live_through(number, ORDERS_A_DAY) for shop in (learns, ignores))
        if number == 0:
            early = list(retirements(learns.fold))
            assert {one.rule for one in early} <= {LUCKY}, "no good rule, by chance"
            assert all(one.concerned.labelled >= LABELLED_MIN for one in early), "few say little"
        if number in LAST:
            scores |= today
            stated |= as_stated
    assert learns.bad == ignores.bad
    assert learns.wrong < 0.02 * learns.decisions

    precision, recall = head(ranked(stated, ignores.bad))
    learned = precision_at(recall, ranked(scores, learns.bad))
    assert 0 < recall < 1
    assert learned - precision >= GAIN_MIN

    assert list(retirements(ignores.fold)) == []
    (proposed,) = retirements(learns.fold)
    assert proposed.rule == LUCKY
    assert proposed.alone.good > 20 * proposed.alone.bad, "what it costs, and what it brings"

    in_force = learns.fold.tables.library.get("")
    assert in_force is not None
    files = without(in_force.files, LUCKY)
    assert {name for name in files if files[name] != in_force.files[name]} == {LUCKY_FILE}
    hits = _hits(learns)
    learns.tell(publication(in_force, files, "somebody of the risk team"))
    learns.live_through(DAYS, ORDERS_A_DAY)
    assert _hits(learns) == hits, "it judges nobody any more"
    assert list(retirements(learns.fold)) == []


def _hits(shop: Shop) -> int:
    count = shop.fold.tables.rule_counts.get(LUCKY)
    assert count is not None, "it has hit"
    return count.hits
