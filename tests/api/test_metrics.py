"""What `/metrics` tells of senders, the log, the state and the disk, and how finely."""

import re
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.api.installation import Installation, paid
from tests.repository.tree import ROOT

from orderguard.api import Metrics, families
from orderguard.api.families import FAMILIES, OF_THE_PROCESS, Family
from orderguard.domain.ports import RawMessage
from orderguard.errors import SignatureMismatch

REFERENCE = ROOT / "docs" / "reference" / "metrics.md"
Samples = dict[tuple[str, ...], float]


def told(metrics: Metrics, family: Family) -> Samples:
    """A family's values by their labels; of a histogram, how many values there were."""
    name = f"{family.name}_count" if family.kind == "histogram" else family.name
    return {
        tuple(sample.labels[label] for label in family.labels): sample.value
        for found in text_string_to_metric_families(metrics.exposition().decode())
        for sample in found.samples
        if sample.name == name
    }


def exposed(metrics: Metrics) -> Iterator[tuple[str, str, str]]:
    """(name, kind, help) of each family."""
    for found in text_string_to_metric_families(metrics.exposition().decode()):
        total = "_total" if found.type == "counter" else ""
        yield found.name + total, found.type, found.documentation


async def test_each_is_declared_and_each_declared_one_is_told(running: Installation) -> None:
    found = {name: (kind, about) for name, kind, about in exposed(running.metrics)}
    own = {one.name: (one.kind, one.help) for one in FAMILIES}
    of_the_process = {one.name for one in OF_THE_PROCESS}
    assert {name: found[name] for name in found if name.startswith("orderguard_")} == own
    assert found.keys() - own.keys() == of_the_process


async def test_each_is_in_the_reference_and_nothing_else_is(running: Installation) -> None:
    rows = re.findall(r"^\| `(\w+)` \| \w+ \|", REFERENCE.read_text(), re.MULTILINE)
    assert rows == [one.name for one in (*FAMILIES, *OF_THE_PROCESS)]
    assert set(rows) == {name for name, _, _ in exposed(running.metrics)}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda one: one.name)
def test_names_are_those_that_prometheus_expects(family: Family) -> None:
    assert re.fullmatch(r"orderguard_[a-z_]+", family.name)
    assert (family.kind == "counter") == family.name.endswith("_total")
    assert (family.kind == "histogram") == bool(family.bounds)
    assert list(family.bounds) == sorted(set(family.bounds))
    assert family.help.endswith(".")


@pytest.mark.parametrize("family", [families.ACK, families.ALERT])
def test_single_milliseconds_and_less_are_told_apart(family: Family) -> None:
    for ms in (0.1, 0.5, *range(1, 6), 10):
        assert ms / 1000 in family.bounds


@pytest.mark.parametrize("seconds", [0.0, 0.0001, 0.00012, 0.001, 0.0011, 5.0, 99.0])
def test_a_value_stands_below_the_bounds_that_it_does_not_pass(seconds: float) -> None:
    metrics = Metrics()
    metrics.alert_told(seconds)
    metrics.alert_told(0.003)
    (found,) = (
        one
        for one in text_string_to_metric_families(metrics.exposition().decode())
        if one.name == families.ALERT.name
    )
    buckets = {
        float(sample.labels["le"]): sample.value for sample in found.samples if sample.labels
    }
    assert buckets == {
        bound: float((seconds <= bound) + (bound >= 0.003))
        for bound in (*families.ALERT.bounds, float("inf"))
    }
    (total,) = (one.value for one in found.samples if one.name.endswith("_sum"))
    assert total == pytest.approx(seconds + 0.003)


async def test_each_shop_says_when_it_was_last_heard(running: Installation) -> None:
    metrics = running.metrics
    assert told(metrics, families.SHOP_LAST_EVENT) == {}
    await running.burst("buyer-1", 3)
    at_s = running.clock.now_ms() / 1000
    assert told(metrics, families.SHOP_LAST_EVENT) == {("standard", "demo"): at_s}
    assert told(metrics, families.SHOP_EVENTS) == {("standard", "demo"): 3}
    assert told(metrics, families.COMMIT)[()] >= 3


async def test_refused_signatures_are_counted_by_shop_and_fault(running: Installation) -> None:
    forged = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AA"}
    for headers in (forged, forged, {}):
        with pytest.raises(SignatureMismatch):
            await running.intake().receive("standard", "demo", RawMessage(headers, "", b"{}"))
    assert told(running.metrics, families.SIGNATURE_FAILURES) == {
        ("standard", "demo", "wrong"): 2,
        ("standard", "demo", "missing"): 1,
    }


async def test_a_delay_is_the_channel_s_own_and_never_negative(running: Installation) -> None:
    now_ms = running.clock.now_ms()
    await running.tell(paid("late", "b", at_ms=now_ms - 7_000))
    await running.tell(paid("early", "b", at_ms=now_ms + 7_000))
    assert told(running.metrics, families.LAG) == {("standard",): 2}
    (total,) = re.findall(
        r"^orderguard_source_lag_seconds_sum\S* (\S+)$",
        running.metrics.exposition().decode(),
        re.MULTILINE,
    )
    assert float(total) == 7.0


async def test_the_log_tells_its_length_and_age(running: Installation) -> None:
    await running.burst("buyer-1", 2)
    running.clock.advance(90_000)
    metrics = running.metrics
    assert told(metrics, families.LOG_ENTRIES) == {(): running.log.last()[0]}
    assert told(metrics, families.CURSOR) == {(): running.log.last()[0]}
    assert told(metrics, families.LOG_AGE) == {(): 90}


async def test_the_state_tells_what_it_holds(running: Installation) -> None:
    await running.burst("buyer-1", 5)
    held = told(running.metrics, families.CACHED_KEYS)
    assert held[("order",)] == 5
    assert held[("alert",)] == 1
    assert held[("library",)] == 1
    assert any(table.startswith("group:") and count for (table,), count in held.items())


async def test_the_disk_is_looked_at_when_somebody_reads(running: Installation) -> None:
    assert told(running.metrics, families.STORE_BYTES) == {("log",): 1}
    assert told(running.metrics, families.DISK_FREE) == {(): 2}
