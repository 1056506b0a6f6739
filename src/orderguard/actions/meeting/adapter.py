"""The action `meeting`: call the risk team together, with everything it needs in one place."""

import datetime as dt
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Annotated

from msgspec import Meta, Struct

from orderguard.actions.meeting.page import bundle
from orderguard.bilingual import Bilingual
from orderguard.domain import evidence
from orderguard.domain.ports import Action, Doing, Outcome, Receipt
from orderguard.errors import ActionFailure, BadInput
from orderguard.kit.blocking import BlockingCalls
from orderguard.kit.clock import SystemClock, from_ms
from orderguard.kit.gather import Gathering
from orderguard.kit.messengers import Letter, Messenger, Target, connect
from orderguard.kit.outbound import Outbound

ROUNDED_TO = dt.timedelta(minutes=5)
PAGES_MAX = 5
"""Alerts of one meeting whose evidence is sent as a page: the gravest."""
SHARED = "shared"
"""The reference of a meeting about several alerts: none of them alone takes it back."""
PAGE_NAME, INVITATION_NAME = "evidence.html", "meeting.ics"

_CHINA = dt.timezone(dt.timedelta(hours=8))


class MeetingSettings(Struct, frozen=True, kw_only=True):
    """Calls people together: a message in a group, an invitation by e-mail, or both."""

    group: Annotated[
        Target | None,
        Meta(description="The group that is told: a table as one of [actions.notify.targets]."),
    ] = None
    mail: Annotated[
        Target | None,
        Meta(
            description="The mailbox that invites, of kind `email`: each of its `to` gets the"
            " invitation and the evidence."
        ),
    ] = None
    room: Annotated[
        str, Meta(max_length=512, description="Where to meet: a standing video room, or a place.")
    ] = ""
    starts_in_min: Annotated[
        int, Meta(ge=0, le=10_080, description="In how many minutes the meeting begins.")
    ] = 15
    length_min: Annotated[
        int, Meta(ge=5, le=480, description="For how many minutes it is planned.")
    ] = 30
    burst: Annotated[
        int, Meta(ge=1, le=1_000, description="Meetings that may be called at once.")
    ] = 3
    seconds_between: Annotated[
        float,
        Meta(
            ge=0.01,
            le=600,
            description="After that one each so many seconds, about all that came meanwhile.",
        ),
    ] = 10.0
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(
            max_length=64,
            description="Hosts in a private network or on this machine that may be called.",
        ),
    ] = ()
    seconds_max: Annotated[
        float, Meta(ge=0.1, le=300, description="Seconds that one try may take.")
    ] = 10.0
    parallel_max: Annotated[
        int, Meta(ge=1, le=64, description="Messages that may be under way at once.")
    ] = 2


class MeetingKind:
    name = "meeting"
    title: Mapping[str, str] = {"zh": "召集会议", "en": "Call a meeting"}
    settings: type[Struct] = MeetingSettings

    def connect(self, settings: Struct) -> Action:
        assert isinstance(settings, MeetingSettings)
        if settings.group is None and settings.mail is None:
            raise BadInput(
                Bilingual(
                    "The action meeting needs a group or a mailbox.",
                    "动作 meeting 需要一个群或一个邮箱。",
                ),
                hint=Bilingual(
                    "Write a table [actions.meeting.group] or [actions.meeting.mail].",
                    "请添加设置表 [actions.meeting.group] 或 [actions.meeting.mail]。",
                ),
            )
        if settings.mail is not None and settings.mail.kind != "email":
            raise BadInput(
                Bilingual(
                    "[actions.meeting.mail] must be of kind `email`.",
                    "[actions.meeting.mail] 的 `kind` 应为 `email`。",
                ),
                hint=Bilingual(
                    "Robots take no invitations: name them as [actions.meeting.group].",
                    "机器人收不了会议邀请：请写到 [actions.meeting.group]。",
                ),
            )
        return Meeting(settings)


