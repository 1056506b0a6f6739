import pytest
from bench.recognition import Count, Sale, found_in, judged, over_sales, text_of


def sale(seed: int, bad: dict[str, Count], honest: dict[str, Count]) -> Sale:
    return Sale(seed=seed, events=100, seconds=2.0, bad=bad, honest=honest)


def good(seed: int) -> Sale:
    """Everything that a rule knows is found, nobody honest is disturbed."""
    bad = {"burst": Count(10, 10, 10), "unknown_trick": Count(10, 0, 0)}
    return sale(seed, bad, {"plain": Count(200, 2, 1), "history": Count(100, 1, 0)})


def test_a_kind_is_told_by_its_shares_in_the_sales_that_show_it() -> None:
    kind = over_sales("gift", [Count(4, 2, 1), Count(), Count(100, 100, 0)])
    assert (kind.sales, kind.orders) == (2, 104)
    assert (kind.flagged_mean, kind.flagged_min, kind.flagged_max) == (0.75, 0.5, 1.0)
    assert (kind.medium_mean, kind.medium_max) == (0.125, 0.25)


def test_kinds_that_no_rule_knows_are_told_apart() -> None:
    found = found_in([good(1), good(2)], orders=320)
    assert found.recognised_known_kinds == 1
    assert found.recognised_all_kinds == 0.5
    assert found.is_met
    totals = {kind.name: kind.flagged_mean for kind in found.totals}
    assert totals == {
        "bad, known kinds": 1,
        "bad, all kinds": 0.5,
        "honest, in the sale": 0.01,
        "honest, with the days before": 0.01,
    }
    assert found.events_per_second == 50


@pytest.mark.parametrize(
    ("bad", "honest", "broken"),
    [
        (Count(10, 9, 9), Count(200, 2, 1), {"recognised, mean over the known kinds"}),
        (
            Count(20, 17, 0),
            Count(200, 12, 2),
            {"recognised, mean over the known kinds", "recognised, burst"},
        ),
        (Count(10, 10, 0), Count(200, 13, 2), {"flagged, honest, in the sale"}),
        (Count(10, 10, 0), Count(200, 4, 3), {"medium or above, honest, in the sale"}),
    ],
)
def test_each_limit_can_fail(bad: Count, honest: Count, broken: set[str]) -> None:
    bads = {"burst": bad, "ring": Count(10, 10, 10), "unknown_trick": Count(10, 0, 0)}
    found = found_in([sale(1, bads, {"plain": honest, "history": Count(1_000, 5, 0)})], 320)
    assert {limit.what for limit in found.limits if not limit.is_met} == broken
    assert not found.is_met
    assert text_of(found).count("NOT MET") == len(broken)


def test_a_small_sale_is_judged_whole() -> None:
    found = judged(300, seed=1)
    assert found.events > 300
    assert sum(count.orders for count in found.bad.values()) >= 40
    assert found.bad["shared_account"].flagged == found.bad["shared_account"].orders > 0
    assert found.honest["plain"].orders > 100
    assert found.honest["plain"].flagged_share < 0.05
