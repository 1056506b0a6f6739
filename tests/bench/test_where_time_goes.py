import pytest
from bench.where_time_goes import OTHER, costs_of, layer_of, samples_in

APP = "app/src/orderguard"
FOLDED = f"""\
thread (12): MainThread;apply ({APP}/flows/fold.py:9);FeatureEngine.enter ({APP}/features/e.py:3) 30
thread (12): MainThread;apply ({APP}/flows/fold.py:9) 10
thread (34): log-writer;Writer._run ({APP}/flows/writer.py:1) 60
"""


def test_samples_of_a_thread_share_what_it_used() -> None:
    samples = samples_in(FOLDED)
    assert {thread: stacks.total() for thread, stacks in samples.items()} == {12: 40, 34: 60}
    costs = costs_of(samples, {12: 800, 34: 200, 56: 7}, 100.0)
    assert list(costs.values()) == pytest.approx([60, 20, 20])
    assert [layer_of(stack) for stack in costs] == ["features", "fold", "log"]


@pytest.mark.parametrize(
    ("layer", "frames"),
    [
        (
            "verify",
            ["flows/ingest.py:receive", "channels/standard/adapter.py:StandardChannel.verify"],
        ),
        (
            "verify",
            ["channels/standard/adapter.py:StandardChannel.verify", "kit/signing.py:is_fresh"],
        ),
        ("parse", ["channels/standard/adapter.py:StandardChannel.parse", "domain/wire.py:decode"]),
        ("protect", ["flows/protect.py:protect", "kit/sealing.py:Keyring.token"]),
        ("encode and seal", ["domain/record.py:encode_event", "kit/sealing.py:Keyring.seal"]),
        ("order state", ["flows/detect.py:Detector.apply", "kit/cache.py:WriteBack.get"]),
        ("alerts", ["flows/detect.py:Detector.apply", "flows/detect.py:Detector._find"]),
        ("save", ["flows/tables.py:Tables.changes", "features/codec.py:encode_group"]),
        ("save", ["stores/sqlite/state.py:SqliteState.save", "stores/sqlite/connection.py:run"]),
        ("log", ["flows/writer.py:Writer._write", "stores/sqlite/connection.py:transaction"]),
        ("metrics", ["api/metrics.py:Metrics.webhook_answered"]),
        ("stream and API", ["api/stream.py:stream", "flows/present.py:alert_json"]),
        (OTHER, ["kit/clock.py:to_ms"]),
    ],
)
def test_a_stack_belongs_to_its_innermost_layer(layer: str, frames: list[str]) -> None:
    assert layer_of(tuple(f"{APP}/{frame}" for frame in frames)) == layer


def test_compiled_rules_are_a_layer_of_their_own() -> None:
    assert layer_of((f"{APP}/flows/detect.py:Detector._judge", "<judge>:judge")) == "rules"
