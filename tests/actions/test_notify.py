"""The action `notify` before robots that check signatures, a mail server, and Apprise."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.actions.mailbox import Mailbox
from tests.contracts.action_contract import Bench

from orderguard.actions.notify import ACTION
from orderguard.actions.notify.adapter import NotifySettings
from orderguard.domain.ports import Action, Outcome
from orderguard.errors import ActionRefused, BadInput, MaybeDone, NotDone
from orderguard.simulate.providers.notify import MESSAGES_A_MINUTE_MAX, PROVIDERS
from orderguard.simulate.providers.server import Asked, Fault, HttpProvider, Told


@pytest.fixture(params=sorted(PROVIDERS))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench("notify", request.param)
    yield bench
    bench.provider.close()


@pytest.fixture
def dingtalk() -> Iterator[Bench]:
    bench = Bench("notify", "dingtalk")
    yield bench
    bench.provider.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(password="right")  # noqa: S106 - of this test.
    yield mailbox
    mailbox.close()


def connect(**target: Any) -> Action:
    table = {"targets": {"risk": target}, "seconds_max": 20}
    return ACTION.connect(msgspec.convert(table, NotifySettings))


def by_mail(mailbox: Mailbox, **changed: Any) -> Action:
    given = {
        "kind": "email",
        "url": mailbox.url,
        "user": "guard",
        "secret": "right",
        "sender": "OrderGuard <guard@example.com>",
        "to": ["risk@example.com", "lead@example.com"],
    }
    return connect(**{**given, **changed})


async def test_colleagues_read_the_evidence_and_have_the_links(bench: Bench) -> None:
    for doing in bench.doings():
        await bench.run(doing)
    chinese, english = bench.provider.effects
    assert chinese == (
        "【高】风险预警 standard/demo 5 笔订单\n"
        "同一买家 10 分钟内下单同一商品 5 笔（平常 1 笔）。\n"
        "订单：202611110001、202611110002、202611110003、202611110004、202611110005\n"
        "查看预警：https://guard.example.com/a/alt_0d9k2m4q\n"
        "放行：https://guard.example.com/x/rel_Qm3vT8yK2w"
    )
    assert english.splitlines()[0] == "[high] health alert, standard/demo"


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
async def test_a_wrong_secret_is_refused_and_named(kind: str) -> None:
    bench = Bench("notify", kind)
    target = dict(bench.provider.connection()["targets"]["risk"])
    for secret in ("", "SECwrong"):
        with pytest.raises(ActionRefused) as caught:
            await bench.run(bench.first(), targets={"risk": {**target, "secret": secret}})
        assert "secret" in caught.value.hint
    assert bench.provider.effects == []
    bench.provider.close()


async def test_a_flood_stays_under_the_robots_limit_and_tells_of_every_alert(
    dingtalk: Bench,
) -> None:
    action = dingtalk.connect(seconds_between=0.3)
    first = dingtalk.first()
    doings = [
        replace(first, key=f"k{n}", links={"alert": f"https://g.example/{n}"}) for n in range(300)
    ]
    receipts = await asyncio.gather(*(action.run(doing) for doing in doings))
    await action.close()
    assert [receipt.key for receipt in receipts] == [doing.key for doing in doings]
    assert len(dingtalk.provider.effects) == 11 <= MESSAGES_A_MINUTE_MAX
    together = dingtalk.provider.effects[-1]
    assert together.startswith("290 条预警\n")
    assert "https://g.example/10" in together
    assert together.endswith("另有 270 条")


async def test_whose_gathered_message_is_refused_is_told(dingtalk: Bench) -> None:
    dingtalk.provider.fault = Fault.BUSY
    action = dingtalk.connect(burst=1, seconds_between=0.1)
    doings = [replace(dingtalk.first(), key=f"k{n}") for n in range(4)]
    told = await asyncio.gather(*map(action.run, doings), return_exceptions=True)
    await action.close()
    assert all(isinstance(one, NotDone) and one.retry_after_s == 600 for one in told)
    assert len(dingtalk.provider.asked) == 2


async def test_a_step_says_which_group(dingtalk: Bench) -> None:
    slack = Bench("notify", "slack")
    targets = {
        "risk": dingtalk.provider.connection()["targets"]["risk"],
        "shop": slack.provider.connection()["targets"]["risk"],
    }
    await dingtalk.run(replace(dingtalk.first(), values={"to": "shop"}), targets=targets)
    assert (len(dingtalk.provider.effects), len(slack.provider.effects)) == (0, 1)
    with pytest.raises(ActionRefused, match="unknown"):
        await dingtalk.run(replace(dingtalk.first(), values={"to": "unknown"}), targets=targets)
    slack.provider.close()


@pytest.mark.parametrize("kind", ["slack", "feishu"])
async def test_what_a_buyer_wrote_calls_nobody(kind: str) -> None:
    bench = Bench("notify", kind)
    doing = bench.first()
    hit = doing.alert.hits[0]
    said = '<!channel> <at user_id="all"></at> <https://evil.example|here>'
    explanation = replace(hit.explanation, zh=said, en=said)
    alert = replace(doing.alert, hits=(replace(hit, explanation=explanation),))
    await bench.run(replace(doing, alert=alert))
    assert "<" not in bench.provider.effects[0]
    bench.provider.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b"null"])
async def test_an_answer_that_cannot_be_read_is_maybe_done(
    dingtalk: Bench, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dingtalk.provider, "act", lambda _: Told(200, body))
    with pytest.raises(MaybeDone):
        await dingtalk.run(dingtalk.first())


async def test_a_mail_has_the_evidence(mailbox: Mailbox, dingtalk: Bench) -> None:
    action = by_mail(mailbox)
    receipt = await action.run(dingtalk.first())
    await action.run(dingtalk.first())
    await action.close()
    first, second = mailbox.mails
    assert receipt.outcome is Outcome.DONE
    assert first["subject"] == "【高】风险预警 standard/demo 5 笔订单"
    assert "https://guard.example.com/x/rel_Qm3vT8yK2w" in first.get_content()
    assert mailbox.recipients[:2] == ["risk@example.com", "lead@example.com"]
    assert first["message-id"] == second["message-id"], "a mailbox can tell a second try"


@pytest.mark.parametrize(
    ("command", "answer", "failure"),
    [
        ("MAIL", "451 later", NotDone),
        ("MAIL", "550 not you", ActionRefused),
        ("RCPT", "450 busy", NotDone),
        ("RCPT", "550 no such user", ActionRefused),
        ("DATA", "452 full", NotDone),
        ("DATA", "554 spam", ActionRefused),
    ],
)
async def test_what_a_mail_server_says_is_what_happened(
    mailbox: Mailbox, dingtalk: Bench, command: str, answer: str, failure: type[Exception]
) -> None:
    mailbox.answers[command] = answer
    action = by_mail(mailbox)
    with pytest.raises(failure):
        await action.run(dingtalk.first())
    await action.close()
    assert mailbox.mails == []


async def test_a_mail_server_that_hangs_up_may_have_taken_it(
    mailbox: Mailbox, dingtalk: Bench
) -> None:
    mailbox.hangs_up = True
    action = by_mail(mailbox)
    with pytest.raises(MaybeDone):
        await action.run(dingtalk.first())
    await action.close()
    assert len(mailbox.mails) == 1


async def test_a_mail_server_that_is_not_there_or_not_trusted_was_given_nothing(
    mailbox: Mailbox, dingtalk: Bench
) -> None:
    robot = dingtalk.provider
    robot.fault = Fault.BAD_TLS
    untrusted = str(robot.connection()["targets"]["risk"]["url"]).split("/")[2]
    mailbox.close()
    for url in (mailbox.url, f"smtps://{untrusted}"):
        action = by_mail(mailbox, url=url)
        with pytest.raises(NotDone):
            await action.run(dingtalk.first())
        await action.close()


async def test_a_wrong_password_is_refused_and_named(mailbox: Mailbox, dingtalk: Bench) -> None:
    action = by_mail(mailbox, secret="wrong")  # noqa: S106 - it is meant to be.
    with pytest.raises(ActionRefused) as caught:
        await action.run(dingtalk.first())
    await action.close()
    assert "secret" in caught.value.hint


class JsonService(HttpProvider):
    """What Apprise's `json://` speaks to."""

    def settings(self, url: str) -> dict[str, Any]:
        target = {"kind": "apprise", "url": url.replace("http", "json", 1) + "/in"}
        return {"targets": {"risk": target}}

    def secrets(self) -> tuple[str, ...]:
        return ()

    def act(self, asked: Asked) -> Told:
        self.effects.append(msgspec.json.decode(asked.body)["message"])
        return Told(200, b"{}")

    def fail(self, fault: Fault) -> Told:
        return Told(500 if fault is Fault.BROKEN else 400, b"{}")


