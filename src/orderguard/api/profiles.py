"""GET /api/v1/profiles/{kind}/{key}: what is remembered of an entity."""

from collections.abc import Iterable
from itertools import islice

from fastapi import APIRouter, Depends, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.case_shapes import Profile as ProfileShape
from orderguard.api.context import Given
from orderguard.api.needs import LiveView
from orderguard.bilingual import Bilingual
from orderguard.domain.orders import OrderKey
from orderguard.errors import NotFound
from orderguard.flows.learn import entities_of, profile_name
from orderguard.flows.present import Json
from orderguard.kit.clock import rfc3339
from orderguard.profiles import Profile, ProfileKind

ORDERS_MAX = 100
"""Orders of a case whose entities are looked up."""

router = APIRouter(prefix="/profiles", tags=["profiles"], dependencies=[Depends(signed_in)])


@router.get("/{kind}/{key:path}", response_model=ProfileShape)
async def get_profile(context: Given, kind: ProfileKind, key: str) -> Response:
    """One profile. Where the key means nothing beyond its shop, write `CHANNEL/SHOP/KEY`."""
    profile = context.live.fold.tables.profiles.get(profile_name(kind, key))
    if profile is None:
        raise NotFound(Bilingual("Nothing is remembered of this entity.", "没有这个主体的画像。"))
    return answer(_profile_json(kind, key, profile))


def profiles_of(live: LiveView, orders: Iterable[OrderKey]) -> list[Json]:
    """The profiles of the entities of the first orders, each once."""
    names: dict[tuple[ProfileKind, str], None] = {}
    for order in islice(orders, ORDERS_MAX):
        record = live.order(order)
        if record is not None:
            names |= dict.fromkeys(entities_of(record).items())
    profiles = live.fold.tables.profiles
    return [
        _profile_json(kind, key, profile)
        for kind, key in names
        if (profile := profiles.get(profile_name(kind, key))) is not None
    ]


def _profile_json(kind: ProfileKind, key: str, profile: Profile) -> Json:
    return {
        "kind": kind,
        "key": key,
        "first_seen": rfc3339(profile.first_seen),
        "last_seen": rfc3339(profile.last_seen),
        "orders": profile.orders,
        "confirmed_bad": profile.confirmed_bad,
        "confirmed_good": profile.confirmed_good,
        "sources": dict(profile.sources),
        "links": {name: list(keys) for name, keys in profile.links.items()},
    }
