import asyncio
import json
import re
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.api.installation import Installation, served
from tests.chinese import check_chinese

from orderguard import errors
from orderguard.api import body as body_of_requests
from orderguard.api import problems, shapes
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Role


def samples(text: str) -> dict[str, float]:
    """Values by name, without labels."""
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples}


async def test_a_running_server_is_alive_and_ready(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/healthz")).text == "ok\n"
    assert (await stranger.get("/readyz")).text == "ready\n"


async def test_measurements_tell_of_the_fold(
    running: Installation, stranger: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    running.metrics.webhook_answered("/webhooks/{channel}/{shop}", 202, 0.002)
    answer = await stranger.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = samples(answer.text)
    assert found["orderguard_ready"] == 1
    assert found["orderguard_orders"] == 5
    assert found["orderguard_events_total"] == 5
    assert found["orderguard_rule_hits_total"] == 1
    assert found["orderguard_rule_orders_total"] == 5
    assert found["orderguard_cursor"] == running.live.fold.cursor
    assert found["orderguard_queue_entries"] == 0
    assert found["orderguard_webhook_requests_total"] == 1
    assert found["orderguard_webhook_ack_seconds_count"] == 1
    assert found["orderguard_event_to_alert_seconds_count"] >= 1
    assert found["orderguard_source_lag_seconds_count"] == 5


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, 401),
        ("127.0.0.1", {"forwarded": "for=10.0.0.7"}, 401),
    ],
)
async def test_measurements_are_open_to_this_machine_alone(
    running: Installation, host: str, headers: dict[str, str], status: int
) -> None:
    transport = httpx.ASGITransport(app=running.api(), client=(host, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://orderguard.test") as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status
        headers = {**headers, **running.token(Role.ANALYST)}
        assert (await client.get("/metrics", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/v1/alerts/", 404),
        ("PUT", "/api/v1/alerts", 405),
        ("POST", "/healthz", 405),
    ],
)
async def test_what_is_not_there_is_a_problem(
    analyst: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await analyst.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert shapes.Problem.model_validate_json(answer.content).status == status
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b'"\xff"', 400),
        (b"[" * 30_000, 400),
        (b'{"list": NaN}', 422),
        (b'{"list":"block","kind":"buyer","value":"\\ud800"}', 422),
        (b'{"list":"block","kind":"buyer","value":' + b"9" * 5_000 + b"}", 400),
        (b" " * 70_000, 413),
    ],
)
async def test_a_body_that_is_no_json_is_a_problem(
    risk_team: httpx.AsyncClient, body: bytes, status: int
) -> None:
    json_type = {"content-type": "application/json"}
    answer = await risk_team.post("/api/v1/lists", content=body, headers=json_type)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/nowhere", b"", 404),
        ("GET", "/api/v1/alerts/none", b"", 404),
        ("PUT", "/api/v1/alerts", b"", 405),
        ("POST", "/api/v1/lists", b"{", 422),
        ("POST", "/api/v1/lists", b'"\xff"', 400),
        ("POST", "/api/v1/lists", b" " * 70_000, 413),
    ],
)
async def test_a_problem_is_told_in_the_reader_s_language(
    risk_team: httpx.AsyncClient, method: str, path: str, body: bytes, status: int
) -> None:
    told = []
    for language in ({}, {"accept-language": "zh"}):
        headers = {"content-type": "application/json", **language}
        answer = await risk_team.request(method, path, content=body, headers=headers)
        assert (answer.status_code, answer.headers["vary"]) == (status, "accept-language")
        told.append(shapes.Problem.model_validate_json(answer.content))
    english, chinese = told
    assert english.title == HTTPStatus(status).phrase
    check_chinese(Bilingual(english.title, chinese.title))
    assert bool(english.detail) == bool(chinese.detail)
    if english.detail:
        check_chinese(Bilingual(english.detail, chinese.detail))


def test_every_status_of_a_refusal_has_a_title_in_chinese() -> None:
    known = {problems.status_of(one) for one in vars(errors).values() if isinstance(one, type)}
    assert {one for one in known if one is not None} <= problems.TITLES_ZH.keys()


