"""GET /api/v1/locks: the ledger of stock locks."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from msgspec import Struct

from orderguard.api.access import signed_in
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ITEMS_MAX,
    Ms,
    answer,
    read_cursor,
    write_cursor,
)
from orderguard.api.context import Given
from orderguard.api.lock_shapes import LockPage, LockTotalsPage, Mode
from orderguard.api.needs import LiveView
from orderguard.domain.locks import Lock, LockEnd
from orderguard.domain.orders import OrderKey
from orderguard.flows.present import Json
from orderguard.kit.clock import MS_PER_MINUTE, rfc3339
from orderguard.kit.days import day_name, day_of
from orderguard.responses.locks import MODES, mode_of, wrong_unit_ms

LOOKED_AT_MAX = 1_000
"""Locks looked at for one page: one with few that fit is short, and tells where to go on."""
DAYS_MAX = 366
RESERVATIONS = frozenset({LockEnd.CONFIRMED, LockEnd.PAID})

router = APIRouter(prefix="/locks", tags=["locks"], dependencies=[Depends(signed_in)])

Word = Annotated[str | None, Query(max_length=256)]


class Asked(Struct, frozen=True, kw_only=True):
    """Which locks; None asks for any."""

    channel: str | None
    shop: str | None
    order_id: str | None
    sku: str | None
    rule: str | None
    mode: Mode | None
    is_standing: bool | None
    is_wrong: bool | None

    def fits(self, lock: Lock) -> bool:
        asked = (
            (self.channel, lock.order.channel),
            (self.shop, lock.order.shop),
            (self.order_id, lock.order.order_id),
            (self.mode, mode_of(is_shadow=lock.is_shadow)),
            (self.is_standing, lock.end is None),
            (self.is_wrong, lock.is_wrong is True),
        )
        if any(one is not None and one != found for one, found in asked):
            return False
        has_sku = self.sku is None or any(line.sku == self.sku for line in lock.lines)
        return has_sku and (self.rule is None or self.rule in lock.rules)


@router.get("", response_model=LockPage)
async def list_locks(
    context: Given,
    *,
    channel: Word = None,
    shop: Word = None,
    order_id: Word = None,
    sku: Word = None,
    rule: Word = None,
    mode: Mode | None = None,
    is_standing: Annotated[bool | None, Query(alias="standing")] = None,
    is_wrong: Annotated[bool | None, Query(alias="wrong")] = None,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
) -> Response:
    """Stock locks, newest first. A page may be short and still have a `next_cursor`."""
    asked = Asked(
        channel=channel,
        shop=shop,
        order_id=order_id,
        sku=sku,
        rule=rule,
        mode=mode,
        is_standing=is_standing,
        is_wrong=is_wrong,
    )
    before = None if cursor is None else read_cursor(cursor, Ms)
    live, items, last = context.live, list[Lock](), None
    looked = 0
    for number in islice(_numbers(live, asked, before), LOOKED_AT_MAX):
        looked, last = looked + 1, number
        lock = live.fold.ledger.lock(number)
        if lock is not None and asked.fits(lock):
            items.append(lock)
        if len(items) == PAGE_ITEMS_MAX:
            break
    is_cut = last is not None and next(_numbers(live, asked, last), None) is not None
    return answer(
        {
            "items": [_lock_json(live, lock) for lock in items],
            "next_cursor": write_cursor(last) if is_cut else None,
        }
    )


@router.get("/totals", response_model=LockTotalsPage)
async def total_locks(
    context: Given, days: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 31
) -> Response:
    """Locks and wrong-lock time of the last days, by day and rule; and the locks that stand."""
    fold = context.live.fold
    now_ms, standing = fold.clock_ms, fold.ledger.standing()
    first = day_of(now_ms) - days + 1
    items = [
        {
            "day": day_name(place.day),
            "rule": place.rule,
            "mode": mode_of(is_shadow=place.is_shadow),
            "locks": total.locks,
            "units": total.units,
            "wrong": total.wrong,
            "wrong_unit_minutes": total.wrong_unit_ms / MS_PER_MINUTE,
        }
        for place, total in fold.ledger.totals(now_ms).items()
        if place.day >= first
    ]
    by_mode = Counter(mode_of(is_shadow=lock.is_shadow) for lock in standing)
    overdue = Counter(
        mode_of(is_shadow=lock.is_shadow) for lock in standing if lock.is_overdue(now_ms)
    )
    return answer(
        {
            "items": items,
            "standing": {mode: by_mode[mode] for mode in MODES},
            "overdue": {mode: overdue[mode] for mode in MODES},
        }
    )


def _numbers(live: LiveView, asked: Asked, before: int | None) -> Iterator[int]:
    """The numbers of the locks that may fit, newest first, from before this one."""
    ledger, newest = live.fold.ledger, live.fold.tables.progress.locks
    limit = newest + 1 if before is None else min(before, newest + 1)
    if asked.channel and asked.shop and asked.order_id:
        key = OrderKey(asked.channel, asked.shop, asked.order_id)
        known = [lock.number for lock in ledger.of_order(key)]
    elif asked.is_standing:
        known = [lock.number for lock in ledger.standing()]
    else:
        yield from range(limit - 1, 0, -1)
        return
    yield from (number for number in reversed(known) if number < limit)


def _lock_json(live: LiveView, lock: Lock) -> Json:
    now_ms, prices = live.fold.clock_ms, [line.unit_price for line in lock.lines]
    value = sum(
        (line.quantity * line.unit_price for line in lock.lines if line.unit_price is not None),
        Decimal(),
    )
    order = live.order(lock.order)
    return {
        "number": lock.number,
        "channel": lock.order.channel,
        "shop": lock.order.shop,
        "order_id": lock.order.order_id,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in lock.lines],
        "units": lock.units,
        "value": None if None in prices else value,
        "currency": None if order is None else order.state.members.get("order_currency"),
        "owner": {
            "alert_id": lock.alert_id,
            "playbook": lock.playbook,
            "step": lock.step,
            "rules": lock.rules,
        },
        "reason": lock.reason,
        "mode": mode_of(is_shadow=lock.is_shadow),
        "locked_at": rfc3339(lock.locked_at),
        "ends_at": None if lock.ends_at is None else rfc3339(lock.ends_at),
        "ended_at": None if lock.ended_at is None else rfc3339(lock.ended_at),
        "end": lock.end,
        "is_reservation": lock.end in RESERVATIONS,
        "is_overdue": lock.is_overdue(now_ms),
        "is_wrong": lock.is_wrong,
        "wrong_unit_minutes": wrong_unit_ms(lock, now_ms) / MS_PER_MINUTE,
    }
