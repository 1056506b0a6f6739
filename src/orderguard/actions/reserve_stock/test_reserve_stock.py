from pathlib import Path

import msgspec
from tests.actions.merchant import doing, system

from orderguard.actions.reserve_stock import ACTION
from orderguard.domain.ports import Outcome

BODY = (Path(__file__).with_name("fixtures") / "one_order_of_two_lines.json").read_bytes()


async def test_it_asks_once_and_takes_back_once() -> None:
    with system() as merchant:
        action = ACTION.connect(merchant.settings)
        for _ in range(2):
            receipt = await action.run(doing("stp_1"))
        assert receipt.outcome is Outcome.DONE
        for _ in range(2):
            assert (await action.undo(receipt)).outcome is Outcome.DONE
        await action.close()
        assert merchant.bodies["stp_1"] == msgspec.json.decode(BODY)
        assert merchant.bodies["stp_1.undo"] == {
            "id": "stp_1.undo",
            "action": "reserve_stock",
            "undoes": "stp_1",
            "reference": receipt.reference,
        }
        assert merchant.effects == {"stp_1": 1, "stp_1.undo": 1}


async def test_it_says_beforehand_what_it_would_do() -> None:
    with system() as merchant:
        action = ACTION.connect(merchant.settings)
        assert "1" in action.describe(doing("stp_1"))
        assert action.describe(doing("stp_1", "en")) != action.describe(doing("stp_1"))
        await action.close()
        assert merchant.effects == {}
