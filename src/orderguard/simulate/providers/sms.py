"""Aliyun's, Tencent Cloud's and Twilio's message services, as far as one message goes.

They check the signature, the template and the number; each message that they take is an effect,
`NUMBER TEXT`, however often it comes: none of them knows a key that would make it once.
"""

import base64
import hmac
import json
import re
import secrets
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from orderguard.simulate.providers.server import Asked, Fault, HttpProvider, Told
from orderguard.simulate.providers.signatures import is_acs3, is_tc3

LINK_START = "https://guard.example.com/x/"

_PLACE = re.compile(r"\$\{(\w+)\}")
_NUMBERED = re.compile(r"\{(\d+)\}")


class _SmsProvider(HttpProvider):
    name: str
    templates: Mapping[str, str]
    """Approved ones: code to text."""

    def __init__(self) -> None:
        super().__init__()
        self.key_id, self.key_secret = f"AK{secrets.token_hex(8)}", secrets.token_hex(16)

    def settings(self, url: str) -> Mapping[str, Any]:
        return {
            "provider": self.name,
            "key_id": self.key_id,
            "key_secret": self.key_secret,
            "endpoint": url,
            "link_start": LINK_START,
            **self.own_settings(),
        }

    def secrets(self) -> tuple[str, ...]:
        return (self.key_secret,)

    @abstractmethod
    def own_settings(self) -> Mapping[str, Any]:
        """What only this provider needs."""


class Aliyun(_SmsProvider):
    name = "aliyun"
    sign_name = "订单卫士"
    templates: Mapping[str, str] = {
        "SMS_100": "您的订单${order}是您本人下的吗？" + LINK_START + "${path}",
        "SMS_200": "Order ${order}: was it you? " + LINK_START + "${path}",
        "SMS_300": "验证码${code}，5分钟内有效，请勿告诉他人。",
    }

    def own_settings(self) -> Mapping[str, Any]:
        return {
            "sign_name": self.sign_name,
            "templates": {"confirm": "SMS_100", "confirm_en": "SMS_200", "code": "SMS_300"},
            "variables": {"order": "order", "path": "link_tail"},
        }

    def act(self, asked: Asked) -> Told:
        if not is_acs3(asked, self.key_id, self.key_secret):
            return _aliyun(400, "SignatureDoesNotMatch")
        if asked.headers.get("x-acs-action") != "SendSms":
            return _aliyun(404, "InvalidAction.NotFound")
        query = dict(parse_qsl(urlsplit(asked.path).query))
        if query.get("SignName") != self.sign_name:
            return _aliyun(200, "isv.SMS_SIGNATURE_ILLEGAL")
        return _aliyun(200, self._send(query), BizId=f"{len(self.effects):018d}^0")

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return _aliyun(400, "Throttling.User")
        if fault is Fault.BROKEN:
            return _aliyun(500, "InternalError")
        return _aliyun(200, "isv.SMS_TEMPLATE_ILLEGAL")

    def _send(self, query: Mapping[str, str]) -> str:
        text, number = self.templates.get(query.get("TemplateCode", "")), query["PhoneNumbers"]
        if text is None:
            return "isv.SMS_TEMPLATE_ILLEGAL"
        if not re.fullmatch(r"1\d{10}|[2-9]\d{6,14}", number):
            return "isv.MOBILE_NUMBER_ILLEGAL"
        values = json.loads(query.get("TemplateParam", "{}"))
        if set(_PLACE.findall(text)) - values.keys():
            return "isv.TEMPLATE_MISSING_PARAMETERS"
        filled = _PLACE.sub(lambda found: values[found[1]], text)
        self.effects.append(f"{number} 【{self.sign_name}】{filled}")
        return "OK"


