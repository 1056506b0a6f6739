"""Which label of an order counts."""

from hypothesis import given
from hypothesis import strategies as st

from orderguard.labels import PERSON, WEIGHTS, Label, OrderLabels, counting, labelled, unlabelled

SOURCES = st.sampled_from([PERSON, *WEIGHTS])
LABELS = st.lists(
    st.builds(Label, bad=st.booleans(), source=SOURCES, at=st.integers(0, 1_000)), max_size=8
)


def with_all(labels: list[Label]) -> OrderLabels:
    known = OrderLabels()
    for label in labels:
        known = labelled(known, label)
    return known


def test_a_persons_word_counts_before_what_happens_later() -> None:
    person = Label(bad=False, source=PERSON, at=1)
    known = with_all([person, Label(bad=True, source="dispute", at=9)])
    assert counting(known) == person
    assert counting(unlabelled(known, PERSON)) == Label(bad=True, source="dispute", at=9)


def test_the_stronger_source_counts_whenever_it_came() -> None:
    dispute = Label(bad=True, source="dispute", at=1)
    assert counting(with_all([dispute, Label(bad=False, source="kept", at=9)])) == dispute


def test_nothing_known_counts_for_nothing() -> None:
    assert counting(OrderLabels()) is None


@given(LABELS)
def test_each_source_has_one_word_and_the_newest(labels: list[Label]) -> None:
    known = with_all(labels)
    assert {label.source: label for label in known.labels} == {one.source: one for one in labels}
    assert len(known.labels) == len({label.source for label in labels})


@given(LABELS, SOURCES)
def test_what_is_taken_back_was_never_said(labels: list[Label], source: str) -> None:
    others = [label for label in labels if label.source != source]
    assert counting(unlabelled(with_all(labels), source)) == counting(with_all(others))
