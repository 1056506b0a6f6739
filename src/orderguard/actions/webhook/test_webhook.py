import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from orderguard.actions.webhook import ACTION
from orderguard.actions.webhook.adapter import HITS_MAX, WebhookSettings, _check, _step
from orderguard.domain.ports import Doing
from orderguard.errors import ActionFailure, ActionRefused, BadInput, NotDone
from orderguard.kit.outbound import Reply

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of a test.
BURST = msgspec.json.decode(
    (Path(__file__).parent / "fixtures" / "burst_of_one_buyer.json").read_bytes(), type=Doing
)


def settings(**members: Any) -> WebhookSettings:
    return WebhookSettings(**{"url": "https://shop.example.com/in", "secret": SECRET, **members})


@pytest.mark.parametrize(
    "members",
    [
        {"url": ""},
        {"url": "https://127.0.0.1/"},
        {"url": "http://shop.example.com/"},
        {"url": "https://wms/"},
        {"secret": ""},
        {"secret": "whsec_"},
        {"secret": "whsec_no*base64"},
        {"secret": " ".join([SECRET] * 5)},
        {"allowed_hosts": ("0x7f.1",)},
    ],
)
def test_settings_that_cannot_work(members: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        ACTION.connect(settings(**members))
    assert caught.value.hint


@pytest.mark.parametrize("url", ["https://shop.example.com/in", "http://wms:8080/in"])
def test_settings_that_can(url: str) -> None:
    ACTION.connect(settings(url=url, secret=f"{SECRET} {SECRET}", allowed_hosts=("wms",)))


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        *((status, NotDone) for status in (408, 425, 429, 500, 502, 503, 504)),
        *((status, ActionRefused) for status in (301, 302, 307, 308, 400, 401, 403, 404, 410, 422)),
    ],
)
def test_what_an_answer_means(status: int, failure: type[ActionFailure]) -> None:
    with pytest.raises(failure) as caught:
        _check(Reply(status, {"retry-after": "30"}, b""), "https://x", 0)
    assert caught.value.hint
    assert caught.value.retry_after_s == (30 if failure is NotDone else None)


def test_a_step_has_the_alert_and_the_orders_and_no_phone() -> None:
    told = _step(BURST)
    assert told["alert"]["alert_id"] == BURST.alert.alert_id
    assert told["order_ids"] == told["alert"]["order_ids"]
    assert told["values"] == {"inbox": "risk"}
    assert "13800138000" not in json.dumps(told)


def test_of_very_many_hits_the_latest_are_sent() -> None:
    hit = BURST.alert.hits[0]
    hits = tuple(replace(hit, at=at) for at in range(HITS_MAX + 5))
    told = _step(replace(BURST, alert=replace(BURST.alert, hits=hits)))
    assert (len(told["alert"]["hits"]), told["hits_left_out"]) == (HITS_MAX, 5)
