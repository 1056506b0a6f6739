from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from orderguard.actions.sms import ACTION
from orderguard.actions.sms.message import NUMBERS_MAX, mask, messages
from orderguard.actions.sms.settings import SmsSettings
from orderguard.domain.ports import Doing
from orderguard.errors import ActionRefused, BadInput

ASK = msgspec.json.decode(
    (Path(__file__).parent / "fixtures" / "confirm_in_chinese.json").read_bytes(), type=Doing
)
CODE: dict[str, Any] = {"templates": {"confirm": "SMS_1", "code": "SMS_2", "code_en": "SMS_3"}}
ALIYUN: dict[str, Any] = {
    "provider": "aliyun",
    "key_id": "AK1",
    "key_secret": "s",
    "sign_name": "订单卫士",
    "templates": {"confirm": "SMS_1"},
}


def asking(*phones: str | None, **changed: Any) -> Doing:
    orders = tuple(replace(ASK.orders[0], phone=phone) for phone in phones)
    return replace(ASK, orders=orders, **changed)


def numbers(*phones: str | None, country: str = "CN") -> list[str]:
    settings = SmsSettings(**{**ALIYUN, "country": country})
    return [message.e164 for message in messages(asking(*phones), settings)]


@pytest.mark.parametrize(
    ("phone", "country", "e164"),
    [
        ("13800138000", "CN", "+8613800138000"),
        (" 138 0013 8000 ", "CN", "+8613800138000"),
        ("+86-138-0013-8000", "GB", "+8613800138000"),
        ("008613800138000", "CN", "+8613800138000"),
        ("17012345678", "CN", "+8617012345678"),
        ("07400 123456", "GB", "+447400123456"),
        ("+1 (415) 555-2671", "CN", "+14155552671"),
        ("+852 5123 4567", "CN", "+85251234567"),
    ],
)
def test_a_number_is_read_as_people_write_it(phone: str, country: str, e164: str) -> None:
    assert numbers(phone, country=country) == [e164]


@pytest.mark.parametrize(
    "phone",
    [None, "", "138****8000", "1380013xxxx", "12345", "010-62782051", "1" * 40, "13800138000,1390"],
)
def test_a_number_that_cannot_be_written_to_is_refused_with_what_to_do(phone: str | None) -> None:
    with pytest.raises(ActionRefused, match="masked") as caught:
        numbers(phone)
    assert "case" in caught.value.hint


def test_a_number_is_written_to_once_however_many_orders_it_has() -> None:
    assert numbers("13800138000", "138****8000", "+8613800138000", "13900139000") == [
        "+8613800138000",
        "+8613900139000",
    ]


def test_very_many_buyers_are_a_matter_for_people() -> None:
    phones = [f"138001380{number:02d}" for number in range(NUMBERS_MAX + 1)]
    assert len(numbers(*phones[:-1])) == NUMBERS_MAX
    with pytest.raises(ActionRefused, match="numbers"):
        numbers(*phones)


@pytest.mark.parametrize(
    ("language", "values", "template"),
    [
        ("zh", {}, "SMS_1"),
        ("en", {}, "SMS_1"),
        ("zh", {"template": "code"}, "SMS_2"),
        ("en", {"template": "code"}, "SMS_3"),
    ],
)
def test_a_step_names_its_template(language: Any, values: dict[str, str], template: str) -> None:
    doing = asking("13800138000", language=language, values=values)
    (message,) = messages(doing, SmsSettings(**{**ALIYUN, **CODE}))
    assert message.template == template


def test_the_variables_keep_their_order_and_hold_what_they_name() -> None:
    variables = {"b": "link_tail", "a": "order", "c": "code"}
    settings = SmsSettings(
        **{**ALIYUN, "variables": variables, "link_start": "https://guard.example.com/x/"}
    )
    (message,) = messages(asking("13800138000", values={"code": "4711"}), settings)
    assert list(message.variables.items()) == [
        ("b", "cfm_Zk81LmP0aa"),
        ("a", "820001"),
        ("c", "4711"),
    ]


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ({"variables": {"a": "code"}}, {}),
        ({"variables": {"a": "link"}}, {"links": {}}),
        ({"link_start": "https://other.example.com/"}, {}),
        ({}, {"values": {"template": "unknown"}}),
    ],
)
def test_what_the_step_does_not_bring_is_refused(
    settings: dict[str, Any], changed: dict[str, Any]
) -> None:
    with pytest.raises(ActionRefused) as caught:
        messages(asking("13800138000", **changed), SmsSettings(**{**ALIYUN, **settings}))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("e164", "masked"),
    [
        ("+8613800138000", "+8613*****8000"),
        ("+12", "+12****+12"),
        ("+447400123456", "+4474****3456"),
    ],
)
def test_a_masked_number_can_be_recognised_and_not_called(e164: str, masked: str) -> None:
    assert mask(e164) == masked


@pytest.mark.parametrize(
    "changed",
    [
        {"key_id": ""},
        {"key_secret": ""},
        {"sign_name": ""},
        {"templates": {}},
        {"provider": "tencent"},
        {"provider": "twilio"},
        {"endpoint": "http://dysmsapi.aliyuncs.com"},
        {"endpoint": "https://user@dysmsapi.aliyuncs.com"},
        {"endpoint": "https://dysmsapi.aliyuncs.com/path"},
        {"endpoint": "dysmsapi.aliyuncs.com"},
        {"endpoint": "https://[dysmsapi"},
    ],
)
def test_settings_that_cannot_work(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        ACTION.connect(SmsSettings(**{**ALIYUN, **changed}))
    assert caught.value.hint
