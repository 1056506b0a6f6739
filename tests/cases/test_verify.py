"""Questions that never tell their answer, and a script in two languages."""

from hypothesis import given
from hypothesis import strategies as st

from orderguard.cases import OrderFacts, call_script, questions

TEXTS = st.one_of(st.none(), st.text("上海徐汇alipayABC0123456789", min_size=3, max_size=12))
FACTS = st.builds(
    OrderFacts,
    order_id=st.text("0123456789", min_size=6, max_size=20),
    quantity=st.one_of(st.none(), st.integers(1_000, 9_999)),
    skus=st.lists(st.text("SKU-0123456789", min_size=5, max_size=9), max_size=3).map(tuple),
    city=TEXTS,
    district=TEXTS,
    payment_method=TEXTS,
    amount=TEXTS,
)


@given(FACTS)
def test_no_question_tells_its_answer(facts: OrderFacts) -> None:
    asked = questions(facts)
    script = call_script(facts, asked)
    for question in asked:
        assert question.answer
        assert question.answer not in question.zh
        assert question.answer not in question.en
        assert question.zh in script.zh
        assert question.en in script.en
    assert len(script.zh) == len(script.en) == len(asked) + 4


@given(FACTS)
def test_an_order_is_named_by_its_end_alone(facts: OrderFacts) -> None:
    script = call_script(facts, questions(facts))
    said = " ".join((*script.zh, *script.en))
    assert facts.order_id not in said
    assert facts.order_id[-4:] in said


def test_what_is_not_known_is_not_asked() -> None:
    assert questions(OrderFacts(order_id="o1")) == ()
