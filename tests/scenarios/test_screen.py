"""The script attack of the field, through a real server that acts: 47 attempts in 30 seconds."""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.scenarios.installation import (
    Client,
    Json,
    Sender,
    api_headers,
    event,
    installed,
    is_proof,
    serving,
)

from orderguard.kit.clock import SystemClock, rfc3339
from orderguard.settings import FILE_NAME

ROBOTS, STUDENTS = 47, 25
ATTACK_S, MINUTE_S = 30.0, 60.0
FASTER = 1 if is_proof() else 6
"""The attack of 30 seconds in 5, and the minute of the campus in 10."""
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SHOE = [{"line_id": "1", "sku": "limited", "quantity": 1, "unit_price": "999.00"}]
CLIENTS = [f"Mozilla/5.0 (Phone {model})" for model in range(12)]
SCRIPT, BEGINS = "attack.ip_segment_script", "attack.checkout_script"


def robot(number: int) -> Json:
    """An account of the last hour, on one of four telephones behind one segment."""
    return {
        "buyer": {
            "id": f"robot-{number}",
            "registered_at": rfc3339(SystemClock().now_ms() - HOUR_MS),
        },
        "device": {
            "id": f"bot-{number % 4}",
            "ip": f"45.9.8.{1 + number * 5 % 250}",
            "user_agent": "okhttp/3.12",
        },
        "lines": SHOE,
        "amount": "999.00",
        "currency": "CNY",
        "ship_to": {"country": "CN", "city": "杭州市", "street": f"文三路{number}号"},
    }


def student(number: int, rng: random.Random) -> Json:
    """Own telephone, one network; one in five has registered this month."""
    days = rng.uniform(3, 28) if number % 5 == 0 else rng.uniform(60, 900)
    return {
        "buyer": {
            "id": f"student-{number}",
            "registered_at": rfc3339(SystemClock().now_ms() - round(days * DAY_MS)),
        },
        "device": {
            "id": f"phone-{number}",
            "ip": f"202.120.2.{rng.randrange(1, 250)}",
            "user_agent": rng.choice(CLIENTS),
        },
        "lines": SHOE,
        "amount": "999.00",
        "currency": "CNY",
        "ship_to": {"country": "CN", "city": "上海市", "street": f"邯郸路220号{number}舍"},
    }


@dataclass
class Storefront:
    """Asks the screen first, and takes the order where it may."""

    port: int
    headers: dict[str, str]
    accepted: list[str] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)

    def client(self) -> Client:
        """A connection of its own: a server closes one that is silent for long."""
        return Client(self.port, self.headers)

    def checkout(self, name: str, members: Json) -> None:
        attempt = {"attempt_id": f"try-{name}", "channel": "standard", "shop": "demo", **members}
        with self.client() as client:
            told = client.ask("POST", "/api/v1/screen", json.dumps(attempt).encode())
        assert told.status == 200, told.body
        self.answers[name] = told.json
        if told.json["decision"] != "challenge":
            now = rfc3339(SystemClock().now_ms())
            order = {
                "order_id": name,
                "attempt_id": f"try-{name}",
                "status": "pending_payment",
                "created_at": now,
                **members,
            }
            with Sender(self.port) as sender:
                sender.tell(event(f"{name}.placed", "order.created", {"order": order}))
            self.accepted.append(name)


@pytest.fixture
def storefront(tmp_path: Path) -> Iterator[Storefront]:
    installation = installed(tmp_path / "data", "demo")
    settings = installation.folder / FILE_NAME
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('mode = "shadow"', 'mode = "live"'), "utf-8")
    with serving(installation) as server:
        yield Storefront(server.port, api_headers(installation))


def test_a_script_is_challenged_before_its_fourth_order_and_a_campus_is_not(
    storefront: Storefront,
) -> None:
    rng = random.Random(47)
    crowd = [(ATTACK_S * n / ROBOTS, f"robot-{n}", robot(n)) for n in range(ROBOTS)]
    crowd += [(rng.uniform(0, MINUTE_S), f"student-{n}", student(n, rng)) for n in range(STUDENTS)]
    began = time.monotonic()
    for at, name, members in sorted(crowd, key=lambda one: one[0]):
        time.sleep(max(0, began + at / FASTER - time.monotonic()))
        storefront.checkout(name, members)

    robots = [name for name in storefront.accepted if name.startswith("robot")]
    students = [name for name in storefront.accepted if name.startswith("student")]
    assert len(robots) == 3, "the challenge is up before the fourth order"
    assert len(students) == STUDENTS, "nobody else is asked for anything"
    answers = [storefront.answers[f"robot-{number}"] for number in range(ROBOTS)]
    assert [one["decision"] for one in answers] == ["allow"] * 3 + ["challenge"] * (ROBOTS - 3)
    assert answers[3]["rules"] == [BEGINS]
    assert all(one["severity"] == "critical" for one in answers[3:])
    assert not any(one["shadow"] or one["unchecked"] for one in storefront.answers.values())

    with storefront.client() as client:
        critical = client.alerts(severity="critical", rule=SCRIPT)
        orders = {name: client.order(name) for name in storefront.accepted}
    assert len(critical) == 1, "one cluster, one alert"
    assert set(critical[0]["order_ids"]) == set(robots)
    assert {name for name, order in orders.items() if order["held"]} == set(robots)
    assert all(orders[name]["risk_severity"] in {None, "low"} for name in students)
