"""Every example of the page on playbooks is taken as it stands there."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.chinese import check_chinese
from tests.flows.stories import LIBRARY
from tests.repository.tree import ROOT

from orderguard.app import Installation, actions
from orderguard.cli import main
from orderguard.domain.library import StepAnswer
from orderguard.domain.ports import Outcome
from orderguard.rules import check_library, load_library
from orderguard.settings_file import load_action_settings

PAGE = (ROOT / "docs" / "howto" / "playbooks.md").read_text("utf-8")


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", examples("yaml"))
def test_a_playbook_of_the_page_passes_the_check(text: str) -> None:
    name = yaml.safe_load(text)["id"]
    files = {**LIBRARY, f"playbooks/{name}.yaml": text}
    assert check_library(files) == ()
    (playbook,) = [p for p in load_library(files, preset="standard").playbooks if p.id == name]
    assert [step.step for step in playbook.steps] == [
        step["step"] for step in yaml.safe_load(text)["steps"]
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("on: {ask: confirmed}", "on: {aks: confirmed}", "no earlier step `aks`"),
        ("on: {ask: confirmed}", "on: {ask: yes_please}", "`yes_please` is not known here"),
        ("on: {ask: confirmed}", "on: {unlock: done}", "no earlier step `unlock`"),
        ("lock_stock, only_if: not_shipped, each: true", "lock_stock", "give `lock` each: true"),
        ("wait: 2h", "within: 8-21", "08:00-21:00"),
        ("wait: 2h", "wait: 2h, due: 1h", "only a step with `action: open_case`"),
        ("wait: 2h", "wait: 2h, due: soon", "here stands a time"),
        ("undoes: lock, after: 2h", "after: 2h", "nothing ends this lock in time"),
        ("steps:", "zone: Mars/Base\nsteps:", "here stands a zone"),
        ("steps:", "holds_per_hour: 0\nsteps:", "from 1 to"),
        ("after: 2h, only", "after_step: ask, on: {ask: done}, only", "`on` says already"),
    ],
)
def test_a_fault_in_a_playbook_is_told(before: str, after: str, said: str) -> None:
    text = examples("yaml")[0]
    assert before in text
    faults = check_library({**LIBRARY, "playbooks/low.yaml": text.replace(before, after, 1)})
    for fault in faults:
        check_chinese(fault.message)
    assert [fault for fault in faults if said in fault.message.en], faults


def test_the_settings_of_the_page_connect(tmp_path: Path) -> None:
    (text,) = examples("toml")
    installation = Installation(tmp_path / "data")
    installation.create("standard")
    (installation.folder / "orderguard.toml").write_text(text)
    assert installation.settings({}).respond.mode == "live"
    kinds = {name: kind.settings for name, kind in actions().items()}
    found = load_action_settings(installation.folder, {}, kinds)
    assert set(found) == set(tomllib.loads(text)["actions"])
    assert set(installation.connected({})) == {"hold_shipment"}


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data")
    installation.create("standard")
    lines = re.findall(r"^orderguard (stop|go) (.*) --data DIR$", PAGE, re.MULTILINE)
    assert [command for command, _ in lines] == ["stop", "go"]
    for command, rest in lines:
        words = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', rest)]
        given = [command, *words, "--data", str(installation.folder)]
        assert CliRunner().invoke(main, given).exit_code == 0, given


def test_the_page_names_every_answer_and_outcome() -> None:
    assert [word for word in (*StepAnswer, *Outcome) if f"`{word}`" not in PAGE] == []
