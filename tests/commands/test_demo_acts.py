"""What the demo counts of what is done outside, at the checkout and by people."""

import json
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace
from tests.commands.sale_parts import OPENING, OPENING_MS, alert, attack, board_of_two_attackers

from orderguard.commands.demo.board import Board
from orderguard.commands.demo.children import KnownOrder, Made, Told
from orderguard.commands.demo.deeds import Deeds
from orderguard.commands.demo.figures import (
    ActionFigures,
    Percentiles,
    action_figures,
    people_figures,
)
from orderguard.commands.demo.outside import Call, News
from orderguard.commands.demo.people import STAFF, Decided, People, SeenCase, Waiting
from orderguard.commands.demo.storefront import Attempt, Screened, Storefront, attempts_of
from orderguard.domain.alerts import Severity
from orderguard.domain.cases import CaseStatus
from orderguard.domain.entries import Disposition, Inbox
from orderguard.kit.clock import ManualClock, rfc3339
from orderguard.simulate.model import MINUTE_MS


@pytest.fixture
def board() -> Board:
    return board_of_two_attackers()


def case(name: str, disposition: Disposition | None, *order_ids: str, minutes: int = 0) -> SeenCase:
    decided_at = None if disposition is None else rfc3339(OPENING_MS + minutes * MINUTE_MS)
    return SeenCase(
        case_id=name,
        order_ids=order_ids,
        status=CaseStatus.CLOSED if disposition else CaseStatus.OPEN,
        created_at=OPENING,
        decided_at=decided_at,
        disposition=disposition,
    )


def test_cases_are_counted_by_what_came_of_them_and_orders_once(board: Board) -> None:
    board.arrived(8)
    cases = [
        case("c1", Disposition.CONFIRMED, "b1", "p1", "h1", minutes=10),
        case("c2", Disposition.FALSE_ALARM, "b2", minutes=40),
        case("c3", None, "b2"),
    ]
    decided = [
        Decided("c1", Disposition.CONFIRMED, is_wrong=False),
        Decided("c2", Disposition.FALSE_ALARM, is_wrong=True),
        Decided("of the history", Disposition.CONFIRMED, is_wrong=True),
    ]
    found = people_figures(cases, decided, board, labelled=3)
    assert (found.opened, found.decided, found.wrong) == (3, 2, 1)
    assert found.by_disposition == {"confirmed": 1, "false_alarm": 1}
    assert (found.orders, found.honest_confirmed) == (3, 1)
    assert found.order_to_decision_s == Percentiles(p50=600.0, p99=2_400.0)


def test_people_say_what_is_true_of_most_orders_but_for_few() -> None:
    clock = ManualClock(0)
    people = People(1, dict.fromkeys(STAFF, ""), {"b1", "b2"}, seed=1, clock=clock).persons
    somebody = people[0]
    bad, honest = case("c1", None, "b1", "b2", "p1"), case("c2", None, "b1", "p1", "p2")
    said = Counter(somebody.find(bad) for _ in range(5_000))
    assert said.keys() == {
        (Disposition.CONFIRMED, False),
        (Disposition.FALSE_ALARM, True),
        (Disposition.INCONCLUSIVE, False),
    }
    assert said[Disposition.FALSE_ALARM, True] < 0.01 * said.total(), "wrong ones under 1 %"
    assert somebody.find(honest)[0] is not Disposition.CONFIRMED


def test_the_gravest_case_of_an_inbox_is_taken_first_and_by_one_alone() -> None:
    waiting = Waiting()
    usual, grave = case("c1", None), replace(case("c2", None), severity=Severity.CRITICAL)
    for one in (usual, grave, replace(grave, case_id="c3", inbox=Inbox.RISK)):
        waiting.told(one)
    assert waiting.take(Inbox.SERVICE) == grave
    waiting.told(grave)  # It grew, before the word that somebody has it came back.
    assert waiting.take(Inbox.SERVICE) == usual
    assert waiting.take(Inbox.SERVICE) is None
    waiting.told(replace(grave, case_id="c3", inbox=Inbox.RISK, assignee="somebody"))
    assert waiting.take(Inbox.RISK) is None


