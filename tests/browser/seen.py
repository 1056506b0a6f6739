"""What axe and the eye find at a page."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page
from tests.repository.tree import ROOT

AXE = ROOT / "workbench" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("ORDERGUARD_PICTURES")
"""A folder that pictures of the pages are laid into; none without it."""
COLOURS_MAX = 128
"""Of a kept picture: enough for pages, and a third of the bytes."""
EXACT = 32
"""So many of the commonest colours stay what they are: grounds may be as good as white."""
NEARNESS = (4, 8, 12, 16, 20, 24, 32, 48, 64)
"""Colours that differ by no more in red, green or blue may become one, of 255."""
Colour = tuple[int, int, int]
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
        in_few_colours(Image.open(path).convert("RGB")).save(path, optimize=True)


def in_few_colours(image: Image.Image) -> Image.Image:
    """A picture whose rare colours, such as those of a legend, stay what they are too."""
    raw = iter(image.tobytes())
    points = list(zip(raw, raw, raw, strict=True))
    commonest = [rgb for rgb, _ in Counter(points).most_common()]
    for nearness in NEARNESS:
        kept = commonest[:EXACT]
        for rgb in commonest[EXACT:]:
            if all(_apart(rgb, one) > nearness for one in kept):
                kept.append(rgb)
                if len(kept) > COLOURS_MAX:
                    break
        else:
            break
    place = {rgb: min(range(len(kept)), key=lambda n: _apart(rgb, kept[n])) for rgb in commonest}
    found = Image.frombytes("P", image.size, bytes(place[rgb] for rgb in points))
    found.putpalette([part for rgb in kept for part in rgb])
    return found


def _apart(one: Colour, other: Colour) -> int:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]), abs(one[2] - other[2]))
