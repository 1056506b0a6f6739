"""Rules are rewired on the canvas: by dragged lines, and by lists where nobody drags."""

import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.browser.lists import choose
from tests.browser.seen import picture, serious
from tests.browser.test_rules import arrive

from orderguard.domain.accounts import Role

RULE = "velocity.same_item_burst"
OTHER = "address.far_from_usual"
FEATURE = "buyer.same_product_orders_10m"
STILL = 5
"""So many looks in a row find a thing where it was."""
DRAFT = "草稿已保存，还没有生效。"


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=WAIT_MS_MAX)


def place(page: Page, name: str) -> Locator:
    return page.locator(f'.react-flow__node[data-id="{name}"]')


def line(page: Page, start: str, end: str) -> Locator:
    return page.locator(f'.react-flow__edge[data-id="{start}>{end}"]')


def shown(page: Page, rule: str) -> dict[str, Any]:
    """How a rule judges now."""
    place = urlsplit(page.url)
    answer = page.request.get(f"{place.scheme}://{place.netloc}/api/v1/rules/{rule}")
    found: dict[str, Any] = answer.json()
    return found


def middle(spot: Locator) -> tuple[float, float]:
    box = spot.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def at_rest(page: Page, spot: Locator) -> None:
    """Until the canvas, which makes room for what stands beside it, moves no more."""
    limit = time.monotonic() + WAIT_MS_MAX / 1000
    seen = [spot.bounding_box()]
    while len(seen) < STILL or seen[-STILL:] != seen[-1:] * STILL:
        assert time.monotonic() < limit, "it comes to rest"
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
        seen.append(spot.bounding_box())


def drag(page: Page, start: Locator, end: Locator) -> None:
    start.wait_for()
    at_rest(page, start)
    page.mouse.move(*middle(start))
    page.mouse.down()
    page.mouse.move(*middle(end), steps=12)
    page.mouse.up()


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def begin(page: Page, name: str) -> Locator:
    return place(page, name).locator(".react-flow__handle.source")


def end(page: Page, name: str) -> Locator:
    return place(page, name).locator(".react-flow__handle.target")


def find(page: Page, typed: str, found: str) -> None:
    """Type into the list that has the focus, and take what it finds."""
    page.keyboard.type(typed)
    active = page.locator(".ant-select-dropdown:visible .ant-select-item-option-active")
    expect(active).to_have_text(found)
    page.keyboard.press("Enter")
    expect(page.locator(".ant-select-dropdown:visible")).to_have_count(0)


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def test_a_line_is_dragged_to_another_severity_and_only_a_draft_comes_of_it(
    visitor: Visitor,
) -> None:
    page = arrive(visitor, "fen", Role.ANALYST, f"rules/canvas?at=rules:{RULE}&view=-150,20,0.35")
    before = shown(page, RULE)["severity"]
    drag(page, page.locator(".react-flow__edgeupdater-target"), end(page, "severity:low"))
    beside = panel(page, "短时间重复购买同一商品")
    expect(beside).to_contain_text("草稿不会判断订单")
    expect(line(page, f"rules:{RULE}", "severity:low")).to_be_visible()
    assert asked(page)["to"] == ["low"]
    picture(page, "canvas-proposed")
    beside.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text(DRAFT)).to_be_visible()
    expect(beside).to_contain_text("草稿：fen")
    stroke = line(page, f"rules:{RULE}", "severity:low").locator("path").first
    expect(stroke).to_have_css("stroke-dasharray", "6px, 4px")
    expect(line(page, f"rules:{RULE}", f"severity:{before}")).to_be_visible()
    assert shown(page, RULE)["severity"] == before, "nothing judges by a draft"
    picture(page, "canvas-draft")

    # The rule's page has the draft; who comes back finds the canvas as it was.
    left = page.url
    beside.get_by_role("link", name="打开规则").click()
    expect(page.get_by_text("草稿：fen")).to_be_visible()
    expect(page.get_by_title("低", exact=True)).to_be_visible()
    page.get_by_role("tab", name="说明").click()
    page.get_by_role("link", name="规则全景").click()
    expect(beside).to_be_visible()
    assert page.url == left

    beside.get_by_role("button", name="撤销草稿").click()
    page.locator(".ant-popconfirm").get_by_role("button", name="撤销草稿").click()
    expect(line(page, f"rules:{RULE}", "severity:low")).to_have_count(0)


def test_a_value_is_dragged_to_a_rule_and_waits_there_for_its_number(visitor: Visitor) -> None:
    page = arrive(visitor, "fen", Role.ANALYST, "rules/canvas?view=-100,20,0.3")
    drag(page, begin(page, f"features:{FEATURE}"), end(page, f"rules:{OTHER}"))
    page.wait_for_url(f"**/rules/{OTHER}*")
    text = page.get_by_label("条件表达式", exact=True)
    expect(text).to_have_value(re.compile(f"&& {FEATURE} >= 1$"))
    assert text.input_value().count(FEATURE) == 1
    value = page.get_by_role("group", name="如果").get_by_label("值", exact=True).last
    expect(value).to_be_focused()
    picture(page, "canvas-condition")
    value.fill("4")
    expect(text).to_have_value(re.compile(f"&& {FEATURE} >= 4$"))
    assert "add" not in asked(page)
    page.get_by_role("link", name="规则全景").click()
    expect(place(page, f"rules:{OTHER}")).to_be_visible()
    assert asked(page)["view"] == ["-100,20,0.3"]
    # Of a fact there are several values: which one is asked for beside.
    drag(page, begin(page, "facts:order"), end(page, f"rules:{OTHER}"))
    choose(page.get_by_label("按取值加条件", exact=True).last, "金额")
    page.get_by_role("button", name="到规则里继续").click()
    expect(page.get_by_label("条件表达式", exact=True)).to_have_value(re.compile("order"))


