"""What is remembered of those who call the shops' webhooks."""

from collections.abc import Mapping

from msgspec import Struct

from orderguard.errors import SignatureFault


class SenderRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of the calls to one shop's webhook; instants are ms since the epoch.

    `event_ms` is the receipt of its newest event, 0 for none ever. `refused` counts the calls
    since then whose signature was not accepted, by what was wrong; `refused_ms` and `fault` tell
    of the last of them. Those rightly signed at another time were ahead of our clock by
    `skew_ms_min` to `skew_ms_max`. `ahead` counts its newest events that, in a row, it says to
    have happened after we received them, by `ahead_ms` at the least.
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

    @property
    def refused_count(self) -> int:
        return sum(self.refused.values())