async def test_a_body_that_does_not_come_is_not_waited_for(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_of_requests, "BODY_S_MAX", 0.05)

    (token,) = running.token(Role.RISK).values()
    head = (
        "POST /api/v1/lists HTTP/1.1\r\nhost: orderguard.test\r\ncontent-length: 100\r\n"
        f"content-type: application/json\r\nauthorization: {token}\r\n\r\n"
    )
    async with served(running.api()) as address, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(address).port)
        writer.write(head.encode() + b"{")
        answer = await reader.read()  # To the end: the server closes the connection.
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


async def test_other_content_types_are_not_read(risk_team: httpx.AsyncClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await risk_team.post(
            "/api/v1/lists", content=b"{}", headers={"content-type": content_type}
        )
        assert answer.status_code == 422


async def test_a_failure_of_our_own_tells_nothing(
    running: Installation, analyst: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_alert_id: str) -> None:
        raise RuntimeError("the phone 13800138000 cannot be read")

    monkeypatch.setattr(running.live, "alert", fail)
    answer = await analyst.get("/api/v1/alerts/alert_1")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "13800138000" not in answer.text
    assert "Traceback" not in answer.text


async def test_the_api_describes_itself(stranger: httpx.AsyncClient) -> None:
    described: dict[str, Any] = json.loads((await stranger.get("/openapi.json")).text)
    assert set(described["paths"]) >= {
        "/",
        "/simple",
        "/healthz",
        "/readyz",
        "/metrics",
        "/sign-in",
        "/api/v1/session",
        "/api/v1/actions",
        "/api/v1/learning/suggestions/{rule_id}/approve",
        "/api/v1/mappings",
        "/api/v1/stock",
        "/api/v1/live",
        "/api/v1/locks",
        "/api/v1/locks/totals",
        "/api/v1/alerts",
        "/api/v1/alerts/{alert_id}",
        "/api/v1/alerts/{alert_id}/steps/{step}/approve",
        "/api/v1/outbox",
        "/api/v1/stops",
        "/x/{token}",
        "/api/v1/orders/{channel}/{shop}/{order_id}",
        "/api/v1/health/limits",
        "/api/v1/cases",
        "/api/v1/cases/take-next",
        "/api/v1/cases/bulk",
        "/api/v1/cases/{case_id}",
        "/api/v1/cases/{case_id}/disposition",
        "/api/v1/cases/{case_id}/undo",
        "/api/v1/cases/{case_id}/proposals/{proposal_id}",
        "/api/v1/profiles/{kind}/{key}",
        "/api/v1/rules",
        "/api/v1/rules/{rule_id}",
        "/api/v1/lists",
        "/api/v1/relations",
        "/api/v1/stream",
        "/api/v1/metrics/summary",
        "/api/v1/cases/{case_id}/checks",
        "/api/v1/cases/{case_id}/verification",
        "/api/v1/learning",
        "/api/v1/reconciliation",
        "/api/v1/reconciliation/{channel}/{shop}/{day}",
        "/api/v1/reconciliation/{channel}/{shop}/{day}.xlsx",
        "/api/v1/reconciliation/{channel}/{shop}/{day}/sign-off",
        "/api/v1/settlement-files",
        "/api/v1/screen",
        "/challenge/{challenge_id}",
        "/challenge/{challenge_id}/state",
        "/challenge/{challenge_id}/picture.png",
        "/challenge/{challenge_id}/piece.png",
        "/challenge/{challenge_id}/slide",
        "/challenge/{challenge_id}/work",
        "/challenge/{challenge_id}/code",
        "/challenge/{challenge_id}/code/check",
    }
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert all(operation["description"] for operation in operations)
    assert set(described["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyCookie"}
    refusals = described["paths"]["/api/v1/alerts"]["get"]["responses"]["4XX"]["content"]
    assert list(refusals) == ["application/problem+json"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert named <= set(described["components"]["schemas"])
    told = {"Alert", "Case", "Health", "OrderDetail", "Problem", "Rule", "Summary"}
    assert told | {"CheckoutLine"} <= named
