"""What every StateStore must do."""

import threading
from collections.abc import Iterator

import pytest

from orderguard.domain.alerts import Alert, AlertKind, Explanation, Hit, Severity, Subject
from orderguard.domain.cases import Case, CaseStatus, Comment, Decision
from orderguard.domain.entries import CaseAction, Disposition, Inbox
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import (
    AlertQuery,
    AlertRow,
    CaseQuery,
    CaseRow,
    Changes,
    StateStore,
    TimelineRow,
)


def order(number: int, *, shop: str = "demo") -> OrderKey:
    return OrderKey("standard", shop, f"o{number}")


def hit(rule: str) -> Hit:
    return Hit(
        rule=rule,
        version="v1",
        order_id="o1",
        severity=Severity.HIGH,
        at=1_000,
        features={"buyer.orders_10m": 5, "order.amount": 9.5, "device.id": None, "new": True},
        normal={"buyer.orders_10m": 1},
        explanation=Explanation("同一买家下单过多", "too many orders by one buyer"),
    )


def alert(
    number: int,
    *,
    detected_at: int = 1_000,
    orders: tuple[OrderKey, ...] = (),
    rules: tuple[str, ...] = ("velocity.same_item_burst",),
    severity: Severity = Severity.HIGH,
    kind: AlertKind = AlertKind.RISK,
) -> Alert:
    return Alert(
        alert_id=f"alert_{number}",
        kind=kind,
        subject=Subject("buyer", "b1"),
        channel="standard",
        shop="demo",
        order=orders[-1] if orders else None,
        orders=orders,
        rules=rules,
        hits=tuple(hit(rule) for rule in rules),
        floor=Severity.LOW,
        severity=severity,
        score=77,
        occurred_at=900,
        detected_at=detected_at,
        updated_at=detected_at,
        last_hit_at=detected_at,
        quiet_ms=600_000,
        playbook="high",
    )


def case(
    number: int,
    *,
    created_at: int = 1_000,
    due_at: int = 9_000,
    severity: Severity = Severity.MEDIUM,
    status: CaseStatus = CaseStatus.OPEN,
    inbox: Inbox = Inbox.SERVICE,
    assignee: str = "",
) -> Case:
    return Case(
        case_id=f"case_{number}",
        alert_ids=(f"alert_{number}",),
        orders=(order(1), order(2)),
        severity=severity,
        inbox=inbox,
        created_at=created_at,
        updated_at=created_at,
        due_at=due_at,
        status=status,
        assignee=assignee,
        comments=(Comment("li", 1_100, "问过买家"),),
        decision=Decision(
            disposition=Disposition.CONFIRMED,
            action=CaseAction.CANCEL,
            comment="",
            by="li",
            at=1_200,
            offset=7,
            acts_at=11_200,
        ),
    )


def keep_cases(state: StateStore, *cases: Case) -> None:
    rows = [CaseRow(each, (state.cursor() + 1, place)) for place, each in enumerate(cases)]
    state.save(Changes(cursor=state.cursor() + 1, cases=rows))


def found_cases(state: StateStore, query: CaseQuery) -> list[str]:
    return [each.case_id for each in state.cases(query)]


def keep(state: StateStore, *alerts: Alert) -> None:
    rows = [AlertRow(each, (state.cursor() + 1, place)) for place, each in enumerate(alerts)]
    state.save(Changes(cursor=state.cursor() + 1, alerts=rows))


def found(state: StateStore, query: AlertQuery) -> list[str]:
    return [each.alert_id for each in state.alerts(query)]


