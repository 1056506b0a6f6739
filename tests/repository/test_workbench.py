"""The workbench's own files: what its lock names, and that its client fits the API."""

import importlib.util
import json
from types import ModuleType

import pytest
from tests.repository.tree import ROOT, name

WORKBENCH = ROOT / "workbench"
FEATURES = sorted(path.parent for path in (WORKBENCH / "src" / "features").glob("*/feature.ts"))


def _client() -> ModuleType:
    path = ROOT / "scripts" / "workbench_client.py"
    spec = importlib.util.spec_from_file_location("workbench_client", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_client_is_that_of_the_api() -> None:
    client = _client()
    assert client.made_from() == client.digest(client.description()), "run `make client`"


def test_the_lock_names_no_host_and_has_a_digest_for_each_package() -> None:
    packages = json.loads((WORKBENCH / "package-lock.json").read_text())["packages"]
    packages.pop("")
    assert packages
    assert [one for one, entry in packages.items() if "resolved" in entry] == []
    assert [one for one, entry in packages.items() if "integrity" not in entry] == []


@pytest.mark.parametrize("folder", FEATURES, ids=name)
def test_a_feature_has_its_page_and_its_words(folder: object) -> None:
    parts = ["index.tsx", "locales/zh.json", "locales/en.json"]
    path = WORKBENCH / "src" / "features" / str(folder)
    assert [part for part in parts if not (path / part).exists()] == []
    assert "title" in json.loads((path / "locales" / "zh.json").read_text("utf-8"))
