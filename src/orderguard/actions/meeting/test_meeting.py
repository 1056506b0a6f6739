from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from orderguard.actions.meeting.page import ORDERS_MAX, bundle
from orderguard.domain.alerts import Subject
from orderguard.domain.ports import Doing

BURST = msgspec.json.decode(
    (Path(__file__).parent / "fixtures" / "burst_in_chinese.json").read_bytes(), type=Doing
)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    """Every tag with its attributes, and whether what is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_the_evidence_and_no_phone(language: str) -> None:
    page = bundle(msgspec.structs.replace(BURST, language=language))
    hit = BURST.alert.hits[0]
    assert getattr(hit.explanation, language) in page
    assert "buyer.same_product_orders_10m" in page
    assert all(order.key.order_id in page for order in BURST.orders)
    assert "13800138000" not in page
    assert Tags(page).links == list(BURST.links.values())


def test_nothing_that_a_buyer_wrote_becomes_markup() -> None:
    hit = BURST.alert.hits[0]
    hostile = replace(
        hit,
        rule=HOSTILE,
        features={HOSTILE: HOSTILE},
        explanation=replace(hit.explanation, zh=HOSTILE),
    )
    order = replace(
        BURST.orders[0],
        key=replace(BURST.orders[0].key, order_id=HOSTILE),
        lines=((HOSTILE, 1),),
    )
    alert = replace(BURST.alert, hits=(hostile,), subject=Subject("buyer", HOSTILE), shop=HOSTILE)
    links = {HOSTILE: 'https://guard.example.com/"><script>', "x": "javascript:alert(1)"}
    tags = Tags(bundle(replace(BURST, alert=alert, orders=(order,), links=links)))
    assert not tags.names & {"script", "img"}
    assert "onerror" not in tags.attributes
    assert tags.links == ['https://guard.example.com/"><script>']


def test_it_stays_one_page_however_many_orders() -> None:
    page = bundle(replace(BURST, orders=BURST.orders[:1] * 5_000))
    assert page.count(BURST.orders[0].key.order_id) == ORDERS_MAX
    assert "(5000，最近 10 笔)" in page
