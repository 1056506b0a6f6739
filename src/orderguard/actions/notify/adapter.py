"""The action `notify`: tell colleagues in a group chat or by e-mail, without flooding them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from orderguard.bilingual import Bilingual
from orderguard.domain import evidence
from orderguard.domain.ports import Action, Doing, Outcome, Receipt
from orderguard.errors import ActionRefused, BadInput
from orderguard.kit.blocking import BlockingCalls
from orderguard.kit.gather import Gathering
from orderguard.kit.messengers import Letter, Messenger, Target, choose, connect
from orderguard.kit.outbound import Outbound


class NotifySettings(Struct, frozen=True, kw_only=True):
    """Messages to colleagues: in groups of DingTalk, Feishu, WeCom or Slack, or by e-mail."""

    targets: Annotated[
        dict[str, Target],
        Meta(
            max_length=32,
            description="Groups and mailboxes by a name of your own. A step says `to`; the first"
            " is taken where it does not.",
        ),
    ] = {}
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(
            max_length=64,
            description="Hosts in a private network or on this machine that may be called.",
        ),
    ] = ()
    burst: Annotated[
        int,
        Meta(ge=1, le=1_000, description="Messages to one target that may go out at once."),
    ] = 10
    seconds_between: Annotated[
        float,
        Meta(
            ge=0.01,
            le=600,
            description="After that one each so many seconds; what comes meanwhile is gathered into"
            " it. With the defaults never more than 20 a minute, which the robots permit.",
        ),
    ] = 6.0
    seconds_max: Annotated[
        float, Meta(ge=0.1, le=300, description="Seconds that one try may take.")
    ] = 10.0
    parallel_max: Annotated[
        int, Meta(ge=1, le=64, description="Messages that may be under way at once.")
    ] = 4


class NotifyKind:
    name = "notify"
    title: Mapping[str, str] = {"zh": "通知同事", "en": "Tell colleagues"}
    settings: type[Struct] = NotifySettings

    def connect(self, settings: Struct) -> Action:
        assert isinstance(settings, NotifySettings)
        if not settings.targets:
            raise BadInput(
                Bilingual("The action notify needs a target.", "动作 notify 需要至少一个目标。"),
                hint=Bilingual(
                    "Write a table [actions.notify.targets.NAME] with `kind` and `url`.",
                    "请添加设置表 `[actions.notify.targets.名称]`，写明 `kind` 和 `url`。",
                ),
            )
        return Notify(settings)


class Notify:
    is_repeatable = False
    """Neither robots nor mail servers know a key: a second request is a second message."""
    is_gathering = True

    def __init__(self, settings: NotifySettings) -> None:
        self._targets = settings.targets
        self._outbound = Outbound(
            seconds_max=settings.seconds_max,
            parallel_max=settings.parallel_max,
            allowed_hosts=settings.allowed_hosts,
        )
        self._calls = BlockingCalls("notify", settings.parallel_max)
        self._messengers = {
            name: connect(target, self._outbound, self._calls, settings.seconds_max)
            for name, target in settings.targets.items()
        }
        self._gatherings = {
            name: Gathering[Doing, str](
                partial(_send, messenger),
                burst=settings.burst,
                seconds_between=settings.seconds_between,
            )
            for name, messenger in self._messengers.items()
        }

    async def run(self, doing: Doing) -> Receipt:
        """Send it, alone or gathered with what came too fast for messages of its own."""
        reference = await self._gatherings[self._target(doing)].put(doing)
        return Receipt(key=doing.key, outcome=Outcome.DONE, reference=reference)

    async def undo(self, receipt: Receipt) -> Receipt:
        """A message that went out cannot be called back."""
        return Receipt(key=receipt.key, outcome=Outcome.TOO_LATE, reference=receipt.reference)

    def describe(self, doing: Doing) -> str:
        name = choose(self._targets, doing.values.get("to", ""))
        title = self._messengers[name].title if name else "?"
        headline = evidence.headline(doing.alert, doing.language)
        if doing.language == "zh":
            return f"通知 {name}（{title}）：{headline}"
        return f"Tell {name} ({title}): {headline}"

    async def close(self) -> None:
        for gathering in self._gatherings.values():
            await gathering.close()
        await self._outbound.close()
        self._calls.close()

    def _target(self, doing: Doing) -> str:
        wanted = doing.values.get("to", "")
        name = choose(self._targets, wanted)
        if name is None:
            raise ActionRefused(
                f"There is no target `{wanted}`.",
                hint=f"There are {', '.join(self._targets)}: correct the playbook's step.",
            )
        return name


async def _send(messenger: Messenger, doings: Sequence[Doing]) -> str:
    first, bytes_max = doings[0], messenger.text_bytes_max
    if len(doings) == 1:
        subject = evidence.headline(first.alert, first.language)
        words = evidence.text(first, bytes_max)
    else:
        subject = evidence.digest_headline(doings)
        words = evidence.digest(doings, bytes_max)
    return await messenger.send(Letter(key=first.key, subject=subject, text=words))
