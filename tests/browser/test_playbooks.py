"""A playbook is changed by forms, tried on a past alert, and approved by somebody else."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.browser.lists import choose
from tests.browser.seen import picture, serious
from tests.scenarios.installation import Client, Sender, api_headers, burst

from orderguard.api import workbench
from orderguard.domain.accounts import Role

pytestmark = pytest.mark.skipif(workbench.built() is None, reason="no workbench (make setup)")


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=WAIT_MS_MAX)


def arrive(visitor: Visitor, name: str, role: Role, *, locale: str = "zh-CN") -> Page:
    with closing(visitor.installation.open_control()) as control:
        link = control.accounts.link_add(name, role)
    page = visitor.arrive(f"/sign-in?token={link}", locale=locale, width=1440, height=900)
    page.goto(f"{visitor.address}/workbench/playbooks?id=high")
    expect(page.locator("ol li").first).to_be_visible()
    return page


def pick(page: Page, label: str, text: str = "") -> None:
    choose(page.get_by_label(label, exact=True), text)


def test_a_reminder_is_added_tried_and_approved_by_somebody_else(
    visitor: Visitor, sender: Sender
) -> None:
    sender.tell(*burst("past"))
    page = arrive(visitor, "fen", Role.ANALYST)
    page.get_by_role("button", name=re.compile(r"修\s*改")).click()
    pick(page, "添加步骤…", "通知")
    name = page.get_by_label("名称", exact=True)
    name.fill("again")
    # A first try is wrong, and told where.
    page.get_by_label("只在这些时段", exact=True).fill("9-18")
    expect(page.get_by_role("alert")).to_contain_text("这里要写一天里的时段，如 08:00-21:00")
    expect(page.get_by_role("button", name="提出修改")).to_be_disabled()
    page.get_by_label("只在这些时段", exact=True).fill("09:00-18:00")

    pick(page, "在哪一步结束后", "remind")
    page.get_by_label("多久后开始", exact=True).fill("2")
    pick(page, "多久后开始的单位", "天")
    expect(page.get_by_role("alert")).to_have_count(0)

    pick(page, "选择一个历史预警")
    again = page.get_by_role("row").filter(has_text="again")
    expect(again).to_contain_text("5 / 5 单")
    chase = page.get_by_role("row").filter(has_text="chase")
    expect(chase).to_contain_text("不执行")
    pick(page, "hold 的假设结果", "太晚")
    expect(chase).to_contain_text("5 / 5 单")
    assert serious(page) == []
    picture(page, "playbooks-edit")
    page.get_by_role("button", name="提出修改").click()
    expect(page.get_by_text("请另一位有权修改规则的同事批准")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^批\s*准$"))).to_have_count(0)
    assert "again" not in steps_of(visitor)

    second = arrive(visitor, "zhao", Role.RISK, locale="en-GB")
    second.get_by_role("button", name="Changed by fen, not in force yet").click()
    second.get_by_role("button", name="Approve").click()
    second.locator(".ant-popconfirm").get_by_role("button", name="Approve").click()
    expect(second.get_by_text("The playbook is in force.")).to_be_visible()
    assert "again" in steps_of(visitor)
    second.get_by_role("tab", name="Versions (2)").click()
    second.locator(".ant-table-row-expand-icon").first.click()
    picture(second, "playbooks-versions")
    second.get_by_role("button", name="Back to this version").click()
    expect(second.get_by_role("tab", name="Versions (3)")).to_be_visible()
    assert "again" not in steps_of(visitor)


def steps_of(visitor: Visitor) -> list[str]:
    """The steps of the playbook in force."""
    with Client(visitor.server.port, api_headers(visitor.installation)) as client:
        playbooks = client.get("/api/v1/playbooks")["items"]
    high = next(one for one in playbooks if one["id"] == "high")
    return [step["step"] for step in high["steps"]]


def test_who_may_not_change_rules_only_looks(visitor: Visitor) -> None:
    page = arrive(visitor, "li", Role.OPERATIONS)
    expect(page.locator("ol li").first).to_contain_text("hold")
    expect(page.get_by_role("button", name=re.compile(r"修\s*改"))).to_have_count(0)
