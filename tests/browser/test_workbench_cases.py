"""The inbox, a case and the orders in the workbench: service at work, keys alone, and axe."""

import json
import re
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.browser.seen import picture, serious
from tests.scenarios.installation import Client, Json, Sender, api_headers, burst, placed

from orderguard.api import workbench
from orderguard.domain.accounts import Role

KEYS_MAX = 4
CASES = 20

pytestmark = pytest.mark.skipif(workbench.built() is None, reason="no workbench (make setup)")


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=WAIT_MS_MAX)


def sign_in(
    visitor: Visitor, then: str, *, role: Role = Role.OPERATIONS, locale: str = "zh-CN", **size: int
) -> Page:
    with closing(visitor.installation.open_control()) as control:
        link = control.accounts.link_add(f"a {role} person", role)
    page = visitor.arrive(f"/sign-in?token={link}", locale=locale, **size)
    page.goto(f"{visitor.address}/workbench/{then}")
    expect(page.locator(".og-freshness[data-line=live]")).to_be_visible()
    return page


def shared_device(device: str) -> list[Json]:
    """Three buyers on one device, three doors: a medium alert, which customer service has."""
    orders = []
    for number in range(3):
        order = placed(f"{device}-{number}", f"of-{device}-{number}", sku=f"sku-{device}")
        told = order["data"]["order"]
        told["device"] = {"id": device, "ip": "203.0.113.7"}
        told["payment"] = {"method": "alipay", "account": f"payer-{device}"}
        told["ship_to"] = {
            "province": "浙江省",
            "city": "杭州市",
            "district": "西湖区",
            "street": f"文三路 {number + 90} 号",
            "name": "王小明",
            "phone": "13800138000",
        }
        orders.append(order)
    return orders


def cases(visitor: Visitor) -> list[Json]:
    with Client(visitor.server.port, api_headers(visitor.installation)) as client:
        found: list[Json] = client.get("/api/v1/inbox")["items"]
        return found


def status_of(visitor: Visitor, case_id: str) -> Json:
    with Client(visitor.server.port, api_headers(visitor.installation)) as client:
        found: Json = client.get(f"/api/v1/cases/{case_id}")
        return found


# Customer service -------------------------------------------------------------------------------


def test_service_takes_the_next_case_verifies_and_releases(
    visitor: Visitor, sender: Sender
) -> None:
    sender.tell(*shared_device("kiosk"))
    page = sign_in(visitor, "inbox", role=Role.SERVICE)
    expect(page.locator("[data-case]").first).to_contain_text("一台设备多个买家")
    page.get_by_role("button", name="处理下一件").click()
    page.wait_for_url("**/workbench/cases/*")
    expect(page.get_by_role("heading", name="一台设备多个买家")).to_be_visible()
    case_id = page.url.rsplit("/", 1)[-1]
    assert status_of(visitor, case_id)["assignee"] == "a service person"
    expect(page.get_by_role("region", name="为什么")).to_contain_text("正常值")
    expect(page.get_by_role("region", name="时间线")).to_contain_text("下单")

    check = page.get_by_role("region", name="二次身份验证")
    expect(check).to_contain_text("订单寄往哪个区县？")
    expect(check).to_contain_text("西湖区")
    for question in check.get_by_role("radiogroup").all():
        question.get_by_text("答对").click()
    check.get_by_role("button", name=re.compile("check 通过")).click()
    expect(check.get_by_role("list", name="验证记录")).to_contain_text("通过 问答")

    assert "王小明" not in page.locator("#page").inner_text()
    page.get_by_role("button", name="的联系方式").first.click()
    asked = page.get_by_role("dialog")
    asked.get_by_text("电话核实身份").click()
    asked.get_by_role("button", name=re.compile(r"查\s*看")).click()
    expect(asked).to_contain_text("王小明")
    expect(asked).to_contain_text("13800138000")
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()

    page.get_by_role("region", name="结论").get_by_role("button", name="放行").click()
    expect(page.get_by_text("都处理完了")).to_be_visible()
    found = status_of(visitor, case_id)
    assert (found["disposition"], found["action"]) == ("false_alarm", "release")
    page.keyboard.press("u")
    expect(
        page.get_by_role("region", name="结论").get_by_role("button", name="放行")
    ).to_be_visible()
    assert status_of(visitor, case_id)["disposition"] is None
    # The browser itself tells of the 404 that no other case waits.
    visitor.faults[:] = [fault for fault in visitor.faults if "404 (Not Found)" not in fault]


