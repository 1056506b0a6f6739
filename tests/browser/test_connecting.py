"""The connector person and the admin at the workbench, in a real browser."""

import json
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Visitor
from tests.browser.seen import picture, serious
from tests.scenarios.installation import Json, Sender

from orderguard.api import workbench
from orderguard.channels.standard.signer import sign
from orderguard.domain.accounts import Role
from orderguard.kit.clock import SystemClock, rfc3339

pytestmark = pytest.mark.skipif(workbench.built() is None, reason="no workbench (make setup)")

Enter = Callable[..., Page]


@pytest.fixture
def enter(visitor: Visitor) -> Enter:
    """Sign in with a role and go to a page of the workbench."""

    def entered(role: Role, path: str, *, locale: str = "zh-CN") -> Page:
        with closing(visitor.installation.open_control()) as control:
            link = control.accounts.link_add("li", role)
        page = visitor.arrive(f"/sign-in?token={link}", locale=locale, width=1440, height=900)
        page.goto(f"{visitor.address}/workbench/{path}")
        page.wait_for_selector("#page section, #page .ant-tabs")
        return page

    return entered


def paid(order_id: str) -> Json:
    now = rfc3339(SystemClock().now_ms())
    payment = {"id": f"pay-{order_id}", "amount": "59.00", "currency": "CNY", "paid_at": now}
    order = {
        "order_id": order_id,
        "status": "paid",
        "created_at": now,
        "paid_at": now,
        "buyer": {"id": f"buyer-{order_id}"},
        "lines": [{"line_id": "1", "sku": "shoe-42", "quantity": 1, "unit_price": "59.00"}],
        "amount": "59.00",
        "currency": "CNY",
        "payment": payment,
    }
    return {
        "id": f"evt_{order_id}",
        "type": "order.paid",
        "occurred_at": now,
        "data": {"order": order},
    }


def test_a_shop_is_added_and_its_first_event_seen(sender: Sender, enter: Enter) -> None:
    page = enter(Role.ADMIN, "connectors", locale="en-GB")
    page.get_by_role("button", name="Connect a shop").click()
    page.get_by_label("Channel").click()
    page.get_by_title("Standard Webhooks").click()
    page.get_by_label("Name of the shop here").fill("fresh")
    page.get_by_role("button", name="Add", exact=True).click()
    status = page.get_by_role("status").filter(has_text="first event")
    expect(status).to_contain_text("Waiting")
    secret = page.locator("code", has_text="whsec_").first.inner_text()
    assert page.get_by_text("/webhooks/standard/fresh").count() > 0
    picture(page, "connectors-added-en")
    assert serious(page) == []
    first = paid("first-1")
    answer = _send(sender, "fresh", secret, first)
    assert answer == 202
    expect(status).to_contain_text("has arrived")
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_role("link", name="fresh")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("link", name="fresh").click()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("Settings · well")).to_be_visible()
    assert serious(page) == []


def _send(sender: Sender, shop: str, secret: str, event: Json) -> int:
    body = json.dumps([event]).encode()
    headers = sign(body, secret, SystemClock().now_ms())
    return sender.ask("POST", f"/webhooks/standard/{shop}", body, headers).status


def test_a_person_is_added_and_may_sign_in(enter: Enter, visitor: Visitor) -> None:
    page = enter(Role.ADMIN, "admin")
    page.get_by_label("姓名").first.fill("mei")
    page.get_by_label("角色").first.click()
    page.get_by_title("客服").first.click()
    page.get_by_role("button", name="添加人员").click()
    password = page.locator("code").first.inner_text()
    with closing(visitor.installation.open_control()) as control:
        account = control.accounts.check_password("mei", password)
    assert account is not None
    assert account.role == Role.SERVICE
