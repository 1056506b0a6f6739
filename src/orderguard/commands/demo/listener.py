"""What the demo reads from its server over HTTP: the stream, the alerts, the measurements."""

import http.client
import socket
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

from orderguard.commands.demo.board import SeenAlert
from orderguard.commands.demo.broken import NotAnswered
from orderguard.commands.demo.children import HOST
from orderguard.commands.demo.people import SeenCase
from orderguard.domain.cases import CaseStatus
from orderguard.kit.clock import rfc3339

ANSWER_S_MAX = 30.0
RECONNECT_S = 0.5
PAGES_MAX = 10_000

ACK = "orderguard_webhook_ack_seconds"
EVENT_TO_ALERT = "orderguard_event_to_alert_seconds"
SHOP_EVENTS = "orderguard_shop_events_total"


class _Page(Struct):
    items: list[SeenAlert]
    next_cursor: str | None


class _CasePage(Struct):
    items: list[SeenCase]
    next_cursor: str | None


class _Learning(Struct):
    orders: int


class SeenFigures(Struct, frozen=True, kw_only=True):
    """What is read of the server's own table of results."""

    orders: int = 0
    enquiries: int = 0
    repeat_enquiries: int = 0
    orders_per_person_hour: float | None = None
    wrong_share: float | None = None
    locks: int = 0
    wrong_locks: int = 0
    wrong_lock_minutes: float = 0.0
    faults: int = 0
    mended_alone: int = 0
    mended_person: int = 0
    mended_itself: int = 0
    unmended: int = 0


class _Row(Struct):
    figures: SeenFigures


class _Results(Struct):
    total: _Row


class _Summary(Struct):
    results: _Results


class SeenStep(Struct):
    action: str
    state: str
    due_at: str


class SeenRun(Struct):
    alert_id: str
    steps: list[SeenStep]


class SeenEntry(Struct):
    event_id: str | None
    received_at: str


class SeenOrder(Struct):
    """What is read of one order."""

    order_id: str
    held: bool
    timeline: list[SeenEntry]
    responses: list[SeenRun]

    @property
    def told_at(self) -> str:
        """When we first heard of it."""
        return next(entry.received_at for entry in self.timeline if entry.event_id is not None)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Measurements at most so many seconds long, by that bound; the last bound is infinite."""

    buckets: Mapping[float, float]

    def since(self, before: "Histogram") -> "Histogram":
        """What was measured after `before`."""
        return Histogram(
            {le: count - before.buckets.get(le, 0) for le, count in self.buckets.items()}
        )

    def quantile_ms(self, share: float) -> float | None:
        """The time in ms that `share` of them keep, as near as the bounds tell; None for none."""
        bounds = sorted(self.buckets.items())
        wanted = share * bounds[-1][1] if bounds else 0
        if not wanted:
            return None
        for (low, below), (high, within) in pairwise([(0.0, 0.0), *bounds]):
            if within >= wanted:
                if high == float("inf"):
                    return 1000 * low
                return 1000 * (low + (high - low) * (wanted - below) / (within - below))
        raise AssertionError("the last bound holds all")


@dataclass(frozen=True, slots=True)
class Measured:
    """The server's counts and times at one moment; `by_channel` since its start."""

    events: int
    ack: Histogram
    event_to_alert: Histogram
    by_channel: Mapping[str, int] = field(default_factory=dict)


NO_TIMES = Histogram({})
NOTHING = Measured(0, NO_TIMES, NO_TIMES)


