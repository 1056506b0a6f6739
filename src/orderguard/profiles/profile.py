"""The risk profile of one entity: what came of the orders that it had a part in."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import Severity

LINKS_MAX = 20
"""Entities of each kind that a profile names, the newest."""

_SEVERITIES = tuple(Severity)


class ProfileKind(StrEnum):
    BUYER = "buyer"
    PAYER = "payer"
    DEVICE = "device"
    DOORSTEP = "doorstep"
    PHONE = "phone"
    SEGMENT = "segment"


GRADED_BY = frozenset(ProfileKind) - {ProfileKind.SEGMENT}
"""Whose past grades the next alert. A network segment has too many honest neighbours for that."""


class Outcome(Struct, frozen=True):
    """What came of one order: who said so, and whether it was bad. Instants in ms."""

    bad: bool
    source: str
    first_at: int
    last_at: int


class Profile(Struct, frozen=True, kw_only=True):
    """What is remembered of an entity.

    `orders` are those with a known outcome, `confirmed_bad` and `confirmed_good` of them. `sources`
    counts them by who said so, `links` has the entities that shared an order with it, by kind.
    """

    first_seen: int
    last_seen: int
    orders: int = 0
    confirmed_bad: int = 0
    confirmed_good: int = 0
    sources: dict[str, int] = {}
    links: dict[str, tuple[str, ...]] = {}


def remembered(
    profile: Profile | None, outcome: Outcome, links: Mapping[ProfileKind, str]
) -> Profile:
    """The profile with the outcome of one more order; `links` are the order's other entities."""
    before = profile or Profile(first_seen=outcome.first_at, last_seen=outcome.last_at)
    return replace(
        _counted(before, outcome, 1),
        first_seen=min(before.first_seen, outcome.first_at),
        last_seen=max(before.last_seen, outcome.last_at),
        links=_linked(before.links, links),
    )


def forgotten(profile: Profile, outcome: Outcome) -> Profile | None:
    """The profile without an outcome that was taken back; None when nothing is left of it."""
    after = _counted(profile, outcome, -1)
    return after if after.orders > 0 else None


def graded(
    severity: Severity,
    bad: Mapping[ProfileKind, int],
    good: Mapping[ProfileKind, int],
    subject: Collection[str],
) -> Severity:
    """The severity of a hit, given what came of earlier orders of those whom it names, by kind.

    One step up, to high at most, where anybody's were mostly found bad; one step down, to low at
    least, where those that the alert is about (`subject`) were found good and nobody's bad. An
    attack is one whoever it is.
    """
    is_bad = any(count > good.get(kind, 0) for kind, count in bad.items() if kind in GRADED_BY)
    is_good = any(good.get(kind) for kind in GRADED_BY if kind in subject)
    is_good = is_good and not any(bad.values())
    if is_bad and severity.rank < Severity.HIGH.rank:
        return _SEVERITIES[severity.rank + 1]
    if is_good and Severity.LOW.rank < severity.rank < Severity.CRITICAL.rank:
        return _SEVERITIES[severity.rank - 1]
    return severity


def _counted(profile: Profile, outcome: Outcome, sign: int) -> Profile:
    said = profile.sources.get(outcome.source, 0) + sign
    others = {name: count for name, count in profile.sources.items() if name != outcome.source}
    return replace(
        profile,
        orders=profile.orders + sign,
        confirmed_bad=profile.confirmed_bad + sign * outcome.bad,
        confirmed_good=profile.confirmed_good + sign * (not outcome.bad),
        sources={**others, outcome.source: said} if said else others,
    )


def _linked(
    known: Mapping[str, tuple[str, ...]], links: Mapping[ProfileKind, str]
) -> dict[str, tuple[str, ...]]:
    after = dict(known)
    for kind, key in links.items():
        others = [one for one in after.get(kind, ()) if one != key]
        after[kind] = (*others, key)[-LINKS_MAX:]
    return after
