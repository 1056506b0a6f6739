"""The parts of the demo that count, measure and say; the whole is in scenarios/test_demo.py."""

from dataclasses import fields

import pytest
from rich.console import Console
from tests.commands.conftest import Command
from tests.commands.sale_parts import OPENING, alert, attack, board_of_two_attackers

from orderguard.commands.demo.board import Board, Tally
from orderguard.commands.demo.browser import Opening, has_display
from orderguard.commands.demo.children import KnownOrder
from orderguard.commands.demo.figures import (
    ActionFigures,
    AttackFigures,
    Figures,
    KindFigures,
    Money,
    PeopleFigures,
    Percentiles,
    ScreenFigures,
    attack_figures,
)
from orderguard.commands.demo.listener import Histogram, SeenEntry, SeenOrder, SeenRun, SeenStep
from orderguard.commands.demo.tables import kinds_table, results_table
from orderguard.commands.demo.view import Seen, line, picture
from orderguard.commands.demo.words import EN, ZH, Words, language_of
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.simulate.anomalies import ANOMALIES
from orderguard.simulate.showcase import SCRIPT_ATTACK

INFINITE = float("inf")


@pytest.fixture
def board() -> Board:
    return board_of_two_attackers()


def test_an_order_counts_once_its_first_event_is_durable(board: Board) -> None:
    board.arrived(2)
    assert (board.orders, board.history_orders) == (1, 1)
    board.arrived(4)
    assert (board.orders, board.history_orders) == (3, 1)
    assert board.count().all_bad == Tally(orders=1, fen=1_000)
    assert board.count().all_honest == Tally(orders=1, fen=300)


def test_an_alert_that_is_ahead_counts_when_its_order_does(board: Board) -> None:
    board.arrived(3)
    board.raised(alert(Severity.HIGH, "b1", "b2"))
    assert board.count().all_bad == Tally(
        orders=1, flagged=1, medium=1, held=1, fen=1_000, held_fen=1_000
    )
    board.arrived(8)
    assert board.count().all_bad == Tally(
        orders=2, flagged=2, medium=2, held=2, fen=1_500, held_fen=1_500
    )


def test_the_worst_alert_of_an_order_counts_and_each_order_once(board: Board) -> None:
    board.arrived(8)
    board.raised(alert(Severity.LOW, "p1", name="a"))
    assert board.count().honest["plain"] == Tally(orders=1, flagged=1, fen=300)
    board.raised(alert(Severity.MEDIUM, "p1", name="b"))
    board.raised(alert(Severity.LOW, "p1", name="a"))
    assert board.count().honest["plain"] == Tally(orders=1, flagged=1, medium=1, fen=300)


def test_the_history_and_unknown_orders_count_nowhere(board: Board) -> None:
    board.arrived(8)
    board.raised(alert(Severity.HIGH, "h1", "somebody's own test order"))
    assert set(board.count().honest) == {"plain"}
    assert board.count().all_bad.flagged == board.count().all_honest.flagged == 0


def test_health_alerts_are_counted_and_flag_nobody(board: Board) -> None:
    board.arrived(8)
    board.raised(alert(Severity.LOW, "p1", kind=AlertKind.HEALTH))
    assert board.count().all_honest.flagged == 0
    assert board.by_severity == {(AlertKind.HEALTH, Severity.LOW): 1}


def test_an_alert_that_grows_is_one_alert(board: Board) -> None:
    board.raised(alert(Severity.LOW, "b1"))
    board.raised(alert(Severity.CRITICAL, "b1", "b2"))
    assert board.by_severity == {(AlertKind.RISK, Severity.CRITICAL): 1}


def test_the_attack_is_followed_order_by_order(board: Board) -> None:
    assert board.attack_seen().seen == 0
    board.arrived(3)
    board.raised(alert(Severity.LOW, "b1"))
    seen = board.attack_seen()
    assert (seen.orders, seen.seen, seen.flagged, seen.held) == (2, 1, 1, 0)
    assert board.attack_held_at is None
    board.arrived(8)
    board.raised(alert(Severity.HIGH, "p1", name="another", at="first"))
    board.raised(alert(Severity.HIGH, "b1", "b2", at="second"))
    board.raised(alert(Severity.CRITICAL, "b1", "b2", at="third"))
    seen = board.attack_seen()
    assert (seen.orders, seen.seen, seen.flagged, seen.held) == (2, 2, 2, 2)
    assert board.attack_held_at == "second"


