"""Windows and aggregates over facts: declared, typed, exact, incremental.

`engine.py` tells the story of one fact; `state.py` is what is remembered under a key; `tallies.py`
holds one class a kind of feature.
"""

from orderguard.features.codec import decode_group, encode_group
from orderguard.features.engine import ORDERS_MAX, FeatureEngine, Reading
from orderguard.features.plan import LATENESS_MS, Condition
from orderguard.features.state import GroupState, still

__all__ = [
    "LATENESS_MS",
    "ORDERS_MAX",
    "Condition",
    "FeatureEngine",
    "GroupState",
    "Reading",
    "decode_group",
    "encode_group",
    "still",
]
