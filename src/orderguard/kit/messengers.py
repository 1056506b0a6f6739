"""Where a message to colleagues can go: a group's robot, a mailbox, or what Apprise knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from functools import partial
from typing import Annotated, Any, Literal, Protocol

from msgspec import Meta, Struct

from orderguard.bilingual import Bilingual
from orderguard.errors import BadInput, MaybeDone
from orderguard.kit import mailing
from orderguard.kit.blocking import BlockingCalls
from orderguard.kit.clock import SystemClock
from orderguard.kit.ids import stable_id
from orderguard.kit.outbound import Outbound
from orderguard.kit.robots import ROBOTS, tell

Kind = Literal["dingtalk", "feishu", "wecom", "slack", "email", "apprise"]

MAIL_BYTES_MAX = 100_000
_MAIL = SMTP.clone(cte_type="7bit")
"""Lines end as mail's do, and nothing needs a server that knows more than ASCII."""
OTHER_BYTES_MAX = 4_000
"""Of a text for a service of which we know nothing."""


class Target(Struct, frozen=True, kw_only=True):
    """One group or mailbox."""

    kind: Annotated[
        Kind,
        Meta(
            description="`dingtalk`, `feishu` (Lark too), `wecom`, `slack`, `email`, or `apprise`"
            " for any other service by its Apprise URL."
        ),
    ]
    url: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2048,
            description="The robot's whole address; of a mail server smtps://HOST:465 or"
            " smtp://HOST:587.",
        ),
    ]
    secret: Annotated[
        str,
        Meta(
            max_length=256,
            description="What DingTalk (SEC…) or Feishu signs with; the password of `user`.",
        ),
    ] = ""
    user: Annotated[str, Meta(max_length=256, description="Of the mail server.")] = ""
    sender: Annotated[str, Meta(max_length=256, description="Whom an e-mail is from.")] = ""
    to: Annotated[
        tuple[str, ...],
        Meta(max_length=mailing.RECIPIENTS_MAX, description="Whom an e-mail is to."),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent. `files` are (name, MIME type, content); robots take the text alone."""

    key: str
    subject: str
    text: str
    html: str = ""
    files: Sequence[tuple[str, str, bytes]] = ()


class Messenger(Protocol):
    title: str
    text_bytes_max: int
    takes_files: bool

    async def send(self, letter: Letter) -> str:
        """The provider's own words or id. Raise as an action's `run` does."""
        ...


def connect(
    target: Target, outbound: Outbound, calls: BlockingCalls, seconds_max: float
) -> Messenger:
    """Raise BadInput for a target that cannot work."""
    match target.kind:
        case "email":
            return _Mailbox(target, calls, seconds_max)
        case "apprise":
            return _Apprise(target, calls, seconds_max)
        case _:
            return _Robot(target, outbound)


class _Robot:
    takes_files = False

    def __init__(self, target: Target, outbound: Outbound) -> None:
        self._kind, self._secret, self._outbound = target.kind, target.secret, outbound
        self._address = outbound.read(target.url)
        self.title = ROBOTS[target.kind].title
        self.text_bytes_max = ROBOTS[target.kind].text_bytes_max

    async def send(self, letter: Letter) -> str:
        now_ms = SystemClock().now_ms()
        await tell(self._kind, self._outbound, self._address, self._secret, letter.text, now_ms)
        return self.title


class _Mailbox:
    title = "E-mail"
    text_bytes_max = MAIL_BYTES_MAX
    takes_files = True

    def __init__(self, target: Target, calls: BlockingCalls, seconds_max: float) -> None:
        self._server = mailing.read_server(target.url, target.user, target.secret)
        self._target, self._calls, self._seconds_max = target, calls, seconds_max
        try:
            message = self._message(Letter(key="", subject="", text=""))
            is_whole = all(
                one.domain for one in (*message["from"].addresses, *message["to"].addresses)
            )
        except (ValueError, IndexError, AttributeError):
            is_whole = False
        if not (target.sender and target.to and is_whole):
            raise BadInput(
                Bilingual("An e-mail needs `sender` and `to`.", "邮件需要 `sender` 和 `to`。"),
                hint=Bilingual(
                    "Write addresses, as name@example.com.",
                    "请填邮箱地址，例如 name@example.com。",
                ),
            )

    async def send(self, letter: Letter) -> str:
        message = self._message(letter)
        hand_over = partial(mailing.hand_over, self._server, message, self._seconds_max)
        return await self._calls.call(hand_over, self._seconds_max)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=_MAIL)
        message["From"], message["To"] = self._target.sender, ", ".join(self._target.to)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = formatdate(SystemClock().now_ms() / 1000)
        # The same at every try, so that a mailbox can tell a second one.
        domain = message["from"].addresses[0].domain
        message["Message-ID"] = f"<{stable_id('mail', letter.key)}@{domain}>"
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
        for name, mime, content in letter.files:
            whole, *told = mime.split("; ")
            main, _, sub = whole.partition("/")
            params = dict(one.split("=", 1) for one in told)
            message.add_attachment(
                content, maintype=main, subtype=sub, filename=name, params=params
            )
        return message


class _Apprise:
    """Any service of Apprise, which tells only whether all went well."""

    title = "Apprise"
    text_bytes_max = OTHER_BYTES_MAX
    takes_files = False

    def __init__(self, target: Target, calls: BlockingCalls, seconds_max: float) -> None:
        self._url, self._calls, self._seconds_max = target.url, calls, seconds_max
        self._load()

    async def send(self, letter: Letter) -> str:
        if not await self._calls.call(partial(self._notify, letter), self._seconds_max):
            raise MaybeDone(
                "Apprise says that not all went well, and no more.",
                hint="Look in the group whether the message is there.",
            )
        return self.title

    def _notify(self, letter: Letter) -> bool:
        return bool(self._load().notify(body=letter.text, title=letter.subject))

    def _load(self) -> Any:
        try:
            from apprise import Apprise  # noqa: PLC0415 - an extra, and slow to import.
        except ModuleNotFoundError as error:
            raise BadInput(
                Bilingual("The package apprise is not installed.", "没有安装软件包 apprise。"),
                hint=Bilingual(
                    'Install it: pip install "orderguard[notify]".',
                    '请安装：`pip install "orderguard[notify]"`。',
                ),
            ) from error
        service = Apprise()
        if not service.add(self._url):
            raise BadInput(
                Bilingual("Apprise does not know this address.", "Apprise 不认识这个地址。"),
                hint=Bilingual(
                    "Write it as https://appriseit.com/services/ says.",
                    "请按 https://appriseit.com/services/ 的说明填写。",
                ),
            )
        return service


def choose(targets: Mapping[str, Target], wanted: str) -> str | None:
    """The name of the target that is meant: the one named, else the first."""
    return (wanted if wanted in targets else None) if wanted else next(iter(targets), None)
