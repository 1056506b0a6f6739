from msgspec.structs import replace
from tests.contracts.action_contract import Bench

from orderguard.domain import evidence
from orderguard.domain.ports import Doing


def burst() -> Doing:
    bench = Bench("webhook", "receiver")
    bench.provider.close()
    return bench.first()


def test_a_long_alert_is_cut_and_its_links_are_not() -> None:
    doing = burst()
    hit = doing.alert.hits[0]
    hits = tuple(
        replace(hit, explanation=replace(hit.explanation, zh=f"第 {n} 条" + "很长" * 400))
        for n in range(50)
    )
    order = doing.alert.orders[0]
    orders = tuple(replace(order, order_id=f"o-{n}") for n in range(5_000))
    long = replace(doing, alert=replace(doing.alert, hits=hits, orders=orders))
    for bytes_max in (300, 1_000, 5_000, 50_000):
        told = evidence.text(long, bytes_max)
        assert len(told.encode()) <= bytes_max
        assert all(told.count(link) == 1 for link in doing.links.values())
    assert "另有 45 条" in told
    assert "o-4999，另有 4990 笔" in told


def test_the_same_words_are_said_once_and_the_latest_first() -> None:
    alert = burst().alert
    hit = alert.hits[0]
    other = replace(hit, explanation=replace(hit.explanation, en="Another rule."))
    told = evidence.explanations(replace(alert, hits=(hit, hit, other)), "en")
    assert told == ["Another rule.", hit.explanation.en]


def test_words_are_cut_between_characters() -> None:
    for bytes_max in range(3, 12):
        cut = evidence.cut("订单卫士", bytes_max)
        assert len(cut.encode()) <= bytes_max
        assert cut == "订单卫士" or cut.endswith("…")