def test_a_quantile_lies_within_its_bounds() -> None:
    times = Histogram({0.001: 50, 0.01: 98, 0.1: 100, INFINITE: 100})
    assert times.quantile_ms(0.5) == pytest.approx(1.0)
    assert times.quantile_ms(0.25) == pytest.approx(0.5)
    assert times.quantile_ms(0.74) == pytest.approx(5.5)
    assert times.quantile_ms(0.99) == pytest.approx(55.0)


def test_beyond_the_last_bound_the_bound_is_told() -> None:
    assert Histogram({0.1: 1, INFINITE: 10}).quantile_ms(0.99) == pytest.approx(100.0)


def test_without_a_measurement_there_is_no_quantile() -> None:
    assert Histogram({}).quantile_ms(0.5) is None
    assert Histogram({0.1: 0, INFINITE: 0}).quantile_ms(0.5) is None


def test_only_what_was_measured_since_counts() -> None:
    before, after = Histogram({0.1: 5, INFINITE: 9}), Histogram({0.1: 15, INFINITE: 19})
    assert after.since(before) == Histogram({0.1: 10, INFINITE: 10})
    assert after.since(Histogram({})) == after


def test_the_place_of_the_first_hold_and_of_the_challenge() -> None:
    moments = [f"2026-11-11T00:00:0{second}.000+08:00" for second in range(5)]
    steps = [
        SeenStep("challenge", "done", moments[3]),
        SeenStep("hold_shipment", "done", moments[3]),
    ]
    orders = [
        SeenOrder(
            order_id=str(place),
            held=place != 4,
            timeline=[SeenEntry(None, OPENING), SeenEntry("evt", moment)],
            responses=[SeenRun("a", steps)],
        )
        for place, moment in enumerate(moments)
    ]
    late = attack_figures(attack(*"01234"), orders, moments[4])
    assert (late.held_from_order, late.held_after_s) == (4, 3.0)
    found = attack_figures(attack(*"01234"), orders, moments[2], {"2", "4", "another"})
    assert (found.orders, found.seen, found.held) == (5, 5, 4)
    assert (found.held_from_order, found.held_after_s) == (3, 2.0)
    assert (found.challenge, found.challenge_at_order) == ("done", 4)
    assert (found.first_challenged, found.challenged) == (3, 2)


def test_an_attack_that_nobody_noticed_has_no_first_hold() -> None:
    order = SeenOrder(order_id="0", held=False, timeline=[SeenEntry("evt", OPENING)], responses=[])
    found = attack_figures(attack("0"), [order], None)
    assert (found.held, found.held_from_order, found.challenge) == (0, None, None)


def figures(held_from_order: int | None = 5, first_challenged: int | None = None) -> Figures:
    return Figures(
        seed=1,
        orders=1_000,
        history_orders=700,
        events=12_345,
        posts_repeated=0,
        seconds=81.2,
        mode="live",
        planted=0.14,
        flagged=0.16,
        recognised=0.957,
        recognised_by_kind={"script_attack": KindFigures(orders=140, recognised=134, held=134)},
        people=PeopleFigures(
            opened=30,
            decided=28,
            by_disposition={"confirmed": 26, "false_alarm": 2},
            wrong=1,
            orders=140,
            honest_confirmed=0,
            order_to_decision_s=Percentiles(p50=750.0, p99=3_600.0),
            labelled=135,
        ),
        case_share=0.03,
        order_share=0.14,
        honest_orders=860,
        honest_flagged=0.02,
        honest_medium=0.004,
        honest_held=1,
        honest_by_kind={},
        bad_money=Money(held="9000.10", total="10000.20"),
        honest_money=Money(held="59.00", total="90000.00"),
        attack=AttackFigures(
            orders=47,
            seen=47,
            held=47,
            units=3_000,
            held_from_order=held_from_order,
            held_after_s=3.1,
            challenge=None,
            challenge_at_order=None,
            first_challenged=first_challenged,
            challenged=44 if first_challenged else 0,
        ),
        ack_ms=Percentiles(p50=2.0, p99=9.0),
        event_to_alert_ms=Percentiles(p50=3.0, p99=None),
        event_to_action_ms=Percentiles(p50=12.0, p99=250.0),
        actions=ActionFigures(
            messages={"sms": 1_234},
            confirmed=600,
            held=134,
            intercepted=3,
            released=2,
            cancelled=130,
        ),
        screen=ScreenFigures(asked=900, unchecked=0, challenged=44, honest_challenged=0),
    )


