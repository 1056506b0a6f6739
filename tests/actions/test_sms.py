"""The action `sms` before the three services, which check signatures, templates and numbers."""

import builtins
import hashlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from tests.contracts.action_contract import Bench

from orderguard.domain.ports import CodeSender, Doing, Outcome
from orderguard.errors import ActionRefused, BadInput, MaybeDone
from orderguard.simulate.providers.server import Asked, Fault, Told
from orderguard.simulate.providers.signatures import is_acs3, is_tc3
from orderguard.simulate.providers.sms import PROVIDERS

NUMBERS = {"aliyun": "13800138000", "tencent": "+8613800138000", "twilio": "+8613800138000"}
ABROAD = {"aliyun": "447400123456", "tencent": "+447400123456", "twilio": "+447400123456"}


@pytest.fixture(params=sorted(PROVIDERS))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench("sms", request.param)
    yield bench
    bench.provider.close()


def asking(bench: Bench, *phones: str) -> Doing:
    doing = next(one for one in bench.doings() if one.language == "zh")
    return replace(doing, orders=tuple(replace(doing.orders[0], phone=phone) for phone in phones))


async def test_the_buyer_reads_the_approved_words(bench: Bench) -> None:
    name = bench.name
    for doing in bench.doings():
        await bench.run(doing)
    abroad, at_home = bench.provider.effects
    link = "https://guard.example.com/x/cfm_Zk81LmP0aa"
    sign = "" if name == "twilio" else "【订单卫士】"
    space = " " if name == "twilio" else ""
    assert abroad == f"{ABROAD[name]} {sign}Order 820001: was it you? {link}"
    assert at_home == f"{NUMBERS[name]} {sign}您的订单{space}820001{space}是您本人下的吗？{link}"


async def test_a_code_is_sent_to_a_whole_number_at_home(bench: Bench) -> None:
    action = bench.connect()
    assert isinstance(action, CodeSender)
    for phone in ("138****8000", "010-62782051", "+447400123456", ""):
        assert not action.reaches(phone)
        with pytest.raises(ActionRefused):
            await action.send_code(phone, "246813")
    assert action.reaches("13800138000")
    await action.send_code("13800138000", "246813")
    await action.close()
    (text,) = bench.provider.effects
    assert text.startswith(NUMBERS[bench.name])
    assert "246813" in text


async def test_without_a_template_for_codes_none_is_sent(bench: Bench) -> None:
    templates = dict(bench.provider.connection()["templates"])
    del templates["code"]
    action = bench.connect(templates=templates)
    assert isinstance(action, CodeSender)
    assert not action.reaches("13800138000")
    await action.close()


async def test_a_wrong_secret_is_refused_and_named(bench: Bench) -> None:
    with pytest.raises(ActionRefused) as caught:
        await bench.run(bench.first(), key_secret="wrong")  # noqa: S106 - it is meant to be.
    assert "key_secret" in caught.value.hint
    assert bench.provider.effects == []


async def test_each_buyer_is_written_to_once(bench: Bench) -> None:
    receipt = await bench.run(asking(bench, "13800138000", "13900139000", "13800138000"))
    assert len(bench.provider.effects) == len(receipt.reference.split()) == 2


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.REFUSING])
async def test_who_cannot_be_written_to_after_others_were_is_told(
    bench: Bench, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second try would write to the first buyer again."""
    monkeypatch.setattr(bench.provider, "act", first_then(bench, bench.provider.fail(fault)))
    receipt = await bench.run(asking(bench, "13800138000", "13900139000"))
    assert receipt.outcome is Outcome.DONE
    assert "+8613*****9000" in receipt.detail
    assert len(bench.provider.effects) == 1


async def test_who_may_have_been_written_to_after_others_were_is_not_asked_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = bench.provider.fail(Fault.BROKEN)
    monkeypatch.setattr(bench.provider, "act", first_then(bench, broken))
    with pytest.raises(MaybeDone):
        await bench.run(asking(bench, "13800138000", "13900139000"))


def first_then(bench: Bench, told: Told) -> Any:
    act = bench.provider.act
    return lambda asked: told if bench.provider.effects else act(asked)


async def test_a_masked_number_is_refused_before_anybody_is_asked(bench: Bench) -> None:
    with pytest.raises(ActionRefused, match="masked"):
        await bench.run(asking(bench, "138****8000"))
    action = bench.connect()
    assert "138****8000" not in action.describe(asking(bench, "138****8000"))
    await action.close()
    assert bench.provider.asked == []


async def test_a_package_that_is_not_installed_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = bench.name
    real = builtins.__import__

    def without(module: str, *rest: Any) -> Any:
        if module.startswith(("alibabacloud", "tencentcloud", "twilio")):
            raise ModuleNotFoundError(f"No module named {module!r}", name=module)
        return real(module, *rest)

    monkeypatch.delitem(sys.modules, f"orderguard.actions.sms.{name}", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInput, match=rf"orderguard\[sms-{name}\]"):
        bench.connect()


def test_tencents_signature_is_that_of_its_own_example() -> None:
    """The request in the page that `signatures.py` names."""
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )
    key_id, key_secret = "AKID" + "*" * 32, "*" * 32
    signature = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    headers = {
        "authorization": f"TC3-HMAC-SHA256 Credential={key_id}/2019-02-25/cvm/tc3_request, "
        f"SignedHeaders=content-type;host;x-tc-action, Signature={signature}",
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-action": "describeinstances",
        "x-tc-timestamp": "1551113065",
    }
    assert is_tc3(Asked("POST", "/", headers, body), key_id, key_secret)
    assert not is_tc3(Asked("POST", "/", headers, body + b" "), key_id, key_secret)
    assert not is_tc3(Asked("POST", "/", headers, body), key_id, "*" * 31)
    later = {**headers, "x-tc-timestamp": "1551113066"}
    assert not is_tc3(Asked("POST", "/", later, body), key_id, key_secret)


def test_aliyuns_signature_is_that_of_its_own_example() -> None:
    """The request in the page that `signatures.py` names."""
    signed = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    signature = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    headers = {
        "authorization": "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        f"SignedHeaders={signed},Signature={signature}",
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    path = f"/?ImageId={image}&RegionId=cn-shanghai"
    assert is_acs3(Asked("POST", path, headers, b""), "YourAccessKeyId", "YourAccessKeySecret")
    assert not is_acs3(Asked("POST", path, headers, b""), "YourAccessKeyId", "Another")
    assert not is_acs3(
        Asked("POST", f"{path}x", headers, b""), "YourAccessKeyId", "YourAccessKeySecret"
    )
    assert not is_acs3(Asked("POST", path, headers, b"x"), "YourAccessKeyId", "YourAccessKeySecret")
