"""For which time and shop results are asked."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from orderguard.errors import BadInput
from orderguard.flows.results import DAYS_KEPT
from orderguard.flows.results_view import Asked, By, day_bounds
from orderguard.kit.clock import MS_PER_DAY, from_ms, to_ms
from orderguard.settlement import DEFAULT_ZONE

DAYS = 31


def asked_for(
    since: str | None,
    until: str | None,
    *,
    now_ms: int,
    days: int = DAYS,
    by: By = By.DAY,
    shop: str | None = None,
) -> Asked:
    """What two texts ask for: days, which count whole, or instants with an offset.

    Without an end it is today's, without a beginning so many days before the end. Raise BadInput.
    """
    zone = ZoneInfo(DEFAULT_ZONE)
    today = from_ms(now_ms).astimezone(zone).date()
    until_ms = day_bounds(today, zone)[1]
    if until is not None:
        until_ms = read_instant(until, "until", is_end=True)
    since_ms = until_ms - days * MS_PER_DAY if since is None else read_instant(since, "from")
    if since_ms >= until_ms:
        raise BadInput("`from` is not before `until`.", hint="Name a time that has a length.")
    if until_ms - since_ms > DAYS_KEPT * MS_PER_DAY:
        raise BadInput(
            f"Results are kept for {DAYS_KEPT} days.", hint="Ask for a shorter time at once."
        )
    if shop is not None and not all(shop.partition("/")):
        raise BadInput(f"{shop} is no shop.", hint="Write it as CHANNEL/SHOP.")
    return Asked(since_ms=since_ms, until_ms=until_ms, by=by, shop=shop)


def read_instant(text: str, name: str, *, is_end: bool = False) -> int:
    """Milliseconds since the epoch of an instant, or of the beginning or end of a day at +08:00."""
    try:
        if len(text) == len("2026-11-11"):
            bounds = day_bounds(date.fromisoformat(text), ZoneInfo(DEFAULT_ZONE))
            return bounds[is_end]
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"`{name}` is no day and no instant: {error}.", hint=_HINT) from error
    if moment.tzinfo is None:
        raise BadInput(f"`{name}` has no offset.", hint=_HINT)
    return to_ms(moment)


_HINT = "Write 2026-11-11, or 2026-11-11T20:00:00+08:00; in a query + is %2B."
