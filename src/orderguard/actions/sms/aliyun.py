"""Aliyun's Short Message Service (dysmsapi), by its SDK; requests are signed ACS3-HMAC-SHA256."""

import json
from collections.abc import Mapping
from typing import Any

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException, ThrottlingException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from orderguard.actions.sms.message import Message
from orderguard.actions.sms.network import broken, busy, network_failure
from orderguard.actions.sms.settings import SmsSettings
from orderguard.errors import ActionRefused

ENDPOINT = "https://dysmsapi.aliyuncs.com"

_CHINA = 86
_OK = "OK"
_LIMITED = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"})
_OWN_FAULT = "isp."
_HINTS = {
    "isv.SMS_TEMPLATE_ILLEGAL": "The template is not approved, or its code is wrong.",
    "isv.SMS_SIGNATURE_ILLEGAL": "The signature is not approved, or its name is wrong.",
    "isv.SMS_SIGN_ILLEGAL": "The signature is not approved, or its name is wrong.",
    "isv.TEMPLATE_MISSING_PARAMETERS": "`variables` does not name all of the template's.",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "A value is longer than its variable, or a link in one.",
    "isv.PARAM_LENGTH_LIMIT": "A value is too long for its variable: shorten it by `link_start`.",
    "isv.MOBILE_NUMBER_ILLEGAL": "The number does not exist.",
    "isv.AMOUNT_NOT_ENOUGH": "Charge the account.",
    "isv.OUT_OF_SERVICE": "Charge the account.",
    "SignatureDoesNotMatch": "Compare `key_secret`.",
    "InvalidAccessKeyId.NotFound": "Compare `key_id`.",
}


class AliyunGateway:
    title: Mapping[str, str] = {"zh": "阿里云短信", "en": "Aliyun SMS"}

    def __init__(self, settings: SmsSettings) -> None:
        scheme, _, host = (settings.endpoint or ENDPOINT).partition("://")
        self._sign_name = settings.sign_name
        self._client = Client(
            Config(
                access_key_id=settings.key_id,
                access_key_secret=settings.key_secret,
                endpoint=host.rstrip("/"),
                protocol=scheme,
            )
        )
        ms = int(settings.seconds_max * 1000)
        self._runtime = RuntimeOptions(
            autoretry=False, max_attempts=1, connect_timeout=ms, read_timeout=ms
        )

    def send(self, message: Message) -> str:
        request = SendSmsRequest(
            phone_numbers=_number(message),
            sign_name=self._sign_name,
            template_code=message.template,
            template_param=json.dumps(dict(message.variables), ensure_ascii=False),
            out_id=message.key,  # Comes back in the receipts; it does not stop a second message.
        )
        try:
            body = self._client.send_sms_with_options(request, self._runtime).body
        except ThrottlingException:
            raise busy(self.title["en"]) from None
        except AlibabaCloudException as error:
            raise self._failure(str(error.code), error.status_code) from None
        except Exception as error:  # noqa: BLE001 - the SDK's own classes differ from version to version.
            raise network_failure(error, self.title["en"]) from None
        if body is None or body.code != _OK:
            raise self._failure(str(body and body.code), None)
        return str(body.biz_id)

    def _failure(self, code: str, status: Any) -> Exception:
        if code in _LIMITED or code.startswith("Throttling") or status == 429:
            return busy(self.title["en"])
        if code.startswith(_OWN_FAULT) or (isinstance(status, int) and status >= 500):
            return broken(self.title["en"], code)
        hint = _HINTS.get(code, "See Aliyun's page of API error codes.")
        return ActionRefused(f"{self.title['en']} refused the message: {code}.", hint=hint)


def _number(message: Message) -> str:
    """Mainland numbers stand alone, others behind their country's code without a plus."""
    national = message.national
    return national if message.country_code == _CHINA else f"{message.country_code}{national}"