def made(*orders: KnownOrder) -> Made:
    return Made(arrivals=10, history=2, opening_ms=OPENING_MS, orders=orders, attack=attack("b1"))


def test_what_was_done_outside_counts_from_the_opening_on_and_for_orders_of_the_sale() -> None:
    orders = [
        KnownOrder("h1", bad=False, kind="history", amount_fen=1, place=0, places=(0, 6)),
        KnownOrder("b1", bad=True, kind="script_attack", amount_fen=1, place=2, places=(2, 4, 9)),
    ]
    deeds, board = Deeds(made(*orders)), Board(orders, attack("b1"), {"high"})
    board.arrived(10)
    deeds.heard(News((call("old", "hold_shipment", "h1"),), {"sms": 3}, 1))
    deeds.open_sale()
    for end, sent_s in ((2, 1.0), (5, 2.0), (8, 3.0), (10, 5.0)):
        deeds.round(Told(end, 0, sent_s))
    deeds.heard(
        News(
            (
                call("new", "hold_shipment", "b1", "h1", at_s=2.25),
                call("new", "hold_shipment", "b1", at_s=9.0),
                call("new", "hold_shipment", is_undo=True),
            ),
            {"sms": 5, "meeting": 1},
            2,
        )
    )
    assert deeds.messages == {"sms": 2, "meeting": 1}
    assert action_figures(deeds, board) == ActionFigures(
        messages={"meeting": 1, "sms": 2},
        confirmed=1,
        held=1,
        intercepted=0,
        released=1,
        cancelled=0,
    )
    board.raised(alert(Severity.HIGH, "b1", name="new"))
    board.raised(alert(Severity.HIGH, "h1", name="old"))
    assert deeds.delays_ms(board) == [pytest.approx(250.0)]


def call(
    alert_id: str, action: str, *order_ids: str, at_s: float = 0.5, is_undo: bool = False
) -> Call:
    return Call(at_s, action, alert_id, order_ids, is_undo)


def test_only_limited_releases_of_the_shop_are_asked_about_and_their_orders_name_it() -> None:
    def told(order_id: str, title: str | None, shop: str = "flagship") -> dict[str, Any]:
        order: dict[str, Any] = {"order_id": order_id}
        if title is not None:
            order |= {"lines": [{"title": title}], "amount": "9.00", "status": "paid"}
        return {"shop": shop, "type": "order.created", "data": {"order": order}}

    events = [
        told("h1", "限量跑鞋1"),
        told("a", None),
        told("b", "轻羽1"),
        {"shop": "flagship", "type": "shipment.shipped", "data": {"order_id": "b"}},
        told("c", "限量跑鞋1", shop="mini"),
        told("a", "限量跑鞋1"),
        told("h1", "限量跑鞋1"),
    ]
    arrivals = [(1_000 * place, event) for place, event in enumerate(events)]
    (found,) = attempts_of(arrivals, 1, "flagship")
    assert (found.order_id, found.place, found.at_ms) == ("a", 1, 1_000)
    assert json.loads(found.body) == {
        "attempt_id": "at-a",
        "channel": "standard",
        "shop": "flagship",
        "lines": [{"title": "限量跑鞋1"}],
        "amount": "9.00",
    }
    named = [event["data"].get("order", {}).get("attempt_id") for event in events]
    assert named == [None, "at-a", None, None, None, "at-a", None]


def test_attempts_of_one_moment_are_asked_about_together() -> None:
    attempts = [
        Attempt(place, at_ms, str(place), b"") for place, at_ms in ((1, 0), (2, 200), (3, 300))
    ]
    storefront = Storefront("127.0.0.1", 1, {}, attempts)
    assert [len(group) for group in storefront.due(3)] == [2]
    assert [len(group) for group in storefront.due(9)] == [1]
    storefront.ask(attempts)
    assert storefront.screened == Screened(asked=3, unchecked=3), "nobody answers at this port"
