"""The second half of the channel port: what can be asked of a platform, and told to it.

A channel's folder that offers it has `CALLS` beside `CHANNEL`. All methods are pure: they build a
request and read its answer. Signing needs the time, which comes with `Asking`. The flows send
(`flows/calls.py`): in time, not too often, and again where that may help.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, runtime_checkable

from msgspec import Struct

from orderguard.domain.events import CanonicalEvent
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import Concerned, Doing, Parsed, Receipt, ShopConfig
from orderguard.errors import PlatformRefused


class Want(Struct, frozen=True, order=True, kw_only=True):
    """A thing that a push or a list named by its id alone, and that has to be asked for."""

    kind: Literal["order", "refund"]
    id: str
    order_id: str = ""
    """The order of a refund, where the push told it and the detail will not."""


class Access(Struct, frozen=True, kw_only=True):
    """What lets us call: a token, when it ends, and what gets the next one."""

    token: str = ""
    refresh: str = ""
    expires_ms: int | None = None


class Asking(Struct, frozen=True, kw_only=True):
    """Who asks, and when."""

    shop: ShopConfig
    access: Access
    now_ms: int


class Request(Struct, frozen=True, kw_only=True):
    """One HTTP call. A token in its address is never shown."""

    method: Literal["GET", "POST"] = "POST"
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Reply(Protocol):
    """A whole answer. Header names are lower case."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Page(Struct, frozen=True, kw_only=True):
    """One page of a list: events where it has whole orders, wants where it has ids alone."""

    parsed: tuple[Parsed, ...] = ()
    wants: tuple[Want, ...] = ()
    next: str | None = None
    """What asks for the next page; None on the last one."""


class CallLimits(Struct, frozen=True, kw_only=True):
    """What the platform bears of one app.

    `settle_s`: how long after a push the detail may still be old. `window_s_max`: the longest span
    of one list call.
    """

    per_s: float = 10.0
    parallel_max: int = 8
    seconds_max: float = 10.0
    settle_s: float = 0.0
    window_s_max: int = 86_400


@runtime_checkable
class Routed(Protocol):
    """An action that reaches some shops and not others."""

    @property
    def is_connected(self) -> bool:
        """Whether it reaches any."""
        ...

    def reaches(self, orders: Iterable[OrderKey]) -> bool:
        """Whether anybody is connected who could do it for one of these."""
        ...


class ChannelMemory(Protocol):
    """What the server has to remember of a shop's connection; sealed, since tokens are in it."""

    def load(self, channel: str, shop: str, name: str) -> bytes | None: ...

    def save(self, channel: str, shop: str, name: str, value: bytes) -> None:
        """When this returns it survives a crash."""
        ...


class Calls:
    """The calls of one platform: a channel overrides what it has, the rest is refused by name.

    Every `read_…` raises, by what the answer says: `PlatformRefused` for a no that stands,
    `PlatformBusy` where a later try may do, `TokenRejected` where a fresh token may. An answer
    that cannot be read is `PlatformBusy`: a gateway's error page comes with any status.
    """

    limits: CallLimits = CallLimits()
    tells_orders: bool = False
    """Whether an order can be asked for by its id."""
    lists: bool = False
    """Whether changed orders can be listed: then gaps are found and mended."""
    does: frozenset[str] = frozenset()
    """Names of actions that this platform does itself, such as `remark_order`."""
    undoes: frozenset[str] = frozenset()
    """Those of them that it can take back: for `hold_shipment` the release."""
    serves: str = ""
    """For a warehouse: the shop's setting that names the shops it ships for, as
    `channel/shop,channel/shop`."""

    def app(self, shop: ShopConfig) -> str:
        """Whose rate limit a call counts against: an app's key, or the shop."""
        return f"{shop.channel}/{shop.shop}"

    def is_ready(self, shop: ShopConfig) -> bool:
        """Whether the shop has all that calls need; without it, it is only listened to."""
        return True

    def wants(self, event: CanonicalEvent) -> tuple[Want, ...]:
        """What a push left out and a call can tell."""
        return ()

    def detail(self, want: Want, asking: Asking) -> Request:
        raise _absent()

    def read_detail(self, want: Want, reply: Reply, asking: Asking) -> tuple[Parsed, ...]:
        """The thing as events; their ids are the same whenever it is unchanged."""
        raise _absent()

    def changed(self, since_ms: int, until_ms: int, page: str | None, asking: Asking) -> Request:
        """List the orders that changed in [since, until]; `page` is the former answer's `next`."""
        raise _absent()

    def read_changed(self, reply: Reply, asking: Asking, page: str | None) -> Page:
        """`page` as it was given to `changed`."""
        raise _absent()

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:
        """Ask for what `action` means, for one order."""
        raise _absent()

    def untell(self, action: str, order: Concerned, receipt: Receipt, asking: Asking) -> Request:
        """Ask to take it back."""
        raise _absent()

    def read_told(self, action: str, reply: Reply) -> str:
        """The platform's own reference, which may be empty."""
        raise _absent()

    def renew(self, asking: Asking) -> Request | None:
        """Ask for a fresh token; None where tokens are set by hand or are not needed."""
        return None

    def read_renewed(self, reply: Reply, asking: Asking) -> Access:
        raise _absent()

    def probe(self, asking: Asking) -> Request:
        """The cheapest call that shows that we may call: for `orderguard shop test`."""
        raise _absent()

    def read_probe(self, reply: Reply) -> None:
        raise _absent()


def _absent() -> PlatformRefused:
    return PlatformRefused("This platform has no such call.")
