"""GET /api/v1/learning: what came of the orders, and how good each rule is by it."""

from collections import defaultdict

from fastapi import APIRouter, Depends, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.case_shapes import Learning
from orderguard.api.context import Given
from orderguard.domain.alerts import SEVERITY_RANK, Severity
from orderguard.flows.learn import ALL, BAND_PREFIX, BANDS
from orderguard.flows.present import Json
from orderguard.flows.tables import Tables
from orderguard.labels import (
    LabelCount,
    Share,
    performance,
    should_retire,
    summed,
    wilson,
)
from orderguard.scoring import probability

router = APIRouter(prefix="/learning", tags=["rules"], dependencies=[Depends(signed_in)])


@router.get("", response_model=Learning)
async def get_learning(context: Given) -> Response:
    """Precision, recall and lift of each rule, calibration of the score, what is suggested."""
    fold = context.live.fold
    tables = fold.tables
    everything = tables.label_counts.get(ALL) or LabelCount()
    by_rule: dict[str, dict[Severity, LabelCount]] = defaultdict(dict)
    for name, count in tables.label_counts.items():
        rule_id, slash, severity = name.rpartition("/")
        if slash and not name.startswith(BAND_PREFIX):
            by_rule[rule_id][Severity(severity)] = count
    rules = []
    for rule_id, counts in sorted(by_rule.items()):
        compiled = fold.engine.by_id.get(rule_id)
        for severity in sorted(counts, key=SEVERITY_RANK.__getitem__):
            posterior = tables.posteriors.get(f"{rule_id}/{severity}")
            prior = None if compiled is None else compiled.rule.prior_at(severity)
            believed = None if prior is None else probability(prior, posterior)
            rules.append(_rule_json(rule_id, severity, counts[severity], everything, believed))
    base = wilson(everything.bad, everything.labelled)
    return answer(
        {
            "orders": everything.labelled,
            "base": _share_json(base),
            "rules": rules,
            "calibration": _calibration(tables),
            "suggestions": [
                _retire(rule_id, count, everything)
                for rule_id, counts in sorted(by_rule.items())
                if should_retire(count := summed(counts.values()), everything)
            ],
        }
    )


def _rule_json(
    rule_id: str,
    severity: Severity,
    count: LabelCount,
    everything: LabelCount,
    believed: float | None,
) -> Json:
    found = performance(count, everything)
    return {
        "rule": rule_id,
        "severity": severity,
        "bad": count.bad,
        "good": count.good,
        "precision": _share_json(found.precision),
        "recall": _share_json(found.recall),
        "lift": found.lift,
        "believed": believed,
    }


def _calibration(tables: Tables) -> list[Json]:
    bands = ((band, tables.label_counts.get(f"{BAND_PREFIX}{band}")) for band in range(BANDS))
    return [
        {
            "score": band * (100 // BANDS),
            "orders": count.labelled,
            "bad": _share_json(wilson(count.bad, count.labelled)),
        }
        for band, count in bands
        if count is not None and count.labelled
    ]


def _retire(rule_id: str, count: LabelCount, everything: LabelCount) -> Json:
    own, base = count.bad / count.labelled, everything.bad / everything.labelled
    return {
        "rule": rule_id,
        "what": "retire",
        "why": {
            "en": f"{own:.0%} of its {count.labelled} labelled orders are bad, {base:.0%} of all.",
            "zh": f"{count.labelled} 单已知结果中 {own:.0%} 有问题，全部订单为 {base:.0%}。",
        },
    }


def _share_json(share: Share | None) -> Json | None:
    return None if share is None else {"share": share.share, "low": share.low, "high": share.high}
