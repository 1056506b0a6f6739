from decimal import Decimal
from itertools import product

import pytest

from orderguard.domain.entities import Entity, entity_keys
from orderguard.domain.facts import Fact, FactKind, FactLine
from orderguard.features.keys import key_reader

COMBINATIONS = [by for length in (1, 2) for by in product(Entity, repeat=length)]


def fact(lines: tuple[FactLine, ...] = (), *, known: bool = True, sku: str | None = None) -> Fact:
    return Fact(
        kind=FactKind.PLACED,
        at=0,
        known_at=0,
        event_id="e",
        channel="standard",
        shop="demo",
        order_id="o",
        buyer_id="b",
        payment_account="p" if known else None,
        device_id="d",
        device_segment="10.0.0.0/24",
        ship_to_district="310101" if known else None,
        lines=lines,
        stock_sku=sku,
    )


FACTS = [
    fact(),
    fact(known=False, sku="s1"),
    fact((FactLine("p1", "s1", 1, Decimal("9.90")),)),
    fact(
        (
            FactLine("p1", None, 1, None),
            FactLine("p1", "s2", 1, None),
            FactLine(None, "s1", 1, None),
        )
    ),
]


@pytest.mark.parametrize("by", COMBINATIONS, ids="+".join)
def test_a_reader_reads_the_keys_of_the_domain(by: tuple[Entity, ...]) -> None:
    read = key_reader(by)
    assert [read(one) for one in FACTS] == [entity_keys(by, one) for one in FACTS]
