"""Every name that a condition may use stands in a fact, with the type that it is said to have."""

from decimal import Decimal
from typing import get_args

import pytest
from msgspec.structs import fields

from orderguard.bilingual import Bilingual
from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind, FactLine
from orderguard.domain.library import Feature, FeatureKind
from orderguard.rules import FACT_NAMES, ValueType, names_of
from orderguard.rules.vocabulary import INSTANT_MEMBERS, MEMBER_TYPES, PLACE_MEMBER

TYPES = {field.name: field.type for field in fields(Fact)}
LINE_TYPES = {f"line_{field.name}": field.type for field in fields(FactLine)}
PYTHON = {
    ValueType.INT: int,
    ValueType.NUMBER: float,
    ValueType.MONEY: Decimal,
    ValueType.TEXT: str,
    ValueType.BOOL: bool,
}


@pytest.mark.parametrize("name", FACT_NAMES)
def test_a_name_is_a_field_of_its_type(name: str) -> None:
    known = FACT_NAMES[name]
    field = TYPES[str(known.place)]
    assert PYTHON[known.type] in (field, *get_args(field))


@pytest.mark.parametrize("member", MEMBER_TYPES)
def test_a_member_of_features_is_a_field_of_its_type(member: str) -> None:
    field = (TYPES | LINE_TYPES)[member.replace(".", "_")]
    assert PYTHON[MEMBER_TYPES[member]] in (field, *get_args(field))


@pytest.mark.parametrize("member", [PLACE_MEMBER, *INSTANT_MEMBERS])
def test_places_and_instants_are_fields(member: str) -> None:
    assert member.replace(".", "_") in TYPES


@pytest.mark.parametrize(
    ("kind", "of", "value_type", "low", "high"),
    [
        (FeatureKind.COUNT, None, ValueType.INT, 0, None),
        (FeatureKind.SHARE, "device.id", ValueType.NUMBER, 0, 1),
        (FeatureKind.MAX, "order.amount", ValueType.MONEY, None, None),
        (FeatureKind.SUM, "line.quantity", ValueType.INT, None, None),
        (FeatureKind.AVG, "order.amount", ValueType.NUMBER, None, None),
        (FeatureKind.LAST, "ship_to.city", ValueType.TEXT, None, None),
    ],
)
def test_a_feature_has_the_type_of_its_kind(
    kind: FeatureKind, of: str | None, value_type: ValueType, low: int | None, high: int | None
) -> None:
    feature = Feature(
        id="buyer.value_1h",
        title=Bilingual(en="a value", zh="值"),
        kind=kind,
        by=(Entity.BUYER,),
        on=(FactKind.PLACED,),
        window_ms=3_600_000,
        of=of,
    )
    known = names_of([feature])["buyer.value_1h"]
    assert (known.type, known.low, known.high, known.place) == (value_type, low, high, 0)
