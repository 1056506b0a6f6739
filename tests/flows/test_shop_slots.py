"""The quarters of an hour of a shop, counted round."""

from orderguard.flows.shop_slots import NOTHING, SLOTS_KEPT, ShopSlots
from orderguard.flows.tables import Tables
from orderguard.orders.pulse import Slot
from orderguard.stores.memory import MemoryState

SHOP, NEWEST = "standard/demo", 1_000


def test_a_newer_quarter_takes_the_place_of_an_older_one_and_never_the_other_way() -> None:
    slots = ShopSlots(Tables(MemoryState()))
    slots.put(SHOP, Slot(NEWEST, placed=3))
    slots.put(SHOP, Slot(NEWEST - SLOTS_KEPT, placed=9))
    assert slots.get(SHOP, NEWEST) == Slot(NEWEST, placed=3)
    assert slots.get(SHOP, NEWEST - SLOTS_KEPT) == Slot(NEWEST - SLOTS_KEPT)
    slots.put(SHOP, Slot(NEWEST + SLOTS_KEPT, placed=1))
    assert slots.get(SHOP, NEWEST) == Slot(NEWEST)


def test_all_up_to_one_are_told_the_newest_first_and_none_of_another_round() -> None:
    slots = ShopSlots(Tables(MemoryState()))
    for number in (NEWEST - SLOTS_KEPT + 2, NEWEST - 5, NEWEST, NEWEST + 1, NEWEST + 3):
        slots.put(SHOP, Slot(number, placed=number))
    told = slots.until(SHOP, NEWEST)
    assert len(told) == SLOTS_KEPT - 1
    known = {ago: slot.number for ago, slot in enumerate(told) if slot is not NOTHING}
    assert known == {0: NEWEST, 5: NEWEST - 5, SLOTS_KEPT - 2: NEWEST - SLOTS_KEPT + 2}
    assert all(slot is NOTHING for slot in slots.until("standard/other", NEWEST))
