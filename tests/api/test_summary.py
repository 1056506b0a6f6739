import httpx
import pytest
from tests.api.installation import Installation, connect, library, paid

from orderguard.api import result_shapes as shapes
from orderguard.domain.accounts import Role
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR


async def summary(client: httpx.AsyncClient, **query: int) -> shapes.Summary:
    answer = await client.get("/api/v1/metrics/summary", params=query)
    return shapes.Summary.model_validate_json(answer.content)


async def three_days(running: Installation) -> None:
    """A quiet day, a day of nothing, and a burst that begins just before midnight."""
    for number in range(7):
        await running.tell(paid(f"quiet-{number}", f"b-{number}", at_ms=running.clock.now_ms()))
    running.clock.advance(3 * MS_PER_DAY - 3_000)  # 3 s before midnight; an order each second.
    await running.burst("buyer-1", 6)


def days(found: shapes.Summary) -> list[tuple[str, int, int]]:
    return [(day.day, day.orders, day.risk_alerts) for day in found.days]


async def test_an_empty_installation_has_counts_of_nothing(analyst: httpx.AsyncClient) -> None:
    found = await summary(analyst, days=1)
    assert (found.orders, found.events, found.risk_orders) == (0, 0, 0)
    assert days(found) == [("2026-11-11", 0, 0)]


async def test_days_end_at_midnight_in_shanghai(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await three_days(running)
    found = await summary(analyst, days=5)
    assert days(found) == [
        ("2026-11-10", 0, 0),
        ("2026-11-11", 7, 0),
        ("2026-11-12", 0, 0),
        ("2026-11-13", 2, 0),
        ("2026-11-14", 4, 1),
    ]
    assert (found.orders, found.events) == (13, 13)
    assert found.alerts[AlertKind.RISK][Severity.HIGH] == 1
    assert (found.risk_orders, found.risk_orders_by_severity[Severity.HIGH]) == (6, 6)
    assert found.risk_share_by_severity[Severity.HIGH] == pytest.approx(6 / 13)


async def test_looking_again_counts_what_came_since(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    assert (await summary(analyst)).risk_orders == 5
    await running.burst("buyer-1", 1)  # A repeated number is one order: nothing new.
    assert (await summary(analyst)).risk_orders == 5
    at_ms = running.clock.now_ms()
    await running.tell(paid("buyer-1-6", "buyer-1", at_ms=at_ms))
    await running.live.flush()
    await running.burst("buyer-2")
    running.clock.advance(MS_PER_HOUR)
    await running.burst("buyer-1-later")
    found = await summary(analyst)
    assert found.risk_orders == 16
    assert found.alerts[AlertKind.RISK][Severity.HIGH] == 3
    assert days(found)[-1] == ("2026-11-11", 16, 3)


async def test_a_restarted_server_counts_the_same(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await three_days(running)
    before = await summary(analyst)
    await running.live.flush()
    running.live = running.restarted()
    await running.live.start(library())
    async with connect(running.api(), running.token(Role.ANALYST)) as client:
        assert await summary(client) == before


@pytest.mark.parametrize("asked", [0, 93, -1])
async def test_how_many_days_is_bounded(analyst: httpx.AsyncClient, asked: int) -> None:
    answer = await analyst.get("/api/v1/metrics/summary", params={"days": asked})
    assert answer.status_code == 422
