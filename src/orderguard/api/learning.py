"""What came of the orders, how good each rule is by it, and what a person may approve."""

from fastapi import APIRouter, Depends, Response

from orderguard.api.access import Editor, signed_in
from orderguard.api.answers import answer
from orderguard.api.case_shapes import Learning
from orderguard.api.context import Given
from orderguard.api.library import library_of, publish
from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import SEVERITY_RANK, Severity
from orderguard.errors import NotFound
from orderguard.flows.learn import ALL, BAND_PREFIX, BANDS
from orderguard.flows.present import Json
from orderguard.flows.retire import Retirement, counts_by_rule, retirements, without
from orderguard.flows.tables import Tables
from orderguard.labels import (
    LabelCount,
    Share,
    performance,
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
    rules = []
    for rule_id, counts in sorted(counts_by_rule(fold).items()):
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
            "suggestions": [_retire_json(one) for one in retirements(fold)],
        }
    )


@router.post("/suggestions/{rule_id}/approve", status_code=204)
async def approve(context: Given, account: Editor, rule_id: str) -> Response:
    """Retire a rule, as it is suggested. No order is judged by it any more when this answers."""
    fold = context.live.fold
    if all(one.rule != rule_id for one in retirements(fold)):
        raise NotFound(Bilingual("Nothing is suggested about this rule.", "这条规则没有调整建议。"))
    library = library_of(context)
    await publish(context, library, without(library.files, rule_id), account)
    return Response(status_code=204)


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


def _retire_json(one: Retirement) -> Json:
    count, everything, alone = one.concerned, one.everything, one.alone
    own, base = count.bad / count.labelled, everything.bad / everything.labelled
    return {
        "rule": one.rule,
        "what": "retire",
        "why": {
            "en": f"{own:.0%} of its {count.labelled} labelled orders are bad, {base:.0%} of all.",
            "zh": f"{count.labelled} 单已知结果中 {own:.0%} 有问题，全部订单为 {base:.0%}。",
        },
        "backtest": {
            "bad": count.bad,
            "good": count.good,
            "bad_missed": alone.bad,
            "good_spared": alone.good,
        },
    }


def _share_json(share: Share | None) -> Json | None:
    return None if share is None else {"share": share.share, "low": share.low, "high": share.high}
