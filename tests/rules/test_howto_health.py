"""What the page on order health says can be pasted, and its defaults are those of the library."""

import re

from tests.flows.stories import LIBRARY
from tests.repository.tree import ROOT

from orderguard.rules import check_library, load_library

PAGE = (ROOT / "docs" / "howto" / "watch-order-health.md").read_text()
FILE = "lifecycle/not_shipped.yaml"
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_its_yaml_can_be_pasted_into_a_rule() -> None:
    blocks = BLOCK.findall(PAGE)
    assert [block.partition(":")[0] for block in blocks] == ["parameters", "overrides", "tests"]
    hours, overrides, tests = blocks
    text = LIBRARY[FILE]
    text = text.replace("  within: 24h\n", hours.removeprefix("parameters:\n") + overrides)
    text = text[: text.index("tests:\n")] + tests
    files = LIBRARY | {FILE: text}
    assert check_library(files) == ()
    (rule,) = (r for r in load_library(files).health if r.id == "lifecycle.not_shipped")
    assert len(rule.overrides) == 2
    assert rule.parameters["hours"] is not None


def test_it_names_every_rule_about_single_orders() -> None:
    rules = {rule.id for rule in load_library(LIBRARY).health}
    packs = ("lifecycle", "sync", "duplicate")
    assert {rule for rule in rules if rule.startswith(packs)} == set(
        re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", PAGE, re.MULTILINE)
    )
