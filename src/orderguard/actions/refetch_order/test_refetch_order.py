from tests.actions.merchant import asked_and_taken_back_once

from orderguard.actions.refetch_order import ACTION


async def test_it_asks_once_and_takes_back_once() -> None:
    await asked_and_taken_back_once(ACTION)


def test_it_is_named_as_its_folder() -> None:
    assert ACTION.name == "refetch_order"
