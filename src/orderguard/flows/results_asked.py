"""For which time and shop results are asked."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from orderguard.bilingual import Bilingual
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
        raise BadInput(
            Bilingual("`from` is not before `until`.", "开始时间不早于结束时间。"),
            hint=Bilingual("Name a time that has a length.", "请选一段时间。"),
        )
    if until_ms - since_ms > DAYS_KEPT * MS_PER_DAY:
        raise BadInput(
            Bilingual(f"Results are kept for {DAYS_KEPT} days.", f"效果数据保留 {DAYS_KEPT} 天。"),
            hint=Bilingual("Ask for a shorter time at once.", "请选短一些的时间。"),
        )
    if shop is not None and not all(shop.partition("/")):
        raise BadInput(
            Bilingual(f"{shop} is no shop.", f"{shop} 不是店铺。"),
            hint=Bilingual("Write it as CHANNEL/SHOP.", "请写成：渠道/店铺。"),
        )
    return Asked(since_ms=since_ms, until_ms=until_ms, by=by, shop=shop)


def read_instant(text: str, name: str, *, is_end: bool = False) -> int:
    """Milliseconds since the epoch of an instant, or of the beginning or end of a day at +08:00."""
    try:
        if len(text) == len("2026-11-11"):
            bounds = day_bounds(date.fromisoformat(text), ZoneInfo(DEFAULT_ZONE))
            return bounds[is_end]
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise BadInput(
            Bilingual(
                f"`{name}` is no day and no instant: {error}.",
                f"`{name}` 不是日期，也不是时刻：“{error}”。",
            ),
            hint=_HINT,
        ) from error
    if moment.tzinfo is None:
        raise BadInput(Bilingual(f"`{name}` has no offset.", f"`{name}` 没有时差。"), hint=_HINT)
    return to_ms(moment)


_HINT = Bilingual(
    "Write 2026-11-11, or 2026-11-11T20:00:00+08:00; in a query + is %2B.",
    "请写 2026-11-11，或 2026-11-11T20:00:00+08:00；查询串里的 + 写成 %2B。",
)
