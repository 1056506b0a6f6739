"""The evaluation of a replay against labels, on figures that can be counted by hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EVALUATE = Path(__file__).resolve().parents[2] / "examples" / "evaluate.py"
RUN_S_MAX = 30


def write_lines(path: Path, *items: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def paid(order_id: str, day: str, shop: str = "fraud_ecommerce") -> dict[str, Any]:
    return {
        "id": f"{order_id}:paid",
        "type": "order.paid",
        "occurred_at": f"{day}T10:00:00Z",
        "shop": shop,
        "data": {"order": {"order_id": order_id}},
    }


def judged(order_id: str, risk: str | None, *rules: str) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "channel": "standard",
        "shop": "fraud_ecommerce",
        "status": "paid",
        "risk_severity": risk,
        "health_severity": None,
        "score": 0,
        "rules": rules,
        "tags": [],
        "held": False,
    }


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EVALUATE, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_S_MAX,
    )


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five orders: in January two bad ones and one good, in March one of either kind."""
    events = write_lines(
        tmp_path / "events.jsonl",
        *(paid(order_id, "2015-01-31") for order_id in "abc"),
        *(paid(order_id, "2015-03-01") for order_id in "de"),
        paid("unlabelled", "2015-03-02"),
        {**paid("-", "2015-03-03"), "data": {"order_id": "a", "refund_id": "r"}},
    )
    labels = write_lines(
        tmp_path / "labels.jsonl",
        *({"order_id": order_id, "bad": order_id in "abd"} for order_id in "abcde"),
    )
    write_lines(
        tmp_path / "out" / "orders.jsonl",
        judged("a", "critical", "device.shared", "payment.shared_account"),
        judged("b", "medium", "device.shared"),
        judged("c", "medium", "device.shared"),
        judged("d", None),
        judged("e", "info", "address.shared_doorstep"),
        judged("unlabelled", "high", "device.shared"),
    )
    return [events, labels, tmp_path / "out"]


def test_precision_and_recall_at_each_severity(paths: list[Path]) -> None:
    report = json.loads(run(*paths, "--json").stdout)
    assert report["unlabelled"] == 1
    everything = report["periods"][0]
    assert (everything["name"], everything["all"]["orders"]) == ("all", 5)
    results = {
        result["severity"]: result
        for result in everything["severities"]
        if result["kind"] == "risk"
    }
    flagged = {severity: results[severity]["flagged"]["orders"] for severity in results}
    assert flagged == {"info": 4, "low": 3, "medium": 3, "high": 1, "critical": 1}
    assert results["medium"]["flagged"]["bad"] == 2
    assert results["medium"]["recall"] == pytest.approx(2 / 3)
    [health] = [
        result
        for result in everything["severities"]
        if (result["kind"], result["severity"]) == ("health", "info")
    ]
    assert health["flagged"]["share"] is None


def test_rules_against_the_average_with_wilson_intervals(paths: list[Path]) -> None:
    report = json.loads(run(*paths, "--json").stdout)
    rules = {result["rule"]: result for result in report["periods"][0]["rules"]}
    shared = rules["device.shared"]
    assert (shared["hit"]["orders"], shared["hit"]["bad"]) == (3, 2)
    assert shared["lift"] == pytest.approx((2 / 3) / (3 / 5))
    # Published values of the Wilson score interval for 2 of 3, and for 1 of 1.
    assert shared["hit"]["low"] == pytest.approx(0.2077, abs=1e-4)
    assert shared["hit"]["high"] == pytest.approx(0.9385, abs=1e-4)
    assert rules["payment.shared_account"]["hit"]["low"] == pytest.approx(0.2065, abs=1e-4)
    assert rules["address.shared_doorstep"]["lift"] == 0


def test_january_is_judged_apart(paths: list[Path]) -> None:
    report = json.loads(run(*paths, "--json").stdout)
    bad = {period["name"]: period["all"]["share"] for period in report["periods"]}
    assert bad == pytest.approx({"all": 0.6, "before 2015-02-01": 2 / 3, "from 2015-02-01": 0.5})


def test_another_set_is_not_split(paths: list[Path]) -> None:
    write_lines(paths[0], *(paid(order_id, "2015-01-31", "olist") for order_id in "abcde"))
    assert len(json.loads(run(*paths, "--json").stdout)["periods"]) == 1


def test_the_table_for_people(paths: list[Path]) -> None:
    done = run(*paths)
    assert done.returncode == 0
    assert "risk medium or above" in done.stdout
    assert "66.7% (20.8% to 93.9%)" in done.stdout
    assert "1 orders have no label" in done.stdout


@pytest.mark.parametrize("broken", ["orders", "labels"])
def test_files_that_do_not_belong_together_are_exit_2(paths: list[Path], broken: str) -> None:
    if broken == "orders":
        (paths[2] / "orders.jsonl").unlink()
    else:
        write_lines(paths[1], {"order_id": "of another set", "bad": True})
    done = run(*paths)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
