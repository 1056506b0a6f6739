"""`PACK/RULE.yaml`: one rule, with its reason, its runbook and its tests."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.library import Concern, Prior, Raise, Rule, RuleTest
from orderguard.domain.wording import RuleStatus
from orderguard.kit.ids import digest16
from orderguard.rules.check import check
from orderguard.rules.page import Entry, Member, Passage, passage, read_members
from orderguard.rules.readers import (
    bilingual,
    bilingual_passages,
    boolean,
    decimal_text,
    dotted,
    entities,
    list_of,
    name_passage,
    one_of,
    real,
    text,
    whole,
    word,
)
from orderguard.rules.suggest import suggestion
from orderguard.rules.vocabulary import Name, Names, ValueType

WEIGHT_MAX = 100_000
VERSION_LENGTH = 12
OWN_PACK = "own"
"""The pack of the rules that people make in the browser: every preset has it."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""A name in an explanation, to be replaced by its value."""

TESTS_OF_ONE_KIND = Bilingual(
    "at least one test hits and at least one does not: add it",
    "至少要有一个命中的测试和一个不命中的测试：请补上",
)

Given = int | float | str | bool | None


class _RaiseDraft(Struct, frozen=True):
    when: Passage
    to: Severity
    prior: Prior | None = None


class _ConcernDraft(Struct, frozen=True):
    feature: Passage
    when: Passage | None = None


class _TestDraft(Struct, frozen=True):
    name: str
    hit: bool
    given: dict[str, Entry]
    severity: Severity | None


class RuleDraft(Struct, frozen=True):
    """A rule's members as far as they could be read; names in them are not looked up yet."""

    id: str
    pack: str
    entry: Entry
    values: dict[str, Any]


def _raise(entry: Entry) -> _RaiseDraft | None:
    members: dict[str, Member[Any]] = {
        "when": Member(passage),
        "to": Member(one_of(Severity)),
        "prior": Member(_prior, required=False),
    }
    found = read_members(entry, members)
    return _RaiseDraft(**found) if {"when", "to"} <= found.keys() else None


def _concern(entry: Entry) -> _ConcernDraft | None:
    """A feature's name, or `{feature: NAME, when: CONDITION}`."""
    if entry.pairs() is None:
        feature = name_passage(entry)
        return None if feature is None else _ConcernDraft(feature)
    members: dict[str, Member[Any]] = {"feature": Member(name_passage), "when": Member(passage)}
    found = read_members(entry, members)
    return _ConcernDraft(**found) if len(found) == len(members) else None


def _prior(entry: Entry) -> Prior | None:
    members: dict[str, Member[Any]] = {
        "bad": Member(real),
        "weight": Member(real),
        "source": Member(text),
    }
    found = read_members(entry, members)
    if len(found) < len(members):
        return None
    if not (0 < found["bad"] < 1 and 0 < found["weight"] <= WEIGHT_MAX):
        said = Bilingual(
            f"`bad` lies between 0 and 1, `weight` between 0 and {WEIGHT_MAX}",
            f"`bad` 在 0 与 1 之间，`weight` 在 0 与 {WEIGHT_MAX} 之间",
        )
        entry.fault(said)
        return None
    return Prior(**found)


def _given_entries(entry: Entry) -> dict[str, Entry] | None:
    pairs = entry.pairs()
    if pairs is None:
        said = Bilingual(
            "here stands a mapping of names to values, such as {order.amount: 9.90}",
            "这里要写名称和对应的值，如 {order.amount: 9.90}",
        )
        entry.fault(said)
    return pairs


def _test(entry: Entry) -> _TestDraft | None:
    members: dict[str, Member[Any]] = {
        "name": Member(text),
        "hit": Member(boolean),
        "given": Member(_given_entries),
        "severity": Member(one_of(Severity), required=False),
    }
    found = read_members(entry, members)
    if not {"name", "hit", "given"} <= found.keys():
        return None
    severity = found.get("severity")
    if severity is not None and not found["hit"]:
        said = Bilingual(
            "a test without a hit has no severity: remove it",
            "不命中的测试没有严重度：请删去",
        )
        entry.fault(said)
    return _TestDraft(found["name"], found["hit"], found["given"], severity)


_MEMBERS: dict[str, Member[Any]] = {
    "id": Member(dotted),
    "title": Member(bilingual),
    "why": Member(text),
    "status": Member(one_of(RuleStatus)),
    "kind": Member(one_of(AlertKind), required=False),
    "severity": Member(one_of(Severity)),
    "group": Member(word, required=False),
    "when": Member(passage),
    "raise": Member(list_of(_raise), required=False),
    "subject": Member(entities),
    "concerns": Member(list_of(_concern), required=False),
    "explanation": Member(bilingual_passages),
    "prior": Member(_prior),
    "false_alarms": Member(list_of(text)),
    "runbook": Member(text),
    "tests": Member(list_of(_test)),
}


def read_rule(page: Entry, pack: str, stem: str) -> RuleDraft:
    """What the file of a risk rule says."""
    return read_draft(page, pack, stem, _MEMBERS)