def printed(what: object) -> str:
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


@pytest.mark.parametrize("words", [EN, ZH])
def test_the_results_have_a_row_recognised_in_both_languages(words: Words) -> None:
    table = printed(results_table(figures(), words))
    (row,) = (row for row in table.splitlines() if "recognised" in row)
    assert [cell.strip() for cell in row.split("│")[2:4]] == ["57 %", "96 %"]
    assert "95.7%" in row
    assert "134" in row
    assert "9,000.10" in table
    assert words.enquiries_told.format(count=0, again=0) in table
    for number in ("12.5", "1,234", "30 / 28", "12 ms", "14.0%"):
        assert number in table


def test_an_attack_that_was_not_held_is_told_as_it_is() -> None:
    assert "first hold" not in printed(results_table(figures(held_from_order=None), EN))
    assert EN.never in printed(results_table(figures(), EN))
    assert "from attempt 4 on (44 of 47" in printed(results_table(figures(first_challenged=4), EN))


def test_the_kinds_have_a_row_each() -> None:
    table = printed(kinds_table(figures(), EN))
    assert [cell.strip() for cell in table.splitlines()[4].split("│")[1:-1]] == [
        "script attack",
        "140",
        "134",
        "95.7%",
        "134",
    ]


@pytest.mark.parametrize("words", [EN, ZH])
def test_the_view_fits_a_small_terminal(words: Words) -> None:
    kinds = [kind.name for kind in (*ANOMALIES, SCRIPT_ATTACK)]
    orders = [
        KnownOrder(str(place), bad=True, kind=kind, amount_fen=100, place=place)
        for place, kind in enumerate(kinds)
    ]
    board = Board(orders, attack(*(str(place) for place in range(47))), {"critical"})
    board.arrived(len(orders))
    seen = Seen(
        address="http://127.0.0.1:8460",
        sign_in="http://127.0.0.1:8460/sign-in?token=" + 48 * "x",
        phase=words.sale,
        done=0.5,
        now_ms=1_794_326_400_000,
        speed=240,
        orders=21_000,
        history_orders=7_000,
        events=123_456,
        events_a_second=1_234,
        alerts={(AlertKind.RISK, Severity.LOW): 1_234},
        count=board.count(),
        attack=board.attack_seen(),
        attack_title="限量跑鞋",
        attack_units=3_000,
        messages={"sms": 1_234, "meeting": 100},
        decided=1_234,
    )
    console = Console(width=80, color_system=None)
    with console.capture() as capture:
        console.print(picture(seen, words))
    shown = capture.get()
    assert "…" not in shown
    assert len(shown.splitlines()) < 24, "the last line is the terminal's own"
    for number in ("21,000", "123,456", "1,234", "50.0%"):
        assert number in shown
    assert "1,234" in line(seen, words)


def test_nothing_is_left_untranslated() -> None:
    same = {
        field.name for field in fields(Words) if getattr(EN, field.name) == getattr(ZH, field.name)
    }
    assert same == set()


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(
    ("environment", "platform", "is_there"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "firefox"}, "linux", True),
        ({}, "darwin", True),
    ],
)
def test_a_browser_needs_somewhere_to_be_seen(
    environment: dict[str, str], platform: str, *, is_there: bool
) -> None:
    assert has_display(environment, platform) is is_there


def test_without_a_display_no_browser_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert Opening("http://127.0.0.1:1/").failed


@pytest.mark.parametrize(
    "options", [["--orders", "10"], ["--port", "70000"], ["--lang", "fr"], ["--seed", "x"]]
)
def test_bad_usage_is_refused(options: list[str], og: Command) -> None:
    og("demo", *options, status=2)
