"""The library as a reader finds it; what `orderguard rules check` refuses is not repeated here."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.repository.tree import SOURCE, name

LIBRARY = SOURCE / "library"
NOT_PACKS = {"playbooks", "presets"}
PACKS = [folder for folder in sorted(LIBRARY.glob("*/")) if folder.name not in NOT_PACKS]
FILES = sorted(LIBRARY.rglob("*.yaml"))
RULES = [path for path in FILES if path.parent in PACKS and path.name != "features.yaml"]
PRESETS = sorted((LIBRARY / "presets").glob("*.yaml"))
PLAYBOOKS = sorted((LIBRARY / "playbooks").glob("*.yaml"))

_HAN = re.compile(r"[\u4e00-\u9fff]")


def _load(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    return content if isinstance(content, dict) else {}


def _bilingual(value: object) -> list[dict[str, str]]:
    """Every {en, zh} within a file, at any depth."""
    if isinstance(value, dict):
        if value.keys() & {"en", "zh"}:
            return [value]
        return [found for inner in value.values() for found in _bilingual(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in _bilingual(inner)]
    return []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_text_stands_in_both_languages(path: Path) -> None:
    for text in _bilingual(_load(path)):
        assert text.keys() == {"en", "zh"}
        assert not _HAN.search(text["en"]), text
        assert _HAN.search(text["zh"]) or text["zh"].isascii(), text


@pytest.mark.parametrize("path", RULES, ids=name)
def test_a_rule_says_why_when_it_is_wrong_and_what_to_do(path: Path) -> None:
    rule = _load(path)
    assert rule["id"] == f"{path.parent.name}.{path.stem}"
    assert len(rule["why"].split()) >= 8, "say what happens in the world, in a sentence"
    assert rule["false_alarms"], "no rule is never wrong"
    assert len(rule["runbook"].split()) >= 5
    if "watches" not in rule:
        assert rule["prior"]["source"]


@pytest.mark.parametrize("path", RULES, ids=name)
def test_a_rule_is_tested_by_a_hit_and_a_near_miss(path: Path) -> None:
    tests = _load(path)["tests"]
    assert {test["hit"] for test in tests} == {True, False}
    assert len({test["name"] for test in tests}) == len(tests)


@pytest.mark.parametrize("path", PRESETS, ids=name)
def test_a_preset_names_what_exists(path: Path) -> None:
    preset = _load(path)
    assert set(preset["packs"]) <= {pack.name for pack in PACKS}
    assert set(preset.get("rules", [])) <= {_load(rule)["id"] for rule in RULES}
    assert set(preset["playbooks"]) <= {playbook.stem for playbook in PLAYBOOKS}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_pack_has_features_rules_and_a_place_in_a_preset(pack: Path) -> None:
    is_health = all("watches" in _load(rule) for rule in RULES if rule.parent == pack)
    assert (pack / "features.yaml").exists() is not is_health
    assert [rule for rule in RULES if rule.parent == pack]
    assert [preset for preset in PRESETS if pack.name in _load(preset)["packs"]]
