import json
import shutil
from pathlib import Path

import pytest
from tests.commands.conftest import Command

from orderguard.app import PACKAGED_LIBRARY, channels, read_library
from orderguard.domain.wire import ORDER_MEMBERS
from orderguard.flows.coverage import TOLD_BY, cannot_fire
from orderguard.rules import load_library

SHARED_ACCOUNT = "payment/shared_account.yaml"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of the packaged library, to be broken."""
    path = tmp_path / "library"
    shutil.copytree(PACKAGED_LIBRARY, path)
    return path


def replace(path: Path, before: str, after: str) -> int:
    """The line where it happened."""
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def test_the_packaged_library_has_no_fault_and_keeps_its_promises(og: Command) -> None:
    assert "no fault" in og("rules", "check").stdout
    assert ", 0 failed" in og("rules", "test").stdout
    told = json.loads(og("rules", "test", "--json").stdout)
    assert told["tests"] > 20
    assert told["failed"] == told["faults"] == []


def test_a_new_installation_s_library_has_no_fault(og: Command, folder: Path) -> None:
    for args in ([str(folder / "library")], ["--data", str(folder)]):
        assert "no fault" in og("rules", "check", *args).stdout
    og("rules", "test", str(folder / "library"))


def test_each_fault_is_a_line_with_the_folder_as_typed(
    og: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typo = replace(library / SHARED_ACCOUNT, "payer.buyers_30d >= 2", "payer.buyers_30dd >= 2")
    burst = "velocity/same_item_burst.yaml"
    type_error = replace(library / burst, "orders_10m >= 5", 'orders_10m >= "5"')
    monkeypatch.chdir(library.parent)
    lines = og("rules", "check", "library", status=1).stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"library/{SHARED_ACCOUNT}:{typo}:7: unknown name")
    assert lines[1].startswith(f"library/{burst}:{type_error}:")
    (fault, _) = json.loads(og("rules", "check", "library", "--json", status=1).stdout)["faults"]
    assert (fault["file"], fault["line"]) == (f"library/{SHARED_ACCOUNT}", typo)
    assert "0 tests" in og("rules", "test", "library", status=1).stdout


def test_a_failed_test_is_named(og: Command, library: Path) -> None:
    replace(library / "velocity/same_item_burst.yaml", "orders_10m >= 5", "orders_10m >= 6")
    said = og("rules", "test", str(library), status=1).stdout
    assert (
        "velocity.same_item_burst: five in ten minutes: expected a hit (high), came no hit" in said
    )
    told = json.loads(og("rules", "test", str(library), "--json", status=1).stdout)
    assert [one["test"] for one in told["failed"]] == ["five in ten minutes"]


def test_a_file_that_is_no_text_is_a_fault_at_its_place(og: Command, library: Path) -> None:
    (library / SHARED_ACCOUNT).write_bytes(b"id: x\nwhy: \xff\n")
    said = og("rules", "check", str(library), status=1).stdout
    assert said == f"{library / SHARED_ACCOUNT}:2:6: not UTF-8: save the file as UTF-8\n"


def test_a_folder_or_a_file_that_cannot_be_read_is_bad_input(og: Command, library: Path) -> None:
    assert "no such folder" in og("rules", "check", str(library / "none"), status=2).stderr
    (library / SHARED_ACCOUNT).write_bytes(b" " * 2_000_000)
    assert "is larger than" in og("rules", "check", str(library), status=2).stderr


def test_rules_that_a_shop_can_never_set_off_are_told(og: Command, folder: Path) -> None:
    data = ("--data", str(folder))
    og("shop", "add", "demo", "--channel", "standard", *data)
    assert "cannot fire" not in og("rules", "check", *data).stdout
    og("shop", "add", "uk", "--channel", "shopify", *data)
    said = og("rules", "check", *data).stdout
    assert (
        "shopify/uk: payment.shared_account cannot fire here: never told payment.account." in said
    )
    told = json.loads(og("rules", "check", *data, "--json").stdout)["cannot_fire"]
    assert {one["rule"] for one in told} >= {"payment.shared_account", "device.shared"}
    assert {one["shop"] for one in told} == {"uk"}


def test_shops_whose_orders_no_rule_sees_are_told(og: Command, folder: Path) -> None:
    data = ("--data", str(folder))
    og("shop", "add", "demo", "--channel", "standard", *data)
    of = ("--set", "orders_of=standard/demo")
    og("shop", "add", "store", "--channel", "wms_qimen", "--secret", "s", *of, *data)
    said = og("rules", "check", *data).stdout
    assert "wms_qimen/store: no order is its own: rules stand on standard/demo," in said
    assert "standard/demo: nothing was heard of it yet" in said
    told = json.loads(og("rules", "check", *data, "--json").stdout)
    assert told["cannot_fire"] == []
    assert {(one["shop"], one["why"]) for one in told["silent_shops"]} == {
        ("store", "speaks_of_others"),
        ("demo", "never_heard"),
    }
    assert "rules stand on standard/demo" in og("doctor", *data).stdout


def test_only_the_preset_s_rules_are_told(og: Command, tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "micro"))
    og("init", *data, "--preset", "micro")
    og("shop", "add", "uk", "--channel", "shopify", *data)
    assert "payment.shared_account" not in og("rules", "check", *data).stdout


def silent(condition: str, *untold: str) -> bool:
    """Whether a rule with this condition cannot fire where these members are never told."""
    files = read_library(PACKAGED_LIBRARY)
    lines = files["velocity/same_item_burst.yaml"].splitlines()
    kept = [line for line in lines if not line.startswith(("when:", "concerns:"))]
    files["velocity/same_item_burst.yaml"] = "\n".join([*kept, f"when: {condition!r}"])
    library = load_library(files)
    found = cannot_fire(library, ORDER_MEMBERS - set(untold))
    return "velocity.same_item_burst" in {one.rule for one in found}


def test_a_condition_needs_all_of_and_and_one_of_or() -> None:
    amount, doorstep = "order.amount > 5.0", 'ship_to.city == "x"'
    assert silent(amount, "amount")
    assert silent(f"{amount} && {doorstep}", "amount")
    assert not silent(f"{amount} || {doorstep}", "amount")
    assert silent(f"{amount} || {doorstep}", "amount", "ship_to.city")
    assert not silent(f"!({amount} && {doorstep})", "amount")
    assert silent(f"!({amount} || {doorstep})", "amount")


def test_a_question_after_absence_can_be_answered() -> None:
    assert not silent("order.amount == null", "amount")
    assert silent("order.amount != null", "amount")
    assert not silent("!(order.amount != null)", "amount")


def test_any_member_that_tells_a_fact_is_enough() -> None:
    condition = "buyer.phone_is_virtual"
    assert not silent(condition, "buyer.phone")
    assert silent(condition, "buyer.phone", "ship_to.phone")


def test_a_feature_needs_its_entity_and_its_member() -> None:
    assert silent("device.buyers_7d >= 3", "device.id")
    assert silent("device.buyers_7d >= 3", "buyer.id")
    assert not silent("device.buyers_7d >= 3", "amount")


def test_every_rule_can_fire_where_everything_is_told() -> None:
    library = load_library(read_library(PACKAGED_LIBRARY))
    assert cannot_fire(library, ORDER_MEMBERS) == ()
    assert cannot_fire(library, channels()["standard"].supplies) == ()
    told = {member for told_by in TOLD_BY.values() for member in told_by}
    assert told <= ORDER_MEMBERS
