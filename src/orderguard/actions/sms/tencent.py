"""Tencent Cloud's SMS, by its SDK; requests are signed TC3-HMAC-SHA256."""

from collections.abc import Mapping

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from orderguard.actions.sms.message import Message
from orderguard.actions.sms.network import broken, busy, network_failure
from orderguard.actions.sms.settings import SmsSettings
from orderguard.errors import ActionFailure, ActionRefused

ENDPOINT = "https://sms.tencentcloudapi.com"
REGION = "ap-guangzhou"

_OK = "Ok"
_BUSY = ("RequestLimitExceeded", "LimitExceeded")
_OWN_FAULT = ("InternalError", "FailedOperation.FailResolvePacket")
_HALF_A_MINUTE = "LimitExceeded.PhoneNumberThirtySecondLimit"
_HINTS = {
    "FailedOperation.TemplateIncorrectOrUnapproved": "The template is not approved, or its id or"
    " the number of `variables` is wrong.",
    "FailedOperation.SignatureIncorrectOrUnapproved": "The signature is not approved, or wrong.",
    "FailedOperation.InsufficientBalanceInSmsPackage": "Buy another package.",
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": "Compare `app_id`.",
    "AuthFailure.SecretIdNotFound": "Compare `key_id`.",
    "AuthFailure.SignatureFailure": "Compare `key_secret`.",
}


class TencentGateway:
    title: Mapping[str, str] = {"zh": "腾讯云短信", "en": "Tencent Cloud SMS"}

    def __init__(self, settings: SmsSettings) -> None:
        scheme, _, host = (settings.endpoint or ENDPOINT).partition("://")
        self._app_id, self._sign_name = settings.app_id, settings.sign_name
        http = HttpProfile(
            protocol=scheme, endpoint=host.rstrip("/"), reqTimeout=settings.seconds_max
        )
        profile = ClientProfile(signMethod="TC3-HMAC-SHA256", httpProfile=http)
        credential = Credential(settings.key_id, settings.key_secret)
        self._client = SmsClient(credential, REGION, profile)

    def send(self, message: Message) -> str:
        request = SendSmsRequest()
        request.PhoneNumberSet = [message.e164]
        request.SmsSdkAppId = self._app_id
        request.SignName = self._sign_name
        request.TemplateId = message.template
        request.TemplateParamSet = list(message.variables.values())
        request.SessionContext = message.key  # Comes back in the receipts, and does no more.
        try:
            answer = self._client.SendSms(request)
        except TencentCloudSDKException as error:
            # Only an answer has a request id; all else is an exception in the SDK, by its name.
            if error.requestId is None:
                raise network_failure(error, self.title["en"]) from None
            raise self._failure(str(error.code)) from None
        except Exception as error:  # noqa: BLE001 - what a half answer raises is anybody's guess.
            raise network_failure(error, self.title["en"]) from None
        (status,) = answer.SendStatusSet
        if status.Code != _OK:
            raise self._failure(str(status.Code))
        return str(status.SerialNo)

    def _failure(self, code: str) -> ActionFailure:
        who = self.title["en"]
        if code.startswith(_BUSY):
            return busy(who, 30) if code == _HALF_A_MINUTE else busy(who)
        if code.startswith(_OWN_FAULT):
            return broken(who, code)
        hint = _HINTS.get(code, "See Tencent Cloud's page of SMS error codes.")
        return ActionRefused(f"{who} refused the message: {code}.", hint=hint)