class Meeting:
    is_repeatable = False
    """Neither robots nor mail servers know a key; an invitation is the same meeting by its UID."""
    is_gathering = True

    def __init__(self, settings: MeetingSettings) -> None:
        self._settings = settings
        self._outbound = Outbound(
            seconds_max=settings.seconds_max,
            parallel_max=settings.parallel_max,
            allowed_hosts=settings.allowed_hosts,
        )
        self._calls = BlockingCalls("meeting", settings.parallel_max)
        self._group, self._mail = self._messenger(settings.group), self._messenger(settings.mail)
        self._gathering = Gathering[Doing, tuple[str, str]](
            self._call, burst=settings.burst, seconds_between=settings.seconds_between
        )
        if settings.mail is not None:
            try:
                from orderguard.actions.meeting import invitation  # noqa: PLC0415 - an extra.
            except ModuleNotFoundError as error:
                raise BadInput(
                    Bilingual(
                        "The package icalendar is not installed.", "没有安装软件包 icalendar。"
                    ),
                    hint=Bilingual(
                        'Install it: pip install "orderguard[meeting]".',
                        '请安装：`pip install "orderguard[meeting]"`。',
                    ),
                ) from error
            self._invitation = invitation.invitation

    async def run(self, doing: Doing) -> Receipt:
        """Invite by e-mail, then tell the group; alerts that come too fast share one meeting.

        Once the invitation is out the meeting is called: that the group could not be told is in
        the detail, since a second try would invite again.
        """
        reference, detail = await self._gathering.put(doing)
        return Receipt(key=doing.key, outcome=Outcome.DONE, reference=reference, detail=detail)

    async def undo(self, receipt: Receipt) -> Receipt:
        """Withdraw the invitation, unless others share the meeting; a group's message stays."""
        if self._mail is None or receipt.reference == SHARED:
            return Receipt(key=receipt.key, outcome=Outcome.TOO_LATE, reference=receipt.reference)
        starts_at = dt.datetime.fromisoformat(receipt.reference)
        subject = "会议取消 / Meeting withdrawn"
        file = self._ics(receipt.key, subject, "", starts_at, is_withdrawn=True)
        letter = Letter(key=f"{receipt.key}.undo", subject=subject, text=subject, files=(file,))
        await self._mail.send(letter)
        return Receipt(key=receipt.key, outcome=Outcome.DONE, reference=receipt.reference)

    def describe(self, doing: Doing) -> str:
        headline = evidence.headline(doing.alert, doing.language)
        invited = len(self._settings.mail.to) if self._settings.mail else 0
        group = self._group.title if self._group else "-"
        minutes = self._settings.starts_in_min
        if doing.language == "zh":
            return f"召集会议（{minutes} 分钟后，群：{group}，邮件邀请 {invited} 人）：{headline}"
        return f"Call a meeting in {minutes} min (group: {group}, {invited} invited): {headline}"

    async def close(self) -> None:
        await self._gathering.close()
        await self._outbound.close()
        self._calls.close()

    def _messenger(self, target: Target | None) -> Messenger | None:
        if target is None:
            return None
        return connect(target, self._outbound, self._calls, self._settings.seconds_max)

    def _start(self) -> dt.datetime:
        """Rounded up, so that people can remember it."""
        earliest = from_ms(SystemClock().now_ms()) + dt.timedelta(
            minutes=self._settings.starts_in_min
        )
        midnight = earliest.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + -((midnight - earliest) // ROUNDED_TO) * ROUNDED_TO

    async def _call(self, doings: Sequence[Doing]) -> tuple[str, str]:
        """One meeting about all of these: its reference, and what did not come about."""
        starts_at, detail = self._start(), ""
        if self._mail is not None:
            await self._mail.send(self._letter(doings, starts_at))
        if self._group is not None:
            words = self._words(doings, starts_at, self._group.text_bytes_max)
            letter = Letter(key=doings[0].key, subject=_subject(doings), text=words)
            try:
                await self._group.send(letter)
            except ActionFailure as error:
                if self._mail is None:
                    raise
                detail = f"The group was not told: {error.message}"
        return starts_at.isoformat() if len(doings) == 1 else SHARED, detail

    def _letter(self, doings: Sequence[Doing], starts_at: dt.datetime) -> Letter:
        assert self._mail is not None
        subject, key = _subject(doings), doings[0].key
        words = self._words(doings, starts_at, self._mail.text_bytes_max)
        gravest = sorted(doings, key=lambda doing: -doing.alert.severity.rank)[:PAGES_MAX]
        pages = [bundle(doing) for doing in gravest]
        names = [PAGE_NAME, *(f"evidence-{number}.html" for number in range(2, PAGES_MAX + 1))]
        files = [self._ics(key, subject, words, starts_at)]
        for name, page in zip(names, pages, strict=False):
            files.append((name, "text/html; charset=utf-8", page.encode("utf-8", "replace")))
        return Letter(key=key, subject=subject, text=words, html=pages[0], files=files)

    def _ics(
        self,
        key: str,
        subject: str,
        text: str,
        starts_at: dt.datetime,
        *,
        is_withdrawn: bool = False,
    ) -> tuple[str, str, bytes]:
        mail = self._settings.mail
        assert mail is not None
        written = self._invitation(
            key=key,
            subject=subject,
            text=text,
            written_at=from_ms(SystemClock().now_ms()),
            starts_at=starts_at,
            length=dt.timedelta(minutes=self._settings.length_min),
            organizer=parseaddr(mail.sender)[1],
            invited=mail.to,
            room=self._settings.room,
            is_withdrawn=is_withdrawn,
        )
        method = "CANCEL" if is_withdrawn else "REQUEST"
        return INVITATION_NAME, f"text/calendar; method={method}; charset=utf-8", written

    def _words(self, doings: Sequence[Doing], starts_at: dt.datetime, bytes_max: int) -> str:
        at = f"{starts_at.astimezone(_CHINA):%m-%d %H:%M} (UTC+8)"
        room, first = self._settings.room, doings[0]
        if first.language == "zh":
            lines = [f"风控会议 {at}", *([f"地点：{room}"] if room else [])]
        else:
            lines = [f"Risk meeting at {at}", *([f"Where: {room}"] if room else [])]
        head = "\n".join(lines)
        bytes_left = bytes_max - len(head.encode()) - 1
        if len(doings) == 1:
            return f"{head}\n{evidence.text(first, bytes_left)}"
        return f"{head}\n{evidence.digest(doings, bytes_left)}"


def _subject(doings: Sequence[Doing]) -> str:
    first = doings[0]
    if len(doings) == 1:
        return evidence.headline(first.alert, first.language)
    return evidence.digest_headline(doings)
