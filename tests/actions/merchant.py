"""A merchant's system for the tests of the actions that call it, and one thing to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from msgspec.structs import replace
from tests.alerts.findings import finding

from orderguard.alerts import open_alert
from orderguard.domain.alerts import Explanation, Severity
from orderguard.domain.merchant import MerchantSettings
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import ActionKind, Concerned, Doing, Outcome
from orderguard.simulate.merchant import SECRET, MerchantSystem


class Merchant(MerchantSystem):
    @property
    def settings(self) -> MerchantSettings:
        return MerchantSettings(url=self.url, secret=SECRET, seconds_max=5)


@contextmanager
def system(*, is_idempotent: bool = True) -> Iterator[Merchant]:
    merchant = Merchant(is_idempotent=is_idempotent)
    merchant.start()
    try:
        yield merchant
    finally:
        merchant.stop()


def doing(key: str, language: Literal["zh", "en"] = "zh") -> Doing:
    alert = open_alert(finding(["o1"]))
    hit = replace(
        alert.hits[0],
        explanation=Explanation(zh="10分钟内5单。", en="5 orders within ten minutes."),
    )
    return Doing(
        key=key,
        step="a_step",
        alert=replace(
            alert,
            alert_id="alt_1",
            severity=Severity.HIGH,
            rules=("velocity.same_item_burst",),
            hits=(hit,),
        ),
        orders=(
            Concerned(
                key=OrderKey("standard", "demo", "o1"),
                status=OrderStatus.PAID,
                lines=(("shoe", 1), ("sock", 3)),
                phone="13800138000",
            ),
        ),
        language=language,
        values={"why": "a test"},
    )


async def asked_and_taken_back_once(kind: ActionKind) -> None:
    """What each action of the merchant's own system must do; the suite knows the rest."""
    with system() as merchant:
        action = kind.connect(merchant.settings)
        for _ in range(2):
            receipt = await action.run(doing("stp_1"))
        assert receipt.outcome is Outcome.DONE
        for _ in range(2):
            assert (await action.undo(receipt)).outcome is Outcome.DONE
        await action.close()
        asked = merchant.bodies["stp_1"]
        assert asked["action"] == kind.name
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
            "action": kind.name,
            "undoes": "stp_1",
            "reference": receipt.reference,
        }
        assert merchant.effects == {"stp_1": 1, "stp_1.undo": 1}
