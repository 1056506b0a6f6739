"""An analyst builds a rule by clicks, sees what it would have caught, and has it approved."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.browser.lists import choose
from tests.browser.seen import picture
from tests.scenarios.installation import Sender
from tests.scenarios.test_previews import DOOR, OTHER, to_door

from orderguard.domain.accounts import Role

NAME = "doorstep.product_orders_10m"
RULE = "own.doorstep_burst"


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=WAIT_MS_MAX)


def arrive(visitor: Visitor, name: str, role: Role, then: str, width: int = 1440) -> Page:
    with closing(visitor.installation.open_control()) as control:
        link = control.accounts.link_add(name, role)
    page = visitor.arrive(f"/sign-in?token={link}", locale="zh-CN", width=width, height=900)
    page.goto(f"{visitor.address}/workbench/{then}")
    return page


def test_a_rule_is_built_without_an_expression_and_goes_live_by_two(
    visitor: Visitor, sender: Sender
) -> None:
    sender.tell(*(to_door(f"door-{n}", f"b{n}", "600.00", DOOR) for n in range(7)))
    sender.tell(*(to_door(f"cheap-{n}", f"c{n}", "90.00", OTHER) for n in range(7)))
    page = arrive(visitor, "fen", Role.ANALYST, "rules")
    expect(page.get_by_role("link", name="短时间重复购买同一商品")).to_be_visible()
    picture(page, "rules-list")
    page.get_by_role("button", name="新建规则").click()
    page.get_by_label("名称").fill("同一地址大量下单")
    page.get_by_label("规则编号").fill("doorstep_burst")
    page.get_by_role("button", name="开 始").or_(page.get_by_role("button", name="开始")).click()

    # Five orders of one product to one doorstep in ten minutes ...
    page.get_by_role("button", name="新的取值").click()
    choose(page.get_by_label("按什么归在一起", exact=True).last, "收货地点")
    page.locator(".ant-select-item-option").filter(has_text="商品").first.click()
    page.get_by_text("定义新的取值").click()
    picture(page, "rules-new-value")
    page.get_by_role("button", name="加入条件").click()
    text = page.get_by_label("条件表达式", exact=True)
    expect(text).to_have_value(f"{NAME} >= 5")
    # ... over 500 yuan.
    page.get_by_role("button", name=re.compile("加条件$")).first.click()
    expect(text).to_have_value(f"{NAME} >= 5 && order.amount >= 100.0")
    choose(page.get_by_label("比较方式", exact=True).last, "大于")
    page.get_by_label("值", exact=True).last.fill("500")
    expect(text).to_have_value(f"{NAME} >= 5 && order.amount > 500.0")

    buckets = page.locator("dl")
    expect(buckets.first).to_contain_text("会命中的订单3")
    expect(page.get_by_role("region", name="团队处理能力")).to_contain_text("每天多 3 件")
    picture(page, "rules-preview")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_role("button", name="影子运行").click()
    expect(page.get_by_text("请另一位同事批准后生效")).to_be_visible()
    expect(page.get_by_role("button", name="批准生效")).to_have_count(0)
    picture(page, "rules-shadow")

    second = arrive(visitor, "zhao", Role.RISK, f"rules/{RULE}")
    second.get_by_role("button", name="批准生效").click()
    picture(second, "rules-approve")
    second.locator(".ant-popconfirm").get_by_role("button", name="批准生效").click()
    expect(second.get_by_text("规则已生效。")).to_be_visible()
    second.get_by_role("tab", name="版本（2）").click()
    second.locator(".ant-table-row-expand-icon").first.click()
    picture(second, "rules-versions")
    second.get_by_role("button", name="回到这个版本").click()
    expect(second.get_by_role("tab", name="版本（3）")).to_be_visible()
    expect(second.get_by_text("影子运行").first).to_be_visible()


def test_text_and_cards_are_in_step(visitor: Visitor) -> None:
    page = arrive(visitor, "fen", Role.ANALYST, "rules/address.far_from_usual")
    text = page.get_by_label("条件表达式", exact=True)
    text.fill("order.amount > 300.0 && !(lists.blocked)")
    expect(page.get_by_label("值", exact=True)).to_have_count(1)
    expect(page.get_by_label("值", exact=True)).to_have_value("300")
    expect(page.get_by_role("group", name="除非")).to_be_visible()
    page.get_by_label("值", exact=True).fill("250")
    expect(text).to_have_value("order.amount > 250.0 && !(lists.blocked)")
    text.fill("order.amout > 300.0")
    expect(page.get_by_role("alert").filter(has_text="第 1 行第 1 列")).to_be_visible()
    page.goto(f"{visitor.address}/workbench/rules/canvas")
    expect(page.get_by_text("命中").first).to_be_visible()
    picture(page, "rules-canvas")
    page.goto(f"{visitor.address}/workbench/playbooks?id=low")
    expect(page.locator("ol li").first).to_contain_text("短信询问")
    picture(page, "playbooks")
