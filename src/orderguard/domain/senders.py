"""What is remembered of those who call the shops' webhooks."""

from collections.abc import Mapping

from msgspec import Struct

from orderguard.bilingual import Text
from orderguard.errors import SignatureFault

FAILURE_LENGTH_MAX = 300


class Connection(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How what we do ourselves towards a shop's platform stands; instants are ms.

    `details_fetched` and `details_failed` since the server's start.
    `listed_ms`: up to when its list of changed orders was read; `gaps_found` changes that no push
    had told, `gaps_mended` those that are in the log since. `is_connected` is None where we open
    no connection. `failure` is what went wrong last, empty when all is well.
    """

    details_waiting: int = 0
    details_fetched: int = 0
    details_failed: int = 0
    listed_ms: int = 0
    gaps_found: int = 0
    gaps_mended: int = 0
    is_connected: bool | None = None
    failure: Text = ""


class SenderRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of the calls to one shop's webhook; instants are ms since the epoch.

    `event_ms` is the receipt of its newest event, 0 for none ever. `refused` counts the calls
    since then whose signature was not accepted, by what was wrong; `refused_ms` and `fault` tell
    of the last of them. Those rightly signed at another time were ahead of our clock by
    `skew_ms_min` to `skew_ms_max`. `ahead` counts its newest events that, in a row, it says to
    have happened after we received them, by `ahead_ms` at the least. `lag_ms` is how long after
    its happening the newest event reached us. `gaps` counts facts that none of its messages told.
    """

    channel: str
    shop: str
    event_ms: int = 0
    refused: Mapping[SignatureFault, int] = {}
    refused_ms: int = 0
    fault: SignatureFault | None = None
    skew_ms_min: int | None = None
    skew_ms_max: int | None = None
    ahead: int = 0
    ahead_ms: int = 0
    lag_ms: int = 0
    gaps: int = 0
    connection: Connection | None = None

    @property
    def refused_count(self) -> int:
        return sum(self.refused.values())