@pytest.mark.parametrize(
    ("width", "scheme", "rule", "title", "ladder"),
    [
        (1440, "light", RULE, "短时间重复购买同一商品", ("高", "中")),
        (390, "dark", OTHER, "收货地址远离常用区域", ("低", "提示")),
    ],
)
def test_all_of_it_is_there_without_a_mouse(
    visitor: Visitor, width: int, scheme: str, rule: str, title: str, ladder: tuple[str, str]
) -> None:
    page = arrive(visitor, "fen", Role.ANALYST, "rules/canvas", width=width)
    if scheme == "dark":
        page.get_by_role("button", name="切换到深色").click()
    page.get_by_label("查找位置").focus()
    find(page, title[:6], title)
    beside = panel(page, title)
    before = shown(page, rule)["severity"]
    severity = beside.get_by_label("严重度")
    severity.focus()
    page.keyboard.press("Enter")
    active = page.locator(".ant-select-dropdown:visible .ant-select-item-option-active")
    expect(active).to_have_text(ladder[0])
    page.keyboard.press("ArrowUp")
    expect(active).to_have_text(ladder[1])
    page.keyboard.press("Enter")
    picture(page, f"canvas-keys-{width}")
    beside.get_by_role("button", name="保存草稿").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(DRAFT)).to_be_visible()
    expect(line(page, f"rules:{rule}", f"severity:{before}")).to_have_count(1)
    assert shown(page, rule)["severity"] == before
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beside.get_by_label("按取值加条件").focus()
    find(page, "order.discount", "优惠金额")
    beside.get_by_role("button", name="到规则里继续").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("条件表达式", exact=True)).to_have_value(re.compile("order.discount"))


def test_steps_of_a_playbook_are_opened_and_who_only_looks_changes_nothing(
    visitor: Visitor,
) -> None:
    page = arrive(visitor, "wang", Role.OPERATIONS, f"rules/canvas?at=rules:{RULE}")
    beside = panel(page, "短时间重复购买同一商品")
    expect(beside.get_by_role("link", name="打开规则")).to_be_visible()
    expect(beside.get_by_role("combobox")).to_have_count(0)
    expect(page.locator(".react-flow__edgeupdater")).to_have_count(0)
    page.goto(f"{visitor.address}/workbench/rules/canvas?at=playbook:low&view=-700,-400,0.6")
    step = page.locator("ol").get_by_role("link").first
    name = step.inner_text()
    picture(page, "canvas-playbook")
    assert serious(page) == []
    step.click()
    page.wait_for_url("**/playbooks?*")
    assert asked(page) == {"id": ["low"], "step": [name]}


@pytest.mark.parametrize("language", ["中文", "EN"])
def test_at_first_all_columns_are_in_sight(visitor: Visitor, language: str) -> None:
    page = arrive(visitor, "fen", Role.ANALYST, "rules/canvas")
    page.get_by_text(language, exact=True).click()
    last = place(page, "playbook:critical")
    last.wait_for()
    at_rest(page, last)
    boxes = [page.locator(".react-flow").bounding_box(), last.bounding_box()]
    canvas, box = (one for one in boxes if one is not None)
    assert canvas["x"] <= box["x"]
    assert box["x"] + box["width"] <= canvas["x"] + canvas["width"]
    picture(page, f"canvas-whole-{language}")


def test_a_severity_is_answered_as_another_playbook_does_once_somebody_approves(
    visitor: Visitor,
) -> None:
    page = arrive(visitor, "fen", Role.ANALYST, "rules/canvas?view=-500,-250,0.5")
    steps = steps_of(page)
    assert steps["low"] != steps["high"]
    drag(page, begin(page, "severity:low"), end(page, "playbook:high"))
    page.wait_for_url("**/playbooks?id=low&edit=1")
    meeting = page.get_by_role("button", name="meeting", exact=True)
    expect(meeting).to_be_visible()
    picture(page, "canvas-steps")
    page.get_by_role("button", name="提出修改").click()
    expect(page.get_by_text("请另一位有权修改规则的同事批准")).to_be_visible()
    assert steps_of(page) == steps, "nothing is answered by a draft"

    # The same by a list; what waits for approval is told beside the playbook.
    page.goto(f"{visitor.address}/workbench/rules/canvas?at=playbook:low&view=-500,-250,0.5")
    expect(panel(page, "请买家确认")).to_contain_text("草稿：fen")
    page.goto(f"{visitor.address}/workbench/rules/canvas?at=severity:medium&view=-500,-250,0.5")
    beside = panel(page, "中")
    beside.get_by_label("改用另一个预案的步骤").focus()
    page.keyboard.press("Enter")
    find(page, "", "请买家确认")
    beside.get_by_role("button", name="到预案里继续").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/playbooks?id=medium&edit=1")
    expect(page.get_by_role("button", name="提出修改")).to_be_enabled()


def steps_of(page: Page) -> dict[str, list[str]]:
    """The steps of each playbook in force."""
    where = urlsplit(page.url)
    answer = page.request.get(f"{where.scheme}://{where.netloc}/api/v1/playbooks")
    return {one["id"]: [step["step"] for step in one["steps"]] for one in answer.json()["items"]}
