"""Sales that are planned: a merchant's word, kept in the log like any other."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.entries import CampaignChanged
from orderguard.errors import BadInput
from orderguard.flows.tables import Tables
from orderguard.kit.clock import MS_PER_DAY

SALES_MAX = 1_000
SALE_DAYS_MAX = 92
PRODUCTS_MAX = 1_000
RATE_MAX = 1_000_000
"""Orders a minute."""
NAME_CHARACTERS_MAX = 128


def sales(tables: Tables) -> list[CampaignChanged]:
    """The sales that stand, the earliest first."""
    found = tables.campaigns.values()
    return sorted(found, key=lambda one: (one.starts_ms, one.campaign_id, one.channel, one.shop))


def new_sale(
    known: Sequence[CampaignChanged],
    *,
    name: str,
    shop: tuple[str, str],
    since_ms: int,
    until_ms: int,
    products: tuple[str, ...],
    orders_per_minute: Mapping[str, float],
    by: str,
) -> CampaignChanged:
    """The note that plans a sale. Raise BadInput for one that cannot be."""
    if since_ms >= until_ms:
        raise BadInput(
            Bilingual("The sale ends before it begins.", "大促的结束早于开始。"),
            hint=Bilingual("Name a later `until`.", "请把结束时间改晚。"),
        )
    if until_ms - since_ms > SALE_DAYS_MAX * MS_PER_DAY:
        raise BadInput(
            Bilingual(
                f"The sale is longer than {SALE_DAYS_MAX} days.", f"大促超过 {SALE_DAYS_MAX} 天。"
            ),
            hint=Bilingual("Plan several.", "请分成几场。"),
        )
    if "/" in name or not 0 < len(name) <= NAME_CHARACTERS_MAX:
        raise BadInput(
            Bilingual(f"{name!r} is no name for a sale.", f"{name!r} 不能用作大促名称。"),
            hint=Bilingual(
                f"Use 1 to {NAME_CHARACTERS_MAX} characters without a /.",
                f"请用 1 到 {NAME_CHARACTERS_MAX} 个字符，不含 /。",
            ),
        )
    place = (name, *shop)
    others = [one for one in known if (one.campaign_id, one.channel, one.shop) != place]
    if len(others) >= SALES_MAX:
        raise BadInput(
            Bilingual(f"There are {len(others)} sales already.", f"已经有 {len(others)} 场大促。"),
            hint=Bilingual("Remove old ones.", "请删去旧的。"),
        )
    return CampaignChanged(
        received_ms=0,
        by=by,
        campaign_id=name,
        channel=shop[0],
        shop=shop[1],
        starts_ms=since_ms,
        ends_ms=until_ms,
        products=products or tuple(orders_per_minute),
        orders_per_minute=dict(orders_per_minute),
    )


def sale_ended(sale: CampaignChanged, *, by: str) -> CampaignChanged:
    """The note that takes a sale out of the plan."""
    return replace(sale, received_ms=0, by=by, on=False)
