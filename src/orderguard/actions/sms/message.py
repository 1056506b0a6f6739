"""A text message before it is sent: to which number, with which words."""

import re
from collections.abc import Mapping
from typing import Protocol

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from orderguard.actions.sms.settings import SmsSettings
from orderguard.domain.ports import Concerned, Doing
from orderguard.errors import ActionRefused
from orderguard.kit.ids import stable_id

NUMBERS_MAX = 5
"""Of one step that are written to; more buyers are a matter for people."""
CODE_TEMPLATE = "code"
TEMPLATE = "confirm"
"""What a step sends that names no template."""

_CANNOT_RECEIVE = frozenset(
    {PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE}
)
_SHOWN_FIRST, _SHOWN_LAST = 5, 4


class Message(Struct, frozen=True, kw_only=True):
    """One message to one number. `variables` in the template's order."""

    key: str
    country_code: int
    national: str
    template: str
    variables: Mapping[str, str]

    @property
    def e164(self) -> str:
        return f"+{self.country_code}{self.national}"

    @property
    def masked(self) -> str:
        return mask(self.e164)


class Gateway(Protocol):
    """A provider's SDK, ready to send. It blocks."""

    title: Mapping[str, str]

    def send(self, message: Message) -> str:
        """The provider's own id of the message. Raise as an action's `run` does."""
        ...


def messages(doing: Doing, settings: SmsSettings) -> list[Message]:
    """One for each number of the orders. Raise ActionRefused where nobody can be written to."""
    numbers: dict[str, tuple[PhoneNumber, Concerned]] = {}
    for order in doing.orders:
        number = _number(order.phone, settings.country)
        if number is not None:
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            numbers.setdefault(e164, (number, order))
    if not numbers:
        raise ActionRefused(
            "No order has a number that can be written to: it is masked, missing or no mobile.",
            hint="Ask by the platform's own message or a remark, else open a case.",
        )
    if len(numbers) > NUMBERS_MAX:
        raise ActionRefused(
            f"The step concerns {len(numbers)} numbers; at most {NUMBERS_MAX} are written to.",
            hint="So many buyers are a matter for people: open a case.",
        )
    return [_message(doing, settings, number, order) for number, order in numbers.values()]


def code_message(phone: str, code: str, settings: SmsSettings) -> Message | None:
    """A one-time code, None where there is no template of that name or no number at home."""
    number, template = _number(phone, settings.country), settings.templates.get(CODE_TEMPLATE)
    if number is None or not template:
        return None
    if phonenumbers.region_code_for_number(number) != settings.country:
        return None
    return Message(
        key=stable_id("code", phone, code),
        country_code=int(number.country_code or 0),
        national=phonenumbers.national_significant_number(number),
        template=template,
        variables={"code": code},
    )


def mask(e164: str) -> str:
    """Enough to recognise a number, too little to call it."""
    hidden = "*" * max(len(e164) - _SHOWN_FIRST - _SHOWN_LAST, 4)
    return e164[:_SHOWN_FIRST] + hidden + e164[-_SHOWN_LAST:]


def _number(phone: str | None, country: str) -> PhoneNumber | None:
    """The number, unless it is masked, unreadable or cannot receive messages."""
    if not phone or re.search(r"[^\d\s+().-]", phone):
        return None
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return None if phonenumbers.number_type(number) in _CANNOT_RECEIVE else number


def _message(doing: Doing, settings: SmsSettings, number: PhoneNumber, order: Concerned) -> Message:
    held = _held(doing, settings, order)
    variables = {}
    for variable, source in settings.variables.items():
        if source not in held:
            raise ActionRefused(
                f"The step {doing.step} brings no `{source}` for the variable `{variable}`.",
                hint="Correct `variables` in [actions.sms], or the playbook's step.",
            )
        variables[variable] = held[source]
    return Message(
        key=doing.key,
        country_code=int(number.country_code or 0),
        national=phonenumbers.national_significant_number(number),
        template=_template(doing, settings),
        variables=variables,
    )


def _held(doing: Doing, settings: SmsSettings, order: Concerned) -> dict[str, str]:
    """Everything that a variable can hold."""
    held = {**doing.values, "order": order.key.order_id}
    link = doing.links.get("confirm")
    if link is not None:
        held["link"] = link
        if not link.startswith(settings.link_start):
            raise ActionRefused(
                "The link does not begin as `link_start` says.",
                hint="Write there what this installation's links begin with.",
            )
        held["link_tail"] = link[len(settings.link_start) :]
    return held


def _template(doing: Doing, settings: SmsSettings) -> str:
    name = doing.values.get("template", TEMPLATE)
    by_language = settings.templates.get(f"{name}_{doing.language}")
    template = by_language or settings.templates.get(name)
    if not template:
        raise ActionRefused(
            f"There is no template `{name}`.", hint="Name it in `templates` of [actions.sms]."
        )
    return template
