"""`orderguard sale` and `orderguard report`."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.commands.conftest import Command
from tests.flows.stories import START_MS, order_document, published, taken_in

from orderguard.app import Installation
from orderguard.domain.entries import CampaignChanged
from orderguard.domain.ports import Draft
from orderguard.domain.record import decode, encode_event, encode_note
from orderguard.flows.fold import Fold
from orderguard.kit.clock import rfc3339
from orderguard.kit.sealing import Keyring


@pytest.fixture
def shop(og: Command, folder: Path) -> Path:
    og("shop", "add", "demo", "--channel", "standard", "--data", str(folder))
    return folder


@pytest.fixture
def sold(shop: Path) -> Path:
    """A folder that was served: a library, and three orders; a fourth came after the last save."""
    with closing(Installation(shop).open_log()) as log:
        log.append([Draft(START_MS, encode_note(published(received_ms=START_MS)))])
        for number in range(4):
            at = START_MS + 1_000 * number
            document = {
                "id": f"e{number}",
                "type": "order.created",
                "occurred_at": rfc3339(at),
                "data": {"order": order_document(f"o{number}", f"b{number}", at)},
            }
            event = taken_in(document, at)
            log.append([Draft(at, encode_event(event, b"{}", Keyring.for_replay()))])
            if number == 2:
                _save(shop)
    return shop


def _save(folder: Path) -> None:
    installation = Installation(folder)
    with closing(installation.open_state()) as state, closing(installation.open_log()) as log:
        fold = Fold(state)
        for row in log.read(0, 100):
            fold.apply(row.offset, decode(row.record))
        fold.save()


def _mail(folder: Path) -> list[CampaignChanged]:
    with closing(Installation(folder).open_control()) as control:
        return [note for _, note in control.waiting(100) if isinstance(note, CampaignChanged)]


ADD = ("sale", "add", "双11", "--shop", "standard/demo", "--from", "2026-11-11")


def test_a_sale_is_left_for_the_server(og: Command, shop: Path) -> None:
    data = ("--data", str(shop))
    rate = ("--orders-per-minute", "shoe=12.5")
    og(*ADD, "--until", "2026-11-11T02:00:00+08:00", *rate, *data)
    (note,) = _mail(shop)
    assert (note.campaign_id, note.channel, note.shop) == ("双11", "standard", "demo")
    assert (note.starts_ms, note.ends_ms) == (START_MS, START_MS + 7_200_000)
    assert (note.products, note.orders_per_minute) == (("shoe",), {"shoe": 12.5})
    (listed,) = json.loads(og("sale", "list", "--json", *data).stdout)["items"]
    assert (listed["name"], listed["products"]) == ("双11", "shoe")
    assert "双11" in og("sale", "list", *data).stdout
    og("sale", "remove", "双11", "--shop", "standard/demo", *data)
    assert [note.on for note in _mail(shop)] == [True, False]
    assert json.loads(og("sale", "list", "--json", *data).stdout) == {"items": []}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("--until", "2026-11-10"), "ends before it begins"),
        (("--until", "soon"), "no day and no instant"),
        (("--until", "2026-11-12", "--orders-per-minute", "shoe"), "is no rate"),
    ],
)
def test_a_sale_that_cannot_be_is_refused(
    og: Command, shop: Path, change: tuple[str, ...], says: str
) -> None:
    assert says in og(*ADD, *change, "--data", str(shop), status=2).stderr
    assert _mail(shop) == []


def test_a_sale_is_of_a_shop_that_is_here(og: Command, folder: Path, shop: Path) -> None:
    assert folder == shop
    words = ("--from", "2026-11-11", "--until", "2026-11-12", "--data", str(shop))
    result = og("sale", "add", "x", "--shop", "standard/none", *words, status=2)
    assert "There are standard/demo." in result.stderr
    gone = ("sale", "remove", "x", "--shop", "standard/demo", "--data", str(shop))
    assert "There is no sale x" in og(*gone, status=2).stderr


def test_a_report_has_what_the_log_has_beyond_the_last_save(
    og: Command, sold: Path, tmp_path: Path
) -> None:
    before = Installation(sold).state_cursor()
    out = tmp_path / "results.xlsx"
    said = og("report", "--out", str(out), "--from", "2026-11-11", "--data", str(sold)).stdout
    assert said == f"{out}: 4 orders, 1 lines.\n"
    assert Installation(sold).state_cursor() == before, "nothing of it is kept"
    rows = load_workbook(out).worksheets[1]
    orders = [cell.value for cell in rows[1]].index("订单数 orders")
    assert [row[orders].value for row in rows.iter_rows(min_row=2)] == [4, 4]


def test_a_page_says_what_the_merchant_had_before(
    og: Command, sold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERGUARD_RESULTS_BEFORE_PERSON_PERCENT", "31.5")
    out = tmp_path / "results.html"
    command = ("report", "--out", str(out), "--lang", "en", "--from", "2026-11-11")
    og(*command, "--shop", "standard/demo", "--data", str(sold))
    page = out.read_text("utf-8")
    assert '<td>31.5 % <span class="soft">(given)</span></td>' in page
    assert "standard/demo" in page


def test_a_folder_that_was_never_served_has_results_of_nothing(
    og: Command, shop: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results.html"
    og("report", "--out", str(out), "--data", str(shop))
    assert "成效报告" in out.read_text("utf-8")
    assert not (shop / "state.db").exists()


def test_a_report_that_cannot_be_made_is_refused(og: Command, sold: Path, tmp_path: Path) -> None:
    data = ("--data", str(sold))
    assert (
        "ends in neither" in og("report", "--out", str(tmp_path / "r.pdf"), *data, status=2).stderr
    )
    out = ("--out", str(tmp_path / "r.html"))
    result = og("report", *out, "--shop", "standard/none", *data, status=2)
    assert "There are results of standard/demo." in result.stderr
    assert (
        "creates an installation"
        in og("report", *out, "--data", str(tmp_path / "no"), status=2).stderr
    )
