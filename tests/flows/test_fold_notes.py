"""What people tell the fold counts from then on: lists, relations, snoozes, findings, labels."""

import pytest
from tests.flows.stories import START_MS, Story, ids

from orderguard.domain.alerts import Severity
from orderguard.domain.entries import (
    CaseDisposed,
    Disposition,
    LabelKind,
    LabelRecorded,
    ListChanged,
    ListKind,
    ListName,
    RelationChanged,
    SnoozeSet,
)
from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import MS_PER_SECOND

BURST, PAYER = "velocity.same_item_burst", "payment.shared_account"
HOUR = 3_600.0


def listed(
    name: ListName, kind: ListKind, value: str, *, on: bool = True, until: float | None = None
) -> ListChanged:
    until_ms = None if until is None else START_MS + round(until * MS_PER_SECOND)
    return ListChanged(received_ms=0, name=name, kind=kind, value=value, on=on, until_ms=until_ms)


def strangers(story: Story, account: str, *, at: float, buyers: int = 3) -> None:
    """So many buyers with doors of their own pay with one account, a minute apart."""
    for number in range(1, buyers + 1):
        buyer = f"{account}-{number}"
        door = {"country": "CN", "city": "上海市", "street": f"文三路{number}号"}
        story.paid(buyer, buyer, at=at + 60 * (number - 1), account=account, ship_to=door)


def test_an_allowed_entity_raises_nothing_under_rules_keyed_by_it() -> None:
    story = Story()
    story.note(listed(ListName.ALLOW, ListKind.PAYER, "purse"))
    strangers(story, "purse", at=0)
    assert story.alerts() == []
    story.burst("purse-1", at=HOUR)
    assert [alert.rules for alert in story.alerts()] == [(BURST,)], "a rule keyed by the buyer"
    assert story.standing("purse-2").risk_severity is None


@pytest.mark.parametrize("buyer", ["hoarder", "standard/demo/hoarder"])
def test_a_buyer_is_listed_by_id_or_of_one_shop(buyer: str) -> None:
    story = Story(preset="micro")
    story.note(listed(ListName.ALLOW, ListKind.BUYER, buyer))
    story.burst("hoarder", at=0)
    assert story.alerts() == []


def test_a_buyer_of_another_shop_is_somebody_else() -> None:
    story = Story(preset="micro")
    story.note(listed(ListName.ALLOW, ListKind.BUYER, "standard/elsewhere/hoarder"))
    story.burst("hoarder", at=0)
    assert story.alert(BURST)


def test_a_watched_entity_is_graded_up_to_high_at_most() -> None:
    story = Story()
    story.note(listed(ListName.WATCH, ListKind.PAYER, "couple"))
    strangers(story, "couple", at=0, buyers=2)
    assert story.alert(PAYER).severity is Severity.MEDIUM
    story.note(listed(ListName.WATCH, ListKind.BUYER, "hoarder"))
    story.burst("hoarder", at=HOUR)
    assert story.alert(BURST).severity is Severity.HIGH


def test_a_blocked_entity_always_hits_until_it_is_taken_off() -> None:
    story = Story()
    block = listed(ListName.BLOCK, ListKind.DEVICE, "phone-of-crook")
    story.placed("before", "crook", at=0)
    story.note(block, at=60)
    story.placed("during", "crook", at=120)
    story.note(listed(ListName.BLOCK, ListKind.DEVICE, "phone-of-crook", on=False), at=180)
    story.placed("after", "crook", at=240)
    alert = story.alert("lists.blocked")
    assert (ids(alert), alert.severity) == ({"during"}, Severity.HIGH)


def test_a_listing_ends_by_itself() -> None:
    story = Story()
    story.note(listed(ListName.BLOCK, ListKind.PAYER, "account-of-crook", until=600))
    story.placed("in-time", "crook", at=599)
    story.placed("too-late", "crook", at=600)
    assert ids(story.alert("lists.blocked")) == {"in-time"}


def family(buyers: tuple[str, ...]) -> RelationChanged:
    return RelationChanged(
        received_ms=0, relation_id="family", channel="standard", shop="demo", buyers=buyers
    )


