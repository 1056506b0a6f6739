"""Second identity verification: what to ask who calls himself the buyer, and how.

The questions are about facts that the buyer knows and a thief of the account has to look up. They
never tell their answer; the answer stands beside them, for the agent alone.
"""

from collections.abc import Sequence

from msgspec import Struct

QUESTIONS_MAX = 4


class OrderFacts(Struct, frozen=True, kw_only=True):
    """What is known of the order, each None where it is not. `placed_at` as people say it."""

    order_id: str
    quantity: int | None = None
    skus: tuple[str, ...] = ()
    city: str | None = None
    district: str | None = None
    payment_method: str | None = None
    amount: str | None = None
    placed_at: str | None = None
    account_age_days: int | None = None


class Question(Struct, frozen=True):
    """One question in both languages, and the answer that the order gives."""

    zh: str
    en: str
    answer: str


class Script(Struct, frozen=True):
    """What to say, sentence by sentence, in both languages."""

    zh: tuple[str, ...]
    en: tuple[str, ...]


def questions(facts: OrderFacts) -> tuple[Question, ...]:
    """The most telling questions that the order can answer, the best first."""
    asked: list[tuple[str, str, str | None]] = [
        ("订单寄往哪个区县？", "Which district does the parcel go to?", facts.district),
        ("您用什么方式付款？", "How did you pay?", facts.payment_method),
        ("您买了几件？", "How many units did you buy?", _text(facts.quantity)),
        ("您大约什么时候下的单？", "When, roughly, did you order?", facts.placed_at),
        ("订单实付多少钱？", "What did you pay in all?", facts.amount),
        ("您买的是什么？", "What did you buy?", ", ".join(facts.skus) or None),
        ("订单寄往哪个城市？", "Which city does the parcel go to?", facts.city),
        ("您的账号用了多少天？", "How old is your account in days?", _text(facts.account_age_days)),
    ]
    found = [Question(zh, en, answer) for zh, en, answer in asked if answer]
    return tuple(found[:QUESTIONS_MAX])


def call_script(facts: OrderFacts, asked: Sequence[Question]) -> Script:
    """How to call the buyer; the order is named by the end of its number alone."""
    tail = facts.order_id[-4:]
    return Script(
        zh=(
            f"您好，这里是店铺客服，关于您尾号 {tail} 的订单，想和您核对几个问题。",
            "我们不会向您索要密码、验证码或银行卡号，也不会让您转账。",
            *(question.zh for question in asked),
            "全部答对：感谢您，订单马上安排发货。",
            "有一题答错或拒绝回答：好的，订单先为您保留，请通过店铺官方客服再联系我们。",
        ),
        en=(
            f"Good day, this is the shop's service about your order ending in {tail}.",
            "We never ask for a password, a code or a card number, nor for a transfer.",
            *(question.en for question in asked),
            "All right: thank you, your order goes on at once.",
            "One wrong, or no answer: we keep your order; please write to us through the shop.",
        ),
    )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