async def test_apprise_reaches_what_we_do_not_know_and_tells_little(dingtalk: Bench) -> None:
    service = JsonService()
    action = ACTION.connect(msgspec.convert(service.connection(), NotifySettings))
    assert (await action.run(dingtalk.first())).outcome is Outcome.DONE
    assert "查看预警：https://guard.example.com/a/alt_0d9k2m4q" in service.effects[0]
    service.fault = Fault.REFUSING
    with pytest.raises(MaybeDone):
        await action.run(dingtalk.first())
    await action.close()
    service.close()


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "dingtalk", "url": "http://oapi.dingtalk.com/robot/send?access_token=1"},
        {"kind": "dingtalk", "url": "https://127.0.0.1/robot/send?access_token=1"},
        {"kind": "email", "url": "https://smtp.example.com"},
        {"kind": "email", "url": "smtps://user:password@smtp.example.com"},
        {"kind": "email", "url": "smtps://smtp.example.com"},
        {"kind": "email", "url": "smtps://smtp.example.com", "sender": "a@b.example", "to": ["?"]},
        {
            "kind": "email",
            "url": "smtps://smtp.example.com:x",
            "sender": "a@b.cn",
            "to": ["a@b.cn"],
        },
        {"kind": "apprise", "url": "unheard-of://x"},
    ],
)
def test_a_target_that_cannot_work(target: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        connect(**target)
    assert caught.value.hint
