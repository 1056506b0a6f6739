"""The log's entries: whatever can change a decision is one of these and stands in the log.

Order events are entries too (`OrderEvent`). All others are small, and carry no personal member:
phones, addresses and e-mails stand as equality tokens.
"""

from enum import StrEnum

from msgspec import Struct

from orderguard.domain.events import OrderEvent
from orderguard.domain.orders import OrderKey


class ListName(StrEnum):
    ALLOW = "allow"
    WATCH = "watch"
    BLOCK = "block"


class ListKind(StrEnum):
    BUYER = "buyer"
    DEVICE = "device"
    PAYER = "payer"
    PHONE = "phone"
    ADDRESS = "address"
    IP = "ip"
    EMAIL = "email"


class Noted(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="entry"):
    """What every entry that is not an order event carries: when we took it and who gave it."""

    received_ms: int
    by: str = ""


class LibraryPublished(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="library"):
    """From here on this library judges. `files` is all of its text, path to content."""

    version: str
    preset: str
    files: dict[str, str]


class RuleDrafted(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="rule_draft"):
    """A rule as somebody proposes it; nothing judges by it before it is published.

    `text` is its file, `features` the lines of `own/features.yaml` that it needs besides, by id.
    `on` false takes the draft away.
    """

    rule: str
    text: str = ""
    features: dict[str, str] = {}
    on: bool = True


class ListChanged(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="list"):
    """An entity was put on a list, or taken off it (`on` false). `until_ms` ends it by itself."""

    name: ListName
    kind: ListKind
    value: str
    on: bool = True
    reason: str = ""
    until_ms: int | None = None
    shown: str = ""


class RelationChanged(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="relation"):
    """Buyers of one shop who belong together: a family, a company. An empty `buyers` ends it."""

    relation_id: str
    channel: str
    shop: str
    buyers: tuple[str, ...]


class CampaignChanged(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="campaign"):
    """A planned sale: while it runs, a surge of these products is expected."""

    campaign_id: str
    channel: str
    shop: str
    starts_ms: int
    ends_ms: int
    products: tuple[str, ...] = ()
    orders_per_minute: dict[str, float] = {}
    on: bool = True


class LabelKind(StrEnum):
    BAD = "bad"
    GOOD = "good"


class LabelRecorded(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="label"):
    """The later truth about an order."""

    order: OrderKey
    label: LabelKind
    source: str


class Disposition(StrEnum):
    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"
    INCONCLUSIVE = "inconclusive"


class CaseAction(StrEnum):
    """What shall become of the orders of a decided case."""

    NONE = "none"
    RELEASE = "release"
    CANCEL = "cancel"
    ASK_REFUND = "ask_refund"


class Inbox(StrEnum):
    """Where cases wait: customer service checks identities, the risk team judges.

    Operations and finance have what a health rule found and nothing has mended.
    """

    SERVICE = "service"
    RISK = "risk"
    OPERATIONS = "operations"
    FINANCE = "finance"


class CheckKind(StrEnum):
    """How an identity was checked a second time."""

    QUESTIONS = "questions"
    CALL = "call"
    SMS_CODE = "sms_code"


class CaseDisposed(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="case"):
    """What a person found. It closes the case's alerts: a later hit opens a new one.

    The first in the log decides; a later one of the same case is passed over.
    """

    case_id: str
    alert_ids: tuple[str, ...]
    disposition: Disposition
    action: CaseAction = CaseAction.NONE
    comment: str = ""


class CaseReopened(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="case_reopened"):
    """A disposition was taken back; it counts within a few seconds of it alone."""

    case_id: str


class CaseChanged(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="case_changed"):
    """Work on a case that decides nothing; None leaves a member as it is.

    `assignee` empty gives it back to the inbox. `if_free`: passed over when somebody has it.
    """

    case_id: str
    assignee: str | None = None
    inbox: Inbox | None = None
    is_waiting: bool | None = None
    comment: str = ""
    if_free: bool = False


class CaseChecked(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="case_checked"):
    """An identity was checked a second time, and what came of it."""

    case_id: str
    kind: CheckKind
    has_passed: bool
    detail: str = ""


class ResponseReceipt(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="receipt"):
    """What came back from an action, or an answer to it.

    `outcome` is one of `Outcome`, an answer (`confirmed`, `denied`), `sending` before a provider is
    asked, or `approved` where a person lets a waiting step be done. `key` is that of the doing,
    `reference` the provider's own.
    """

    alert_id: str
    step: str
    outcome: str
    detail: str = ""
    key: str = ""
    reference: str = ""


class ModeSet(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="mode"):
    """From here on runs that begin act outside (`live`) or only watch."""

    live: bool


class StoppableKind(StrEnum):
    RULE = "rule"
    ACTION = "action"
    SHOP = "shop"


class Stopped(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="stop"):
    """Nothing is done any more for a rule, by an action, or in a shop (`channel/shop`).

    `on` false lets it go on. What was done before is still taken back, save by a stopped action.
    """

    kind: StoppableKind
    name: str
    on: bool = True
    reason: str = ""


class SkuMeaning(Struct, frozen=True):
    """What a channel SKU of a shop stands for: (sku, units) of each; nothing: not mapped."""

    channel: str
    shop: str
    channel_sku: str
    units: tuple[tuple[str, int], ...]


class SkusMapped(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="skus"):
    """People mapped channel SKUs.

    Each counts as `sku.mapped` events that remove what stood and add what is said here.
    """

    meanings: tuple[SkuMeaning, ...]


class SnoozeSet(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="snooze"):
    """Quiet for a while: alerts of this rule on this subject are kept but start no response."""

    rule: str
    subject_type: str
    subject_key: str
    until_ms: int


class PersonalDataShown(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="shown"):
    """Somebody was shown how the buyer of an order is called and reached, and says what for.

    It changes nothing; it stands in the log for whoever asks later. `case_id` is the case that was
    worked on.
    """

    order: OrderKey
    reason: str
    case_id: str = ""


class ZoneSet(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="zone"):
    """From here on the days of a shop begin at midnight of this zone of the IANA data base."""

    channel: str
    shop: str
    zone: str


class DaySigned(Noted, frozen=True, kw_only=True, omit_defaults=True, tag="day_signed"):
    """A person has looked at a shop's money of a day and found it in order, or explained.

    `day` is as `2026-11-11` in the shop's zone, `version` the money that the person saw: where it
    changes afterwards, it shows.
    """

    channel: str
    shop: str
    day: str
    version: str
    comment: str = ""


Note = (
    LibraryPublished
    | RuleDrafted
    | ListChanged
    | RelationChanged
    | CampaignChanged
    | LabelRecorded
    | CaseDisposed
    | CaseReopened
    | CaseChanged
    | CaseChecked
    | ResponseReceipt
    | SnoozeSet
    | ModeSet
    | Stopped
    | ZoneSet
    | DaySigned
    | SkusMapped
    | PersonalDataShown
)

Entry = OrderEvent | Note
