"""The `wechat` channel: signed, encrypted events that name an order by its id."""

import secrets

from orderguard.bilingual import Bilingual
from orderguard.channels.wechat import crypt, reading, shapes
from orderguard.channels.wechat.events import Told, tell
from orderguard.channels.wechat.orders import SUPPLIES, TOKENS, tell_answer
from orderguard.channels.wechat.settings import PLAIN, SETTINGS, is_plain
from orderguard.domain.events import CanonicalEvent, EventType
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit.ids import stable_id

TOKEN_BYTES = 16
SUCCESS = b"success"


class WechatChannel(Channel):
    name = "wechat"
    title = "微信小店"
    supplies = SUPPLIES
    settings = SETTINGS
    tokens = TOKENS
    greets = True

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:  # noqa: ARG002
        # The platform prescribes no replay window: the last of its tries comes after 3.6 hours.
        if message.method != "POST":
            _check(message, shop, "signature")
            return
        text = reading.encrypted(message.body)
        if text is None:
            _check_plain(message, shop)
            return
        _check(message, shop, "msg_signature", text)
        try:
            _opened(text, shop)
        except crypt.NotOpened as error:
            raise SignatureMismatch(
                "The message is signed by this shop's token, and not encrypted for it.",
                hint="Compare EncodingAESKey and AppID with the console, character by character.",
            ) from error

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        text = reading.encrypted(message.body)
        try:
            raw = message.body if text is None else _opened(text, shop)
        except crypt.NotOpened as error:
            raise MalformedMessage("The message is not encrypted for this shop.") from error
        return tuple(parsed(one, raw) for one in tell(reading.read(raw, shapes.Push)))

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:  # noqa: ARG002
        """Of a push what was encrypted is kept, of a call its answer."""
        push = reading.read(raw, shapes.Push)
        told = tell(push) if push.event else tell_answer(reading.read(raw, shapes.Answer))
        return tuple(parsed(one, raw) for one in told)

    def greet(self, message: RawMessage, shop: ShopConfig) -> Answer:  # noqa: ARG002
        echo = reading.parameters(message.query).get("echostr", "")
        return Answer(200, echo.encode("utf-8", "replace"), "text/plain; charset=utf-8")

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        return Answer(200, SUCCESS, "text/plain; charset=utf-8")

    def new_secret(self) -> str:
        """A token: up to 32 letters and digits."""
        return secrets.token_hex(TOKEN_BYTES)

    def fault(self, shop: ShopConfig) -> Bilingual | None:
        key = shop.settings.get("encoding_aes_key", "")
        if crypt.key_of(key) is None:
            return Bilingual(
                f"encoding_aes_key has to be {crypt.ENCODED_KEY_LENGTH} letters and digits.",
                f"`encoding_aes_key` 应为 {crypt.ENCODED_KEY_LENGTH} 位字母和数字。",
            )
        return None


def parsed(told: Told, raw: bytes) -> Parsed:
    """As the log takes it in."""
    is_known = told.type is not EventType.UNKNOWN
    # Of what we cannot read, only all of it tells two apart that come in one second.
    parts = told.parts if is_known else (*told.parts, raw.decode("utf-8", "replace"))
    event = CanonicalEvent(
        id=stable_id(told.source, *parts),
        type=told.type,
        type_name=told.type.value if is_known else told.type_name,
        occurred_at=told.at,
        data=told.data,
    )
    return Parsed(event, raw)


def _opened(text: str, shop: ShopConfig) -> bytes:
    key = crypt.key_of(shop.settings.get("encoding_aes_key", ""))
    return crypt.opened(key, text, shop.settings.get("app_id", ""))


def _check(message: RawMessage, shop: ShopConfig, parameter: str, *signed: str) -> None:
    """Whether the parameter is the signature of the time, the nonce and what else is signed."""
    given = reading.parameters(message.query)
    parts = (given.get("timestamp", ""), given.get("nonce", ""), *signed)
    claimed = given.get(parameter, "")
    for token in shop.secrets:
        if crypt.is_signature(claimed, token, *parts):
            return
    raise SignatureMismatch(
        f"The parameter {parameter} is missing or not made with this shop's token.",
        hint="Give the shop the Token that stands beside the address in the console.",
        fault=SignatureFault.WRONG if claimed else SignatureFault.MISSING,
    )


def _check_plain(message: RawMessage, shop: ShopConfig) -> None:
    if not is_plain(shop):
        raise SignatureMismatch(
            "The message is not encrypted: its signature does not cover what it says.",
            hint="Choose safe mode (安全模式) in the console; or, knowing that whoever has seen"
            f" one call can then forge others, set the shop's mode to {PLAIN}.",
            fault=SignatureFault.MISSING,
        )
    _check(message, shop, "signature")
