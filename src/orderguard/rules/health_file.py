"""`PACK/RULE.yaml` with `watches`: one health rule, with its limits and the lives that test it."""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Severity
from orderguard.domain.events import EventType
from orderguard.domain.facts import FactKind
from orderguard.domain.health import (
    CHECKS,
    Check,
    HealthRule,
    LifeEvent,
    LifeTest,
    Override,
    Parameter,
    ParameterKind,
    ParameterValue,
    WorkHours,
)
from orderguard.domain.library import Playbook
from orderguard.domain.wording import RuleStatus
from orderguard.rules.page import Entry, Member, Passage, Reader, read_members
from orderguard.rules.readers import (
    bilingual,
    bilingual_passages,
    boolean,
    delay_ms,
    dotted,
    list_of,
    one_of,
    real,
    several_of,
    text,
    whole,
    word_passage,
)
from orderguard.rules.rule_file import (
    PLACEHOLDER,
    TESTS_OF_ONE_KIND,
    RuleDraft,
    read_draft,
    unknown_placeholder,
    version_of,
)
from orderguard.rules.suggest import suggestion

_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
DATA_MAX = 64
TIMES_MAX = 1_000
"""How often an event of a test is told, each time of another order."""


def _minute(entry: Entry) -> int | None:
    found = _TIME.match(entry.scalar("str") or "")
    if found is None or int(found[1]) * 60 + int(found[2]) > 24 * 60:
        said = Bilingual(
            'here stands a time of day in quotes, such as "09:00"',
            '这里要写一天里的时刻，加引号，如 "09:00"',
        )
        entry.fault(said)
        return None
    return int(found[1]) * 60 + int(found[2])


def _zone(entry: Entry) -> str | None:
    name = text(entry)
    try:
        ZoneInfo(name or "-")
    except (KeyError, ValueError, OSError):
        said = Bilingual(
            "here stands a time zone, such as Asia/Shanghai", "这里要写时区，如 Asia/Shanghai"
        )
        entry.fault(said)
        return None
    return name


def _weekday(entry: Entry) -> int | None:
    found = whole(entry)
    if found is not None and not 1 <= found <= 7:
        entry.fault(Bilingual("a weekday is 1 (Monday) to 7", "星期写 1（星期一）到 7"))
        return None
    return found


def _country(entry: Entry) -> str | None:
    found = entry.scalar("str")
    if found is None or not _COUNTRY.match(found):
        said = Bilingual(
            "here stands a country of two letters, such as CN",
            "这里要写两个字母的国家代码，如 CN",
        )
        entry.fault(said)
        return None
    return found


def _hours(entry: Entry) -> WorkHours | None:
    members: dict[str, Member[Any]] = {
        "zone": Member(_zone),
        "opens": Member(_minute),
        "closes": Member(_minute),
        "weekdays": Member(list_of(_weekday), required=False),
        "holidays": Member(_country, required=False),
        "cutoff": Member(_minute, required=False),
    }
    found = read_members(entry, members)
    if not {"zone", "opens", "closes"} <= found.keys():
        return None
    if found["opens"] >= found["closes"]:
        said = Bilingual(
            "it closes before it opens: write both times of one day",
            "结束早于开始：两个时刻要在同一天里",
        )
        entry.fault(said)
        return None
    return WorkHours(
        zone=found["zone"],
        opens_min=found["opens"],
        closes_min=found["closes"],
        weekdays=found.get("weekdays", (1, 2, 3, 4, 5)),
        holidays=found.get("holidays"),
        cutoff_min=found.get("cutoff"),
    )


_READERS: dict[ParameterKind, Reader[Any]] = {
    ParameterKind.DURATION: delay_ms,
    ParameterKind.COUNT: whole,
    ParameterKind.SHARE: real,
    ParameterKind.NUMBER: real,
    ParameterKind.FACTS: several_of(FactKind),
    ParameterKind.HOURS: _hours,
}


def _parameters(entry: Entry, forms: Mapping[str, Parameter]) -> dict[str, ParameterValue]:
    members = {name: Member(_READERS[form.kind], required=False) for name, form in forms.items()}
    found = read_members(entry, members)
    for name, value in found.items():
        form = forms[name]
        if isinstance(value, int | float) and not form.low <= value <= form.high:
            said = Bilingual(
                f"`{name}` lies between {form.low} and {form.high}",
                f"`{name}` 应在 {form.low} 与 {form.high} 之间",
            )
            (entry.pairs() or {})[name].fault(said)
    return found


def _data(entry: Entry) -> dict[str, object] | None:
    pairs = entry.pairs()
    if pairs is None or len(pairs) > DATA_MAX:
        said = Bilingual(
            "here stands a mapping of members of the event's data",
            "这里要写事件数据的各个成员",
        )
        entry.fault(said)
        return None
    return {name: _value(value) for name, value in pairs.items()}


def _value(entry: Entry) -> object:
    """A value as JSON would have it."""
    pairs, items = entry.pairs(), entry.items()
    if pairs is not None:
        return {name: _value(value) for name, value in pairs.items()}
    if items is not None:
        return [_value(item) for item in items]
    if entry.scalar("null") is not None:
        return None
    if entry.scalar("int") is not None:
        return whole(entry)
    if entry.scalar("bool") is not None:
        return boolean(entry)
    return entry.scalar("str") if entry.scalar("str") is not None else entry.scalar("float")


