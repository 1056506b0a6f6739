"""Libraries from files: what is taken, what is told, and where."""

import pytest
from tests.chinese import check_chinese
from tests.rules.samples import FILES, RULE, TESTING, changed

from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.entities import Entity
from orderguard.errors import LibraryFaults
from orderguard.rules import EVERYTHING, check_library, load_library

BURST = "velocity/same_item_burst.yaml"
CARDS = "payment/card_testing.yaml"
FEATURES = "velocity/features.yaml"


def told(files: dict[str, str]) -> list[str]:
    faults = check_library(files)
    for fault in faults:
        check_chinese(fault.message)
    return [str(fault) for fault in faults]


def test_the_sample_has_no_fault() -> None:
    assert told(FILES) == []


def test_a_rule_is_taken_whole() -> None:
    library = load_library(FILES, preset="standard")
    cards, burst = library.rules
    assert (burst.pack, burst.group, cards.group) == ("velocity", "velocity", "cards")
    assert (burst.kind, burst.severity) == (AlertKind.RISK, Severity.HIGH)
    assert burst.subject == (Entity.BUYER,)
    assert burst.raises[0].to is Severity.CRITICAL
    assert burst.prior.bad == 0.4
    assert burst.tests[0].given == {"buyer.same_product_orders_10m": 5}
    assert cards.tests[1].given["order.amount"] == "20.00"
    assert cards.when.startswith("buyer.cards_tried_1h >= 3 && (order.amount")
    assert [step.after_ms for step in library.playbooks[0].steps] == [0, 1_800_000]


def test_features_come_in_the_order_of_their_needs() -> None:
    order = [feature.id for feature in load_library(FILES).features]
    assert order.index("buyer.same_product_orders_10m") < order.index("buyer.cards_tried_1h")


def test_a_preset_takes_only_what_it_needs() -> None:
    library = load_library(FILES, preset="micro")
    assert [rule.id for rule in library.rules] == ["velocity.same_item_burst"]
    assert [feature.id for feature in library.features] == ["buyer.same_product_orders_10m"]


def test_a_preset_may_name_rules() -> None:
    files = changed("presets/micro.yaml", "packs: [velocity]", "rules: [payment.card_testing]")
    library = load_library(files, preset="micro")
    assert [rule.id for rule in library.rules] == ["payment.card_testing"]
    assert {feature.id for feature in library.features} == {
        "buyer.same_product_orders_10m",
        "buyer.cards_tried_1h",
        "buyer.amount_max_30d",
    }


def test_drafts_and_retired_rules_do_not_judge() -> None:
    files = changed(CARDS, "status: shadow", "status: draft")
    assert len(load_library(files, preset="standard").rules) == 1
    assert len(load_library(files, preset=EVERYTHING).rules) == 2


def test_an_unknown_preset_is_told() -> None:
    with pytest.raises(LibraryFaults, match="did you mean `micro`"):
        load_library(FILES, preset="mirco")


