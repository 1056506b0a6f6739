"""How a shop does beside its usual: for people to look at."""

from math import isfinite

from orderguard.flows.fold import Fold
from orderguard.flows.present import Json
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, rfc3339
from orderguard.orders.pulse import SLOT_MS, slot_of

SLOTS_SHOWN = 5
"""The hour that is shown by minutes, and the slot that has begun."""
AGE_HOURS = (2, 8, 24)
"""Paid orders wait for their parcel less long than the first, up to the next, or longer."""


def usual_json(fold: Fold, shop: str) -> list[Json]:
    """Orders a minute that are usual in each of the newest slots, and those that are far too many.

    `least` is null where nobody knows how many are too many; a slot that nobody knows is left out.
    """
    newest = slot_of(fold.clock_ms)
    minutes = SLOT_MS // MS_PER_MINUTE
    told = []
    for number in range(newest - SLOTS_SHOWN + 1, newest + 1):
        usual = fold.alarms.usual(shop, number)
        if usual is not None:
            expected, far = usual
            told.append(
                {
                    "from": rfc3339(number * SLOT_MS),
                    "orders_per_minute": round(expected / minutes, 2),
                    "far_above": round(far / minutes, 2) if isfinite(far) else None,
                }
            )
    return told


def waiting_json(fold: Fold, shop: str) -> Json:
    """Paid orders that have not left, by how long they wait.

    Who paid first is taken to leave first, so what was paid within the last hours and is not
    outdone by the backlog waits no longer than these hours.
    """
    backlog, newest = fold.alarms.backlog(shop), slot_of(fold.clock_ms)
    ages, rest = [], backlog
    for since, until in zip((0, *AGE_HOURS), (*AGE_HOURS, None), strict=True):
        if until is None:
            younger = backlog
        else:
            younger = fold.alarms.paid(shop, newest, until * MS_PER_HOUR // SLOT_MS)
        left = max(0, backlog - younger)
        ages.append({"from_h": since, "until_h": until, "orders": rest - left})
        rest = left
    return {"orders": backlog, "ages": ages}
