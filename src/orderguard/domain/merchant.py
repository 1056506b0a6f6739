"""What is asked of the merchant's own system, and what it answers: one JSON object each.

    {"id": key, "action": "hold_shipment", "alert_id", "severity", "rules", "reason": {zh, en},
     "orders": [{"channel", "shop", "order_id", "status", "lines": [{"sku", "quantity"}]}],
     "values": {…}}

Taking it back: `{"id": key + ".undo", "action", "undoes": key, "reference"}`. The answer may be
empty, which is done, or `{"outcome": "done" | "too_late" | "refused", "reference", "detail"}`.
"""

from collections.abc import Mapping
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta, Struct

from orderguard.domain.ports import Doing, Outcome, Receipt

UNDO = ".undo"
_OUTCOMES = {"too_late": Outcome.TOO_LATE, "refused": Outcome.REFUSED}


class MerchantSettings(Struct, frozen=True, kw_only=True):
    """Your own system, which does this when it is asked by a signed call."""

    url: Annotated[
        str,
        Meta(
            max_length=2048,
            description="The address that is called; it may lie in your own network.",
        ),
    ] = ""
    secret: Annotated[
        str,
        Meta(max_length=1024, description="Signs each call: `whsec_` and base64."),
    ] = ""
    knows_ids: Annotated[
        bool,
        Meta(
            description="Whether a call that comes again under the same `webhook-id` does nothing."
            " Without it a call that was not answered is never repeated: the step says"
            " `maybe_done`."
        ),
    ] = True
    seconds_max: Annotated[
        float, Meta(ge=0.1, le=300, description="Seconds that one try may take.")
    ] = 10.0
    parallel_max: Annotated[
        int, Meta(ge=1, le=100, description="Calls that may be under way at once.")
    ] = 8


class _Line(Struct):
    sku: str
    quantity: int


class _Order(Struct):
    channel: str
    shop: str
    order_id: str
    status: str
    lines: list[_Line]


class _Asked(Struct):
    id: str
    action: str
    alert_id: str
    severity: str
    rules: tuple[str, ...]
    reason: dict[str, str]
    orders: list[_Order]
    values: dict[str, str]


class _Undone(Struct):
    id: str
    action: str
    undoes: str
    reference: str


class _Told(Struct):
    outcome: str = ""
    reference: str = ""
    detail: str = ""


def asked(action: str, doing: Doing) -> bytes:
    last = doing.alert.hits[-1].explanation if doing.alert.hits else None
    return msgspec.json.encode(
        _Asked(
            id=doing.key,
            action=action,
            alert_id=doing.alert.alert_id,
            severity=doing.alert.severity,
            rules=doing.alert.rules,
            reason={} if last is None else {"zh": last.zh, "en": last.en},
            orders=[
                _Order(
                    channel=order.key.channel,
                    shop=order.key.shop,
                    order_id=order.key.order_id,
                    status=order.status,
                    lines=[_Line(sku, quantity) for sku, quantity in order.lines],
                )
                for order in doing.orders
            ],
            values=dict(doing.values),
        )
    )


def undone(action: str, receipt: Receipt) -> tuple[str, bytes]:
    """The id of the call, and its body."""
    key = f"{receipt.key}{UNDO}"
    body = _Undone(id=key, action=action, undoes=receipt.key, reference=receipt.reference)
    return key, msgspec.json.encode(body)


def told(key: str, answer: bytes) -> Receipt:
    """What the answer says; one that is not readable came with a 2xx, and is done."""
    try:
        said = msgspec.json.decode(answer, type=_Told) if answer.strip() else _Told()
    except msgspec.DecodeError:
        said = _Told()
    outcome = _OUTCOMES.get(said.outcome, Outcome.DONE)
    return Receipt(key=key, outcome=outcome, reference=said.reference, detail=said.detail)


class Caller(Protocol):
    """Posts signed calls to one address. The message's id is its idempotency key."""

    async def post(self, message_id: str, body: bytes) -> bytes:
        """The body of a 2xx answer. Raise as an action's `run` does."""
        ...

    async def close(self) -> None: ...


class Connects(Protocol):
    def __call__(
        self, url: str, secret: str, *, seconds_max: float, parallel_max: int, knows_ids: bool
    ) -> Caller:
        """Raise BadInput for an address or a secret that cannot work."""
        ...


class MerchantKind:
    """A kind of action that the merchant's own system does.

    `says` is what is done, by language, with `{orders}` for how many; `connects` does the calling.
    """

    settings: type[Struct] = MerchantSettings

    def __init__(
        self, name: str, *, title: Mapping[str, str], says: Mapping[str, str], connects: Connects
    ) -> None:
        self.name, self.title, self.says, self._connects = name, title, says, connects

    def connect(self, settings: Struct) -> "MerchantAction":
        assert isinstance(settings, MerchantSettings)
        caller = self._connects(
            settings.url,
            settings.secret,
            seconds_max=settings.seconds_max,
            parallel_max=settings.parallel_max,
            knows_ids=settings.knows_ids,
        )
        return MerchantAction(self, caller, is_repeatable=settings.knows_ids)


class MerchantAction:
    """One signed call, once by its key."""

    is_gathering = False

    def __init__(self, kind: MerchantKind, caller: Caller, *, is_repeatable: bool) -> None:
        self.is_repeatable = is_repeatable
        self._kind, self._caller = kind, caller

    async def run(self, doing: Doing) -> Receipt:
        return told(doing.key, await self._caller.post(doing.key, asked(self._kind.name, doing)))

    async def undo(self, receipt: Receipt) -> Receipt:
        key, body = undone(self._kind.name, receipt)
        return told(receipt.key, await self._caller.post(key, body))

    def describe(self, doing: Doing) -> str:
        return self._kind.says[doing.language].format(orders=len(doing.orders))

    async def close(self) -> None:
        await self._caller.close()
