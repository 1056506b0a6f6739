"""The page at `/`, as somebody at a browser sees it: a real server, a real Chromium."""

from contextlib import closing

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.scenarios.installation import Json, Sender, burst, placed

from orderguard.domain.accounts import Role

PASSWORD = "correct horse battery"  # noqa: S105 - of a person in this test.
BURST = {"zh-CN": "短时间重复购买同一商品", "en-GB": "Same item bought again and again"}
SEEN = {
    "zh-CN": ["高危", "买家 {buyer}", "5 单", "10分钟内", "正常 1"],
    "en-GB": ["High", "buyer {buyer}", "5 orders", "within 10 minutes", "normal 1"],
}
STORY = {
    "zh-CN": ["命中记录（1）", "实际值", "正常值", "涉及订单（5）"],
    "en-GB": ["Hits (1)", "Observed", "Normal", "Orders (5)"],
}
ORDER = {
    "zh-CN": ["待付款", "下单", "拦截发货", "拟执行", "时间线"],
    "en-GB": ["pending payment", "order placed", "hold the shipment", "would do", "Timeline"],
}


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=WAIT_MS_MAX)


def script(buyers: int, segment: str) -> list[Json]:
    """New accounts on one device want one product within seconds, from one network segment."""
    orders = []
    for number in range(buyers):
        order = placed(f"{segment}-{number}", f"new-{segment}-{number}", sku=f"limited-{segment}")
        told = order["data"]["order"]
        told["buyer"]["registered_at"] = told["created_at"]
        told["device"] = {"id": f"robot-of-{segment}", "ip": f"{segment}.{number + 1}"}
        orders.append(order)
    return orders


# Signing in -------------------------------------------------------------------------------------


def test_a_stranger_is_told_how_to_sign_in(visitor: Visitor) -> None:
    page = visitor.arrive()
    expect(page.locator("h1")).to_have_text("登录")
    expect(page.locator("main")).to_contain_text("一次性登录链接")
    expect(page.locator("main")).to_contain_text("orderguard user add")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_name_and_a_password_sign_in(visitor: Visitor) -> None:
    with closing(visitor.installation.open_control()) as control:
        control.accounts.user_add("wang", Role.RISK, PASSWORD)
    page = visitor.arrive()
    page.get_by_label("姓名").fill("wang")
    page.get_by_label("密码").fill("something else")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("姓名或密码不正确。")
    visitor.faults.clear()  # The browser itself tells of the 401.
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#person")).to_have_text("wang")
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("h1")).to_have_text("登录")
    # What was asked before the sign-out may be answered after it.
    visitor.faults[:] = [fault for fault in visitor.faults if "401 (Unauthorized)" not in fault]


# An alert ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_an_alert_arrives_with_its_evidence(visitor: Visitor, sender: Sender, locale: str) -> None:
    buyer = f"seen-in-{locale}"
    page = visitor.sign_in(locale=locale)
    sender.tell(*burst(buyer))
    found = page.locator("#feed > li", has_text=buyer)
    expect(found).to_contain_text(BURST[locale])
    for text in SEEN[locale]:
        expect(found).to_contain_text(text.format(buyer=buyer))

    found.get_by_role("link").click()
    sheet = page.get_by_role("dialog")
    for text in [BURST[locale], *STORY[locale]]:
        expect(sheet).to_contain_text(text)
    sheet.get_by_role("link", name=f"{buyer}-0").click()
    for text in [f"{buyer}-0", "standard / demo", BURST[locale], *ORDER[locale]]:
        expect(sheet).to_contain_text(text)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_growing_alert_stays_one_row(visitor: Visitor, sender: Sender) -> None:
    page = visitor.sign_in()
    sender.tell(*burst("grows"))
    found = page.locator("#feed > li", has_text="grows")
    expect(found).to_contain_text("5 单")
    sender.tell(placed("grows-5", "grows", sku="for-grows"))
    expect(found).to_contain_text("6 单")
    expect(found).to_have_count(1)


