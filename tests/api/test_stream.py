import asyncio
import gc
import json
import weakref
from collections import deque
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
from tests.api.installation import Installation, served

from orderguard.api import shapes, stream
from orderguard.domain.accounts import Role
from orderguard.flows import listeners

Sent = dict[str, str]
STREAM = "/api/v1/stream"


async def events(answer: httpx.Response, count: int, kind: str = "alert") -> list[Sent]:
    """The next events of one kind in a stream; comments and other events are left out."""
    found: list[Sent] = []
    event: Sent = {}
    async with asyncio.timeout(5):
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line and name:
                event[name] = value
            elif not line:
                if event.get("event") == kind:
                    found.append(event)
                event = {}
            if len(found) == count:
                break
    return found


async def listening(installation: Installation, count: int) -> None:
    """Return once so many listeners are there."""
    async with asyncio.timeout(5):
        while len(installation.live._listeners) != count:  # noqa: ASYNC110 - as above.
            await asyncio.sleep(0.01)


async def test_alerts_come_as_they_open_and_grow(running: Installation) -> None:
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.ANALYST)) as client,
        client.stream("GET", STREAM) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-cache"
        await listening(running, 1)
        await running.burst("buyer-1", 6)
        opened, grown = await events(answer, 2)
    assert opened["event"] == grown["event"] == "alert"
    first = shapes.Alert.model_validate_json(opened["data"])
    second = shapes.Alert.model_validate_json(grown["data"])
    assert first.alert_id == second.alert_id
    assert [len(first.order_ids), len(second.order_ids)] == [5, 6]
    assert place(opened) < place(grown)
    await listening(running, 0)
    assert running.metrics.streams == 0


async def test_a_listener_resumes_where_it_was(running: Installation) -> None:
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.ANALYST)) as client,
    ):
        async with client.stream("GET", STREAM) as answer:
            await listening(running, 1)
            await running.burst("buyer-1")
            (last,) = await events(answer, 1)
        await listening(running, 0)
        await running.burst("buyer-2")
        await running.burst("buyer-3")
        for resume in (
            {"headers": {"last-event-id": last["id"]}},
            {"params": {"last_event_id": last["id"]}},
        ):
            async with client.stream("GET", STREAM, **resume) as answer:  # type: ignore[arg-type]
                missed = await events(answer, 2)
            assert [subject(event) for event in missed] == ["buyer-2", "buyer-3"]
        async with client.stream("GET", STREAM, params={"last_event_id": "0.0"}) as answer:
            everything = await events(answer, 3)
        assert [subject(event) for event in everything] == ["buyer-1", "buyer-2", "buyer-3"]


async def test_a_session_may_listen(running: Installation) -> None:
    link = running.control.accounts.link_add("li", Role.SERVICE)
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address) as browser,
    ):
        await browser.get("/sign-in", params={"token": link})
        async with browser.stream("GET", STREAM) as answer:
            await listening(running, 1)
            await running.burst("buyer-1")
            assert [subject(event) for event in await events(answer, 1)] == ["buyer-1"]


async def test_silence_is_broken_by_comments(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENCE_S", 0.05)
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.ANALYST)) as client,
        client.stream("GET", STREAM) as answer,
        asyncio.timeout(5),
    ):
        lines = answer.aiter_lines()
        found = [await anext(lines) for _ in range(10)]
    assert found[:2] == [": open", "retry: 1000"]
    assert found.count(": ping") >= 2


async def test_a_slow_listener_is_cut_off_and_resumes(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "WAITING_MAX", 5)
    takes = asyncio.Event()
    body: list[bytes] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await takes.wait()
            body.append(message["body"])

    headers = [(name.encode(), text.encode()) for name, text in running.token(Role.RISK).items()]
    request = asyncio.create_task(running.api()(_scope(headers), _never, send))
    await listening(running, 1)
    for number in range(20):
        await running.burst(f"buyer-{number}")
    await listening(running, 0)
    takes.set()
    async with asyncio.timeout(5):
        await request
    text = b"".join(body).decode()
    ids = [line.removeprefix("id: ") for line in text.splitlines() if line.startswith("id: ")]
    told = text.count("event: alert")
    assert 0 < told < 20
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.ANALYST)) as client,
        client.stream("GET", STREAM, headers={"last-event-id": ids[-1]}) as answer,
    ):
        missed = await events(answer, 20 - told)
    assert [subject(event) for event in missed] == [f"buyer-{n}" for n in range(told, 20)]


async def test_a_cut_is_made_good_without_the_store(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told lately is kept: a crowd that comes back saves and reads nothing."""
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.ANALYST)) as client,
    ):
        async with client.stream("GET", STREAM) as answer:
            await listening(running, 1)
            await running.burst("buyer-1")
            (last,) = await events(answer, 1)
        await running.burst("buyer-2")
        monkeypatch.setattr(running.live, "_missed", None)
        async with client.stream("GET", STREAM, params={"last_event_id": last["id"]}) as answer:
            assert [subject(event) for event in await events(answer, 1)] == ["buyer-2"]


async def test_what_is_older_than_what_is_kept_comes_from_the_store(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.live._listeners, "_recent", deque(maxlen=1))
    for number in range(3):
        await running.burst(f"buyer-{number}")
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.ANALYST)) as client,
        client.stream("GET", STREAM, params={"last_event_id": "1.0"}) as answer,
    ):
        found = await events(answer, 3)
    assert [subject(event) for event in found] == ["buyer-0", "buyer-1", "buyer-2"]


async def test_who_has_left_leaves_nothing_behind(running: Installation) -> None:
    """Not even to the cyclic collector, which sees what has lived for a while hours later."""
    async with served(running.api()) as address:
        tasks = len(asyncio.all_tasks())
        lines: list[weakref.ref[stream.Line]] = []
        made = stream.Line.__init__

        def noting(self: stream.Line) -> None:
            made(self)
            lines.append(weakref.ref(self))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stream.Line, "__init__", noting)
            gc.disable()
            try:
                for _ in range(3):
                    await _come_and_go(running, address)
                assert [line() for line in lines] == [None] * 3
            finally:
                gc.enable()
        assert len(asyncio.all_tasks()) == tasks
    assert (running.metrics.streams, len(running.live._listeners)) == (0, 0)


async def _come_and_go(running: Installation, address: str) -> None:
    async with (
        httpx.AsyncClient(base_url=address, headers=running.token(Role.ANALYST)) as client,
        client.stream("GET", STREAM) as answer,
    ):
        await events(answer, 1, "health")
    async with asyncio.timeout(5):
        while running.metrics.streams:  # noqa: ASYNC110 - as above.
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # Its last task ends.


@pytest.mark.parametrize("last", ["x", "1", "1.2.3", "-1.0", "9" * 20 + ".1", "1.x", "x" * 70])
async def test_a_bad_place_is_refused(analyst: httpx.AsyncClient, last: str) -> None:
    answer = await analyst.get(STREAM, headers={"last-event-id": last})
    assert answer.status_code == 422


async def test_listeners_are_bounded(running: Installation, analyst: httpx.AsyncClient) -> None:
    running.metrics.streams = 200
    answer = await analyst.get(STREAM)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert running.metrics.streams == 200


def place(event: Sent) -> tuple[int, int]:
    offset, number = event["id"].split(".")
    return int(offset), int(number)


def subject(event: Sent) -> str:
    key: str = json.loads(event["data"])["subject"]["key"]
    return key


def _scope(headers: list[tuple[bytes, bytes]]) -> MutableMapping[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": STREAM,
        "raw_path": STREAM.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 80),
    }


async def _never() -> MutableMapping[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError("nobody hangs up")
