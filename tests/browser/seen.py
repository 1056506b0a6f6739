"""What axe and the eye find at a page."""

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page
from tests.repository.tree import ROOT

AXE = ROOT / "workbench" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("ORDERGUARD_PICTURES")
"""A folder that pictures of the pages are laid into; none without it."""
COLOURS = 128
"""Of a kept picture: enough for pages, and a third of the bytes."""
SERIOUS = frozenset({"serious", "critical"})


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical, with the first element that it found."""
    if not AXE.exists():
        assert "CI" not in os.environ, f"CI installs {AXE} itself: make setup"
        pytest.skip("axe-core is not installed here: npm ci in workbench/")
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
    )
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in SERIOUS
    ]


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(700)  # Until what moves has come to rest.
        path = Path(PICTURES) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path)
        Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