class Api:
    """Asks the server. One connection, for one thread."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S_MAX)
        self._headers = {"authorization": f"Bearer {token}"}

    def measured(self) -> Measured:
        values: dict[str, float] = {}
        by_channel: Counter[str] = Counter()
        buckets: dict[str, dict[float, float]] = {ACK: {}, EVENT_TO_ALERT: {}}
        for family in text_string_to_metric_families(self._get("/metrics").decode()):
            for sample in family.samples:
                if family.name in buckets and sample.name.endswith("_bucket"):
                    bound = float(sample.labels["le"])
                    known = buckets[family.name]
                    known[bound] = known.get(bound, 0) + sample.value
                elif sample.name == SHOP_EVENTS:
                    by_channel[sample.labels["channel"]] += int(sample.value)
                elif not sample.labels:
                    values[sample.name] = sample.value
        return Measured(
            events=int(values.get("orderguard_events_total", 0)),
            ack=Histogram(buckets[ACK]),
            event_to_alert=Histogram(buckets[EVENT_TO_ALERT]),
            by_channel=by_channel,
        )

    def alerts(self) -> Iterator[SeenAlert]:
        """All of them, newest first."""
        cursor = None
        for _ in range(PAGES_MAX):
            query = "" if cursor is None else f"?{urlencode({'cursor': cursor})}"
            page = msgspec.json.decode(self._get(f"/api/v1/alerts{query}"), type=_Page)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def cases(self, since_ms: int) -> Iterator[SeenCase]:
        """Those opened since then, but for those that went into others."""
        cursor = None
        for _ in range(PAGES_MAX):
            query = "" if cursor is None else f"?{urlencode({'cursor': cursor})}"
            page = msgspec.json.decode(self._get(f"/api/v1/cases{query}"), type=_CasePage)
            for case in page.items:
                if case.created_ms < since_ms:
                    return
                if case.status is not CaseStatus.MERGED:
                    yield case
            cursor = page.next_cursor
            if cursor is None:
                return

    def labelled(self) -> int:
        """How many orders have a label that counts."""
        return msgspec.json.decode(self._get("/api/v1/learning"), type=_Learning).orders

    def results(self, since_ms: int) -> SeenFigures:
        """The server's own results of what was placed since then."""
        query = urlencode({"from": rfc3339(since_ms)})
        answer = self._get(f"/api/v1/metrics/summary?{query}")
        return msgspec.json.decode(answer, type=_Summary).results.total.figures

    def order(self, shop: str, order_id: str) -> SeenOrder:
        path = f"/api/v1/orders/standard/{quote(shop)}/{quote(order_id)}"
        return msgspec.json.decode(self._get(path), type=SeenOrder)

    def close(self) -> None:
        self._connection.close()

    def _get(self, path: str) -> bytes:
        try:
            self._connection.request("GET", path, headers=self._headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise NotAnswered(f"The server does not answer: {error}.") from error
        if answer.status != http.HTTPStatus.OK:
            raise NotAnswered(f"The server answered {answer.status} to GET {path}.")
        return body


class Stream(threading.Thread):
    """Listens to alerts and cases until it is stopped; comes back where it was cut off."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(name="alert-stream", daemon=True)
        self._port = port
        self._headers = {"authorization": f"Bearer {token}"}
        self._heard: deque[SeenAlert] = deque()
        self._cases: deque[SeenCase] = deque()
        self._last_id: str | None = None
        self._is_over = threading.Event()
        self._connection: http.client.HTTPConnection | None = None
        self._decode = msgspec.json.Decoder(SeenAlert).decode
        self._decode_case = msgspec.json.Decoder(SeenCase).decode

    def heard(self) -> Iterator[SeenAlert]:
        """The alerts since the last call."""
        for _ in range(len(self._heard)):
            yield self._heard.popleft()

    def cases(self) -> Iterator[SeenCase]:
        """The cases that changed since the last call."""
        for _ in range(len(self._cases)):
            yield self._cases.popleft()

    def stop(self) -> None:
        self._is_over.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):  # It may be cut off already.
                connection.sock.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        while not self._is_over.is_set():
            # The server ends, or we were too slow: come back.
            with suppress(OSError, http.client.HTTPException, ValueError):
                self._listen()
            self._is_over.wait(RECONNECT_S)

    def _listen(self) -> None:
        self._connection = http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_S_MAX)
        headers = dict(self._headers)
        if self._last_id is not None:
            headers["last-event-id"] = self._last_id
        self._connection.request("GET", "/api/v1/stream", headers=headers)
        answer = self._connection.getresponse()
        event = ""
        for raw in answer:
            name, _, value = raw.rstrip(b"\r\n").partition(b": ")
            if name == b"event":
                event = value.decode()
            elif name == b"id":
                self._last_id = value.decode()
            elif name == b"data" and event == "alert":
                self._heard.append(self._decode(value))
            elif name == b"data" and event == "case":
                self._cases.append(self._decode_case(value))
        self._connection.close()
