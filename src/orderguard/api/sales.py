"""GET, POST and DELETE /api/v1/sales: sales that are planned, so that no surge of theirs alarms."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Editor, signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.result_shapes import Sale, SalePage
from orderguard.bilingual import Bilingual
from orderguard.domain.entries import CampaignChanged
from orderguard.errors import NotFound
from orderguard.flows.planned_sales import PRODUCTS_MAX, RATE_MAX, new_sale, sale_ended, sales
from orderguard.flows.present import Json
from orderguard.flows.results_asked import read_instant
from orderguard.kit.clock import rfc3339

router = APIRouter(prefix="/sales", tags=["sales"], dependencies=[Depends(signed_in)])

Name = Annotated[str, Field(min_length=1, max_length=128)]
Asked = Annotated[str, Query(min_length=1, max_length=128)]
Rate = Annotated[float, Field(gt=0, le=RATE_MAX)]


class SaleRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    channel: Name
    shop: Name
    since: Annotated[str, Field(alias="from", max_length=64, description="RFC 3339, or a day")]
    until: Annotated[str, Field(max_length=64, description="RFC 3339, or a day, which counts")]
    products: Annotated[list[Name], Field(max_length=PRODUCTS_MAX)] = []
    orders_per_minute: Annotated[
        dict[Name, Rate],
        Field(max_length=PRODUCTS_MAX, description="Expected, by product; none: any number"),
    ] = {}


@router.get("", response_model=SalePage)
async def show_sales(context: Given) -> Response:
    """All sales that are planned or were, the latest first."""
    found = [_json(one) for one in reversed(sales(context.live.fold.tables))]
    return answer({"items": found, "next_cursor": None})


@router.post("", response_model=Sale, status_code=201)
async def plan_sale(context: Given, account: Editor, wanted: SaleRequest) -> Response:
    """Plan a sale, in the place of one of this name in this shop. It is in force on return."""
    sale = new_sale(
        sales(context.live.fold.tables),
        name=wanted.name,
        shop=(wanted.channel, wanted.shop),
        since_ms=read_instant(wanted.since, "from"),
        until_ms=read_instant(wanted.until, "until", is_end=True),
        products=tuple(wanted.products),
        orders_per_minute=wanted.orders_per_minute,
        by=account.name,
    )
    await context.live.note(sale)
    return answer(_json(sale), 201)


@router.delete("", status_code=204)
async def remove_sale(
    context: Given, account: Editor, name: Asked, channel: Asked, shop: Asked
) -> Response:
    """Plan it no more; what was sold in it counts by its days as before."""
    place = (name, channel, shop)
    known = sales(context.live.fold.tables)
    found = [one for one in known if (one.campaign_id, one.channel, one.shop) == place]
    if not found:
        raise NotFound(
            Bilingual("There is no such sale.", "没有这场大促。"),
            hint=Bilingual("GET /api/v1/sales tells all.", "全部大促见 GET /api/v1/sales。"),
        )
    await context.live.note(sale_ended(found[0], by=account.name))
    return Response(status_code=204)


def _json(sale: CampaignChanged) -> Json:
    return {
        "name": sale.campaign_id,
        "channel": sale.channel,
        "shop": sale.shop,
        "from": rfc3339(sale.starts_ms),
        "until": rfc3339(sale.ends_ms),
        "products": sale.products,
        "orders_per_minute": sale.orders_per_minute,
        "by": sale.by,
    }