class Tencent(_SmsProvider):
    name = "tencent"
    sign_name = "订单卫士"
    app_id = "1400006666"
    templates: Mapping[str, str] = {
        "1110": "您的订单{1}是您本人下的吗？" + LINK_START + "{2}",
        "1111": "Order {1}: was it you? " + LINK_START + "{2}",
        "1112": "验证码{1}，5分钟内有效，请勿告诉他人。",
    }

    def own_settings(self) -> Mapping[str, Any]:
        return {
            "sign_name": self.sign_name,
            "app_id": self.app_id,
            "templates": {"confirm": "1110", "confirm_en": "1111", "code": "1112"},
            "variables": {"1": "order", "2": "link_tail"},
        }

    def act(self, asked: Asked) -> Told:
        if not is_tc3(asked, self.key_id, self.key_secret):
            return _tencent(error="AuthFailure.SignatureFailure")
        if asked.headers.get("x-tc-action") != "SendSms":
            return _tencent(error="InvalidAction")
        body = json.loads(asked.body)
        if body["SmsSdkAppId"] != self.app_id:
            return _tencent(error="UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        return _tencent(statuses=[self._send(one, body) for one in body["PhoneNumberSet"]])

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return _tencent(error="RequestLimitExceeded")
        if fault is Fault.BROKEN:
            return _tencent(error="InternalError")
        code = "FailedOperation.TemplateIncorrectOrUnapproved"
        return _tencent(statuses=[{"Code": code, "Message": "template"}])

    def _send(self, number: str, body: Mapping[str, Any]) -> dict[str, Any]:
        text, values = self.templates.get(body["TemplateId"]), body["TemplateParamSet"]
        if text is None or len(set(_NUMBERED.findall(text))) != len(values):
            return {"Code": "FailedOperation.TemplateIncorrectOrUnapproved", "Message": "template"}
        if body["SignName"] != self.sign_name:
            return {"Code": "FailedOperation.SignatureIncorrectOrUnapproved", "Message": "sign"}
        if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
            return {"Code": "InvalidParameterValue.IncorrectPhoneNumber", "Message": "number"}
        filled = _NUMBERED.sub(lambda found: values[int(found[1]) - 1], text)
        self.effects.append(f"{number} 【{self.sign_name}】{filled}")
        return {"Code": "Ok", "Message": "send success", "SerialNo": f"5000:{len(self.effects)}"}


class Twilio(_SmsProvider):
    name = "twilio"
    sender = "+15005550006"
    templates: Mapping[str, str] = {
        "confirm": "您的订单 {order} 是您本人下的吗？{link}",
        "confirm_en": "Order {order}: was it you? {link}",
        "code": "验证码 {code}，5分钟内有效，请勿告诉他人。",
    }

    def own_settings(self) -> Mapping[str, Any]:
        return {
            "sender": self.sender,
            "templates": dict(self.templates),
            "variables": {"order": "order", "link": "link"},
        }

    def act(self, asked: Asked) -> Told:
        credentials = base64.b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()
        if not hmac.compare_digest(asked.headers.get("authorization", ""), f"Basic {credentials}"):
            return _twilio(401, 20003)
        if asked.path != f"/2010-04-01/Accounts/{self.key_id}/Messages.json":
            return _twilio(404, 20404)
        form = dict(parse_qsl(asked.body.decode()))
        if form.get("From") != self.sender:
            return _twilio(400, 21606)
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form.get("To", "")):
            return _twilio(400, 21211)
        self.effects.append(f"{form['To']} {form['Body']}")
        sid = f"SM{len(self.effects):032x}"
        answer = {"sid": sid, "status": "queued", "to": form["To"], "body": form["Body"]}
        return Told(201, json.dumps(answer).encode())

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return _twilio(429, 20429)
        return _twilio(500, 20500) if fault is Fault.BROKEN else _twilio(400, 21610)


def _aliyun(status: int, code: str, **members: str) -> Told:
    answer = {"Code": code, "Message": code, "RequestId": secrets.token_hex(16), **members}
    return Told(status, json.dumps(answer).encode())


def _tencent(error: str = "", statuses: list[dict[str, Any]] | None = None) -> Told:
    answer: dict[str, Any] = {"RequestId": secrets.token_hex(16)}
    if error:
        answer["Error"] = {"Code": error, "Message": error}
    else:
        answer["SendStatusSet"] = statuses
    return Told(200, json.dumps({"Response": answer}).encode())


def _twilio(status: int, code: int) -> Told:
    answer = {"code": code, "message": "refused", "status": status, "more_info": ""}
    return Told(status, json.dumps(answer).encode())


PROVIDERS = {"aliyun": Aliyun, "tencent": Tencent, "twilio": Twilio}
