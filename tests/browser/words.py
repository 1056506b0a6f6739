"""The words of the workbench as its reader sees them, from the files that they stand in."""

import json
import re
from functools import cache
from typing import Any

from tests.repository.tree import ROOT

SOURCE = ROOT / "workbench" / "src"


@cache
def _space(name: str, language: str) -> dict[str, Any]:
    folder = SOURCE / "app" if name == "app" else SOURCE / "features" / name
    told: dict[str, Any] = json.loads((folder / "locales" / f"{language}.json").read_text("utf-8"))
    return told


class Words:
    """`words("cases:verify.passed")`; places are filled in, a count chooses the plural."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **places: object) -> str:
        space, _, path = key.partition(":")
        found: Any = _space(space, self.language)
        *parents, last = path.split(".")
        for one in parents:
            found = found[one]
        form = "one" if places.get("count") == 1 and self.language == "en" else "other"
        text: str = found[last] if last in found else found[f"{last}_{form}"]
        for name, value in places.items():
            text = text.replace(f"{{{{{name}}}}}", str(value))
        assert "{{" not in text, f"{key} needs a place that was not given: {text}"
        return text

    def pattern(self, key: str) -> re.Pattern[str]:
        """The text with anything in its places."""
        space, _, path = key.partition(":")
        found: Any = _space(space, self.language)
        for one in path.split("."):
            found = found[one]
        return re.compile(".+".join(map(re.escape, re.split(r"\{\{\w+\}\}", found))))

    def button(self, key: str, **places: object) -> re.Pattern[str]:
        """The name of a button: two Chinese signs are set apart there, and a key may follow."""
        return re.compile(r"\s*".join(map(re.escape, self(key, **places))))


def all_texts(language: str) -> set[str]:
    """Every text of every file of a language."""
    texts: set[str] = set()
    for path in SOURCE.glob(f"**/locales/{language}.json"):
        heap: list[Any] = [json.loads(path.read_text("utf-8"))]
        while heap:
            one = heap.pop()
            if isinstance(one, dict):
                heap += one.values()
            else:
                texts.add(one)
    return texts
