"""Second identity verification on a case: what to ask, and what came of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Decider, decider
from orderguard.api.answers import answer
from orderguard.api.case_shapes import Verification
from orderguard.api.cases import find_case, refuse_decided
from orderguard.api.context import Given
from orderguard.api.shapes import Case as CaseShape
from orderguard.bilingual import Bilingual
from orderguard.cases import OrderFacts, call_script, questions
from orderguard.domain.entries import CaseChecked, CheckKind
from orderguard.errors import NotFound
from orderguard.flows.present import case_json
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import MS_PER_DAY, rfc3339

DETAIL_CHARACTERS_MAX = 500

router = APIRouter(prefix="/cases", tags=["cases"])


class CheckRequest(BaseModel):
    """What came of a check. Write no phone, address or code into `detail`."""

    model_config = ConfigDict(extra="forbid")

    kind: CheckKind
    has_passed: bool
    detail: Annotated[str, Field(max_length=DETAIL_CHARACTERS_MAX)] = ""


@router.get("/{case_id}/verification", response_model=Verification, dependencies=[Depends(decider)])
async def how_to_verify(
    context: Given,
    case_id: str,
    order_id: Annotated[
        str | None, Query(max_length=128, description="one of the case's; the newest by default")
    ] = None,
) -> Response:
    """Questions that the buyer of an order can answer, with the answers, and a script to call."""
    case = find_case(context, case_id)
    keys = [key for key in case.orders if order_id in (None, key.order_id)]
    record = context.live.order(keys[-1]) if keys else None
    if record is None:
        raise NotFound(Bilingual("The case has no such order.", "案件里没有这个订单。"))
    facts = _facts(record)
    asked = questions(facts)
    script = call_script(facts, asked)
    key = record.state.key
    return answer(
        {
            "order": {"channel": key.channel, "shop": key.shop, "order_id": key.order_id},
            "questions": [{"zh": one.zh, "en": one.en, "answer": one.answer} for one in asked],
            "script": {"zh": list(script.zh), "en": list(script.en)},
        }
    )


@router.post("/{case_id}/checks", response_model=CaseShape)
async def record_check(
    context: Given, account: Decider, case_id: str, check: CheckRequest
) -> Response:
    """Keep what came of a second identity verification; it decides nothing by itself."""
    case = find_case(context, case_id)
    refuse_decided(case)
    await context.live.note(
        CaseChecked(
            received_ms=0,
            by=account.name,
            case_id=case.case_id,
            kind=check.kind,
            has_passed=check.has_passed,
            detail=check.detail,
        )
    )
    return answer(case_json(find_case(context, case_id)))


def _facts(record: OrderRecord) -> OrderFacts:
    members, placed = record.state.members, record.state.first_ms
    amount, registered = members.get("order_amount"), members.get("buyer_registered_at")
    currency = members.get("order_currency", "")
    lines = members.get("lines", ())
    return OrderFacts(
        order_id=record.state.key.order_id,
        quantity=members.get("order_quantity"),
        skus=tuple(line.sku for line in lines if line.sku is not None),
        city=members.get("ship_to_city"),
        district=members.get("ship_to_district"),
        payment_method=members.get("payment_method"),
        amount=None if amount is None else f"{amount} {currency}".strip(),
        placed_at=rfc3339(placed)[:16].replace("T", " "),
        account_age_days=None if registered is None else max(0, placed - registered) // MS_PER_DAY,
    )
