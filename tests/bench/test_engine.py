"""What the benchmarks use of the engine does what they believe."""

from bench.active_buyers import facts_of_buyers, pairs_of_a_buyer
from bench.engine import Caches, Entering, compiled, facts_of
from bench.feature_cost import pass_over
from bench.hot_key import OF, costs_of
from bench.traffic import Seller, stream
from tests.flows.stories import START_MS

from orderguard.domain.facts import FactKind
from orderguard.domain.library import FeatureKind

COUNT = 600


def test_facts_are_those_that_the_fold_enters() -> None:
    facts = facts_of(stream(Seller(), COUNT, range(START_MS, START_MS + COUNT)))
    kinds = [fact.kind for fact in facts]
    assert set(kinds) == {FactKind.PLACED, FactKind.PAID}
    assert len(facts) > COUNT / 2
    assert all(fact.ship_to_doorstep and fact.device_id for fact in facts)

    one = pass_over(facts)
    assert one.judged == len(facts)
    assert min(one.read, one.entered) > len(facts)
    assert max(one.read, one.judged) < one.touched <= one.read + one.entered


def test_pairs_are_where_a_fact_leaves_an_entry() -> None:
    placed, paid = list(facts_of_buyers(3))[2:4]
    caches = Caches()
    engine = compiled(caches)
    entering = Entering.of(engine)
    pairs = dict(entering.pairs(placed, engine.features.enter(placed).values))
    assert pairs["buyer.device_orders_180d"] == "buyer-1+device-1"
    assert "payer.buyers_30d" not in pairs
    assert "segment.product_spacing_60s" not in pairs, "this buyer is not new"
    saved = caches.save()
    assert saved > 0
    assert caches.save() == 0
    pairs = dict(entering.pairs(paid, engine.features.enter(paid).values))
    assert set(pairs) == {
        feature.id
        for feature in engine.library.features
        if "paid" in feature.on and feature.where is None and feature.by[0] == "payer"
    }
    assert 0 < caches.save() < saved


def test_each_buyer_makes_as_many_pairs_active() -> None:
    assert 10 < pairs_of_a_buyer(1_000) < 40


def test_each_kind_of_feature_has_a_cost() -> None:
    assert set(OF) == set(FeatureKind)
    few, more = costs_of(FeatureKind.COUNT, (10, 20))
    assert (few.size, more.size) == (10, 20)
    assert few.mean_us > 0
