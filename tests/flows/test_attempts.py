"""Attempts at the checkout in the fold: what they raise, and when they no longer count."""

from typing import Any

import pytest
from tests.flows.stories import START_MS, Json, Story, ids, order_document

from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.attempts import Attempt
from orderguard.domain.entries import (
    CaseDisposed,
    CaseReopened,
    Disposition,
    ListChanged,
    ListKind,
    ListName,
    StoppableKind,
    Stopped,
)
from orderguard.flows import attempts
from orderguard.flows.attempts import is_challenged
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_SECOND, rfc3339

SCRIPT, BEGINS, BURST = (
    "attack.ip_segment_script",
    "attack.checkout_script",
    "velocity.same_item_burst",
)
MEMBERS = ("buyer", "device", "lines", "amount", "currency", "ship_to")


def attempt(story: Story, attempt_id: str, who: str, *, at: float, **members: Any) -> Attempt:
    """Somebody is at the checkout; what is known of the attempt then."""
    order = order_document(attempt_id, who, START_MS) | members
    data = {"attempt_id": attempt_id, **{name: order[name] for name in MEMBERS}}
    story.event("checkout.attempted", data, at=at)
    return known(story, attempt_id)


def placed(
    story: Story, order_id: str, *, at: float, received: float | None = None, **members: Any
) -> None:
    """The order of a script."""
    at_ms = START_MS + round(at * MS_PER_SECOND)
    order = order_document(order_id, order_id, at_ms) | members
    story.event("order.created", {"order": order}, at=at, known=received)


def known(story: Story, attempt_id: str) -> Attempt:
    found = story.fold.tables.attempts.get(f"standard/demo/{attempt_id}")
    assert found is not None
    return found


def robot(number: int, *, at: float, devices: int = 4) -> Json:
    """The members of what a script asks for: accounts made an hour ago, one segment."""
    return {
        "buyer": {
            "id": f"robot-{number}",
            "registered_at": rfc3339(START_MS + round((at - 3600) * MS_PER_SECOND)),
        },
        "device": {"id": f"bot-{number % devices}", "ip": f"203.0.113.{number + 1}"},
        "lines": [{"line_id": "1", "sku": "limited", "quantity": 1, "unit_price": "59.00"}],
        "ship_to": {"country": "CN", "street": f"文三路{number}号"},
    }


def attack(
    story: Story, attempts_until: int, *, orders_until: int = 0, devices: int = 4
) -> list[Attempt]:
    """A script: of its attempts the first few become orders at once."""
    seen = []
    for number in range(attempts_until):
        at, name = number * 0.64, f"robot-{number}"
        members = robot(number, at=at, devices=devices)
        seen.append(attempt(story, f"a{number}", name, at=at, **members))
        if number < orders_until:
            placed(story, f"o{number}", at=at + 0.1, attempt_id=f"a{number}", **members)
    return seen


def test_the_fourth_attempt_of_a_script_is_known_and_no_alert_yet() -> None:
    story = Story()
    seen = attack(story, 4, orders_until=3)
    assert [one.severity for one in seen] == [None, None, None, Severity.CRITICAL]
    assert set(seen[3].hits) == {BEGINS}
    assert seen[3].score >= 40
    assert story.alerts() == [], "nothing is held, and nobody is called, for four"


def test_attempts_of_a_script_raise_the_alert_of_its_orders() -> None:
    story = Story()
    seen = attack(story, 12, orders_until=3)
    assert SCRIPT in seen[11].hits
    alert = story.alert(SCRIPT)
    assert alert.severity is Severity.CRITICAL
    assert alert.order is None, "an attempt completed it"
    assert ids(alert) == {"o0", "o1", "o2"}, "what had been accepted"
    assert {story.standing(order_id).held for order_id in ids(alert)} == {True}
    assert is_challenged(story.fold.tables, seen[0], story.fold.clock_ms)


def test_an_attack_of_attempts_alone_is_an_attack() -> None:
    story = Story()
    attack(story, 12)
    assert story.alert(SCRIPT).orders == ()


def test_the_alert_grows_when_the_orders_come_after_all() -> None:
    story = Story()
    attack(story, 20)
    for number in range(20):
        at = number * 0.64
        members = robot(number, at=at) | {"attempt_id": f"a{number}"}
        placed(story, f"o{number}", at=at, received=30, **members)
    assert ids(story.alert(SCRIPT)) == {f"o{number}" for number in range(20)}
    assert [alert.kind for alert in story.alerts() if alert.subject.type == "segment+product"] == [
        AlertKind.RISK
    ], "one alert, whoever raised it"


def test_a_challenge_ends_by_itself_and_with_a_false_alarm() -> None:
    story = Story()
    seen = attack(story, 12)
    tables, end_ms = story.fold.tables, story.fold.clock_ms + attempts.CHALLENGED_MS
    assert is_challenged(tables, seen[0], end_ms - 1)
    assert not is_challenged(tables, seen[0], end_ms)
    other = attempt(story, "other", "li", at=9, device={"id": "own", "ip": "198.51.100.7"})
    assert not is_challenged(tables, other, story.fold.clock_ms), "another segment and product"
    found_false(story, at=10)
    assert not is_challenged(tables, seen[0], story.fold.clock_ms)


def found_false(story: Story, *, at: float) -> str:
    """A person says that the script was none; the case."""
    alert_id = story.alert(SCRIPT).alert_id
    link = story.fold.tables.case_links.get(alert_id)
    assert link is not None
    note = CaseDisposed(
        received_ms=0,
        case_id=link.case_id,
        alert_ids=(alert_id,),
        disposition=Disposition.FALSE_ALARM,
    )
    story.note(note, at=at)
    return link.case_id