def test_an_address_leads_to_an_alert_and_to_an_order(visitor: Visitor, sender: Sender) -> None:
    sender.tell(*burst("linked"))
    page = visitor.sign_in("?order=linked-1&channel=standard&shop=second&lang=en")
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("standard / demo")  # Found in the other shop.
    sheet.get_by_role("link", name=BURST["en-GB"]).click()
    expect(sheet).to_contain_text("Orders (5)")
    assert "alert=alt_" in page.url
    page.reload()
    expect(sheet).to_contain_text("Orders (5)")
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()
    assert "alert=" not in page.url
    visitor.faults.clear()  # The browser itself tells of the 404 in the first shop.


def test_what_is_not_there_is_said(visitor: Visitor) -> None:
    page = visitor.sign_in("?alert=alt_none&lang=en")
    expect(page.get_by_role("dialog")).to_contain_text("There is no such alert")
    page.goto(f"{visitor.address}/simple?order=none&channel=standard&shop=demo&lang=zh")
    expect(page.get_by_role("dialog")).to_contain_text("没有这笔订单")
    visitor.faults.clear()  # The browser itself tells of each 404.


def flood(sender: Sender, name: str) -> None:
    """220 alerts, of the severity high."""
    for first in range(0, 220, 55):
        events = [one for n in range(first, first + 55) for one in burst(f"{name}-{n}")]
        sender.tell(*events)


def test_a_flood_keeps_its_newest_two_hundred(visitor: Visitor, sender: Sender) -> None:
    page = visitor.sign_in()
    flood(sender, "flood")
    expect(page.locator("#feed > li", has_text="flood-219")).to_be_visible()
    expect(page.locator("#feed > li")).to_have_count(200)


def test_nothing_moves_under_who_points_at_it(visitor: Visitor, sender: Sender) -> None:
    sender.tell(*burst("pointed-at"))
    page = visitor.sign_in()
    pointed = page.locator("#feed > li", has_text="pointed-at")
    pointed.hover()
    sender.tell(*burst("comes-meanwhile"))
    waiting = page.locator("#alerts-new")
    expect(waiting).to_contain_text("1 条新预警")
    expect(page.locator("#feed > li", has_text="comes-meanwhile")).to_have_count(0)
    waiting.click()
    expect(page.locator("#feed > li").first).to_contain_text("comes-meanwhile")


# The state of the shop --------------------------------------------------------------------------


def test_orders_are_counted_by_the_minute(visitor: Visitor, sender: Sender) -> None:
    page = visitor.sign_in(locale="en-GB")
    sender.tell(*(placed(f"counted-{number}", f"calm-{number}") for number in range(30)))
    with Sender(visitor.server.port, "second") as other:
        other.tell(placed("elsewhere", "calm"))
    expect(page.locator("#shops")).to_contain_text("standard / second")
    expect(page.locator("#chart h3")).to_have_text("All shops")
    expect(page.locator("#charts h3")).to_have_text(["standard / demo", "standard / second"])
    page.get_by_text("Show as a table").click()
    table = page.locator("#minutes-table")
    expect(table.locator("thead th")).to_have_text(
        ["Minute", "standard / demo", "standard / second"]
    )
    expect(table.locator("tbody tr")).to_have_count(60)
    counted = table.locator("tbody td:nth-child(2)").all_inner_texts()
    assert sum(int(text.replace(",", "")) for text in counted) >= 30
    for name in ("#own", "#source", "#orders", "#held"):
        expect(page.locator(name)).not_to_be_empty()


