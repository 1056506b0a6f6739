"""Every setting, with its default, its limit and its help.

They stand in `orderguard.toml` of the data folder, one table a section; a variable such as
`ORDERGUARD_SERVER_PORT` goes before the file. `settings_file.py` reads and writes it.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

FILE_NAME = "orderguard.toml"
ENVIRONMENT_PREFIX = "ORDERGUARD_"
ACTIONS = "actions"
"""The tables `[actions.NAME]`: one for each action that is connected."""


class ServerSettings(Struct, frozen=True, kw_only=True):
    """Where the server listens."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=253,
            description="The address to listen on. Other machines reach only 0.0.0.0 or an own one;"
            " put a proxy with TLS before it then.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port; 0 takes any free one.")] = 8460


class RespondSettings(Struct, frozen=True, kw_only=True):
    """What may happen outside."""

    mode: Annotated[
        Literal["shadow", "live"],
        Meta(
            description="`shadow` only watches: steps are recorded as they would have been."
            " `live` runs them. Read at start."
        ),
    ] = "shadow"
    public_url: Annotated[
        str,
        Meta(
            max_length=500,
            pattern=r"^(https?://[^\s?#]+)?\Z",
            description="Where buyers and colleagues reach this server from outside, such as"
            " https://guard.example.com; without it messages carry no links.",
        ),
    ] = ""


class IntakeSettings(Struct, frozen=True, kw_only=True):
    """How much senders may send at once; beyond it they are told to come back (503)."""

    queue_entries_max: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Events that may wait for the log.")
    ] = 20_000
    queue_bytes_max: Annotated[
        int, Meta(ge=1_048_576, le=4_294_967_296, description="Their bytes together.")
    ] = 64 * 1024 * 1024
    retry_after_s: Annotated[
        int, Meta(ge=1, le=3_600, description="After how many seconds senders shall come back.")
    ] = 1
    body_s_max: Annotated[
        float,
        Meta(ge=0.1, le=300, description="Seconds that a sender has to send a whole message."),
    ] = 10.0
    bodies_parallel_max: Annotated[
        int, Meta(ge=1, le=10_000, description="Messages that may arrive piece by piece at once.")
    ] = 64


class ScreenSettings(Struct, frozen=True, kw_only=True):
    """How storefronts ask before they accept an order."""

    storefronts: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[A-Za-z0-9.*:\[\]-]+( |$))*$",
            max_length=4_096,
            description="The origins whose pages may show a challenge in a frame, with spaces"
            " between them, such as `https://shop.example`. Pages of this server always may.",
        ),
    ] = ""
    asks_per_s_max: Annotated[
        float,
        Meta(
            ge=1,
            le=100_000,
            description="Questions a second of one shop, and of one token; who asks more often is"
            " challenged. Five times as many may come at once.",
        ),
    ] = 100.0
    codes_per_hour_max: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="One-time codes an hour that are sent to buyers who would rather type one"
            " than slide; each costs a text message. 0 offers none.",
        ),
    ] = 300
    answer_s_max: Annotated[
        float,
        Meta(
            ge=0.01,
            le=60,
            description="Seconds after which the answer is `allow`, and that nothing was checked.",
        ),
    ] = 1.0


class StateSettings(Struct, frozen=True, kw_only=True):
    """What the engine keeps of orders, buyers and windows."""

    checkpoint_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=600,
            description="Seconds between two saves of what changed. After a crash, what came since"
            " the last save is folded again from the log: nothing is lost.",
        ),
    ] = 2.0
    cached_max: Annotated[
        int,
        Meta(
            ge=1_000,
            le=100_000_000,
            description="Values that a table may hold in memory; beyond them the least recently"
            " used are read from the disk again.",
        ),
    ] = 2_000_000


class LibrarySettings(Struct, frozen=True, kw_only=True):
    """Which rules judge."""

    preset: Annotated[
        str,
        Meta(
            pattern="^[a-z][a-z0-9_]*$",
            max_length=64,
            description="A file of library/presets without its ending; it names the packs that are"
            " switched on.",
        ),
    ] = "standard"


class RepairSettings(Struct, frozen=True, kw_only=True):
    """How platforms are asked for what their pushes lost."""

    every_s: Annotated[
        float,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds between two looks through a shop's list of changed orders, where"
            " its platform has one.",
        ),
    ] = 120.0
    overlap_s: Annotated[
        float,
        Meta(ge=0, le=86_400, description="Seconds before the last look that are read again."),
    ] = 300.0
    settle_s: Annotated[
        float,
        Meta(
            ge=0,
            le=3_600,
            description="Seconds before now that are left alone: their pushes may be on the way.",
        ),
    ] = 20.0
    first_s: Annotated[
        float,
        Meta(
            ge=0,
            le=15_552_000,
            description="Seconds back that are read when a shop is new.",
        ),
    ] = 86_400.0


def _before(what: str, most: float = 1_000_000) -> Meta:
    return Meta(ge=-1, le=most, description=f"{what}; -1 while it is not known.")


class ResultsSettings(Struct, frozen=True, kw_only=True):
    """How things were before OrderGuard, in the merchant's own figures, for the results."""

    before_recognised_percent: Annotated[float, _before("Of anomalous orders, found", 100)] = -1
    before_person_percent: Annotated[float, _before("Of orders, looked at by a person", 100)] = -1
    before_handling_minutes: Annotated[float, _before("From needing a person to decided")] = -1
    before_complaints_percent: Annotated[float, _before("Of orders, with a complaint", 100)] = -1
    before_anomalies_percent: Annotated[float, _before("Of orders, anomalous", 100)] = -1
    before_action_seconds: Annotated[float, _before("From an event to an action")] = -1
    before_repeats_per_100_orders: Annotated[float, _before("Repeated enquiries")] = -1
    before_pace_per_hour: Annotated[float, _before("Orders decided by one person")] = -1
    before_wrong_percent: Annotated[float, _before("Of decided orders, wrongly", 100)] = -1
    before_wrong_locks_per_100_orders: Annotated[float, _before("Unit-minutes locked wrongly")] = -1

    def given(self) -> dict[str, float]:
        """The measures that are known, by name, in the units in which they are counted."""
        found = {
            "recognised": self.before_recognised_percent / 100,
            "person": self.before_person_percent / 100,
            "handling": self.before_handling_minutes * 60,
            "complaints": self.before_complaints_percent / 100,
            "anomalies": self.before_anomalies_percent / 100,
            "action": self.before_action_seconds * 1_000,
            "repeats": self.before_repeats_per_100_orders,
            "pace": self.before_pace_per_hour,
            "wrong": self.before_wrong_percent / 100,
            "wrong_locks": self.before_wrong_locks_per_100_orders,
        }
        return {name: value for name, value in found.items() if value >= 0}


class Settings(Struct, frozen=True, kw_only=True):
    """All of them."""

    server: ServerSettings = ServerSettings()
    respond: RespondSettings = RespondSettings()
    intake: IntakeSettings = IntakeSettings()
    screen: ScreenSettings = ScreenSettings()
    state: StateSettings = StateSettings()
    library: LibrarySettings = LibrarySettings()
    repair: RepairSettings = RepairSettings()
    results: ResultsSettings = ResultsSettings()
