"""The allow, watch and block lists, and the relations between buyers."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Editor, signed_in
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ITEMS_MAX,
    Ms,
    answer,
    page,
    read_cursor,
    read_instant,
)
from orderguard.api.context import Context, Given
from orderguard.api.shapes import Listed, ListedPage, Relation, RelationPage
from orderguard.bilingual import Bilingual
from orderguard.domain.entries import ListChanged, ListKind, ListName, RelationChanged
from orderguard.errors import BadInput, NotFound
from orderguard.flows.present import Json
from orderguard.kit.clock import rfc3339
from orderguard.kit.ids import stable_id

VALUE_CHARACTERS_MAX = 512
BUYERS_MAX = 100

router = APIRouter(dependencies=[Depends(signed_in)])

Cursor = Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)]
Value = Annotated[str, Field(min_length=1, max_length=VALUE_CHARACTERS_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=128)]


class ListingRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[ListName, Field(alias="list")]
    kind: ListKind
    value: Value
    reason: Annotated[str, Field(max_length=500)] = ""
    until: Annotated[str | None, Field(description="RFC 3339; without it, until taken off")] = None


class RelationRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel: Name
    shop: Name
    buyers: Annotated[list[Name], Field(max_length=BUYERS_MAX)]
    relation_id: Name | None = None


@router.get("/lists", response_model=ListedPage, tags=["lists"])
async def show_lists(
    context: Given,
    name: Annotated[ListName | None, Query(alias="list")] = None,
    kind: ListKind | None = None,
    cursor: Cursor = None,
) -> Response:
    """What is on the lists now, newest first."""
    before = None if cursor is None else read_cursor(cursor, tuple[Ms, str])
    now_ms = context.clock.now_ms()
    listed = (
        entry
        for _, entry in context.live.fold.tables.lists.items()
        if (name is None or entry.name is name)
        and (kind is None or entry.kind is kind)
        and (entry.until_ms is None or entry.until_ms > now_ms)
        and (before is None or _place(entry) < before)
    )
    return page(heapq.nlargest(PAGE_ITEMS_MAX + 1, listed, _place), _listed_json, _place)


@router.post("/lists", response_model=Listed, status_code=201, tags=["lists"])
async def put_on_list(context: Given, account: Editor, listing: ListingRequest) -> Response:
    """Put an entity on a list. It is durable and in force when this answers."""
    until_ms = None if listing.until is None else read_instant(listing.until, "until")
    if until_ms is not None and until_ms <= context.clock.now_ms():
        raise BadInput(
            Bilingual("`until` has passed already.", "`until` 已经过去了。"),
            hint=Bilingual("Name a later instant, or none.", "请写更晚的时刻，或不写。"),
        )
    value, shown = context.listed_value(listing.kind, listing.value)
    await context.live.change_list(
        ListChanged(
            received_ms=0,
            by=account.name,
            name=listing.name,
            kind=listing.kind,
            value=value,
            reason=listing.reason,
            until_ms=until_ms,
            shown=shown,
        )
    )
    entry = _entry(context, listing.name, listing.kind, value)
    if entry is None:
        raise NotFound(
            Bilingual(
                "Somebody took it off the list again at the same moment.",
                "有人在同一时刻又把它移出了名单。",
            )
        )
    return answer(_listed_json(entry), 201)


@router.delete("/lists", status_code=204, tags=["lists"])
async def take_off_list(
    context: Given,
    account: Editor,
    name: Annotated[ListName, Query(alias="list")],
    kind: ListKind,
    value: Annotated[str, Query(min_length=1, max_length=VALUE_CHARACTERS_MAX)],
) -> Response:
    """Take an entity off a list: by `value` as GET tells it, or as it was typed.

    Addresses of calls are logged on the way: name a phone, an e-mail or a street as GET tells it.
    """
    entry = _entry(context, name, kind, value)
    if entry is None:
        entry = _entry(context, name, kind, context.listed_value(kind, value)[0])
    if entry is None:
        raise NotFound(
            Bilingual("It is not on this list.", "它不在这份名单上。"),
            hint=Bilingual(
                "GET /api/v1/lists tells what is.", "名单上有什么见 GET /api/v1/lists。"
            ),
        )
    await context.live.change_list(replace(entry, received_ms=0, by=account.name, on=False))
    return Response(status_code=204)


@router.get("/relations", response_model=RelationPage, tags=["lists"])
async def show_relations(context: Given, cursor: Cursor = None) -> Response:
    """Buyers who belong together, by channel, shop and id."""
    after = None if cursor is None else read_cursor(cursor, tuple[str, str, str])
    buyers: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for place, buyer in _households(context):
        if after is None or place > after:
            buyers[place].append(buyer)
    places = heapq.nsmallest(PAGE_ITEMS_MAX + 1, buyers)
    return page(places, lambda place: _relation_json(place, buyers[place]), lambda place: place)


@router.post("/relations", response_model=Relation, tags=["lists"])
async def relate(context: Given, account: Editor, relation: RelationRequest) -> Response:
    """Declare that buyers belong together, in place of what the relation was; none ends it.

    It is durable and in force when this answers.
    """
    members = sorted(set(relation.buyers))
    if len(members) == 1:
        raise BadInput(
            Bilingual("One buyer is no relation.", "一个买家构不成关联。"),
            hint=Bilingual(
                "Name two or more, or none to end it.", "请写两个以上；要解除关联就一个也不写。"
            ),
        )
    scope = (relation.channel, relation.shop)
    relation_id = relation.relation_id or stable_id("relation", *scope, *members)
    place = (*scope, relation_id)
    if not members and all(place != standing for standing, _ in _households(context)):
        raise NotFound(
            Bilingual("There is no such relation.", "没有这个关联。"),
            hint=Bilingual(
                "GET /api/v1/relations tells all.", "全部关联见 GET /api/v1/relations。"
            ),
        )
    await context.live.note(
        RelationChanged(
            received_ms=0,
            by=account.name,
            relation_id=relation_id,
            channel=relation.channel,
            shop=relation.shop,
            buyers=tuple(members),
        )
    )
    return answer(_relation_json(place, members))


def _entry(context: Context, name: ListName, kind: ListKind, value: str) -> ListChanged | None:
    return context.live.fold.tables.lists.get(f"{name}/{kind}/{value}")


def _place(entry: ListChanged) -> tuple[int, str]:
    return (entry.received_ms, f"{entry.name}/{entry.kind}/{entry.value}")


def _listed_json(entry: ListChanged) -> Json:
    return {
        "list": entry.name,
        "kind": entry.kind,
        "value": entry.value,
        "shown": entry.shown or entry.value,
        "reason": entry.reason,
        "until": None if entry.until_ms is None else rfc3339(entry.until_ms),
        "by": entry.by,
        "listed_at": rfc3339(entry.received_ms),
    }


def _households(context: Context) -> Iterator[tuple[tuple[str, str, str], str]]:
    """((channel, shop, relation_id), buyer) of every buyer in a relation."""
    for name, relation_id in context.live.fold.tables.households.items():
        channel, shop, buyer = name.split("/", 2)
        yield (channel, shop, relation_id), buyer


def _relation_json(place: tuple[str, str, str], buyers: list[str]) -> Json:
    channel, shop, relation_id = place
    return {
        "relation_id": relation_id,
        "channel": channel,
        "shop": shop,
        "buyers": sorted(buyers),
    }
