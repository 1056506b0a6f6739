"""The quarters of an hour of each shop: what happened in them, counted round."""

from orderguard.flows.tables import Tables
from orderguard.orders.pulse import Slot

SLOTS_KEPT = 128
"""Of each shop; what is older is not counted any more."""
RINGS_MAX = 1_000
"""Shops whose slots are at hand, 14 kB each."""
NOTHING = Slot(-1)
"""A quarter of an hour in which nothing happened, whenever it was."""


class ShopSlots:
    """Slots by shop and number. Those of a shop are at hand together: a tick reads all of them."""

    def __init__(self, tables: Tables) -> None:
        self._slots = tables.cached("shop_slot", Slot)
        self._rings: dict[str, list[Slot | None]] = {}

    def get(self, shop: str, number: int) -> Slot:
        known = self._ring(shop)[number % SLOTS_KEPT]
        return known if known is not None and known.number == number else Slot(number)

    def put(self, shop: str, slot: Slot) -> None:
        """Keep it, unless its place has a newer one."""
        ring, place = self._ring(shop), slot.number % SLOTS_KEPT
        known = ring[place]
        if known is None or known.number <= slot.number:
            ring[place] = slot
            self._slots.put(f"{shop}/{place}", slot)

    def until(self, shop: str, number: int) -> list[Slot]:
        """All that are known up to this one, the newest first."""
        ring, place = self._ring(shop), number % SLOTS_KEPT
        newest_first, oldest = ring[place::-1] + ring[:place:-1], number - SLOTS_KEPT + 1
        return [
            slot if slot is not None and oldest < slot.number <= number else NOTHING
            for slot in newest_first[: SLOTS_KEPT - 1]
        ]

    def _ring(self, shop: str) -> list[Slot | None]:
        ring = self._rings.get(shop)
        if ring is None:
            if len(self._rings) >= RINGS_MAX:
                self._rings.clear()
            places = range(SLOTS_KEPT)
            ring = self._rings[shop] = [self._slots.get(f"{shop}/{place}") for place in places]
        return ring
