"""GET /api/v1/rules: what judges now, and how it has done."""

from fastapi import APIRouter, Depends, Response
from msgspec.structs import asdict

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.needs import LiveView
from orderguard.api.rule_shapes import Rule as RuleShape
from orderguard.api.rule_shapes import RulePage
from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import SEVERITY_RANK, Severity
from orderguard.domain.health import CHECKS, HealthRule, ParameterValue, WorkHours
from orderguard.domain.library import Feature, Rule
from orderguard.errors import NotFound
from orderguard.flows.present import Json
from orderguard.flows.tables import RuleCount
from orderguard.kit.cache import Kept
from orderguard.kit.clock import rfc3339
from orderguard.rules import names_used, thresholds
from orderguard.scoring import Posterior, probability

_REMEMBERED = ".confirmed_bad"

router = APIRouter(prefix="/rules", tags=["rules"], dependencies=[Depends(signed_in)])


@router.get("", response_model=RulePage)
async def list_rules(context: Given) -> Response:
    """The rules of the library in force, all on one page."""
    library = context.live.fold.engine.library
    items = [_rule_json(context.live, rule) for rule in library.rules]
    items += [_health_json(context.live, rule) for rule in library.health]
    return answer({"items": items, "next_cursor": None})


@router.get("/{rule_id}", response_model=RuleShape)
async def get_rule(context: Given, rule_id: str) -> Response:
    """One rule of the library in force."""
    engine = context.live.fold.engine
    compiled = engine.by_id.get(rule_id)
    if compiled is not None:
        return answer(_rule_json(context.live, compiled.rule))
    for rule in engine.library.health:
        if rule.id == rule_id:
            return answer(_health_json(context.live, rule))
    raise NotFound(
        Bilingual("The library in force has no such rule.", "正在使用的规则库没有这条规则。")
    )


def _about(live: LiveView, rule: Rule | HealthRule) -> Json:
    """What is said of every rule, and how often it hit."""
    count = live.fold.tables.rule_counts.get(rule.id) or RuleCount()
    return {
        "id": rule.id,
        "pack": rule.pack,
        "version": rule.version,
        "title": _both(rule.title),
        "why": rule.why,
        "status": rule.status,
        "kind": rule.kind,
        "severity": rule.severity,
        "hits": count.hits,
        "orders": count.orders,
        "false_alarms": list(rule.false_alarms),
        "runbook": rule.runbook,
    }


def _rule_json(live: LiveView, rule: Rule) -> Json:
    engine = live.fold.engine
    names = names_used(rule)
    # A hit also says what was found of the order's entities before, whatever its rule asks for.
    said = dict.fromkeys([*names, *(name for name in engine.names if name.endswith(_REMEMBERED))])
    used = {*names, *(name for name, _ in engine.by_id[rule.id].concerns)}
    return {
        **_about(live, rule),
        "subject": list(rule.subject),
        "when": rule.when,
        "watches": None,
        "parameters": [],
        "raises": [{"when": step.when, "to": step.to} for step in rule.raises],
        "thresholds": [threshold._asdict() for threshold in thresholds(rule)],
        "names": {name: _both(engine.names[name].title) for name in said},
        "features": [
            _feature_json(feature) for feature in engine.library.features if feature.id in used
        ],
        "beliefs": [
            _belief_json(rule, severity, live.fold.tables.posteriors)
            for severity in sorted(
                {rule.severity, *(step.to for step in rule.raises)}, key=SEVERITY_RANK.__getitem__
            )
        ],
    }


def _health_json(live: LiveView, rule: HealthRule) -> Json:
    """A health rule: its check and limits stand in place of conditions and beliefs."""
    form = CHECKS[rule.watches]
    return {
        **_about(live, rule),
        "subject": [],
        "when": "",
        "watches": rule.watches,
        "parameters": [
            {
                "name": name,
                "title": _both(one.title),
                "kind": one.kind,
                "value": _plain(rule.parameters[name]),
                "default": _plain(one.default),
            }
            for name, one in form.parameters.items()
        ],
        "raises": [],
        "thresholds": [],
        "names": {name: _both(title) for name, title in form.evidence.items()},
        "features": [],
        "beliefs": [],
    }


def _plain(value: ParameterValue) -> Json | list[str] | float | None:
    if isinstance(value, WorkHours):
        return asdict(value)
    return list(value) if isinstance(value, tuple) else value


def _feature_json(feature: Feature) -> Json:
    return {
        "id": feature.id,
        "title": _both(feature.title),
        "kind": feature.kind,
        "by": list(feature.by),
        "window_ms": feature.window_ms,
        "normal": feature.normal,
    }


def _belief_json(rule: Rule, severity: Severity, posteriors: Kept[Posterior]) -> Json:
    """What is believed of hits this severe: before any label, and now."""
    prior, posterior = rule.prior_at(severity), posteriors.get(f"{rule.id}/{severity}")
    labels = posterior or Posterior()
    return {
        "severity": severity,
        "prior": {"bad": prior.bad, "weight": prior.weight, "source": prior.source},
        "posterior": {
            "bad": probability(prior, posterior),
            "labels_bad": labels.bad,
            "labels_good": labels.good,
            "updated_at": rfc3339(labels.at) if posterior else None,
        },
    }


def _both(text: Bilingual) -> Json:
    return {"en": text.en, "zh": text.zh}