def test_an_attack_changes_the_state_and_is_told_by_words(visitor: Visitor, sender: Sender) -> None:
    page = visitor.sign_in()
    sender.tell(*script(12, "45.12.88"))
    expect(page.locator("#state")).to_have_attribute("data-state", "attack")
    expect(page.locator("#state-name")).to_have_text("正遭受攻击")
    expect(page.locator("#state-why")).to_contain_text("严重 1 条")
    expect(page.get_by_role("status")).to_contain_text("正遭受攻击")
    expect(page).to_have_title("正遭受攻击 · OrderGuard")
    page.get_by_role("button", name="仅严重").click()
    expect(page.locator("#feed > li")).to_have_count(1)
    expect(page.locator("#feed > li")).to_contain_text("同网段机器脚本攻击")
    assert "severity=critical" in page.url
    flood(sender, "hides")
    later = visitor.sign_in("?severity=critical")
    expect(later.locator("#feed > li")).to_contain_text(["同网段机器脚本攻击"])


def test_a_lost_line_is_seen_and_nothing_is_missed(visitor: Visitor, sender: Sender) -> None:
    page = visitor.sign_in(locale="en-GB")
    sender.tell(*burst("before-the-loss"))
    expect(page.locator("#feed > li", has_text="before-the-loss")).to_be_visible()
    visitor.server.kill()
    line = page.locator("#line")
    expect(line).to_contain_text("Connection lost")
    expect(line).to_contain_text("old")
    visitor.server.start()
    with Sender(visitor.server.port) as again:
        again.tell(*burst("during-the-loss"))
    expect(page.locator("#feed > li", has_text="during-the-loss")).to_be_visible()
    expect(line).to_have_text("Live")
    visitor.faults.clear()  # The browser itself tells of each attempt that failed.


def test_a_session_that_ends_leads_back_to_signing_in(visitor: Visitor) -> None:
    page = visitor.sign_in()
    page.context.clear_cookies()
    visitor.server.kill()
    visitor.server.start()
    expect(page.locator("h1")).to_have_text("登录")
    visitor.faults.clear()  # As above.


# Language, keyboard, sizes ----------------------------------------------------------------------


def test_the_language_is_chosen_once(visitor: Visitor) -> None:
    page = visitor.sign_in(locale="en-GB")
    expect(page.locator("#alerts-title")).to_have_text("Live alerts")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#alerts-title")).to_have_text("实时预警")
    assert "lang=zh" in page.url
    page.goto(f"{visitor.address}/simple")
    expect(page.locator("#alerts-title")).to_have_text("实时预警")
    page.goto(f"{visitor.address}/simple?lang=en")
    expect(page.locator("#alerts-title")).to_have_text("Live alerts")


def test_each_word_stands_in_both_languages(visitor: Visitor) -> None:
    page = visitor.sign_in()
    lacking = page.evaluate(
        """async () => {
            const { WORDS } = await import('/page/words.js');
            const gaps = (text) => [...text.matchAll(/\\{\\w+\\}/g)].map(String).sort().join();
            return Object.entries(WORDS)
                .filter(([, { zh, en }]) => !zh || !en || gaps(zh) !== gaps(en))
                .map(([key]) => key);
        }"""
    )
    assert lacking == []
    marked = page.evaluate(
        """async () => {
            const { WORDS } = await import('/page/words.js');
            return [...document.querySelectorAll('[data-word]')]
                .map((element) => element.dataset.word).filter((key) => !(key in WORDS));
        }"""
    )
    assert marked == []


def test_the_keyboard_is_enough(visitor: Visitor, sender: Sender) -> None:
    sender.tell(*burst("by-keyboard"))
    page = visitor.sign_in()
    expect(page.locator("#feed > li", has_text="by-keyboard")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到预警列表")
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator("#feed a:focus").count():
            break
    expect(page.locator("#feed a:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#feed a:focus")).to_have_count(1)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800), (1920, 1080)])
def test_nothing_is_wider_than_the_window(
    visitor: Visitor, sender: Sender, locale: str, width: int, height: int
) -> None:
    sender.tell(*burst(f"fits-{locale}-{width}"))
    page = visitor.sign_in(locale=locale, width=width, height=height)
    expect(page.locator("#feed > li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.locator("#feed a").first.click()
    expect(page.get_by_role("dialog").locator(".hits > li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate("document.querySelector('#sheet-body').scrollWidth")
    assert wide <= page.evaluate("document.querySelector('#sheet').clientWidth")
