"""`playbooks/NAME.yaml` and `presets/NAME.yaml`: what is done, and what is switched on."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Severity
from orderguard.domain.health import HealthRule
from orderguard.domain.library import Playbook, Rule
from orderguard.rules.page import Entry, Member, Passage, read_members
from orderguard.rules.readers import (
    bilingual,
    list_of,
    name_passage,
    one_of,
    whole,
    word,
    word_passage,
)
from orderguard.rules.rule_file import OWN_PACK, version_of
from orderguard.rules.step_file import HOLDS_PER_HOUR_MAX, link_steps, read_steps, zone
from orderguard.rules.suggest import suggestion


def _holds(entry: Entry) -> int | None:
    found = whole(entry)
    if found is not None and not 1 <= found <= HOLDS_PER_HOUR_MAX:
        said = Bilingual(
            f"here stands a number from 1 to {HOLDS_PER_HOUR_MAX}",
            f"这里要写 1 到 {HOLDS_PER_HOUR_MAX} 之间的数",
        )
        entry.fault(said)
        return None
    return found


class Preset(Struct, frozen=True, kw_only=True):
    """What a size of merchant switches on: packs, or rules by name, and a playbook a severity.

    Where both packs and rules are named, a rule must be in both.
    """

    packs: tuple[Passage, ...]
    rules: tuple[Passage, ...]
    playbooks: tuple[Passage, ...]

    def has(self, rule: Rule | HealthRule) -> bool:
        packs = {pack.text for pack in self.packs} or {rule.pack}
        rules = {named.text for named in self.rules} or {rule.id}
        return rule.pack == OWN_PACK or (rule.pack in packs and rule.id in rules)


_PLAYBOOK: dict[str, Member[Any]] = {
    "id": Member(word),
    "title": Member(bilingual),
    "severity": Member(one_of(Severity), required=False),
    "zone": Member(zone, required=False),
    "holds_per_hour": Member(_holds, required=False),
    "steps": Member(read_steps),
}


def read_playbook(page: Entry, stem: str) -> Playbook | None:
    found = read_members(page, _PLAYBOOK)
    if found.get("id", stem) != stem:
        said = Bilingual(
            f"the file says `{stem}`: rename one of them",
            f"文件名是 `{stem}`：把其中一个改成一样",
        )
        (page.pairs() or {})["id"].fault(said)
    steps = found.get("steps", ())
    if len({step.step for step in steps}) < len(steps):
        said = Bilingual(
            "two steps have one name: rename one of them", "两个步骤同名：请给其中一个改名"
        )
        (page.pairs() or {})["steps"].fault(said)
    link_steps(page, steps)
    if page.page.faults:
        return None
    hours = found.pop("zone", None)
    if hours is not None:
        found["steps"] = tuple(
            step if step.within is None else replace(step, within=replace(step.within, zone=hours))
            for step in steps
        )
    playbook = Playbook(version="", **found)
    return replace(playbook, version=version_of(playbook))


_PRESET: dict[str, Member[Any]] = {
    "packs": Member(list_of(word_passage), required=False),
    "rules": Member(list_of(name_passage), required=False),
    "playbooks": Member(list_of(word_passage)),
}


def read_preset(page: Entry) -> Preset:
    found = read_members(page, _PRESET)
    if not found.get("packs") and not found.get("rules"):
        said = Bilingual(
            "nothing is switched on: list `packs` or `rules`",
            "什么也没有启用：请列出 `packs` 或 `rules`",
        )
        page.fault(said)
    return Preset(
        packs=found.get("packs", ()),
        rules=found.get("rules", ()),
        playbooks=found.get("playbooks", ()),
    )


def link_preset(
    preset: Preset, rule_ids: Sequence[str], playbooks: Mapping[str, Playbook | None]
) -> None:
    """Tell every pack, rule and playbook of a preset that is not there."""
    packs = {rule_id.split(".")[0] for rule_id in rule_ids}
    for pack in preset.packs:
        if pack.text not in packs:
            hint = suggestion(pack.text, packs)
            said = Bilingual(
                f"no pack `{pack.text}`: {hint.en}", f"没有规则包 `{pack.text}`：{hint.zh}"
            )
            pack.fault(0, said)
    chosen = {pack.text for pack in preset.packs} or packs
    reachable = [rule_id for rule_id in rule_ids if rule_id.split(".")[0] in chosen]
    for rule in preset.rules:
        if rule.text not in reachable:
            hint = suggestion(rule.text, reachable)
            said = Bilingual(
                f"no rule `{rule.text}` in these packs: {hint.en}",
                f"这些规则包里没有规则 `{rule.text}`：{hint.zh}",
            )
            rule.fault(0, said)
    _link_playbooks(preset, playbooks)


def _link_playbooks(preset: Preset, playbooks: Mapping[str, Playbook | None]) -> None:
    served: set[Severity] = set()
    for named in preset.playbooks:
        playbook = playbooks.get(named.text)
        if named.text not in playbooks:
            hint = suggestion(named.text, playbooks)
            said = Bilingual(
                f"no playbook `{named.text}`: {hint.en}", f"没有预案 `{named.text}`：{hint.zh}"
            )
            named.fault(0, said)
        elif playbook is not None and playbook.severity is None:
            said = Bilingual(
                "it has no severity, and runs where a health rule names it: remove it",
                "它没有严重度，只在健康规则指定时运行：请从这里删去",
            )
            named.fault(0, said)
        elif playbook is not None and playbook.severity in served:
            said = Bilingual(
                f"a second playbook for {playbook.severity} severity: remove one",
                f"严重度 `{playbook.severity}` 有两个预案：请删去一个",
            )
            named.fault(0, said)
        elif playbook is not None and playbook.severity is not None:
            served.add(playbook.severity)