def test_a_false_alarm_that_is_taken_back_switches_the_challenge_on_again() -> None:
    story = Story()
    seen = attack(story, 12)
    tables = story.fold.tables
    case_id = found_false(story, at=10)
    assert not is_challenged(tables, seen[0], story.fold.clock_ms), "it is off at once"
    story.note(CaseReopened(received_ms=0, case_id=case_id), at=19)
    assert is_challenged(tables, seen[0], story.fold.clock_ms)
    (challenged,) = (one for _, one in tables.challenged.items())
    assert challenged.until_ms == story.fold.clock_ms + attempts.CHALLENGED_MS, "as if just seen"
    found_false(story, at=30)
    story.note(CaseReopened(received_ms=0, case_id=case_id), at=41)
    assert not is_challenged(tables, seen[0], story.fold.clock_ms), "too late"


def test_a_challenge_that_a_person_has_stopped_is_not_switched_on() -> None:
    story = Story()
    story.note(Stopped(received_ms=0, kind=StoppableKind.ACTION, name="challenge"))
    seen = attack(story, 12)
    assert story.alert(SCRIPT).severity is Severity.CRITICAL
    assert not is_challenged(story.fold.tables, seen[0], story.fold.clock_ms)


def test_who_is_on_the_allow_list_is_told_apart() -> None:
    story = Story()
    note = ListChanged(received_ms=0, name=ListName.ALLOW, kind=ListKind.IP, value="203.0.113.0/24")
    story.note(note)
    seen = attack(story, 12, devices=12)
    assert all(one.is_allowed and not one.hits for one in seen)
    assert story.alerts() == []


def test_a_buyer_who_tries_again_and_again_is_one() -> None:
    story = Story()
    for number in range(9):
        assert attempt(story, f"a{number}", "li", at=number).hits == {}
    story.placed("o1", "li", at=10, attempt_id="a8")
    assert story.alerts() == []
    assert len(story.fold.tables.pending) == 0


def test_an_attempt_counts_in_what_its_buyer_is_judged_by() -> None:
    story = Story()
    for number in range(4):
        story.placed(f"o{number}", "li", at=number)
    seen = attempt(story, "a", "li", at=5)
    assert seen.hits == {BURST: Severity.HIGH}
    assert story.alerts() == [], "the storefront is told; people hear of it when it is an order"
    story.placed("o4", "li", at=6, attempt_id="a")
    assert ids(story.alert(BURST)) == {"o0", "o1", "o2", "o3", "o4"}


@pytest.mark.parametrize("named", [True, False], ids=["by its id", "by its buyer"])
def test_an_order_takes_the_place_of_its_attempt(named: bool) -> None:
    story = Story()
    for number in range(3):
        story.placed(f"o{number}", "li", at=number)
    attempt(story, "a", "li", at=5)
    members: dict[str, Any] = {"attempt_id": "a"} if named else {}
    story.placed("o3", "li", at=6, **members)
    assert story.alerts() == [], "three orders and the one that was attempted are four"
    assert known(story, "a").fact is None


def test_an_attempt_told_after_its_order_does_not_count() -> None:
    story = Story()
    for number in range(4):
        story.placed(f"o{number}", "li", at=number, attempt_id=f"a{number}")
    attempt(story, "a3", "li", at=5)
    assert attempt(story, "a4", "li", at=6).hits == {BURST: Severity.HIGH}, "the fifth"
    assert known(story, "a3").number == attempts.ORDERED_FIRST


def test_an_attempt_told_twice_counts_once() -> None:
    story = Story()
    attempt(story, "a", "li", at=1)
    attempt(story, "a", "li", at=2)
    assert story.fold.tables.progress.attempts == 1


def test_what_leads_to_nothing_is_forgotten() -> None:
    story = Story()
    for number in range(3):
        story.placed(f"o{number}", "li", at=number)
    attempt(story, "a", "li", at=3)
    later = attempts.PENDING_MS_MAX / MS_PER_SECOND
    story.placed("x", "wang", at=3 + later)
    assert known(story, "a").fact is None
    assert len(story.fold.tables.checkouts) == 0


def test_too_many_at_once_push_out_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "PENDING_MAX", 3)
    story = Story()
    for number in range(5):
        attempt(story, f"a{number}", f"b{number}", at=number)
    story.placed("x", "wang", at=6)
    assert sorted(story.fold.tables.pending) == [f"standard/demo/a{n}" for n in (2, 3, 4)]


def test_a_saved_fold_goes_on_as_if_it_had_never_stopped() -> None:
    whole, first = Story(), Story()
    attack(whole, 14, orders_until=3)
    attack(first, 7, orders_until=3)
    first.fold.save()
    resumed = Fold(first.store)
    for offset, entry in enumerate(whole.entries, 1):
        resumed.apply(offset, entry)
    assert resumed.tables.progress == whole.fold.tables.progress
    for number in range(14):
        name = f"standard/demo/a{number}"
        assert resumed.tables.attempts.get(name) == whole.fold.tables.attempts.get(name)
    assert dict(resumed.tables.challenged.items()) == dict(whole.fold.tables.challenged.items())
    last = START_MS + 10 * attempts.PENDING_MS_MAX
    for fold in (resumed, whole.fold):
        fold.detector.attempts.lapse(last)
        assert len(fold.tables.pending) == 0
