"""A folder that registers by its presence has all that its presence promises."""

import re
from pathlib import Path

import pytest
from tests.repository.tree import SOURCE, name

REGISTERED = [
    folder
    for kind in ("channels", "actions")
    for folder in sorted((SOURCE / kind).glob("*/"))
    if (folder / "__init__.py").exists()
]


@pytest.mark.parametrize("folder", REGISTERED, ids=name)
def test_a_channel_or_action_has_its_five_parts(folder: Path) -> None:
    own_test = f"test_{folder.name}.py"
    parts = ["__init__.py", "adapter.py", "doc.md", "fixtures", own_test]
    assert [part for part in parts if not (folder / part).exists()] == []
    assert any((folder / "fixtures").iterdir()), "a fixture is named for a situation"


@pytest.mark.parametrize("folder", REGISTERED, ids=name)
def test_its_page_says_how_to_begin(folder: Path) -> None:
    page = (folder / "doc.md").read_text()
    assert re.match(r"# .*`" + folder.name + "`", page), "the title ends with the name in the path"
    if folder.parent.name == "channels":
        assert f"--channel {folder.name}" in page, "say how a shop is added"
        assert "Supplies" in page, "say what the channel can tell, and what it never tells"
        assert re.search(r"^## Connect .*\n\n1\. ", page, re.MULTILINE), "steps that are numbered"
        assert "\n## What is uncertain\n" in page, "say what nobody has promised"
