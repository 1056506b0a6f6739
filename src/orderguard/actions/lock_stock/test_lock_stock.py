from tests.actions.merchant import doing, system

from orderguard.actions.lock_stock import ACTION
from orderguard.domain.ports import Outcome


async def test_it_asks_once_and_takes_back_once() -> None:
    with system() as merchant:
        action = ACTION.connect(merchant.settings)
        for _ in range(2):
            receipt = await action.run(doing("stp_1"))
        assert receipt.outcome is Outcome.DONE
        for _ in range(2):
            assert (await action.undo(receipt)).outcome is Outcome.DONE
        await action.close()
        asked = merchant.bodies["stp_1"]
        assert asked["action"] == "lock_stock"
        assert asked["orders"] == [
            {
                "channel": "standard",
                "shop": "demo",
                "order_id": "o1",
                "status": "paid",
                "lines": [{"sku": "shoe", "quantity": 1}, {"sku": "sock", "quantity": 3}],
            }
        ], "and no phone"
        assert merchant.bodies["stp_1.undo"] == {
            "id": "stp_1.undo",
            "action": "lock_stock",
            "undoes": "stp_1",
            "reference": receipt.reference,
        }
        assert merchant.effects == {"stp_1": 1, "stp_1.undo": 1}
