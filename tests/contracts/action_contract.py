"""What every action must do, with what it brings: fixtures, and providers on this machine.

A fixture in the action's folder is a `Doing` as JSON. The providers are `PROVIDERS` of the module
of the action's name in `orderguard.simulate.providers`: what the action can be connected to, each
with faults on demand.
"""

import asyncio
import importlib
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import fields, replace

from orderguard.actions import discover
from orderguard.domain.ports import Action, ActionKind, Doing, Outcome, Receipt
from orderguard.errors import ActionFailure, ActionRefused, BadInput, MaybeDone, NotDone
from orderguard.simulate.providers.server import RETRY_AFTER_S, Fault, HttpProvider

SHORT_S = 3.0
"""The time limit where an answer is waited for in vain: long enough to have been asked."""
NEVER_REACHED = (Fault.DOWN, Fault.BAD_TLS)
ANSWER_LOST = (Fault.SLOW, Fault.RESET, Fault.HALF_BODY)


def connectable() -> list[tuple[str, str]]:
    """(action, provider) of everything that there is to connect."""
    return [(name, provider) for name in sorted(discover()) for provider in _providers(name)]


def _providers(action: str) -> dict[str, type[HttpProvider]]:
    module = importlib.import_module(f"orderguard.simulate.providers.{action}")
    found: dict[str, type[HttpProvider]] = module.PROVIDERS
    return found


class Bench:
    """A kind of action, with one of its providers and what its folder brings."""

    def __init__(self, action: str, provider: str) -> None:
        self.kind: ActionKind = discover()[action]
        self.name = provider
        self.provider = _providers(action)[provider]()
        package = importlib.import_module(f"orderguard.actions.{action}")
        assert package.__file__
        self.folder = Path(package.__file__).parent

    def doings(self) -> Iterator[Doing]:
        for path in sorted((self.folder / "fixtures").glob("*.json")):
            yield msgspec.json.decode(path.read_bytes(), type=Doing)

    def first(self) -> Doing:
        return next(self.doings())

    def connect(self, **changed: Any) -> Action:
        table = {**self.provider.connection(), **changed}
        return self.kind.connect(msgspec.convert(table, self.kind.settings))

    async def run(self, doing: Doing, fault: Fault | None = None, **changed: Any) -> Receipt:
        self.provider.fault = fault
        action = self.connect(**changed)
        try:
            return await action.run(doing)
        finally:
            self.provider.release()
            await action.close()

    async def failure(self, fault: Fault, **changed: Any) -> ActionFailure:
        """What is raised, which never tells a secret: not even to a log that prints it whole."""
        with pytest.raises(ActionFailure) as caught:
            await self.run(self.first(), fault, **changed)
        logged = "".join(traceback.format_exception(caught.value))
        assert caught.value.message
        assert not [secret for secret in self.secrets() if secret in logged]
        return caught.value

    def secrets(self) -> set[str]:
        """What must never be read in a log: keys, links, phone numbers."""
        found = set(self.provider.secrets())
        for doing in self.doings():
            found |= set(doing.links.values())
            found |= {order.phone for order in doing.orders if order.phone}
        return found


class ActionContract:
    """Inherited unedited; the fixture `bench` gives the action with a provider."""

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        raise NotImplementedError

    async def test_its_fixtures_are_done_once_each(self, bench: Bench) -> None:
        doings = list(bench.doings())
        assert doings
        for number, doing in enumerate(doings, 1):
            receipt = await bench.run(doing)
            assert (receipt.key, receipt.outcome) == (doing.key, Outcome.DONE)
            assert len(bench.provider.effects) == number

    async def test_a_second_try_acts_twice_only_if_it_says_so(self, bench: Bench) -> None:
        doing = bench.first()
        await bench.run(doing)
        await bench.run(doing)
        expected = 1 if bench.connect().is_repeatable else 2
        assert len(bench.provider.effects) == expected

    @pytest.mark.parametrize("fault", NEVER_REACHED)
    async def test_what_was_never_reached_is_not_done(self, bench: Bench, fault: Fault) -> None:
        assert isinstance(await bench.failure(fault), NotDone)
        assert bench.provider.asked == []

    @pytest.mark.parametrize("fault", ANSWER_LOST)
    async def test_what_was_asked_and_not_answered_is_maybe_done(
        self, bench: Bench, fault: Fault
    ) -> None:
        seconds = {"seconds_max": SHORT_S} if fault is Fault.SLOW else {}
        assert isinstance(await bench.failure(fault, **seconds), MaybeDone)
        assert len(bench.provider.effects) == 1, "it is asked once: retries are not the action's"

    async def test_a_busy_provider_says_when_to_come_back(self, bench: Bench) -> None:
        failure = await bench.failure(Fault.BUSY)
        assert isinstance(failure, NotDone)
        assert failure.retry_after_s is not None
        assert failure.retry_after_s >= RETRY_AFTER_S
        assert len(bench.provider.asked) == 1

    async def test_a_broken_provider_may_have_acted_unless_it_honours_our_key(
        self, bench: Bench
    ) -> None:
        expected = NotDone if bench.connect().is_repeatable else MaybeDone
        assert isinstance(await bench.failure(Fault.BROKEN), expected)
        assert len(bench.provider.asked) == 1

    async def test_what_is_refused_is_never_asked_again(self, bench: Bench) -> None:
        failure = await bench.failure(Fault.REFUSING)
        assert isinstance(failure, ActionRefused)
        assert failure.hint, "say what to do"

    async def test_waiting_for_a_provider_keeps_nobody_else_waiting(self, bench: Bench) -> None:
        bench.provider.fault = Fault.SLOW
        action = bench.connect()
        running = asyncio.create_task(action.run(bench.first()))
        # Only a loop that is not blocked comes round to what follows before the answer is there.
        assert await asyncio.to_thread(bench.provider.acted.wait, 60)
        assert not running.done()
        bench.provider.release()
        assert (await running).outcome is Outcome.DONE
        await action.close()

    async def test_taking_back_twice_is_no_fault(self, bench: Bench) -> None:
        receipt = await bench.run(bench.first())
        action = bench.connect()
        first, second = await action.undo(receipt), await action.undo(receipt)
        assert first.key == second.key == receipt.key
        assert first.outcome == second.outcome
        await action.close()

    async def test_a_dry_run_says_what_would_be_done_and_does_nothing(self, bench: Bench) -> None:
        action = bench.connect()
        for doing in bench.doings():
            told = {
                language: action.describe(replace(doing, language=language))
                for language in ("zh", "en")
            }
            assert told["zh"] != told["en"]
            for text in told.values():
                assert text
                assert not [secret for secret in bench.secrets() if secret in text]
        assert bench.provider.asked == []
        await action.close()

    async def test_closing_twice_is_no_fault(self, bench: Bench) -> None:
        action = bench.connect()
        await action.close()
        await action.close()

    def test_settings_that_say_nothing_are_refused_with_what_to_do(self, bench: Bench) -> None:
        with pytest.raises(BadInput) as caught:
            bench.kind.connect(bench.kind.settings())
        assert caught.value.hint

    def test_each_setting_has_a_default_and_says_what_it_does(self, bench: Bench) -> None:
        assert bench.kind.settings.__doc__
        assert "seconds_max" in bench.kind.settings.__struct_fields__, "one try has a limit"
        for field in fields(bench.kind.settings):
            assert not field.required, field.name
            assert get_args(field.type)[1].description, field.name

    def test_its_title_stands_in_both_languages(self, bench: Bench) -> None:
        assert bench.kind.title.keys() == {"zh", "en"}
        assert all(bench.kind.title.values())
