"""The dispatcher: does what stands in the outbox, and writes into the log what came of it.

    outbox ─► "sending" into the log ─► provider ─► receipt into the log ─► the run goes on

A provider that knows our keys is asked until it answers, with the same key; any other is never
asked again once it may have acted. Everything here ends with an outcome, or with the process: the
next one goes on from the log.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from orderguard.domain.entries import ResponseReceipt
from orderguard.domain.ports import Action, Clock, Outcome, Receipt
from orderguard.errors import ActionFailure, ActionRefused, MaybeDone, NotDone, OrderGuardError
from orderguard.flows.courtesy import Courtesy
from orderguard.flows.outbox import Errand, LiveFold, Outbox
from orderguard.kit.alarm import Alarm
from orderguard.kit.breaker import Breaker
from orderguard.responses import NOT_BEGUN, SENDING

log = logging.getLogger(__name__)

DETAIL_LENGTH_MAX = 300
_NUMBER = re.compile(r"\+?\d[\d -]{5,}\d")


class DispatchLimits(Struct, frozen=True, kw_only=True):
    """How hard providers are pressed.

    `parallel_max` calls of one action at a time, each of at most `call_s_max`; `gathered_max` of
    one that makes few messages out of many calls, since only what is asked of it together goes out
    together. A failed one is tried again after a random time of up to `retry_s_first`, doubled each
    time up to `retry_s_max`. Further orders of a step are gathered for `gather_s` before they are
    sent. At the end calls under way get `grace_s` for their answers. `notes_max` receipts are
    written at a time: one message ends hundreds of steps, for which no shop shall have to wait.
    What is to be done next waits while shops are being answered, but no longer than `patience_s`.
    """

    parallel_max: int = 8
    gathered_max: int = 1_000
    errands_max: int = 20_000
    call_s_max: float = 30.0
    retry_s_first: float = 1.0
    retry_s_max: float = 120.0
    stopped_s: float = 5.0
    gather_s: float = 0.2
    notes_max: int = 16
    note_retry_s: float = 0.5
    patience_s: float = 10.0
    grace_s: float = 3.0


class Fares(Struct, frozen=True, kw_only=True):
    """How a provider fares: down after failures in a row; left alone for so long, in ms."""

    is_down: bool
    rests_ms: int


class _Lane:
    """One action: its calls under way, and how its provider fares."""

    def __init__(self, parallel_max: int) -> None:
        self.slots = asyncio.Semaphore(parallel_max)
        self.breaker = Breaker()
        self.not_before_ms = 0

    def wait_ms(self, now_ms: int) -> int:
        """How long the provider is to be left alone: it asked for it, or it is down."""
        asked_ms = self.not_before_ms - now_ms
        return asked_ms if asked_ms > 0 else self.breaker.blocked_ms(now_ms)


class _Dropped(OrderGuardError):
    """The errand has ended meanwhile, or was taken back."""


class _Stopped(NotDone):
    """A person has stopped the action: nothing is taken back by it before it goes on."""


class Dispatcher:
    """`run` until cancelled. `actions` are those that are connected, by name; closed at the end."""

    def __init__(
        self,
        live: LiveFold,
        outbox: Outbox,
        actions: Mapping[str, Action],
        clock: Clock,
        limits: DispatchLimits | None = None,
    ) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        """How many errands ended so, by (action, outcome)."""
        self._live, self._outbox, self._actions, self._clock = live, outbox, actions, clock
        self.limits = limits or DispatchLimits()
        self._lanes = {name: _Lane(self._width(action)) for name, action in actions.items()}
        self._notes = asyncio.Semaphore(self.limits.notes_max)
        self._courtesy = Courtesy(lambda: live.is_called, patience_s=self.limits.patience_s)
        self._alarm = Alarm(clock)
        self._wake = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._steps: set[tuple[str, str]] = set()
        self._waiting: dict[str, None] = {}
        self._maybe: set[str] = set()
        """Keys of which a call was not answered: it may have acted, whatever comes later."""
        self._calling: set[str] = set()
        """Keys of calls under way, until what came of them is in the log."""
        self._nobody_calls = asyncio.Event()
        self._nobody_calls.set()

    def wake(self) -> None:
        """The outbox changed."""
        self._wake.set()

    def fares(self, now_ms: int) -> dict[str, Fares]:
        """How the provider of each connected action fares."""
        return {
            name: Fares(
                is_down=lane.breaker.is_open,
                rests_ms=max(0, lane.not_before_ms - now_ms, lane.breaker.left_ms(now_ms)),
            )
            for name, lane in self._lanes.items()
        }

    async def run(self) -> None:
        waking = asyncio.create_task(self._alarm.run())
        try:
            while True:
                self._begin()
                await self._wake.wait()
                self._wake.clear()
        finally:
            await self._leave()
            waking.cancel()
            with suppress(asyncio.CancelledError):
                await waking

    async def _leave(self) -> None:
        """Let calls under way come to their end for a moment, then leave the rest to the log."""
        self._courtesy.end()
        for key, task in self._tasks.items():
            if key not in self._calling:
                task.cancel()
        await self._until_nobody_calls()
        for action in self._actions.values():
            await action.close()
        # What an action had gathered and not sent is surely not done, which is noted now: else the
        # next start would have to take it for done, maybe.
        await self._until_nobody_calls()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _until_nobody_calls(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.grace_s):
                await self._nobody_calls.wait()

    def _ceases(self, key: str) -> None:
        """Its call is over, or will not be made."""
        self._calling.discard(key)
        if not self._calling:
            self._nobody_calls.set()

    def _width(self, action: Action) -> int:
        limits = self.limits
        return limits.gathered_max if action.is_gathering else limits.parallel_max

    def _begin(self) -> None:
        """Take on what is due, as far as there is room."""
        self._waiting.update(dict.fromkeys(self._outbox.changed()))
        while self._waiting and len(self._tasks) < self.limits.errands_max:
            alert_id = next(iter(self._waiting))
            del self._waiting[alert_id]
            for errand in self._outbox.errands(alert_id):
                self._take(errand)

    def _take(self, errand: Errand) -> None:
        key, alert_id = errand.portion.key, errand.alert.alert_id
        step = (alert_id, errand.step.step)
        is_alone = errand.step.plan.is_each or errand.undone is not None
        if key in self._tasks or (not is_alone and step in self._steps):
            return
        if not is_alone:
            self._steps.add(step)
        task = asyncio.create_task(self._work(errand))
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._ended(alert_id, step, key))

    def _ended(self, alert_id: str, step: tuple[str, str], key: str) -> None:
        self._tasks.pop(key, None)
        self._ceases(key)
        self._maybe.discard(key)
        self._steps.discard(step)
        self._waiting[alert_id] = None
        self.wake()

    async def _work(self, errand: Errand) -> None:
        try:
            await self._do(errand)
        except Exception:
            # Nothing may be tried for ever, and nothing may be forgotten.
            log.exception("the step %s of %s broke", errand.step.step, errand.alert.alert_id)
            await self._end(errand, Outcome.MAYBE_DONE, detail="OrderGuard failed; see its log.")

    async def _do(self, errand: Errand) -> None:
        action = self._actions.get(errand.action)
        if errand.is_begun and (action is None or not action.is_repeatable):
            detail = "The server ended while it was asked."
            await self._end(errand, Outcome.MAYBE_DONE, detail=detail)
            return
        if action is None or self._outbox.is_out_of_reach(errand, action):
            await self._end(errand, Outcome.NOT_CONNECTED)
            return
        if errand.is_begun:
            self._maybe.add(errand.portion.key)
        elif errand.portion.first and not errand.step.plan.is_each:
            await self._alarm.sleep(self.limits.gather_s)
        try:
            receipt = await self._until_done(errand, action)
        except _Dropped:
            return
        except ActionRefused as error:
            await self._end(errand, Outcome.REFUSED, detail=str(error))
        except ActionFailure as error:
            is_maybe = errand.portion.key in self._maybe
            outcome = Outcome.MAYBE_DONE if is_maybe else Outcome.TOO_LATE
            await self._end(errand, outcome, detail=str(error))
        else:
            await self._end(
                errand, receipt.outcome, reference=receipt.reference, detail=receipt.detail
            )

    async def _until_done(self, errand: Errand, action: Action) -> Receipt:
        """What came of it in the end; the last failure where its time is over."""
        alert_id, key, until_ms = errand.alert.alert_id, errand.portion.key, errand.until_ms
        limits = self.limits
        jitter = wait_random_exponential(multiplier=limits.retry_s_first, max=limits.retry_s_max)

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after_s if isinstance(error, ActionFailure) else None
            # Jitter upon what was asked for: else all who wait would come back at once.
            return jitter(state) if asked is None else asked + min(jitter(state), 1.0)

        def is_over(state: RetryCallState) -> bool:
            ends_ms = self._clock.now_ms() + round(state.upcoming_sleep * 1000)
            return until_ms is not None and ends_ms > until_ms

        def is_repeated(error: BaseException) -> bool:
            return isinstance(error, NotDone) or (
                isinstance(error, MaybeDone) and action.is_repeatable
            )

        retrying = AsyncRetrying(
            sleep=self._alarm.sleep,
            wait=pause,
            stop=is_over,
            retry=retry_if_exception(is_repeated),
            reraise=True,
        )
        found: Receipt = await retrying(self._attempt, alert_id, key, action)
        return found

    async def _attempt(self, alert_id: str, key: str, action: Action) -> Receipt:
        await self._courtesy.turn()
        errand = self._outbox.errand(alert_id, key)
        if errand is None:
            raise _Dropped("It has ended.")
        self._check(errand)
        lane = self._lanes[errand.action]
        async with lane.slots:
            now_ms = self._clock.now_ms()
            wait_ms = lane.wait_ms(now_ms)
            if wait_ms > 0:
                raise NotDone("The provider is down.", retry_after_s=wait_ms / 1000)
            if errand.until_ms is not None and now_ms > errand.until_ms:
                raise _late(errand)
            errand = await self._sending(errand)
            return await self._call(errand, action, lane)

    def _check(self, errand: Errand) -> None:
        """Raise for what a person has stopped, and for what comes too late."""
        if errand.until_ms is not None and self._clock.now_ms() > errand.until_ms:
            raise _late(errand)
        if why := self._outbox.why_stopped(errand):
            if errand.undone is None:
                raise ActionRefused(f"stopped: {why}")
            raise _Stopped(f"stopped: {why}", retry_after_s=self.limits.stopped_s)

    async def _sending(self, errand: Errand) -> Errand:
        """The errand as it is sent: from the note on no order joins it any more."""
        self._calling.add(errand.portion.key)
        self._nobody_calls.clear()
        if errand.is_begun:
            return errand
        await self._note(errand, SENDING)
        begun = self._outbox.errand(errand.alert.alert_id, errand.portion.key)
        if begun is None or not begun.is_begun:
            raise _Dropped("It was taken back.")
        return begun

    async def _call(self, errand: Errand, action: Action, lane: _Lane) -> Receipt:
        try:
            receipt = await self._answer(errand, action)
        except ActionRefused:
            lane.breaker.succeeded()
            raise
        except NotDone as error:
            self._failed(lane, error)
            if not action.is_repeatable:
                await self._note(errand, NOT_BEGUN)
            self._ceases(errand.portion.key)
            raise
        except MaybeDone as error:
            self._maybe.add(errand.portion.key)
            self._failed(lane, error)
            if action.is_repeatable:
                self._ceases(errand.portion.key)
            raise
        lane.breaker.succeeded()
        return receipt

    async def _answer(self, errand: Errand, action: Action) -> Receipt:
        """What the action says; whatever else befalls it becomes MaybeDone."""
        try:
            doing = None if errand.undone is not None else self._outbox.doing(errand)
        except OrderGuardError as error:
            raise NotDone(f"What it needs cannot be read: {error}") from error
        try:
            async with asyncio.timeout(self.limits.call_s_max):
                if doing is None:
                    return await action.undo(errand.receipt)
                return await action.run(doing)
        except ActionFailure:
            raise
        except TimeoutError as error:
            raise MaybeDone(f"No answer in {self.limits.call_s_max:g} s.") from error
        except Exception as error:
            # An action that breaks in the middle may have acted.
            log.exception("the action %s failed unexpectedly", errand.action)
            raise MaybeDone(f"The action failed: {type(error).__name__}.") from error

    def _failed(self, lane: _Lane, error: ActionFailure) -> None:
        now_ms = self._clock.now_ms()
        if error.retry_after_s is None:
            lane.breaker.failed(now_ms)
        else:  # It answers, and says when it will do more: all wait until then.
            lane.breaker.succeeded()
            lane.not_before_ms = max(lane.not_before_ms, now_ms + round(error.retry_after_s * 1000))

    async def _end(
        self, errand: Errand, outcome: Outcome, *, reference: str = "", detail: str = ""
    ) -> None:
        self.counts[errand.action, outcome.value] += 1
        await self._courtesy.turn()
        await self._note(errand, outcome.value, reference=reference, detail=detail)

    async def _note(
        self, errand: Errand, outcome: str, *, reference: str = "", detail: str = ""
    ) -> None:
        """Into the log, whatever it takes: a full queue or disk is waited for."""
        note = ResponseReceipt(
            received_ms=0,
            by="dispatcher",
            alert_id=errand.alert.alert_id,
            step=errand.step.step,
            outcome=outcome,
            # A provider's words may hold the number that was called; the log must not.
            detail=_NUMBER.sub("***", detail)[:DETAIL_LENGTH_MAX],
            key=errand.portion.key,
            reference=reference[:DETAIL_LENGTH_MAX],
        )
        while True:
            try:
                async with self._notes:
                    await self._live.note(note)
            except OrderGuardError as failure:
                log.warning("a receipt cannot be written yet: %s", failure)
                await asyncio.sleep(self.limits.note_retry_s)
            else:
                return


def _late(errand: Errand) -> NotDone:
    return NotDone(f"Too late: {errand.step.step} was to be done earlier.")
