"""The shapes of answers about shops and their channels, for the API's description."""

from typing import Literal

from orderguard.api.shapes import Bilingual, Instant, Page, Shape


class SettingForm(Shape):
    """One value that a channel needs of each shop. `signs`: it is the shop's secret."""

    name: str
    title: Bilingual
    help: Bilingual
    is_required: bool
    is_secret: bool
    signs: bool
    default: str
    choices: list[str]


class ChannelForm(Shape):
    """A channel that shops may be on.

    `guide` is Markdown: the steps that connect a shop. `makes_secret`: without one of the
    platform's, a fresh one is made here. `can_be_asked`: it answers calls; `is_fed`: we connect.
    """

    name: str
    title: str
    settings: list[SettingForm]
    makes_secret: bool
    can_be_asked: bool
    is_fed: bool
    guide: str


class ChannelPage(Page):
    items: list[ChannelForm]


class ShopSettingValue(Shape):
    """`value` is null for what is secret, whether it is set or not."""

    name: str
    is_set: bool
    value: str | None


class SenderProblem(Shape):
    short: str
    found: str
    mend: str


class ShopConnection(Shape):
    """How what we do ourselves towards its platform stands; `is_connected` null: no connection."""

    details_waiting: int
    details_failed: int
    listed_until: Instant | None
    gaps_found: int
    gaps_mended: int
    is_connected: bool | None
    failure: str


class ShopState(Shape):
    """A shop and what was heard of it.

    `refused` counts calls since the last event whose signature was not accepted, by what was
    wrong; `gaps` facts that no message told. `webhook_url` has no host where none is configured.
    """

    channel: str
    shop: str
    title: str
    webhook_url: str
    secrets: int
    settings: list[ShopSettingValue]
    last_event_at: Instant | None
    lag_ms: int
    refused: dict[str, int]
    last_refused_at: Instant | None
    problems: list[SenderProblem]
    gaps: int
    connection: ShopConnection | None
    stopped_by: str | None


class ShopPage(Page):
    items: list[ShopState]


class ShopAdded(ShopState):
    """`secret` was made here, and is told this once; null where it was given."""

    secret: str | None


class RuleWithout(Shape):
    """A rule that cannot hit on a shop: what its channel never tells of an order."""

    rule: str
    title: Bilingual
    lacks: list[str]


class ShopCoverage(Shape):
    """`rules` is how many there are in all."""

    rules: int
    cannot_fire: list[RuleWithout]


class Looked(Shape):
    state: Literal["ok", "fault", "unknown"]
    what: str
    said: str


class ShopTest(Shape):
    items: list[Looked]