def test_a_family_counts_as_one_buyer() -> None:
    story = Story()
    story.note(family(("purse-1", "purse-2", "purse-3")))
    strangers(story, "purse", at=0)
    assert story.alerts() == []
    story.paid("guest", "guest", at=300, account="purse")
    assert story.alert(PAYER).hits[0].features["payer.buyers_30d"] == 2


def test_a_relation_that_ended_counts_no_more() -> None:
    story = Story()
    for buyers in (("purse-1", "purse-2", "purse-3"), ()):
        story.note(family(buyers))
    strangers(story, "purse", at=0)
    assert story.alert(PAYER).severity is Severity.HIGH


def test_a_snoozed_alert_is_kept_and_starts_nothing() -> None:
    story = Story(preset="micro")
    until_ms = START_MS + 20 * 60 * MS_PER_SECOND
    story.note(
        SnoozeSet(
            received_ms=0,
            rule=BURST,
            subject_type="buyer",
            subject_key="hoarder",
            until_ms=until_ms,
        )
    )
    story.burst("hoarder", at=0, orders=6)
    quiet = story.alert(BURST)
    assert len(quiet.orders) == 6
    assert (quiet.playbook, story.run(quiet)) == (None, None)
    assert not story.standing("hoarder-1").held
    story.placed("hoarder-7", "hoarder", at=11 * 60)
    assert story.run(quiet) is None
    for number in range(8, 13):
        story.placed(f"hoarder-{number}", "hoarder", at=60 * (number + 12))
    awake = story.alert(BURST)
    assert awake.alert_id == quiet.alert_id
    assert story.run(awake) is not None
    assert story.standing("hoarder-1").held


def test_a_disposition_closes_its_alerts_and_a_later_hit_opens_another() -> None:
    story = Story(preset="micro")
    story.burst("hoarder", at=0)
    first = story.alert(BURST)
    story.placed("hoarder-6", "hoarder", at=280)
    assert story.alert(BURST).alert_id == first.alert_id
    disposed = CaseDisposed(
        received_ms=0,
        case_id="case",
        alert_ids=(first.alert_id, "no-such-alert"),
        disposition=Disposition.FALSE_ALARM,
    )
    story.note(disposed, at=290)
    story.placed("hoarder-7", "hoarder", at=300)
    closed, opened = story.alerts(BURST)
    assert closed.alert_id == first.alert_id
    assert closed.closed
    assert "hoarder-7" not in ids(closed)
    assert not opened.closed
    assert "hoarder-7" in ids(opened)


def test_an_alert_is_over_when_its_subject_was_quiet() -> None:
    story = Story(preset="micro")
    story.burst("hoarder", at=0)
    last = 240.0
    for number in range(5):
        story.placed(f"later-{number}", "hoarder", at=last + HOUR + 1 + number)
    assert len(story.alerts(BURST)) == 2


def label(story: Story, order_id: str, kind: LabelKind) -> None:
    order = OrderKey("standard", "demo", order_id)
    story.note(LabelRecorded(received_ms=0, order=order, label=kind, source="test"))


def test_labels_move_what_the_next_order_scores() -> None:
    scores = {}
    for kind in (None, LabelKind.BAD, LabelKind.GOOD):
        story = Story(preset="micro")
        for buyer in range(8):
            for order_id in story.burst(f"b{buyer}", at=0):
                if kind is not None:
                    label(story, order_id, kind)
        label(story, "never heard of", LabelKind.BAD)
        story.burst("next", at=HOUR)
        scores[kind] = story.standing("next-1").score
    assert scores[LabelKind.GOOD] < scores[None] == 60 < scores[LabelKind.BAD]


def test_a_note_counts_from_its_place_on() -> None:
    block = listed(ListName.BLOCK, ListKind.BUYER, "crook")
    for notes_first in (True, False):
        story = Story()
        if notes_first:
            story.note(block)
        story.placed("o1", "crook", at=60)
        if not notes_first:
            story.note(block)
        assert bool(story.alerts("lists.blocked")) is notes_first


def test_of_two_notes_the_later_stands() -> None:
    story = Story()
    for name in (True, False, True):
        story.note(listed(ListName.BLOCK, ListKind.BUYER, "crook", on=name))
    story.placed("o1", "crook", at=60)
    assert story.alert("lists.blocked")
