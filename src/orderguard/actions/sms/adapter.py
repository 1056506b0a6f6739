"""The action `sms`: a text message to the buyer, through one of three providers."""

import asyncio
import importlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from orderguard.actions.sms.settings import SmsSettings
from orderguard.bilingual import Bilingual
from orderguard.domain.ports import Action, Doing, Outcome, Receipt
from orderguard.errors import ActionFailure, ActionRefused, BadInput, NotDone
from orderguard.kit.blocking import BlockingCalls

if TYPE_CHECKING:
    from orderguard.actions.sms.message import Message

_FOLDER = "orderguard.actions.sms"
_GATEWAYS = {"aliyun": "AliyunGateway", "tencent": "TencentGateway", "twilio": "TwilioGateway"}
_NEEDED = {
    "aliyun": ("key_id", "key_secret", "sign_name", "templates"),
    "tencent": ("key_id", "key_secret", "app_id", "sign_name", "templates"),
    "twilio": ("key_id", "key_secret", "sender", "templates"),
}
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


class SmsKind:
    name = "sms"
    title: Mapping[str, str] = {"zh": "短信", "en": "Text message"}
    settings: type[Struct] = SmsSettings

    def connect(self, settings: Struct) -> Action:
        assert isinstance(settings, SmsSettings)
        if not settings.provider:
            raise BadInput(
                Bilingual("The action sms needs a `provider`.", "动作 sms 需要 `provider`。"),
                hint=Bilingual(
                    f"There are {', '.join(_GATEWAYS)}.", f"可选 {'、'.join(_GATEWAYS)}。"
                ),
            )
        needed = _NEEDED[settings.provider]
        missing = [f"`{one}`" for one in needed if not getattr(settings, one)]
        if missing:
            raise BadInput(
                Bilingual(
                    f"The action sms needs {', '.join(missing)}.",
                    f"动作 sms 还需要 {'、'.join(missing)}。",
                ),
                hint=Bilingual(
                    "Its page says where to find each.", "各项在哪里找，见这个动作的文档。"
                ),
            )
        _check_endpoint(settings.endpoint)
        return Sms(settings)


class Sms:
    is_repeatable = False
    """None of the three honours a key of ours: a second request is a second message."""
    is_gathering = False

    def __init__(self, settings: SmsSettings) -> None:
        try:
            # The SDKs are extras, and slow to import: only the one that is used.
            self._message = importlib.import_module(f"{_FOLDER}.message")
            module = importlib.import_module(f"{_FOLDER}.{settings.provider}")
        except ModuleNotFoundError as error:
            raise BadInput(
                Bilingual(
                    f"The package for {settings.provider} is not installed: {error.name}.",
                    f"没有安装 {settings.provider} 的软件包：{error.name}。",
                ),
                hint=Bilingual(
                    f'Install it: pip install "orderguard[sms-{settings.provider}]".',
                    f'请安装：`pip install "orderguard[sms-{settings.provider}]"`。',
                ),
            ) from error
        self._settings = settings
        self._gateway = getattr(module, _GATEWAYS[settings.provider])(settings)
        self._calls = BlockingCalls("sms", settings.parallel_max)

    async def run(self, doing: Doing) -> Receipt:
        """Write to each number of the orders, each once.

        Where a later number fails, the earlier ones have their message: the step is done, and its
        detail says who was not written to.
        """
        sent: list[str] = []
        missed: list[str] = []
        refusal: ActionRefused | None = None
        messages = self._message.messages(doing, self._settings)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._settings.seconds_max
        for message in messages:
            send = partial(self._gateway.send, message)
            try:
                sent.append(await self._calls.call(send, deadline_s - loop.time()))
            except ActionRefused as error:
                refusal = refusal or error
                missed.append(f"{message.masked}: {error.message}")
            except NotDone as error:
                if not sent:
                    raise
                missed.append(f"{message.masked}: {error.message}")
        if not sent and refusal is not None:
            raise refusal
        return Receipt(
            key=doing.key,
            outcome=Outcome.DONE,
            reference=" ".join(sent),
            detail="; ".join(missed),
        )

    def reaches(self, phone: str) -> bool:
        """Whether a code may go there: foreign and premium numbers are what toll fraud lives on."""
        return self._code_to(phone, "") is not None

    async def send_code(self, phone: str, code: str) -> None:
        message = self._code_to(phone, code)
        if message is None:
            raise ActionRefused("No code is sent to this number.", hint="Offer another way.")
        send = partial(self._gateway.send, message)
        await self._calls.call(send, self._settings.seconds_max)

    def _code_to(self, phone: str, code: str) -> "Message | None":
        found: Message | None = self._message.code_message(phone, code, self._settings)
        return found

    async def undo(self, receipt: Receipt) -> Receipt:
        """A message that went out cannot be called back."""
        return Receipt(key=receipt.key, outcome=Outcome.TOO_LATE, reference=receipt.reference)

    def describe(self, doing: Doing) -> str:
        who = self._gateway.title[doing.language]
        try:
            masked = [message.masked for message in self._message.messages(doing, self._settings)]
        except ActionFailure as error:
            return f"{who}：不发送。{error}" if doing.language == "zh" else f"{who}: no. {error}"
        numbers = ", ".join(masked)
        if doing.language == "zh":
            return f"通过{who}向 {numbers} 发送短信（步骤 {doing.step}）"
        return f"Write to {numbers} through {who} (step {doing.step})"

    async def close(self) -> None:
        self._calls.close()


def _check_endpoint(endpoint: str) -> None:
    if not endpoint:
        return
    try:
        parts = urlsplit(endpoint)
        is_plain = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in _THIS_MACHINE
        )
    except ValueError:
        is_plain = is_safe = False
    if not (is_plain and is_safe):
        raise BadInput(
            Bilingual(
                "The `endpoint` of [actions.sms] cannot be used.",
                "[actions.sms] 的 `endpoint` 不能用。",
            ),
            hint=Bilingual(
                "Write https://HOST, or leave it out: the provider's own is the default.",
                "请写成 `https://主机`，或者不填：默认就是服务商自己的地址。",
            ),
        )
