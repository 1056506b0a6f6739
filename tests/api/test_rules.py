import httpx
from tests.api.installation import Installation, connect, library

from orderguard.api import rule_shapes
from orderguard.domain.accounts import Role
from orderguard.domain.entries import LabelKind, LabelRecorded
from orderguard.domain.orders import OrderKey

BURST = "velocity.same_item_burst"


async def test_the_library_in_force_is_told(analyst: httpx.AsyncClient) -> None:
    page = rule_shapes.RulePage.model_validate_json((await analyst.get("/api/v1/rules")).content)
    assert {rule.id for rule in page.items} == {BURST, "address.far_from_usual"}
    burst = next(rule for rule in page.items if rule.id == BURST)
    assert burst.pack == "velocity"
    assert burst.thresholds == [
        rule_shapes.Threshold(name="buyer.same_product_orders_10m", operator=">=", value=5)
    ]
    assert [feature.id for feature in burst.features] == ["buyer.same_product_orders_10m"]
    (feature,) = burst.features
    assert burst.names[feature.id] == feature.title
    remembered = set(burst.names) - {feature.id}
    assert "buyer.confirmed_bad" in remembered, "a hit says it, whatever the rule asks for"
    assert all(name.endswith(".confirmed_bad") for name in remembered)
    (belief,) = burst.beliefs
    assert belief.severity == "high"
    assert belief.posterior.bad == belief.prior.bad
    one = await analyst.get(f"/api/v1/rules/{BURST}")
    assert rule_shapes.Rule.model_validate_json(one.content) == burst
    assert (await analyst.get("/api/v1/rules/no.such_rule")).status_code == 404


async def test_a_rule_tells_how_it_has_done(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    orders = await running.burst("buyer-1")
    for order_id in orders:
        key = OrderKey("standard", "demo", order_id)
        await running.live.note(
            LabelRecorded(received_ms=0, order=key, label=LabelKind.BAD, source="a person")
        )
    rule = rule_shapes.Rule.model_validate_json(
        (await analyst.get(f"/api/v1/rules/{BURST}")).content
    )
    assert (rule.hits, rule.orders) == (1, 5)
    (belief,) = rule.beliefs
    assert belief.posterior.labels_bad == 5
    assert belief.posterior.bad > belief.prior.bad
    assert belief.posterior.updated_at is not None


async def test_every_rule_can_be_shown(starting: Installation) -> None:
    await starting.live.start(library("standard"))
    async with connect(starting.api(), starting.token(Role.ANALYST)) as client:
        answer = await client.get("/api/v1/rules")
    page = rule_shapes.RulePage.model_validate_json(answer.content)
    engine = starting.live.fold.engine
    health = [rule.id for rule in engine.library.health]
    assert [rule.id for rule in page.items] == [*engine.by_id, *health]
    assert len(engine.by_id) > 2
    for rule in page.items:
        if rule.id in health:
            assert rule.watches
        else:
            assert rule.beliefs
    await starting.live.stop()