def _event(entry: Entry) -> LifeEvent | None:
    members: dict[str, Member[Any]] = {
        "at": Member(delay_ms),
        "type": Member(one_of(EventType)),
        "data": Member(_data, required=False),
        "every": Member(delay_ms, required=False),
        "times": Member(whole, required=False),
    }
    found = read_members(entry, members)
    if not {"at", "type"} <= found.keys():
        return None
    every, times = found.get("every", 0), found.get("times", 1)
    if not 1 <= times <= TIMES_MAX or (times > 1) != (every > 0):
        said = Bilingual(
            f"`every` and `times` stand together: a time, and up to {TIMES_MAX}",
            f"`every` 和 `times` 要一起写：一个时长，次数最多 {TIMES_MAX}",
        )
        entry.fault(said)
        return None
    data = found.get("data", {})
    return LifeEvent(at_ms=found["at"], type=found["type"], data=data, every_ms=every, times=times)


def _test(entry: Entry) -> LifeTest | None:
    members: dict[str, Member[Any]] = {
        "name": Member(text),
        "hit": Member(boolean),
        "life": Member(list_of(_event)),
        "until": Member(delay_ms),
    }
    found = read_members(entry, members)
    if len(found) < len(members):
        return None
    return LifeTest(
        name=found["name"], hit=found["hit"], life=found["life"], until_ms=found["until"]
    )


def _entry(entry: Entry) -> Entry:
    return entry


_MEMBERS: dict[str, Member[Any]] = {
    "id": Member(dotted),
    "title": Member(bilingual),
    "why": Member(text),
    "status": Member(one_of(RuleStatus)),
    "severity": Member(one_of(Severity)),
    "watches": Member(one_of(Check)),
    "parameters": Member(_entry, required=False),
    "overrides": Member(list_of(_entry), required=False),
    "explanation": Member(bilingual_passages),
    "mend": Member(word_passage, required=False),
    "false_alarms": Member(list_of(text)),
    "runbook": Member(text),
    "tests": Member(list_of(_test)),
}


def is_health(page: Entry) -> bool:
    """Whether a rule file is that of a health rule."""
    return "watches" in (page.pairs() or {})


def read_health(page: Entry, pack: str, stem: str) -> RuleDraft:
    """What the file of a health rule says."""
    return read_draft(page, pack, stem, _MEMBERS)


def link_health(draft: RuleDraft, playbooks: Mapping[str, Playbook | None]) -> HealthRule | None:
    """The rule with its limits; None where the page has a fault."""
    values = draft.values
    check: Check | None = values.get("watches")
    parameters: dict[str, ParameterValue] = {}
    overrides: list[Override] = []
    if check is not None:
        form = CHECKS[check]
        parameters = {name: one.default for name, one in form.parameters.items()}
        if "parameters" in values:
            parameters |= _parameters(values["parameters"], form.parameters)
        for name, one in form.parameters.items():
            if one.kind is ParameterKind.FACTS and parameters[name] is None:
                parameters[name] = ()
        overrides = [_override(one, form.parameters) for one in values.get("overrides", ())]
        for passage in values.get("explanation", ()):
            _check_placeholders(passage, form.evidence)
    mend: Passage | None = values.get("mend")
    if mend is not None:
        _check_mend(mend, playbooks)
    _check_tests(draft)
    if draft.entry.page.faults or check is None:
        return None
    explanation_en, explanation_zh = values["explanation"]
    rule = HealthRule(
        id=draft.id,
        pack=draft.pack,
        version="",
        title=values["title"],
        why=values["why"],
        status=values["status"],
        severity=values["severity"],
        watches=check,
        parameters=parameters,
        overrides=tuple(overrides),
        explanation=Bilingual(en=explanation_en.text.strip(), zh=explanation_zh.text.strip()),
        false_alarms=values["false_alarms"],
        runbook=values["runbook"],
        tests=values["tests"],
        mend=None if mend is None else mend.text,
    )
    return replace(rule, version=version_of(rule))


def _check_mend(mend: Passage, playbooks: Mapping[str, Playbook | None]) -> None:
    playbook = playbooks.get(mend.text)
    if mend.text not in playbooks:
        hint = suggestion(mend.text, playbooks)
        said = Bilingual(
            f"no playbook `{mend.text}`: {hint.en}", f"没有预案 `{mend.text}`：{hint.zh}"
        )
        mend.fault(0, said)
    elif playbook is not None and playbook.severity is not None:
        said = Bilingual(
            f"it answers risk of {playbook.severity} severity: name a playbook that has none",
            f"它处置严重度为 `{playbook.severity}` 的风险：请指定没有严重度的预案",
        )
        mend.fault(0, said)


def _override(entry: Entry, forms: Mapping[str, Parameter]) -> Override:
    members: dict[str, Member[Any]] = {
        **{name: Member(text, required=False) for name in _WHERE},
        "parameters": Member(_entry),
    }
    found = read_members(entry, members)
    if found.keys().isdisjoint(_WHERE):
        said = Bilingual(
            f"nothing says where it holds: name one of {', '.join(_WHERE)}",
            f"没有说明适用于哪里：请写明其中之一：{'、'.join(_WHERE)}",
        )
        entry.fault(said)
    limits = _parameters(found["parameters"], forms) if "parameters" in found else {}
    return Override(parameters=limits, **{name: found.get(name) for name in _WHERE})


_WHERE = ("channel", "shop", "warehouse", "carrier")


def _check_placeholders(explanation: Passage, evidence: Mapping[str, object]) -> None:
    for found in PLACEHOLDER.finditer(explanation.text):
        if found[1] not in evidence:
            explanation.fault(found.start(), unknown_placeholder(found[1], evidence))


def _check_tests(draft: RuleDraft) -> None:
    tests: tuple[LifeTest, ...] | None = draft.values.get("tests")
    if tests is not None and {test.hit for test in tests} != {True, False}:
        entry = (draft.entry.pairs() or {})["tests"]
        entry.page.fault(entry.at, TESTS_OF_ONE_KIND)
