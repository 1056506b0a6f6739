"""A library made ready to judge: features, one function for all rules, and what each concerns."""

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue, Severity
from orderguard.domain.entities import Entity
from orderguard.domain.entries import ListKind
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature, Library, Playbook, Rule
from orderguard.features import FeatureEngine, GroupState
from orderguard.kit.cache import WriteBack
from orderguard.kit.clock import MS_PER_HOUR
from orderguard.rules import (
    Condition,
    Explained,
    compile_condition,
    compile_rules,
    explain,
    load_library,
    names_of,
    names_used,
)

JUDGED = frozenset({FactKind.PLACED, FactKind.PAID, FactKind.ADDRESS_CHANGED, FactKind.ATTEMPTED})
"""The facts at which an order is judged, or an attempt at one."""

AT_CHECKOUT = "attempt.is_open"
"""A rule that names this member is about attempts alone."""

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
    `tells_line`: the features by which it is known which line of an order the subject is of, the
    best first, each with the condition under which it is. `at_checkout`: its hits are answered
    where an attempt is screened, and raise no alert.
    """

    rule: Rule
    keyed_by: frozenset[ListKind]
    quiet_ms: int
    tells_line: tuple[tuple[Feature, Condition | None], ...]
    concerns: tuple[tuple[str, Condition | None], ...]
    at_checkout: bool = False


class Engine:
    """All that judges, compiled from one library version."""

    def __init__(self, library: Library, *, states: States) -> None:
        self.library = library
        self.names = names_of(library.features)
        self.rules = tuple(self._compiled(rule) for rule in library.rules)
        judged = self._judged = {kind: self._judged_at(kind) for kind in JUDGED}
        self._judges = {
            kind: compile_rules(library.rules, self.names, only=rules)
            for kind, rules in judged.items()
        }
        reads = {kind: self._read_for(rules) for kind, rules in judged.items()}
        self.features = FeatureEngine(library.features, self._conditions(), states, reads)
        self.by_id = {rule.rule.id: rule for rule in self.rules}
        self._members = frozenset(
            place
            for rule in library.rules
            for name in names_used(rule)
            if isinstance(place := self.names[name].place, str)
        )
        self.playbooks: dict[Severity, Playbook] = {
            playbook.severity: playbook
            for playbook in library.playbooks
            if playbook.severity is not None
        }
        self.mending: dict[str, Playbook] = {
            rule.id: playbook
            for rule in library.health
            for playbook in library.mending
            if playbook.id == rule.mend
        }
        """The playbook that mends what a health rule finds, by rule."""

    @classmethod
    def compile(cls, files: Mapping[str, str], *, preset: str, states: States) -> "Engine":
        """Raise LibraryFaults when the library does not pass its checks."""
        return cls(load_library(files, preset=preset), states=states)

    @classmethod
    def empty(cls) -> "Engine":
        """Judges nothing: what a log without a library deserves."""
        library = Library(version="", preset="", features=(), rules=(), playbooks=())
        return cls(library, states=_no_states)

    def wants(self, kind: FactKind, amends: frozenset[str] | None) -> bool:
        """Whether a fact of this kind, or the amendment of one, can change a judgement."""
        if self.features.wants(kind, amends):
            return True
        if amends is not None:
            return kind in JUDGED and not amends.isdisjoint(self._members)
        return bool(self._judged.get(kind))

    def judge(self, fact: Fact, values: Sequence[FeatureValue]) -> list[tuple[int, int]]:
        """(rule index, severity rank) of each rule that certainly hits at this fact."""
        return self._judges[fact.kind](fact, values)

    def explain(self, rule: CompiledRule, fact: Fact, values: Sequence[FeatureValue]) -> Explained:
        return explain(rule.rule, self.names, fact, values)

    def _conditions(self) -> dict[str, Condition]:
        return {
            feature.id: self._condition(feature.where)
            for feature in self.library.features
            if feature.where is not None
        }

    def _judged_at(self, kind: FactKind) -> frozenset[str]:
        """The rules that a fact of this kind can make true.

        A rule over features is judged when something enters them: at a payment where they count
        payments, else when an order is placed. What a payment tells of the order besides amends
        what was placed. A rule over no feature, such as a list's, is judged each time, and so is
        everything when the address changes. An attempt is judged as an order that is placed.
        """
        features = {feature.id: feature for feature in self.library.features}
        found = set()
        at = FactKind.PLACED if kind is FactKind.ATTEMPTED else kind
        for rule in self.library.rules:
            if AT_CHECKOUT in names_used(rule) and kind is not FactKind.ATTEMPTED:
                continue
            used = [features[name] for name in names_used(rule) if name in features]
            kinds = {kind for feature in used for kind in feature.on} & {
                FactKind.PLACED,
                FactKind.PAID,
            } or {FactKind.PLACED}
            if not used or at in kinds or kind is FactKind.ADDRESS_CHANGED:
                found.add(rule.id)
        return frozenset(found)

    def _read_for(self, rules: Collection[str]) -> frozenset[int]:
        """The places of the features that these rules name."""
        places = (
            self.names[name].place
            for rule in self.library.rules
            if rule.id in rules
            for name in names_used(rule)
        )
        return frozenset(place for place in places if isinstance(place, int))

    def _condition(self, text: str) -> Condition:
        return compile_condition(text, self.names)

    def _compiled(self, rule: Rule) -> CompiledRule:
        features = {feature.id: feature for feature in self.library.features}
        named = names_used(rule)
        used = [features[name] for name in named if name in features]
        concerns = [
            (features[one.feature], None if one.when is None else self._condition(one.when))
            for one in rule.concerns
        ]
        telling = [*concerns, *((feature, None) for feature in used)]
        return CompiledRule(
            rule=rule,
            keyed_by=_keyed_by(rule, named, used),
            quiet_ms=max([QUIET_MS_MIN, *(feature.window_ms for feature, _ in concerns)]),
            tells_line=tuple(
                (feature, holds) for feature, holds in telling if {*rule.subject} <= {*feature.by}
            ),
            concerns=tuple((feature.id, holds) for feature, holds in concerns),
            at_checkout=AT_CHECKOUT in named,
        )


def _keyed_by(rule: Rule, named: Sequence[str], used: Sequence[Feature]) -> frozenset[ListKind]:
    words: set[str] = {*rule.subject, *(entity for feature in used for entity in feature.by)}
    words |= {name.partition(".")[0] for name in named if name not in {f.id for f in used}}
    return frozenset(_LIST_KINDS[word] for word in words if word in _LIST_KINDS)


def _no_states(space: str) -> WriteBack[GroupState]:
    raise AssertionError(f"a library without features asks for {space}")
