"""Lists that open under a field."""

from playwright.sync_api import Locator, expect


def opened(field: Locator) -> Locator:
    """The list of this very field: that of another may still be closing."""
    field.click()
    expect(field).to_have_attribute("aria-expanded", "true")
    name = field.get_attribute("aria-controls")
    return field.page.locator(".ant-select-dropdown", has=field.page.locator(f"[id='{name}']"))


def choose(field: Locator, text: str = "") -> None:
    """Pick the first option that holds a text."""
    opened(field).locator(".ant-select-item-option").filter(has_text=text).first.click()