def test_versions_follow_the_content_and_not_its_form() -> None:
    first = load_library(FILES)
    reworded = load_library(changed(CARDS, "why: Stolen", "why: Some stolen"))
    assert first == load_library(dict(reversed(FILES.items())))
    assert first.version != reworded.version
    spaced = load_library(changed(BURST, "why: Resellers", "# a comment\nwhy:   Resellers"))
    assert spaced.version == first.version
    assert len(first.version) == len(first.rules[0].version) == 12


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (BURST, ", zh: 同款突击下单", "", "2:1: `zh` is missing"),
        (BURST, "runbook: Ask the buyer what the units are for.\n", "", "1:1: `runbook` is"),
        (BURST, "severity: high", "severity: hihg", "5:11: `hihg` is not known here: did"),
        (BURST, "severity: high", "severty: high", "5:1: unknown member `severty`: did"),
        (BURST, "why: Res", "why: a\nwhy: Res", "4:1: `why` is there twice"),
        (BURST, "id: velocity.same_item_burst", "id: velocity.burst", "1:5: the file and its"),
        (BURST, "to: critical", "to: high", "8:12: `high` raises nothing"),
        (BURST, "_10m >= 20, to", "_1m >= 20, to", "8:12: unknown name"),
        (BURST, "subject: buyer", "subject: buyr+product", "9:10: `buyr+product` is no entity"),
        (BURST, "subject: buyer", "subject: []", "9:10: here stands a list"),
        (BURST, "concerns: [buyer", "concerns: [buyers", "10:12: `buyers.same_product"),
        (BURST, "concerns: [buyer.same_product_orders_10m]", "concerns: [order.amount]", "10:12"),
        (
            BURST,
            "concerns: [buyer.same_product_orders_10m]",
            "concerns: [{feature: buyer.same_product_orders_10m, when: x.y > 1}]",
            "10:59: unknown name `x.y`",
        ),
        (BURST, "concerns: [buyer", "concerns: [{feature: a.b}, buyer", "10:12: `when` is missing"),
        (BURST, "to: critical}", "to: critical, prior: {bad: 2, weight: 1, source: s}}", "8:70"),
        (BURST, "{order.amount} each", "{order.amont} each", "12:63: unknown name `order.amont`"),
        (BURST, "，每单 {order", "，每单 order", "13:62: a brace without its partner"),
        (BURST, "bad: 0.4", "bad: 4", "14:8: `bad` lies between"),
        (BURST, "weight: 20", "weight: .inf", "14:27: here stands a number"),
        (BURST, "hit: false", "hit: true", "17:1: at least one test"),
        (BURST, "hit: false", "hit: no", "20:30: here stands true or false"),
        (BURST, "_10m: 4}", "_10m: four}", "20:76: here stands a whole number"),
        (BURST, "_10m: 4}", "_10: 4}", "20:45: unknown name"),
        (BURST, "false, given", "false, severity: low, given", "20:5: a test without a hit"),
        (BURST, "why: Resellers", "why: *a", "3:6: an alias"),
        (BURST, "why: Resellers", "why: !!python/name:os.system Resellers", "3:6: here stands"),
        (BURST, "why: Resellers", "why: [", "this is no YAML"),
        (CARDS, "order.amount < 20.0", "order.amuont < 20.0", "9:4: unknown name"),
        (CARDS, "20.00}", "'20.00'}", "19:83: here stands an amount"),
        (FEATURES, "kind: count", "kind: counts", "3:9: `counts` is not known"),
        (FEATURES, "window: 10m", "window: 0s", "6:11: here stands a time"),
        (FEATURES, "window: 10m", "window: 181d", "6:11: here stands a time"),
        (FEATURES, "on: [placed]", "on: [placed, placed]", "5:7: here stands a list"),
        (FEATURES, "normal: 1", "length: 5", "1:1: `length` is for a `prefix`"),
        (FEATURES, "kind: count", "kind: prefix", "1:1: `of` is missing"),
        (FEATURES, "kind: count", "kind: count\n  of: order.amount", "4:7: a `count` counts"),
        (FEATURES, "of: order.amount", "of: order.currency", "21:7: a `max` is not of"),
        (FEATURES, "of: order.amount", "of: line.quantity", "21:7: `line.quantity` differs"),
        (FEATURES, "normal: 1", "at: order.amount", "7:7: `order.amount` is no instant"),
        (FEATURES, "where: buyer.same", "where: buyer.sane", "15:10: unknown name"),
        (FEATURES, "where: buyer.same_product_orders_10m", "where: buyer.cards_tried_1h", "circle"),
        (FEATURES, "buyer.cards_tried_1h:", "buyer.Cards:", "8:1: `buyer.Cards` is no feature"),
        (FEATURES, "buyer.cards_tried_1h:", "order.amount:", "8:1: `order.amount` is a member"),
        ("playbooks/high.yaml", "after: 30m", "after: 30", "6:43: here stands a time"),
        ("playbooks/high.yaml", "only_if: not_shipped", "only_if: sent", "`sent` is not known"),
        ("playbooks/high.yaml", "id: high", "id: low", "1:5: the file says `high`"),
        ("playbooks/high.yaml", "step: remind", "step: hold", "5:3: two steps have one name"),
        ("presets/micro.yaml", "[velocity]", "[velocty]", "1:9: no pack `velocty`"),
        ("presets/micro.yaml", "packs: [velocity]\n", "", "1:1: nothing is switched on"),
        ("presets/micro.yaml", "[velocity]", "[velocity]\nrules: [payment.card_testing]", "2:9"),
        ("presets/micro.yaml", "[high]", "[hgh]", "2:13: no playbook `hgh`"),
        ("presets/micro.yaml", "[high]", "[high, high]", "2:19: a second playbook"),
    ],
)
def test_a_fault_has_its_place(file: str, old: str, new: str, said: str) -> None:
    faults = told(changed(file, old, new))
    assert any(fault.startswith(f"{file}:") and said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: the file is empty"),
        ("- a", "1:1: here stands a mapping"),
        ("[" * 30_000, "1:17: nested deeper than 16"),
        ("{a: " * 3_000, "nested deeper than 16"),
        ("a" * 70_000, "1:1: the file is larger than 64 KiB"),
        ("\x00", "1:1: this is no YAML"),
        ("a: 1\n---\nb: 1", "2:1: this is no YAML"),
        ("? [a]\n: b", "1:3: a member's name"),
        ("a: &a [1]\nb: *a", "2:4: an alias"),
        ("\ud800", "this is no YAML"),
    ],
)
def test_a_file_that_is_no_rule_is_told(text: str, said: str) -> None:
    faults = told({**FILES, "velocity/odd.yaml": text})
    assert any(said in fault for fault in faults), faults


