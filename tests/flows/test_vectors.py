"""A preview's columns say of many orders at once what the judge says of each."""

import random
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.rules.test_oracle import EXAMPLES, NAMES, VALUES, Both, conditions, data, has_fault, ours

from orderguard.flows.judged import COLUMN_TYPES, Columns
from orderguard.flows.vectors import Vectors
from orderguard.rules import ValueType
from orderguard.rules.check import check

Row = dict[str, Any]


def caught(text: str, rows: list[Row]) -> list[bool]:
    """By the columns, each in its file as the feature log has it."""
    table = {}
    for name, (value_type, _) in VALUES.items():
        kind = COLUMN_TYPES[value_type]
        values = [row[name] for row in rows]
        is_text = value_type is ValueType.TEXT
        column = pa.array(values, pa.string() if is_text else kind)
        table[name] = column.dictionary_encode() if is_text else column
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(pa.table(table), Path(folder) / "2026-11-11.parquet")
        vectors = Vectors(Columns(Path(folder)), NAMES, len(rows))
        found: list[bool] = vectors.certainly(check(text, NAMES).tree).to_pylist()
    return found


def judged(text: str, rows: list[Row]) -> list[bool]:
    holds = ours(check(text, NAMES).tree)
    return [holds([row[name] for name in VALUES]) for row in rows]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(conditions, st.lists(data, min_size=1, max_size=8))
def test_columns_say_what_the_judge_says(both: Both, rows: list[Row]) -> None:
    assume(not has_fault(check(both.ours, NAMES).tree))
    assert caught(both.ours, rows) == judged(both.ours, rows)


@pytest.mark.parametrize(
    "text",
    [
        "t.a == t.b",
        "t.a.startsWith(t.b)",
        "t.a.endsWith(t.b)",
        "t.a.contains(t.b)",
        "i.a + 1 in [2, 3]",
        "m.a / i.a >= 0.25",
        "n.a / i.a < 0.5",
    ],
)
def test_what_is_seldom_written_is_the_same_too(text: str) -> None:
    rng = random.Random(7)
    rows = [
        {name: rng.choice([None, *values]) for name, (_, values) in VALUES.items()}
        for _ in range(200)
    ]
    found = judged(text, rows)
    assert caught(text, rows) == found
    assert set(found) == {True, False}
