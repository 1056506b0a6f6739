"""Do on the channel's side what a step asks for: hold, cancel, remark; where it cannot, say so.

    each order ─► its own platform does it? ─► its warehouse does it? ─► the merchant's own system
                                                                        └► nobody: not connected

Each of these calls sets a state, so that asking twice does nothing more than asking once.
"""

import asyncio
import base64
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from orderguard.domain.calls import Calls, Want
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import (
    Action,
    Concerned,
    Doing,
    Outcome,
    Receipt,
    ShopConfig,
    ShopDirectory,
)
from orderguard.errors import (
    MaybeDone,
    NotDone,
    PlatformBusy,
    PlatformFailure,
    PlatformTooLate,
)
from orderguard.flows.calls import Platforms
from orderguard.flows.fetch import Fetcher

REFETCH = "refetch_order"
PARALLEL_MAX = 16
DETAIL_ORDERS_MAX = 5
"""Orders that a receipt names one by one."""
_SAYS: Mapping[str, str] = {
    "zh": "请渠道或仓库处理{orders}单（{action}）",
    "en": "Ask channel or warehouse for {orders} orders ({action})",
}


class Route(Struct, frozen=True):
    """Who does it for an order: a shop of a channel that can."""

    shop: ShopConfig
    calls: Calls


class _Done(Struct, frozen=True, array_like=True):
    """One order that a platform has done something for."""

    channel: str
    shop: str
    order: OrderKey
    reference: str


class _Reference(Struct, frozen=True):
    done: tuple[_Done, ...] = ()
    merchant: str | None = None


_decode = msgspec.json.Decoder(_Reference).decode


class AnswerBack:
    """An Action of this name: by the platforms where they can, by `merchant` for the others."""

    is_gathering = False

    def __init__(
        self,
        name: str,
        *,
        platforms: Platforms,
        shops: ShopDirectory,
        fetcher: Fetcher,
        merchant: Action | None,
    ) -> None:
        self.name, self.merchant = name, merchant
        self.is_repeatable = merchant is None or merchant.is_repeatable
        self._platforms, self._shops, self._fetcher = platforms, shops, fetcher
        self._slots = asyncio.Semaphore(PARALLEL_MAX)

    @property
    def is_connected(self) -> bool:
        """Whether it reaches any shop."""
        if self.merchant is not None:
            return True
        offered = map(self._platforms.calls, self._shops.all())
        return any(calls is not None and self._is_done_by(calls) for calls in offered)

    def reaches(self, orders: Iterable[OrderKey]) -> bool:
        """Whether anybody is connected who could do it for one of these."""
        if self.merchant is not None:
            return True
        shops = tuple(self._shops.all())
        return any(self.route(order, shops) for order in orders)

    def route(self, order: OrderKey, shops: Sequence[ShopConfig]) -> Route | None:
        """Who of the connected platforms does this for the order; `shops` are all there are."""
        own = self._shops.find(order.channel, order.shop)
        calls = self._platforms.calls(own) if own else None
        if own is not None and calls is not None and self._is_done_by(calls):
            return Route(own, calls)
        for shop in shops:
            calls = self._platforms.calls(shop)
            if calls is not None and self.name in calls.does and _serves(calls, shop, order):
                return Route(shop, calls)
        return None

    async def run(self, doing: Doing) -> Receipt:
        shops = tuple(self._shops.all())
        routed = [(order, self.route(order.key, shops)) for order in doing.orders]
        theirs = [(order, route) for order, route in routed if route is not None]
        others = tuple(order for order, route in routed if route is None)
        if others and self.merchant is None and not theirs:
            return Receipt(key=doing.key, outcome=Outcome.NOT_CONNECTED)
        told = await self._all(theirs, lambda order, route: self._tell(order, route, doing))
        merchant: Receipt | None = None
        if others and self.merchant is not None:
            merchant = await self.merchant.run(msgspec.structs.replace(doing, orders=others))
        return _receipt(doing.key, theirs, told, merchant, others)

    async def undo(self, receipt: Receipt) -> Receipt:
        reference = _read(receipt.reference)
        theirs = [
            (_bare(one.order), route)
            for one in reference.done
            if (route := self._route_of(one)) and self.name in route.calls.undoes
        ]
        told = await self._all(theirs, lambda order, route: self._untell(order, route, receipt))
        merchant: Receipt | None = None
        if reference.merchant is not None and self.merchant is not None:
            former = msgspec.structs.replace(receipt, reference=reference.merchant)
            merchant = await self.merchant.undo(former)
        return _receipt(receipt.key, theirs, told, merchant, ())

    def describe(self, doing: Doing) -> str:
        if self.merchant is not None:
            return self.merchant.describe(doing)
        return _SAYS[doing.language].format(orders=len(doing.orders), action=self.name)

    async def close(self) -> None:
        if self.merchant is not None:
            await self.merchant.close()

    def _is_done_by(self, calls: Calls) -> bool:
        return calls.tells_orders if self.name == REFETCH else self.name in calls.does

    def _route_of(self, done: _Done) -> Route | None:
        shop = self._shops.find(done.channel, done.shop)
        calls = self._platforms.calls(shop) if shop else None
        return Route(shop, calls) if shop is not None and calls is not None else None

    async def _tell(self, order: Concerned, route: Route, doing: Doing) -> str:
        if self.name == REFETCH:
            await self._fetcher.refetch(route.shop, Want(kind="order", id=order.key.order_id))
            return ""
        return await self._platforms.ask(
            route.shop,
            lambda asking: route.calls.tell(self.name, order, doing, asking),
            lambda reply, _: route.calls.read_told(self.name, reply),
            is_effect=True,
        )

    async def _untell(self, order: Concerned, route: Route, receipt: Receipt) -> str:
        return await self._platforms.ask(
            route.shop,
            lambda asking: route.calls.untell(self.name, order, receipt, asking),
            lambda reply, _: route.calls.read_told(self.name, reply),
            is_effect=True,
        )

    async def _all(
        self,
        orders: Sequence[tuple[Concerned, Route]],
        do: Callable[[Concerned, Route], Awaitable[str]],
    ) -> list[str | PlatformFailure]:
        """What came of each. Raise NotDone or MaybeDone where a later try may do for one."""

        async def one(order: Concerned, route: Route) -> str | PlatformFailure:
            async with self._slots:
                try:
                    return await do(order, route)
                except PlatformFailure as error:
                    return error

        told = await asyncio.gather(*(one(order, route) for order, route in orders))
        for failure in told:
            if isinstance(failure, PlatformBusy):
                kind = MaybeDone if failure.may_have_acted else NotDone
                raise kind(failure.message, retry_after_s=failure.retry_after_s)
        return told