def test_a_file_in_the_wrong_place_is_told_and_others_are_left_alone() -> None:
    faults = told({**FILES, "a/b/c.yaml": "", "velocity/Odd.yml": "", "README.md": "#"})
    assert [fault.partition(":")[0] for fault in faults] == ["a/b/c.yaml", "velocity/Odd.yml"]


@pytest.mark.parametrize(
    ("when", "line", "column"),
    [
        ("when: lists.blocked && x.y > 1\n", 4, 24),
        ("when: lists.blocked &&\n  x.y > 1\n", 5, 3),
        ("when: 'lists.blocked && order.currency != ''A'' && x.y > 1'\n", 4, 52),
        ('when: "lists.blocked && order.currency != \\"A\\" && x.y > 1"\n', 4, 52),
        ('when: "lists.blocked &&\n\n    x.y > 1"\n', 6, 5),
        ("when: |\n  lists.blocked &&\n\n    x.y > 1\n", 7, 5),
        ("when: >-\n\n  lists.blocked &&\n  x.y > 1\n", 7, 3),
        ("when: >- # a comment\n  lists.blocked && x.y > 1\n", 5, 20),
        ("when:\n  lists.blocked && x.y > 1\n", 5, 20),
        ("when: |\r\n  lists.blocked &&\r\n  x.y > 1\r\n", 6, 3),
    ],
)
def test_a_condition_is_found_in_any_form_of_yaml(when: str, line: int, column: int) -> None:
    before, _, after = RULE.partition("when: buyer.same_product_orders_10m >= 5\n")
    text = before.replace("status: live\nseverity: high\n", "") + when + after
    fault = next(fault for fault in check_library({BURST: text}) if "`x.y`" in fault.message.en)
    assert (fault.line, fault.column) == (line, column)


def test_one_fault_in_a_feature_does_not_hide_the_rules_that_use_it() -> None:
    files = changed(FEATURES, "zh: 一小时内尝试的卡数", "cn: 一小时内尝试的卡数")
    files[CARDS] = TESTING.replace("order.amount < 20.0", "order.currency < 20.0")
    assert [fault.partition(" ")[0] for fault in told(files)] == [
        f"{CARDS}:9:4:",
        f"{FEATURES}:9:3:",
        f"{FEATURES}:9:39:",
    ]


def test_one_feature_in_two_packs_is_told() -> None:
    files = {**FILES, "payment/features.yaml": FILES[FEATURES]}
    assert len(told(files)) == 3
    assert all("is in payment/features.yaml too" in fault for fault in told(files))


def test_all_faults_of_all_files_come_at_once() -> None:
    files = changed(BURST, ", zh: 同款突击下单", "")
    files[CARDS] = TESTING.replace("order.amount < 20.0", "buyer.cards_tried_1h < 2")
    files["presets/micro.yaml"] = "packs: [velocity, nothing]\nplaybooks: [high]\n"
    faults = check_library(files)
    assert [fault.file for fault in faults] == [CARDS, "presets/micro.yaml", BURST]
    with pytest.raises(LibraryFaults) as caught:
        load_library(files, preset="standard")
    assert caught.value.faults == faults
