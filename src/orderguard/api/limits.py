"""What was learned of how long things take, and the limits that would fit."""

from fastapi import APIRouter, Depends, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.shapes import Page, Shape
from orderguard.flows.limits import learned_limits

router = APIRouter(prefix="/health", tags=["rules"], dependencies=[Depends(signed_in)])


class LearnedLimit(Shape):
    """One rule at one place; times in ms.

    `limit_ms` is in force there. `within_ms` would fit, and `override` is its text for the rule's
    `overrides`; both are null where the limit may stay or too few orders are known.
    """

    rule: str
    channel: str
    shop: str
    warehouse: str | None
    carrier: str | None
    count: int
    median_ms: int
    p95_ms: int
    p99_ms: int
    limit_ms: int
    within_ms: int | None
    override: str | None


class LearnedLimits(Page):
    items: list[LearnedLimit]


@router.get("/limits", response_model=LearnedLimits)
async def get_limits(context: Given) -> Response:
    """How long what each absence rule waits for usually takes, and the limits that would fit.

    Nothing is applied by itself: a person puts an override into the rule.
    """
    fold = context.live.fold
    found = learned_limits(fold.limits.spreads.items(), fold.engine.library.health)
    return answer({"items": found, "next_cursor": None})