def _receipt(
    key: str,
    orders: Iterable[tuple[Concerned, Route]],
    told: Sequence[str | PlatformFailure],
    merchant: Receipt | None,
    others: Sequence[Concerned],
) -> Receipt:
    done, failures = [], []
    for (order, route), said in zip(orders, told, strict=True):
        if isinstance(said, PlatformFailure):
            failures.append((order, said))
        else:
            done.append(_Done(route.shop.channel, route.shop.shop, order.key, said))
    reference = _write(_Reference(tuple(done), merchant.reference if merchant else None))
    if failures:
        detail = "; ".join(
            f"{order.key}: {said.message}" for order, said in failures[:DETAIL_ORDERS_MAX]
        )
        late = all(isinstance(said, PlatformTooLate) for _, said in failures)
        outcome = Outcome.TOO_LATE if late else Outcome.REFUSED
        return Receipt(key=key, outcome=outcome, reference=reference, detail=detail)
    if merchant is not None:
        return msgspec.structs.replace(merchant, reference=reference)
    if others:
        detail = f"nobody is connected for {len(others)} of the orders"
        return Receipt(key=key, outcome=Outcome.REFUSED, reference=reference, detail=detail)
    return Receipt(key=key, outcome=Outcome.DONE, reference=reference)


def _serves(calls: Calls, shop: ShopConfig, order: OrderKey) -> bool:
    if not calls.serves:
        return False
    places = shop.settings.get(calls.serves, "").split(",")
    return f"{order.channel}/{order.shop}" in {place.strip() for place in places}


def _bare(order: OrderKey) -> Concerned:
    return Concerned(key=order, status=OrderStatus.UNKNOWN)


def _write(reference: _Reference) -> str:
    """Small, since a receipt may name thousands of orders."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(reference))).decode()


def _read(text: str) -> _Reference:
    try:
        return _decode(zlib.decompress(base64.b64decode(text)))
    except (ValueError, zlib.error, msgspec.DecodeError):
        # A step that was done before this action had platforms: the reference is the merchant's.
        return _Reference(merchant=text)
