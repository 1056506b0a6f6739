"""The shapes of answers about the orders' money. Amounts are decimal texts."""

from typing import Annotated, Literal

from pydantic import Field

from orderguard.api.shapes import Bilingual, Instant, Page, Shape

Amount = Annotated[str, Field(json_schema_extra={"format": "decimal"})]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]


class CauseShare(Shape):
    """`effect` is what the merchant has too much by it, below zero too little."""

    cause: str
    title: Bilingual
    orders: int
    amount: Amount
    effect: Amount


class SignedOff(Shape):
    """`changed`: the day's money is not any more what was seen."""

    by: str
    at: Instant
    comment: str
    version: str
    changed: bool


class DayMoney(Shape):
    """`channel_amount` is what orders come to, less refunds; all three amounts should be one."""

    channel: str
    shop: str
    day: Day
    currency: str
    orders: int
    channel_amount: Amount
    payments: Amount
    refunds: Amount
    net: Amount
    settled: Amount
    difference: Amount
    causes: list[CauseShare]
    awaited: CauseShare | None
    not_expected: CauseShare | None
    age: str
    signed: SignedOff | None


class AgeBucket(Shape):
    currency: str
    age: str
    orders: int
    amount: Amount


class ShopSettlements(Shape):
    """`tells_settlements`: null until one was told, or so many missed that there will be none."""

    channel: str
    shop: str
    zone: str
    tells_settlements: bool | None
    first_at: Instant | None
    misses: int


class DayPage(Page):
    """`ageing` is of all days asked for, not of this page alone."""

    items: list[DayMoney]
    ageing: list[AgeBucket]
    shops: list[ShopSettlements]


class OrderDifference(Shape):
    """`since` is from when on it was a fault."""

    cause: str
    title: Bilingual
    kind: Literal["payment", "refund"]
    currency: str | None
    owed: Amount
    settled: Amount
    amount: Amount | None
    since: Instant
    explanation: Bilingual


class DifferingOrder(Shape):
    order_id: str
    differences: list[OrderDifference]


class DayDetail(Page):
    """`version` names the money as it is; send it back with a sign-off of what you saw."""

    channel: str
    shop: str
    day: Day
    zone: str
    version: str
    money: list[DayMoney]
    items: list[DifferingOrder]
    sign_offs: list[SignedOff]