# Keys alone -------------------------------------------------------------------------------------


def test_twenty_cases_are_triaged_by_keys_alone(visitor: Visitor, sender: Sender) -> None:
    for number in range(CASES):
        sender.tell(*burst(f"keys-{number}"))
    page = sign_in(visitor, "inbox?rule=velocity.same_item_burst&q=keys-", locale="en-GB")
    expect(page.get_by_text(f"{CASES} cases", exact=True)).to_be_visible()
    pressed: dict[str, list[str]] = {}
    for number in range(CASES // 2):  # From the list, which shows the evidence beside it.
        at = page.locator("[data-at=true]")
        case_id = at.get_attribute("data-case") or ""
        pressed[case_id] = [["e"], ["h"], ["a", "e"], ["j", "k", "h"]][number % 4]
        for key in pressed[case_id]:
            page.keyboard.press(key)
            if key == "a":
                expect(at.locator("[data-column=assignee]")).to_have_text("a operations person")
        expect(page.locator(f"[data-case='{case_id}'][data-over=true]")).to_have_count(1)
        expect(page.locator(f"[data-case='{case_id}'][data-at=false]")).to_have_count(1)
    page.keyboard.press("Enter")
    for number in range(CASES // 2):  # On the page of each case, which leads to the next.
        page.wait_for_url("**/workbench/cases/*")
        case_id = page.url.rsplit("/", 1)[-1]
        shown = page.locator(f"[data-case='{case_id}']")
        expect(shown.get_by_role("button", name="Release e")).to_be_enabled()
        pressed[case_id] = ["Enter", "e"] if number == 0 else ["e"]
        page.keyboard.press("e")
        page.wait_for_function("id => !location.pathname.endsWith(id)", arg=case_id) if (
            number < CASES // 2 - 1
        ) else expect(page.get_by_text("All done")).to_be_visible()
    # As above.
    visitor.faults[:] = [fault for fault in visitor.faults if "404 (Not Found)" not in fault]
    assert len(pressed) == CASES
    assert max(map(len, pressed.values())) <= KEYS_MAX
    ours = [row for row in cases(visitor) if (row["order_id"] or "").startswith("keys-")]
    assert {row["status"] for row in ours} == {"closed"}


# What axe and the eye find ----------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 780)])
def test_every_page_is_fit_to_be_seen(
    visitor: Visitor, sender: Sender, locale: str, width: int, height: int
) -> None:
    """No serious finding of axe, nothing wider than the window, in both colours."""
    name = f"seen-{locale}-{width}"
    sender.tell(*shared_device(name), *burst(f"{name}-burst"))
    case = next(row for row in cases(visitor) if (row["order_id"] or "").startswith(name))
    pages = {
        "inbox": "inbox",
        "case": f"cases/{case['case_id']}",
        "orders": f"orders?q={name}",
        "order": f"orders/standard/demo/{case['order_id']}",
    }
    page = sign_in(visitor, "inbox", locale=locale, width=width, height=height)
    faults: dict[str, Any] = {}
    for scheme in ("light", "dark"):
        page.evaluate("scheme => localStorage.setItem('orderguard.scheme', scheme)", scheme)
        for title, path in pages.items():
            page.goto(f"{visitor.address}/workbench/{path}")
            expect(page.locator(".og-freshness[data-line=live]")).to_be_visible()
            expect(page.locator(".ant-skeleton, .ant-spin-spinning")).to_have_count(0)
            expect(page.locator("#page")).to_contain_text(name)
            found = serious(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if found or wide > width:
                faults[f"{title} {scheme}"] = [*found, f"{wide} px"]
            picture(page, f"{title}-{locale[:2]}-{scheme}-{width}")
    assert faults == {}, json.dumps(faults, indent=1)
