"""Every example in the pages of the actions is one that works."""

import json
import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook
from tests.contracts.action_contract import Bench
from tests.repository.tree import ROOT, files, name

from orderguard.actions import discover
from orderguard.actions.webhook.adapter import _step
from orderguard.domain.ports import Doing
from orderguard.domain.telling import alert_json

FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
ACTIONS = ROOT / "src" / "orderguard" / "actions"


def examples(page: Path, language: str) -> list[str]:
    found = FENCE.findall(page.read_text())
    return [textwrap.dedent(text) for _, one, text in found if one == language]


TABLES: list[Any] = [
    pytest.param(action, table, id=f"{name(page)}-{number}")
    for page in files(".md")
    for number, text in enumerate(examples(page, "toml"))
    for action, table in tomllib.loads(text).get("actions", {}).items()
]


@pytest.mark.parametrize(("action", "table"), TABLES)
async def test_the_settings_of_an_example_can_be_connected(
    action: str, table: dict[str, Any]
) -> None:
    kind = discover()[action]
    assert not table.keys() - set(kind.settings.__struct_fields__)
    connected = kind.connect(msgspec.convert(table, kind.settings))
    await connected.close()


@pytest.mark.parametrize("action", sorted(discover()))
def test_an_action_shows_its_settings(action: str) -> None:
    shown = [tomllib.loads(text) for text in examples(ACTIONS / action / "doc.md", "toml")]
    assert [one for one in shown if action in one.get("actions", {})]


def test_the_message_of_the_webhook_is_as_its_page_shows_it() -> None:
    (shown,) = examples(ACTIONS / "webhook" / "doc.md", "json")
    text = (ACTIONS / "webhook" / "fixtures" / "shop_without_orders.json").read_bytes()
    doing = msgspec.json.decode(text, type=Doing)
    assert json.loads(shown) == {
        "type": "response.step",
        "timestamp": alert_json(doing.alert)["updated_at"],
        "data": msgspec.to_builtins(_step(doing)),
    }


async def test_the_receiver_of_the_howto_takes_a_message_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (text,) = examples(ROOT / "docs" / "howto" / "send-steps-to-your-system.md", "python")
    shown: dict[str, Any] = {"Webhook": Webhook}
    exec(text, shown)  # noqa: S102 - it is our own page.
    bench = Bench("webhook", "receiver")
    await bench.run(bench.first())
    (asked,) = bench.provider.asked
    taken: set[str] = set()
    (secret, _) = bench.provider.secrets()
    for _ in range(2):
        assert shown["receive"](asked.body.decode(), dict(asked.headers), secret, taken) == 200
    assert capsys.readouterr().out.count("tell") == 1
    bench.provider.close()
