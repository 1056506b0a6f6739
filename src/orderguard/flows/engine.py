"""A library made ready to judge: features, one function for all rules, and what each concerns."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue, Severity
from orderguard.domain.entities import Entity
from orderguard.domain.entries import ListKind
from orderguard.domain.facts import Fact
from orderguard.domain.library import Feature, Library, Playbook, Rule
from orderguard.features import FeatureEngine, GroupState
from orderguard.kit.cache import WriteBack
from orderguard.kit.clock import MS_PER_HOUR
from orderguard.rules import (
    Condition,
    Explained,
    Judge,
    compile_condition,
    compile_rules,
    explain,
    load_library,
    names_of,
    names_used,
)

QUIET_MS_MIN = MS_PER_HOUR
"""An alert stays open at least this long after its last hit."""

_LIST_KINDS: dict[str, ListKind] = {
    Entity.BUYER: ListKind.BUYER,
    Entity.DEVICE: ListKind.DEVICE,
    Entity.CLIENT: ListKind.DEVICE,
    Entity.PAYER: ListKind.PAYER,
    "payment": ListKind.PAYER,
    Entity.PHONE: ListKind.PHONE,
    Entity.PHONE_SEGMENT: ListKind.PHONE,
    Entity.DOORSTEP: ListKind.ADDRESS,
    Entity.SEGMENT: ListKind.IP,
}
"""The list that speaks for an entity, or for the members of that name."""

States = Callable[[str], WriteBack[GroupState]]


class CompiledRule(Struct, frozen=True, kw_only=True):
    """A rule with what follows from its text.

    `keyed_by`: an allow-listed entity of these kinds keeps the rule from hitting. `concerns`: the
    features whose windows hold the pattern, each with the condition under which it does.
    """

    rule: Rule
    keyed_by: frozenset[ListKind]
    quiet_ms: int
    subject_feature: str | None
    concerns: tuple[tuple[str, Condition | None], ...]


class Engine:
    """All that judges, compiled from one library version."""

    def __init__(self, library: Library, *, states: States) -> None:
        self.library = library
        self.names = names_of(library.features)
        self.features = FeatureEngine(library.features, self._conditions(), states)
        self.judge: Judge = compile_rules(library.rules, self.names)
        self.rules = tuple(self._compiled(rule) for rule in library.rules)
        self.by_id = {rule.rule.id: rule for rule in self.rules}
        self.playbooks: dict[Severity, Playbook] = {
            playbook.severity: playbook for playbook in library.playbooks
        }

    @classmethod
    def compile(cls, files: Mapping[str, str], *, preset: str, states: States) -> "Engine":
        """Raise LibraryFaults when the library does not pass its checks."""
        return cls(load_library(files, preset=preset), states=states)

    @classmethod
    def empty(cls) -> "Engine":
        """Judges nothing: what a log without a library deserves."""
        library = Library(version="", preset="", features=(), rules=(), playbooks=())
        return cls(library, states=_no_states)

    def explain(self, rule: CompiledRule, fact: Fact, values: Sequence[FeatureValue]) -> Explained:
        return explain(rule.rule, self.names, fact, values)

    def _conditions(self) -> dict[str, Condition]:
        return {
            feature.id: compile_condition(feature.where, self.names)
            for feature in self.library.features
            if feature.where is not None
        }

    def _compiled(self, rule: Rule) -> CompiledRule:
        features = {feature.id: feature for feature in self.library.features}
        named = names_used(rule)
        used = [features[name] for name in named if name in features]
        concerned = [features[concern.feature] for concern in rule.concerns]
        return CompiledRule(
            rule=rule,
            keyed_by=_keyed_by(rule, named, used),
            quiet_ms=max([QUIET_MS_MIN, *(feature.window_ms for feature in concerned)]),
            subject_feature=next((f.id for f in concerned if f.by == rule.subject), None),
            concerns=tuple(
                (
                    concern.feature,
                    None if concern.when is None else compile_condition(concern.when, self.names),
                )
                for concern in rule.concerns
            ),
        )


def _keyed_by(rule: Rule, named: Sequence[str], used: Sequence[Feature]) -> frozenset[ListKind]:
    words: set[str] = {*rule.subject, *(entity for feature in used for entity in feature.by)}
    words |= {name.partition(".")[0] for name in named if name not in {f.id for f in used}}
    return frozenset(_LIST_KINDS[word] for word in words if word in _LIST_KINDS)


def _no_states(space: str) -> WriteBack[GroupState]:
    raise AssertionError(f"a library without features asks for {space}")
