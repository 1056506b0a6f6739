"""Rules to be worked on, as answers show them."""

from collections.abc import Mapping, Sequence

import msgspec

from orderguard.api.access import RULE_MAKERS
from orderguard.api.context import Context
from orderguard.domain.accounts import Account
from orderguard.domain.entities import SOURCES, Entity
from orderguard.domain.entries import LibraryPublished
from orderguard.domain.library import Feature, FeatureKind, Rule, RuleVersion
from orderguard.domain.wording import RuleStatus
from orderguard.flows.coverage import supplied
from orderguard.flows.present import Json
from orderguard.flows.retire import counts_by_rule
from orderguard.flows.rulebook import author_of, file_of, status_of
from orderguard.flows.tables import RuleCount
from orderguard.kit.clock import rfc3339
from orderguard.labels import LabelCount, summed
from orderguard.rules import Name, ValueType, names_of, names_used, read_text

_UNITS = {
    FeatureKind.DISTANCE: "km",
    FeatureKind.SHARE: "share",
    FeatureKind.GAP: "seconds",
}


def catalogue_json(context: Context, features: Sequence[Feature], rules: Sequence[Rule]) -> Json:
    """Everything that a condition may name."""
    used: dict[str, list[str]] = {}
    for rule in rules:
        for name in names_used(rule):
            used.setdefault(name, []).append(rule.id)
    return {
        "operands": [operand_json(context, name, features, used) for name in names_of(features)],
        "entities": [
            {
                "name": one,
                "title": {"en": one.value.replace("_", " "), "zh": SOURCES[one].title_zh},
            }
            for one in Entity
        ],
        "channels": sorted(context.supplies),
    }


def operand_json(
    context: Context, name: str, features: Sequence[Feature], used: Mapping[str, Sequence[str]]
) -> Json:
    by_id = {feature.id: feature for feature in features}
    known, feature = names_of(features)[name], by_id.get(name)
    return {
        "name": name,
        "title": {"en": known.title.en, "zh": known.title.zh},
        "type": known.type,
        "unit": _unit(name, known, feature),
        "normal": known.normal,
        "kind": None if feature is None else feature.kind,
        "by": [] if feature is None else list(feature.by),
        "window_ms": None if feature is None else feature.window_ms,
        "channels": list(supplied(name, by_id, context.supplies)),
        "used_by": list(used.get(name, ())),
    }


def _unit(name: str, known: Name, feature: Feature | None) -> str:
    if feature is not None and feature.kind in _UNITS:
        return _UNITS[feature.kind]
    if name.endswith("_days"):
        return "days"
    is_money = known.type is ValueType.MONEY and name != "payment.rate"
    return "currency" if is_money else ""


def row_json(context: Context, rule: Rule, draft: Rule | None) -> Json:
    """A rule in the list of all; `draft`: as its draft would have it."""
    fold = context.live.fold
    tables = fold.tables
    count = tables.rule_counts.get(rule.id) or RuleCount()
    known = summed(counts_by_rule(fold).get(rule.id, {}).values()) or LabelCount()
    labelled = known.bad + known.good
    drafted = tables.drafts.get(rule.id)
    return {
        "id": rule.id,
        "pack": rule.pack,
        "title": {"en": rule.title.en, "zh": rule.title.zh},
        "status": rule.status,
        "kind": rule.kind,
        "severity": rule.severity,
        "is_on": rule.id in fold.engine.by_id,
        "hits": count.hits,
        "orders": count.orders,
        "precision": known.bad / labelled if labelled else None,
        "false_alarms": known.good,
        "draft_by": None if drafted is None else drafted.by,
        "draft_severity": None if draft is None else draft.severity,
        "draft_names": [] if draft is None else list(names_used(draft)),
        "names": list(names_used(rule)),
    }


def book_json(
    context: Context, account: Account, rule: Rule, file: str, library: LibraryPublished
) -> Json:
    """A rule to be worked on, and what this account may do with it."""
    tables = context.live.fold.tables
    draft, now = tables.drafts.get(rule.id), library.files.get(file_of(rule.id))
    versions = tables.rule_histories.get(rule.id) or ()
    return {
        "id": rule.id,
        "status": None if now is None else status_of(now),
        "text": msgspec.to_builtins(read_text(rule)),
        "file": file,
        "features": {} if draft is None else draft.features,
        "draft_by": None if draft is None else draft.by,
        "draft_at": None if draft is None else rfc3339(draft.received_ms),
        "author": author_of(tables, rule.id),
        "versions": [version_json(one) for one in reversed(versions)],
        "can": _can(context, account, rule.id, None if now is None else status_of(now)),
    }


def _can(context: Context, account: Account, rule_id: str, status: RuleStatus | None) -> list[str]:
    if account.role not in RULE_MAKERS:
        return []
    tables = context.live.fold.tables
    has_draft = tables.drafts.get(rule_id) is not None
    judges = status in (RuleStatus.SHADOW, RuleStatus.LIVE)
    can = ["draft"]
    if has_draft or status in (RuleStatus.LIVE, RuleStatus.RETIRED, RuleStatus.DRAFT):
        can.append("shadow")
    is_other = author_of(tables, rule_id) != account.name
    if is_other and judges and (has_draft or status is RuleStatus.SHADOW):
        can.append("live")
    if judges:
        can.append("retired")
    if len(tables.rule_histories.get(rule_id) or ()) > 1:
        can.append("rollback")
    return can


def version_json(version: RuleVersion) -> Json:
    """A version of a rule or a playbook."""
    return {
        "number": version.number,
        "status": RuleStatus.RETIRED if version.text is None else status_of(version.text),
        "author": version.author,
        "approved_by": version.approved_by,
        "at": rfc3339(version.at),
        "file": version.text,
    }