class StateContract:
    """Inherited unedited by the tests of every implementation, which makes an empty store."""

    @pytest.fixture
    def state(self) -> Iterator[StateStore]:
        raise NotImplementedError

    def test_a_new_store_is_empty(self, state: StateStore) -> None:
        assert state.cursor() == 0
        assert state.load("orders", "a") is None
        assert list(state.scan("orders")) == []
        assert state.is_empty("orders")
        assert state.timeline(order(1)) == []
        assert state.alert("alert_1") is None
        assert state.alerts(AlertQuery()) == []
        assert state.alerts_changed((0, 0), 10) == []

    def test_cells_are_kept_by_space_and_key(self, state: StateStore) -> None:
        state.save(Changes(cursor=9, cells=[("a", "k", b"1"), ("b", "k", b""), ("a", "", b"2")]))
        assert state.cursor() == 9
        assert state.load("a", "k") == b"1"
        assert state.load("b", "k") == b""
        assert state.load("a", "") == b"2"
        assert state.load("c", "k") is None
        assert not state.is_empty("a")
        assert state.is_empty("c")

    def test_a_later_value_replaces_and_none_deletes(self, state: StateStore) -> None:
        state.save(Changes(cursor=1, cells=[("a", "x", b"1"), ("a", "y", b"1"), ("a", "z", None)]))
        state.save(Changes(cursor=2, cells=[("a", "x", b"2"), ("a", "y", None)]))
        assert list(state.scan("a")) == [("x", b"2")]

    def test_within_one_save_the_last_of_a_key_stands(self, state: StateStore) -> None:
        cells = [("a", "x", b"1"), ("a", "x", None), ("a", "y", None), ("a", "y", b"2")]
        state.save(Changes(cursor=1, cells=cells))
        assert list(state.scan("a")) == [("y", b"2")]

    def test_a_scan_goes_by_key(self, state: StateStore) -> None:
        keys = [f"k{number}" for number in range(2_500)] + ["", "键", "😀", "\uffff", "K"]
        state.save(Changes(cursor=1, cells=[("a", key, key.encode()) for key in keys]))
        assert list(state.scan("a")) == [(key, key.encode()) for key in sorted(keys)]

    def test_an_abandoned_scan_does_not_hinder_a_save(self, state: StateStore) -> None:
        state.save(Changes(cursor=1, cells=[("a", f"{n}", b"") for n in range(3_000)]))
        next(state.scan("a"))
        state.save(Changes(cursor=2, cells=[("a", "x", b"")]))
        assert state.load("a", "x") == b""

    def test_a_timeline_goes_by_offset(self, state: StateStore) -> None:
        late = TimelineRow(order(1), 7, "e7", "order.paid", 100, 900)
        early = TimelineRow(order(1), 3, "e3", "order.created", 200, 300)
        other = TimelineRow(order(1, shop="other"), 4, "e4", "order.created", 200, 300)
        state.save(Changes(cursor=7, timeline=[late]))
        state.save(Changes(cursor=8, timeline=[early, other]))
        assert state.timeline(order(1)) == [early, late]
        assert state.timeline(order(1, shop="other")) == [other]

    def test_a_timeline_row_saved_again_stands_once(self, state: StateStore) -> None:
        row = TimelineRow(order(1), 3, "e3", "order.created", 200, 300)
        state.save(Changes(cursor=3, timeline=[row]))
        state.save(Changes(cursor=4, timeline=[row, row]))
        assert state.timeline(order(1)) == [row]

    def test_an_alert_comes_back_as_it_was_saved(self, state: StateStore) -> None:
        saved = alert(1, orders=(order(1), order(2)), rules=("a.one", "b.two"))
        keep(state, saved)
        assert state.alert("alert_1") == saved
        assert state.alerts(AlertQuery()) == [saved]

    def test_alerts_come_newest_first_page_by_page(self, state: StateStore) -> None:
        times = {1: 50, 2: 70, 3: 60, 4: 60, 5: 10}
        keep(state, *[alert(number, detected_at=at) for number, at in times.items()])
        newest_first = ["alert_2", "alert_4", "alert_3", "alert_1", "alert_5"]
        assert found(state, AlertQuery()) == newest_first
        assert found(state, AlertQuery(limit=2)) == newest_first[:2]
        assert found(state, AlertQuery(limit=2, before=(60, "alert_4"))) == newest_first[2:4]
        assert found(state, AlertQuery(limit=2, before=(10, "alert_5"))) == []

    def test_alerts_are_found_by_what_is_asked(self, state: StateStore) -> None:
        keep(
            state,
            alert(1, detected_at=10, orders=(order(1), order(2)), rules=("a.one", "b.two")),
            alert(2, detected_at=20, orders=(order(2, shop="other"),), severity=Severity.LOW),
            alert(3, detected_at=30, rules=("a.one",), kind=AlertKind.HEALTH),
        )
        assert found(state, AlertQuery(order_id="o2")) == ["alert_2", "alert_1"]
        assert found(state, AlertQuery(order_id="o3")) == []
        assert found(state, AlertQuery(rule="a.one")) == ["alert_3", "alert_1"]
        assert found(state, AlertQuery(rule="a")) == []
        assert found(state, AlertQuery(severity=Severity.HIGH)) == ["alert_3", "alert_1"]
        assert found(state, AlertQuery(kind=AlertKind.HEALTH)) == ["alert_3"]
        assert found(state, AlertQuery(since_ms=20)) == ["alert_3", "alert_2"]

    def test_all_that_is_asked_must_hold(self, state: StateStore) -> None:
        for number in range(1, 9):
            severity = Severity.LOW if number % 2 else Severity.CRITICAL
            rule = "a.one" if number > 4 else "b.two"
            keep(
                state,
                alert(
                    number,
                    detected_at=number,
                    orders=(order(1),),
                    rules=(rule,),
                    severity=severity,
                ),
            )
        query = AlertQuery(
            order_id="o1",
            rule="a.one",
            severity=Severity.CRITICAL,
            kind=AlertKind.RISK,
            since_ms=6,
            before=(8, "alert_8"),
        )
        assert found(state, query) == ["alert_6"]

    def test_an_alert_saved_again_is_replaced(self, state: StateStore) -> None:
        keep(state, alert(1, orders=(order(1),), rules=("a.one",), severity=Severity.LOW))
        grown = alert(1, orders=(order(1), order(2)), rules=("a.one", "b.two"))
        keep(state, grown)
        assert state.alerts(AlertQuery()) == [grown]
        for query in (AlertQuery(order_id="o1"), AlertQuery(order_id="o2")):
            assert found(state, query) == ["alert_1"]
        for query in (AlertQuery(rule="a.one"), AlertQuery(rule="b.two")):
            assert found(state, query) == ["alert_1"]
        assert found(state, AlertQuery(severity=Severity.LOW)) == []
        assert found(state, AlertQuery(severity=Severity.HIGH)) == ["alert_1"]

    def test_an_alert_grows_one_order_at_a_time(self, state: StateStore) -> None:
        for count in range(1, 40):
            keep(state, alert(1, orders=tuple(order(number) for number in range(count))))
        assert all(found(state, AlertQuery(order_id=f"o{n}")) == ["alert_1"] for n in range(39))

    def test_orders_that_moved_are_still_found(self, state: StateStore) -> None:
        keep(state, alert(1, orders=(order(1), order(2), order(3))))
        keep(state, alert(1, orders=(order(2), order(3), order(4))))
        assert found(state, AlertQuery(order_id="o4")) == ["alert_1"]

    def test_two_states_of_an_alert_in_one_save_leave_the_last(self, state: StateStore) -> None:
        first, last = alert(1, orders=(order(1),)), alert(1, orders=(order(1), order(2)))
        state.save(Changes(cursor=5, alerts=[AlertRow(first, (4, 0)), AlertRow(last, (5, 0))]))
        assert state.alerts_changed((0, 0), 10) == [AlertRow(last, (5, 0))]
        assert found(state, AlertQuery(order_id="o2")) == ["alert_1"]

    def test_changed_alerts_come_in_the_order_of_their_changes(self, state: StateStore) -> None:
        rows = [
            AlertRow(alert(1), (7, 0)),
            AlertRow(alert(2), (6, 1)),
            AlertRow(alert(3), (6, 0)),
            AlertRow(alert(4), (10, 0)),
        ]
        state.save(Changes(cursor=10, alerts=rows))
        in_order = [rows[2], rows[1], rows[0], rows[3]]
        assert state.alerts_changed((0, 0), 10) == in_order
        assert state.alerts_changed((6, 0), 2) == in_order[1:3]
        assert state.alerts_changed((10, 0), 10) == []
        again = AlertRow(alert(2), (11, 0))
        state.save(Changes(cursor=11, alerts=[again]))
        assert state.alerts_changed((7, 0), 10) == [rows[3], again]

    def test_a_case_comes_back_as_it_was_saved(self, state: StateStore) -> None:
        assert state.case("case_1") is None
        saved = case(1)
        keep_cases(state, saved)
        assert state.case("case_1") == saved
        assert state.cases(CaseQuery()) == [saved]

    def test_cases_come_newest_first_page_by_page(self, state: StateStore) -> None:
        times = {1: 50, 2: 70, 3: 60, 4: 60}
        keep_cases(state, *[case(number, created_at=at) for number, at in times.items()])
        newest_first = ["case_2", "case_4", "case_3", "case_1"]
        assert found_cases(state, CaseQuery(limit=2)) == newest_first[:2]
        assert found_cases(state, CaseQuery(before=(60, "case_4"))) == newest_first[2:]

    def test_the_most_urgent_case_is_severe_and_due_soon(self, state: StateStore) -> None:
        keep_cases(
            state,
            case(1, due_at=10),
            case(2, due_at=30, severity=Severity.HIGH),
            case(3, due_at=20, severity=Severity.HIGH),
        )
        assert found_cases(state, CaseQuery(by_urgency=True)) == ["case_3", "case_2", "case_1"]

    def test_cases_are_found_by_what_is_asked(self, state: StateStore) -> None:
        keep_cases(
            state,
            case(1, created_at=1, inbox=Inbox.RISK, severity=Severity.HIGH),
            case(2, created_at=2, status=CaseStatus.CLOSED, assignee="li"),
            case(3, created_at=3, status=CaseStatus.MERGED),
            case(4, created_at=4, assignee="li"),
        )
        assert found_cases(state, CaseQuery()) == ["case_4", "case_2", "case_1"]
        assert found_cases(state, CaseQuery(status=CaseStatus.OPEN)) == ["case_4", "case_1"]
        assert found_cases(state, CaseQuery(severity=Severity.HIGH)) == ["case_1"]
        assert found_cases(state, CaseQuery(inbox=Inbox.SERVICE)) == ["case_4", "case_2"]
        assert found_cases(state, CaseQuery(assignee="li")) == ["case_4", "case_2"]
        assert found_cases(state, CaseQuery(assignee="")) == ["case_1"]
        assert found_cases(state, CaseQuery(assignee="li", status=CaseStatus.OPEN)) == ["case_4"]

    def test_a_case_saved_again_is_replaced(self, state: StateStore) -> None:
        keep_cases(state, case(1))
        closed = case(1, status=CaseStatus.CLOSED)
        keep_cases(state, case(1), closed)
        assert state.cases(CaseQuery()) == [closed]

    def test_changed_cases_come_in_the_order_of_their_changes(self, state: StateStore) -> None:
        rows = [CaseRow(case(1), (7, 2)), CaseRow(case(2), (6, 1)), CaseRow(case(3), (7, 1))]
        state.save(Changes(cursor=7, cases=rows))
        assert state.cases_changed((0, 0), 10) == [rows[1], rows[2], rows[0]]
        assert state.cases_changed((6, 1), 1) == [rows[2]]

    def test_a_save_is_visible_whole_to_other_threads(self, state: StateStore) -> None:
        saves, torn = 60, list[tuple[int, bytes | None]]()

        def follow() -> None:
            cursor = 0
            while cursor < saves:
                cursor = state.cursor()
                cell = state.load("a", "k")
                # The cell is read after the cursor, so it may be newer, never older.
                if cursor and int(cell or b"0") < cursor:
                    torn.append((cursor, cell))

        reader = threading.Thread(target=follow, daemon=True)
        reader.start()
        for cursor in range(1, saves + 1):
            state.save(Changes(cursor=cursor, cells=[("a", "k", b"%d" % cursor)]))
        reader.join(timeout=30)
        assert not reader.is_alive()
        assert torn == []
