"""How a signed call to a merchant's system ends: what is done, not done, maybe done, or refused."""

import pytest
from msgspec.structs import replace
from tests.actions.merchant import doing, system

from orderguard.actions.hold_shipment import ACTION
from orderguard.domain.ports import Action, Outcome
from orderguard.errors import ActionFailure, ActionRefused, BadInput, MaybeDone, NotDone


@pytest.mark.parametrize(
    ("fault", "raised", "effects"),
    [
        ("500", NotDone, 0),
        ("503", NotDone, 0),
        ("429:7", NotDone, 0),
        ("404", ActionRefused, 0),
        ("302", ActionRefused, 0),
        ("lost", MaybeDone, 0),
        ("reset", MaybeDone, 1),
        ("half", MaybeDone, 1),
        ("slow", MaybeDone, 1),
    ],
)
async def test_a_fault_is_told_as_what_it_means(
    fault: str, raised: type[ActionFailure], effects: int
) -> None:
    with system() as merchant:
        merchant.slow_s = 0.4
        action: Action = ACTION.connect(replace(merchant.settings, seconds_max=0.2))
        merchant.faults.append(fault)
        with pytest.raises(raised) as failure:
            await action.run(doing("k"))
        assert type(failure.value) is raised
        if fault == "429:7":
            assert failure.value.retry_after_s == 7
        assert merchant.effects["k"] == effects
        assert (await action.run(doing("k"))).outcome is Outcome.DONE
        assert merchant.effects["k"] == 1, "the key makes it happen once"
        await action.close()


async def test_an_error_of_a_system_that_knows_no_ids_may_have_done_it() -> None:
    with system(is_idempotent=False) as merchant:
        action: Action = ACTION.connect(replace(merchant.settings, knows_ids=False))
        assert not action.is_repeatable
        merchant.faults.append("502")
        with pytest.raises(MaybeDone):
            await action.run(doing("k"))
        await action.close()


async def test_nobody_there_is_surely_not_done() -> None:
    with system() as merchant:
        settings = merchant.settings
    action = ACTION.connect(settings)
    with pytest.raises(NotDone):
        await action.run(doing("k"))
    await action.close()


@pytest.mark.parametrize("outcome", [Outcome.TOO_LATE, Outcome.REFUSED])
async def test_the_system_may_say_no_in_its_answer(outcome: Outcome) -> None:
    with system() as merchant:
        merchant.answer = {"outcome": outcome, "detail": "the parcel has left"}
        action = ACTION.connect(merchant.settings)
        receipt = await action.run(doing("k"))
        assert (receipt.outcome, receipt.detail) == (outcome, "the parcel has left")
        await action.close()


async def test_a_call_with_another_secret_is_refused() -> None:
    with system() as merchant:
        action = ACTION.connect(replace(merchant.settings, secret=f"whsec_{'A' * 32}"))
        with pytest.raises(ActionRefused):
            await action.run(doing("k"))
        await action.close()
        assert merchant.unsigned == 1


def test_a_secret_that_signs_nothing_is_refused_at_once() -> None:
    with system() as merchant, pytest.raises(BadInput):
        ACTION.connect(replace(merchant.settings, secret=f"whsec_{'%' * 32}"))
