"""The report of results as a browser shows and prints it."""

import re

import pytest
from tests.browser.conftest import Visitor
from tests.scenarios.installation import Sender, placed


@pytest.mark.parametrize(("lang", "title"), [("zh", "成效报告"), ("en", "Report of results")])
def test_a_month_is_one_page(visitor: Visitor, sender: Sender, lang: str, title: str) -> None:
    sender.tell(*(placed(f"{lang}-{number}", f"b-{number}") for number in range(3)))
    page = visitor.sign_in()
    page.goto(f"{visitor.address}/api/v1/metrics/report?lang={lang}")
    assert page.locator("h1").inner_text() == title
    assert page.locator(".card").count() == 4
    assert page.locator(".rows tfoot td").nth(1).inner_text() != "0"
    box = page.locator("body").bounding_box()
    assert box is not None
    for table in page.locator("table").all():
        inner = table.bounding_box()
        assert inner is not None
        assert inner["x"] >= box["x"]
        assert inner["x"] + inner["width"] <= box["x"] + box["width"], "nothing is cut off"
    assert re.findall(rb"/Count (\d+)", page.pdf(prefer_css_page_size=True)) == [b"1"]
