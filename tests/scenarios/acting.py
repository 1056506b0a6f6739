"""An installation that acts: in live mode, connected to providers, without a budget for holds."""

import json
from collections.abc import Mapping
from typing import Any

from orderguard.app import Installation


def acts(installation: Installation, tables: Mapping[str, Mapping[str, Any]], *steps: str) -> None:
    """`tables` are the settings of each action; `steps` are added to the high playbook as YAML.

    Without its budget, since after 500 holds in an hour a rule would ask a person for each.
    """
    settings = installation.folder / "orderguard.toml"
    text = settings.read_text("utf-8").replace('mode = "shadow"', 'mode = "live"')
    for name, table in tables.items():
        text += f"\n[actions.{name}]\n"
        text += "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())
    settings.write_text(text, "utf-8")
    high = installation.library_folder / "playbooks" / "high.yaml"
    text = high.read_text("utf-8").replace("holds_per_hour: 500\n", "")
    high.write_text(text + "".join(f"  - {step}\n" for step in steps), "utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)  # Of texts, numbers, truth and lists the same in both.
