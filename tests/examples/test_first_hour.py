"""The commands of the first hour, in their order, as its page has them."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.repository.tree import ROOT
from tests.scenarios.installation import COMMAND, Server

PAGE = ROOT / "docs" / "tutorial" / "first-hour.md"
BEGIN = "## 0:05"
RULE = Path("out/shop/library/velocity/same_item_burst.yaml")
RUN_S_MAX = 120.0


def commands() -> list[str]:
    """Those after the installation; whoever reads is not asked for a key."""
    text = PAGE.read_text("utf-8").partition(BEGIN)[2]
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.removesuffix(" | less") for line in lines]


def test_the_commands_do_what_the_page_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = f"{Path(COMMAND).parent}:/usr/bin:/bin"

    def run(line: str) -> tuple[int, str]:
        done = subprocess.run(
            ["/bin/bash", "-c", line],
            cwd=tmp_path,
            env={"PATH": path, "LANG": "C.UTF-8", "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN_S_MAX,
            check=False,
        )
        return done.returncode, done.stdout

    rule = tmp_path / RULE
    is_changed = False
    for line in commands():
        if line.startswith("orderguard serve "):
            with Server(tmp_path / "out" / "shop") as server:
                server.start()
                assert server.sign_in_link
                assert server.stop() == 0
            continue
        if line.startswith("orderguard rules check"):
            rule.write_text(rule.read_text("utf-8").replace(">= 5", ">= 3"), "utf-8")
            is_changed = True
        status, said = run(line)
        if line.startswith("orderguard rules test") and is_changed:
            assert status == 1, said
            assert "comes back three times" in said
            fewer = re.sub("_10m: [34]}", "_10m: 2}", rule.read_text("utf-8"))
            rule.write_text(fewer, "utf-8")
            status, said = run(line)
            assert status == 0, ("the rule and its tests agree again", said)
        elif line.startswith("diff "):
            assert status == 1, "more is found"
        else:
            assert status == 0, (line, said)
    assert is_changed
    impossible = "when: buyer.same_product_orders_10m < 0"
    rule.write_text(re.sub("^when: .*$", impossible, rule.read_text("utf-8"), flags=re.MULTILINE))
    status, said = run("orderguard rules check out/shop/library")
    assert status == 1
    assert "same_item_burst.yaml" in said
