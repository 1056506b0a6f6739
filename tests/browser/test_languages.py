"""What the server says stands in the language of the page, and follows it when it is changed."""

from contextlib import closing

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.browser.seen import picture

from orderguard.api import workbench
from orderguard.domain.accounts import Role

pytestmark = pytest.mark.skipif(workbench.built() is None, reason="no workbench (make setup)")

BURST = "rules/velocity.same_item_burst"


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=WAIT_MS_MAX)


def arrive(visitor: Visitor, role: Role, then: str) -> Page:
    with closing(visitor.installation.open_control()) as control:
        link = control.accounts.link_add("fen", role)
    page = visitor.arrive(f"/sign-in?token={link}", locale="zh-CN", width=1440, height=900)
    page.goto(f"{visitor.address}/workbench/{then}")
    return page


def to_english(page: Page) -> None:
    page.get_by_text("EN", exact=True).click()


def test_the_faults_of_a_condition_follow_the_page(visitor: Visitor) -> None:
    page = arrive(visitor, Role.ANALYST, BURST)
    text = page.get_by_label("条件表达式", exact=True)
    text.fill("order.amount > 500.0 and buyer.orders_10 >= 5")
    expect(page.get_by_role("alert")).to_contain_text("CEL 里没有 `and`：请写 &&")
    text.fill("order.amout > 500.0 && order.currency > 5")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("没有名称 `order.amout`：您要写的是 `order.amount` 吗？")
    expect(told).to_contain_text("`order.currency`（文字）不能与整数比较：这里要写文字")
    picture(page, "languages-rule")
    to_english(page)
    expect(told).to_contain_text("unknown name `order.amout`: did you mean `order.amount`?")


def test_what_doctor_finds_and_the_settings_follow_the_page(visitor: Visitor) -> None:
    visitor.installation.control_path.chmod(0o644)
    page = arrive(visitor, Role.ADMIN, "admin?tab=health")
    expect(page.get_by_text("其他人可以进入", exact=False)).to_be_visible()
    expect(page.get_by_text("请执行 `chmod go=", exact=False)).to_be_visible()
    picture(page, "languages-doctor")
    to_english(page)
    expect(page.get_by_text("Others may enter", exact=False)).to_be_visible()
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_text("Where the server listens.")).to_be_visible()
    page.get_by_text("中文", exact=True).click()
    expect(page.get_by_text("服务器在哪里监听。")).to_be_visible()
    picture(page, "languages-settings")
