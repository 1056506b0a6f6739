"""Event files through exactly the code that serves live traffic, into files of results.

No server, no outward action: the fold over a log that lies in files. What it writes depends on
the events and the library alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import SEVERITY_RANK, Severity
from orderguard.domain.entries import LibraryPublished
from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import AlertQuery, StateStore
from orderguard.domain.wire import decode_event
from orderguard.errors import BadInput, MalformedMessage
from orderguard.flows.files import LINE_BYTES_MAX, read_lines
from orderguard.flows.fold import Fold
from orderguard.flows.present import alert_json, order_json, run_json
from orderguard.flows.protect import YEAR_MAX, protect
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import to_ms
from orderguard.kit.ids import digest16
from orderguard.kit.sealing import Keyring
from orderguard.rules import load_library

SAVE_EVERY = 50_000
"""Events between two saves, so that caches stay bounded."""
CACHED_MAX = 200_000

OnProgress = Callable[[int], None]
"""Told of the bytes of input read since the last call."""


class Summary(Struct, kw_only=True, omit_defaults=True):
    """`summary.json` of contract §2. The last three are shares, set where labels are given."""

    events: int
    duplicates: int
    rejected: int
    orders: int
    alerts: int
    events_per_second: float
    risk_orders: int
    health_orders: int
    cases: int
    rules: dict[str, dict[str, int]]
    recognised: float | None = None
    honest_flagged: float | None = None
    honest_medium: float | None = None


class BadLine(BadInput):
    """A line of an events file that is no canonical event."""


class Rejected(Struct, frozen=True):
    """One line of `rejected.jsonl`."""

    file: str
    line: int
    error: str
    text: str


class Replay:
    """One run over event files; `fold` is where it has come to.

    Raise LibraryFaults for a library that does not pass its checks.
    """

    def __init__(
        self, library: Mapping[str, str], preset: str, *, store: StateStore, strict: bool = False
    ) -> None:
        self.fold = Fold(store, cached_max=CACHED_MAX)
        self.rejected: list[Rejected] = []
        self.events = 0
        self.duplicates = 0
        self._strict = strict
        self._seen: set[bytes] = set()
        self._clock_ms = 0
        self._offset = 1
        self._tokens = Keyring.for_replay()
        load_library(library, preset=preset)
        publication = LibraryPublished(
            received_ms=0, by="replay", version="", preset=preset, files=dict(library)
        )
        self.fold.apply(1, publication)

    def run(self, paths: Sequence[Path], on_progress: OnProgress | None = None) -> None:
        """Apply all events of the files, in file order."""
        for path in paths:
            read = 0
            for number, line in read_lines(path):
                read += len(line)
                if line.strip():
                    self._line(path, number, line)
                if on_progress is not None and number % 1000 == 0:
                    on_progress(read)
                    read = 0
            if on_progress is not None:
                on_progress(read)
        self.fold.save()

    def _line(self, path: Path, number: int, line: bytes) -> None:
        try:
            event = self._event(line)
        except MalformedMessage as fault:
            if self._strict:
                raise BadLine(f"{path}:{number}: {fault.message}", hint=fault.hint) from fault
            text = line[:2000].decode("utf-8", "replace").rstrip("\n")
            self.rejected.append(Rejected(path.name, number, str(fault), text))
            return
        digest = digest16(event.channel, event.shop, event.id)
        if digest in self._seen:
            self.duplicates += 1
            return
        self._seen.add(digest)
        self.events += 1
        self._offset += 1
        self.fold.apply(self._offset, event)
        if self.events % SAVE_EVERY == 0:
            self.fold.save()

    def _event(self, line: bytes) -> OrderEvent:
        if len(line) > LINE_BYTES_MAX:
            raise MalformedMessage(
                Bilingual(
                    f"The line is longer than {LINE_BYTES_MAX} bytes.",
                    f"这一行超过 {LINE_BYTES_MAX} 字节。",
                )
            )
        wire = decode_event(line)
        received = wire.received_at or wire.event.occurred_at
        if received.year > YEAR_MAX:
            raise MalformedMessage(
                Bilingual(
                    f"It is told as received after {YEAR_MAX}.", f"接收时间晚于 {YEAR_MAX} 年。"
                )
            )
        received_ms = max(to_ms(received), self._clock_ms)
        event = protect(
            wire.event,
            channel=wire.channel or "standard",
            shop=wire.shop or "default",
            received_ms=received_ms,
            tokens=self._tokens,
        )
        self._clock_ms = received_ms
        return event


def orders_of(fold: Fold) -> Iterator[OrderRecord]:
    """All orders by first appearance."""
    tables = fold.tables
    for number in range(1, tables.progress.orders + 1):
        key = tables.keys.get(str(number))
        record = None if key is None else tables.orders.get(str(key))
        if record is not None:
            yield record


def write_results(
    replay: Replay, folder: Path, *, seconds: float, labels: Mapping[str, bool] | None = None
) -> Summary:
    """Write `alerts`, `orders`, `responses`, `rejected` (.jsonl) and `summary.json`."""
    fold = replay.fold
    folder.mkdir(parents=True, exist_ok=True)
    alerts = fold.tables.store.alerts(AlertQuery(limit=2**31))[::-1]
    _write(folder / "alerts.jsonl", (alert_json(alert) for alert in alerts))
    _write(folder / "orders.jsonl", (order_json(record) for record in orders_of(fold)))
    runs = (fold.tables.runs.get(alert.alert_id) for alert in alerts)
    _write(folder / "responses.jsonl", (run_json(run) for run in runs if run is not None))
    if replay.rejected:
        _write(folder / "rejected.jsonl", iter(replay.rejected))
    else:
        (folder / "rejected.jsonl").unlink(missing_ok=True)
    summary = Summary(
        events=replay.events,
        duplicates=replay.duplicates,
        rejected=len(replay.rejected),
        orders=fold.tables.progress.orders,
        alerts=len(alerts),
        events_per_second=round(replay.events / max(seconds, 1e-9), 1),
        risk_orders=sum(one.standing.risk_severity is not None for one in orders_of(fold)),
        health_orders=sum(one.standing.health_severity is not None for one in orders_of(fold)),
        cases=fold.tables.progress.cases,
        rules={
            rule_id: {"hits": count.hits, "orders": count.orders}
            for rule_id, count in sorted(fold.tables.rule_counts.items())
        },
    )
    if labels is not None:
        _judge_by(labels, fold, summary)
    (folder / "summary.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"
    )
    return summary


def read_labels(path: Path) -> dict[str, bool]:
    """`{"order_id", "bad"}` a line. Raise BadInput naming the line that is none."""

    class _Label(Struct):
        order_id: str
        bad: bool

    decode = msgspec.json.Decoder(_Label).decode
    labels = {}
    for number, line in read_lines(path):
        try:
            label = decode(line)
        except msgspec.DecodeError as error:
            raise BadInput(
                Bilingual(
                    f"{path}:{number}: no label: {error}.",
                    f"{path}:{number}：不是真值标签：“{error}”。",
                ),
                hint=Bilingual(
                    'Write {"order_id": "...", "bad": true} a line.',
                    '每行写 {"order_id": "...", "bad": true}。',
                ),
            ) from error
        labels[label.order_id] = label.bad
    return labels


def _judge_by(labels: Mapping[str, bool], fold: Fold, summary: Summary) -> None:
    found: dict[bool, list[Severity | None]] = {True: [], False: []}
    for record in orders_of(fold):
        bad = labels.get(record.state.key.order_id)
        if bad is not None:
            found[bad].append(record.standing.risk_severity)
    summary.recognised = _share(found[True], Severity.LOW)
    summary.honest_flagged = _share(found[False], Severity.LOW)
    summary.honest_medium = _share(found[False], Severity.MEDIUM)


def _share(severities: list[Severity | None], least: Severity) -> float:
    flagged = sum(s is not None and SEVERITY_RANK[s] >= least.rank for s in severities)
    return round(flagged / max(len(severities), 1), 6)


def _write(path: Path, rows: Iterator[Any]) -> None:
    encode = msgspec.json.Encoder(decimal_format="string").encode
    with path.open("wb") as file:
        for row in rows:
            file.write(encode(row) + b"\n")
