import httpx
from tests.api.installation import Installation, paid

from orderguard.api.live_picture import LivePicture
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE


async def picture(client: httpx.AsyncClient) -> LivePicture:
    return LivePicture.model_validate_json((await client.get("/api/v1/live")).content)


async def test_paid_orders_wait_by_their_age(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    start = running.clock.now_ms()
    await running.tell(*(paid(f"old-{n}", f"a{n}", at_ms=start) for n in range(3)))
    running.clock.advance(9 * MS_PER_HOUR)
    await running.tell(paid("new", "b", at_ms=running.clock.now_ms()))
    [shop] = (await picture(analyst)).shops
    assert (shop.channel, shop.shop, shop.usual) == ("standard", "demo", [])
    assert shop.waiting.orders == 4
    assert [age.orders for age in shop.waiting.ages] == [1, 0, 3, 0]


async def test_what_is_gone_soonest_stands_first(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    now = running.clock.now_ms()

    def stock(sku: str, units: int) -> dict[str, object]:
        return {
            "id": f"stock-{sku}",
            "type": "inventory.changed",
            "occurred_at": paid("x", "x", at_ms=now)["occurred_at"],
            "data": {"sku": sku, "available": units},
        }

    await running.tell(stock("slow", 100), stock("fast", 4), stock("still", 1))
    running.clock.advance(MS_PER_MINUTE)
    later = running.clock.now_ms()
    await running.tell(
        paid("1", "a", at_ms=later, sku="fast"),
        paid("2", "b", at_ms=later, sku="slow"),
        paid("3", "c", at_ms=later, sku="fast"),
    )
    found = (await picture(analyst)).running_out
    assert [one.sku for one in found] == ["fast", "slow"], "what does not sell does not run out"
    assert (found[0].available, found[0].sold_1h, found[0].zero_in_s) == (2, 2, 3600)
