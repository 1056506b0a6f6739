"""Twilio's Programmable Messaging, by its SDK; requests carry basic authentication."""

import re
from collections.abc import Mapping

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from orderguard.actions.sms.message import Message
from orderguard.actions.sms.network import broken, busy, network_failure
from orderguard.actions.sms.settings import SmsSettings
from orderguard.errors import ActionRefused

_SERVICE = "MG"
_HINTS = {
    20003: "Compare `key_id` and `key_secret`.",
    21211: "The number does not exist.",
    21408: "Permit the country in the console: Messaging, Geo permissions.",
    21606: "`sender` is no number of this account that can send messages.",
    21608: "A trial account writes to verified numbers only.",
    21610: "The buyer has unsubscribed by STOP.",
    21614: "The number is no mobile.",
    21617: "The text is longer than 1600 characters.",
}


class TwilioGateway:
    title: Mapping[str, str] = {"zh": "Twilio 短信", "en": "Twilio"}

    def __init__(self, settings: SmsSettings) -> None:
        self._client = Client(
            settings.key_id,
            settings.key_secret,
            http_client=TwilioHttpClient(timeout=settings.seconds_max, max_retries=0),
        )
        if settings.endpoint:
            self._client.api.base_url = settings.endpoint.rstrip("/")
        is_service = settings.sender.startswith(_SERVICE)
        self._sender = {"messaging_service_sid" if is_service else "from_": settings.sender}

    def send(self, message: Message) -> str:
        text = _filled(message)
        try:
            sent = self._client.messages.create(to=message.e164, body=text, **self._sender)
        except TwilioRestException as error:
            raise self._failure(error) from None
        except Exception as error:  # noqa: BLE001 - requests' own, and its own for odd answers.
            raise network_failure(error, self.title["en"]) from None
        return str(sent.sid)

    def _failure(self, error: TwilioRestException) -> Exception:
        who, status = self.title["en"], int(error.status)
        if status == 429:
            return busy(who)
        if status >= 500:
            return broken(who, status)
        code = int(error.code or 0)
        hint = _HINTS.get(code, f"See https://www.twilio.com/docs/api/errors/{code} .")
        return ActionRefused(f"{who} refused the message: {code or status}.", hint=hint)


def _filled(message: Message) -> str:
    """The text with its variables; what is in braces and no variable stays as it is."""
    return re.sub(
        r"\{(\w+)\}",
        lambda found: message.variables.get(found[1], found[0]),
        message.template,
    )
