"""How many one-time codes are sent: each costs money, and somebody else's telephone may be asked.

Whoever fills in a form names the number, so a script could have thousands written to, or one person
written to all night. Numbers are remembered here as digests, and in memory alone.
"""

from msgspec import Struct

from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.kit.ids import digest16
from orderguard.kit.rates import Rates

CODE_MS = 5 * MS_PER_MINUTE
"""How long a code is good."""
PAUSE_MS = MS_PER_MINUTE
"""Between two codes to one number."""
FOR_ONE_MAX = 3
"""Codes to one number, or for one attempt, within an hour."""


class CodeLimits(Struct, frozen=True, kw_only=True):
    """`per_hour_max`: codes to all numbers together."""

    per_hour_max: int = 300


class CodeGate:
    """Whether one more code may be sent; if so it has been counted."""

    def __init__(self, limits: CodeLimits) -> None:
        most = limits.per_hour_max
        self._all = _hourly(most)
        self._one = _hourly(FOR_ONE_MAX)
        self._pause = Rates(per_s=MS_PER_SECOND / PAUSE_MS, burst=1)

    def take(self, attempt: str, phone: str, now_ms: int) -> bool:
        number = f"number {digest16(phone).hex()}"
        return (
            self._pause.take(number, now_ms)
            and self._one.take(number, now_ms)
            and self._one.take(f"attempt {attempt}", now_ms)
            and self._all.take("", now_ms)
        )


def _hourly(most: int) -> Rates:
    return Rates(per_s=most * MS_PER_SECOND / MS_PER_HOUR, burst=most)