def read_draft(page: Entry, pack: str, stem: str, members: Mapping[str, Member[Any]]) -> RuleDraft:
    """What a rule's file says of these members; its name and folder give the rule its id."""
    values = read_members(page, members)
    rule_id = f"{pack}.{stem}"
    if values.get("id", rule_id) != rule_id:
        entry = (page.pairs() or {})["id"]
        said = Bilingual(
            f"the file and its folder say `{rule_id}`: rename one of them",
            f"按文件夹和文件名应为 `{rule_id}`：把其中一个改成一样",
        )
        entry.fault(said)
    return RuleDraft(rule_id, pack, page, values)


def link_rule(draft: RuleDraft, names: Names) -> Rule | None:
    """The rule, with every name in it looked up; None where the page has a fault."""
    values = draft.values
    when: Passage | None = values.get("when")
    raises: tuple[_RaiseDraft, ...] = values.get("raise", ())
    concerns: tuple[_ConcernDraft, ...] = values.get("concerns", ())
    conditions = [when, *(step.when for step in raises), *(one.when for one in concerns)]
    for condition in conditions:
        if condition is not None:
            for problem in check(condition.text, names).problems:
                condition.fault(problem.at, problem.message)
    for step in raises:
        if "severity" in values and step.to.rank <= values["severity"].rank:
            said = Bilingual(
                f"`{step.to}` raises nothing: name a higher severity",
                f"`{step.to}` 没有提高严重度：请选更高的",
            )
            step.when.fault(0, said)
    for concern in concerns:
        _check_feature(concern.feature, names)
    for explanation in values.get("explanation", ()):
        _check_placeholders(explanation, names)
    tests = _link_tests(draft, names)
    if draft.entry.page.faults:
        return None
    explanation_en, explanation_zh = values["explanation"]
    rule = Rule(
        id=draft.id,
        pack=draft.pack,
        version="",
        title=values["title"],
        why=values["why"],
        status=values["status"],
        kind=values.get("kind", AlertKind.RISK),
        severity=values["severity"],
        group=values.get("group", draft.pack),
        when=values["when"].text.strip(),
        subject=values["subject"],
        explanation=Bilingual(en=explanation_en.text.strip(), zh=explanation_zh.text.strip()),
        prior=values["prior"],
        false_alarms=values["false_alarms"],
        runbook=values["runbook"],
        tests=tests,
        concerns=tuple(_linked_concern(concern) for concern in concerns),
        raises=tuple(
            Raise(when=step.when.text.strip(), to=step.to, prior=step.prior) for step in raises
        ),
    )
    return replace(rule, version=version_of(rule))


def _check_feature(named: Passage, names: Names) -> None:
    known = names.get(named.text)
    if known is None or isinstance(known.place, str):
        features = [name for name in names if isinstance(names[name].place, int)]
        hint = suggestion(named.text, features)
        said = Bilingual(
            f"`{named.text}` is no feature: {hint.en}", f"没有特征 `{named.text}`：{hint.zh}"
        )
        named.fault(0, said)


def _linked_concern(draft: _ConcernDraft) -> Concern:
    return Concern(
        feature=draft.feature.text, when=None if draft.when is None else draft.when.text.strip()
    )


def version_of(content: Any) -> str:
    """Equal contents have equal versions, however they were written."""
    canonical = msgspec.json.encode(content, order="sorted").decode()
    return digest16(canonical).hex()[:VERSION_LENGTH]


def _check_placeholders(explanation: Passage, names: Names) -> None:
    for found in PLACEHOLDER.finditer(explanation.text):
        if found[1] not in names:
            explanation.fault(found.start(), unknown_placeholder(found[1], names))
    stray = re.search(r"[{}]", PLACEHOLDER.sub(lambda found: "_" * len(found[0]), explanation.text))
    if stray is not None:
        said = Bilingual(
            "a brace without its partner: write {buyer.orders_10m}",
            "花括号不成对：写成 {buyer.orders_10m} 这样",
        )
        explanation.fault(stray.start(), said)


def unknown_placeholder(name: str, known: Iterable[str]) -> Bilingual:
    hint = suggestion(name, known)
    return Bilingual(
        f"unknown name `{name}` in the explanation: {hint.en}",
        f"说明里没有这个名称：`{name}`，{hint.zh}",
    )


def _link_tests(draft: RuleDraft, names: Names) -> tuple[RuleTest, ...]:
    tests: tuple[_TestDraft, ...] | None = draft.values.get("tests")
    if tests is None:
        return ()
    if {test.hit for test in tests} != {True, False}:
        entry = (draft.entry.pairs() or {})["tests"]
        entry.page.fault(entry.at, TESTS_OF_ONE_KIND)
    return tuple(
        RuleTest(
            name=test.name,
            hit=test.hit,
            given={name: _given(name, entry, names) for name, entry in test.given.items()},
            severity=test.severity,
        )
        for test in tests
    )


def _given(name: str, entry: Entry, names: Names) -> Given:
    known: Name | None = names.get(name)
    if known is None:
        hint = suggestion(name, names)
        said = Bilingual(f"unknown name `{name}`: {hint.en}", f"没有名称 `{name}`：{hint.zh}")
        entry.page.fault(entry.at, said)
        return None
    if entry.scalar("null") is not None:
        return None
    value: Given
    match known.type:
        case ValueType.INT:
            value = whole(entry)
        case ValueType.NUMBER:
            value = real(entry)
        case ValueType.MONEY:
            value = decimal_text(entry)
        case ValueType.TEXT:
            value = text(entry)
        case ValueType.BOOL:
            value = boolean(entry)
    return value
