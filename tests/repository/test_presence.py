"""Presence is registration: a new channel or rule touches its own folder and nothing else.

Done in a copy of the tree, by the command that people use, and proved by the contract tests.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.repository.tree import ROOT, files

CHANNEL = "acme_shop"
RUN_S_MAX = 120

RULE = """\
id: velocity.many_orders
title: {en: Many orders in an hour, zh: 一小时内多次下单}
why: Nobody buys a dozen things one by one within an hour unless something is wrong.
status: shadow
severity: low
subject: buyer
when: buyer.same_product_orders_10m >= 12
explanation:
  en: "{buyer.same_product_orders_10m} orders within ten minutes."
  zh: "10分钟内{buyer.same_product_orders_10m}单。"
prior: {bad: 0.1, weight: 20, source: A guess for a test.}
false_alarms: [A group leader orders for the group.]
runbook: Ask what the orders are for, then release or cancel them together.
tests:
  - {name: a dozen, hit: true, given: {buyer.same_product_orders_10m: 12}}
  - {name: eleven, hit: false, given: {buyer.same_product_orders_10m: 11}}
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree as git would keep it, without its history."""
    for path in files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return tmp_path


def contents(tree: Path) -> dict[str, str]:
    found = (path for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if not path.relative_to(tree).parts[0].startswith(".")
    }


def run(tree: Path, *arguments: str) -> str:
    """What a Python command prints in the copy, whose own package it imports."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_channel_works_and_touches_its_folder_alone(copy: Path) -> None:
    before = contents(copy)
    run(copy, "scripts/new_channel.py", CHANNEL)
    after = contents(copy)

    folder = f"src/orderguard/channels/{CHANNEL}/"
    added = after.keys() - before.keys()
    assert added
    assert all(path.startswith(folder) for path in added)
    assert {path: after[path] for path in before} == before

    names = "from orderguard.channels import discover; print(*discover())"
    assert CHANNEL in run(copy, "-c", names).split()
    run(copy, "-m", "ruff", "check", "--no-cache", folder)
    run(copy, "-m", "ruff", "format", "--no-cache", "--check", folder)
    own = [folder, "tests/channels", "tests/repository/test_folders.py"]
    told = run(copy, "-m", "pytest", "-p", "no:cacheprovider", "-k", CHANNEL, *own)
    assert " passed" in told


@pytest.mark.parametrize("name", ["Acme", "2fast", "a__b", "acme-shop", "standard", "x" * 33])
def test_a_bad_or_taken_name_is_refused(name: str) -> None:
    refused = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "new_channel.py"), name],
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
        check=False,
    )
    assert refused.returncode == 2
    assert name in refused.stderr


def test_a_new_rule_is_found_and_its_tests_run(copy: Path) -> None:
    before, tests = contents(copy), rule_tests(copy)
    rule = copy / "src" / "orderguard" / "library" / "velocity" / "many_orders.yaml"
    rule.write_text(RULE)
    assert contents(copy).keys() - before.keys() == {rule.relative_to(copy).as_posix()}
    assert rule_tests(copy) == tests + 2


def rule_tests(tree: Path) -> int:
    """How many tests are inside the rules of the copy's package; none of them fails."""
    command = "from orderguard.cli import main; main()"
    told = json.loads(run(tree, "-c", command, "rules", "test", "--json"))
    assert not told["failed"]
    return int(told["tests"])
