"""A fold that acts on a clock of the test's own, and providers that do as they are told."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from tests.flows.stories import LIBRARY, START_MS, order_document, taken_in
from tests.flows.test_live import NoMail

from orderguard.domain.alerts import AlertKind
from orderguard.domain.ports import Action, Doing, Draft, Outcome, Receipt
from orderguard.domain.record import encode_event
from orderguard.errors import ActionFailure
from orderguard.flows.dispatch import Dispatcher, DispatchLimits
from orderguard.flows.live import Live, LiveSettings
from orderguard.flows.live_library import Published
from orderguard.flows.outbox import Outbox
from orderguard.flows.writer import Submission
from orderguard.kit.clock import ManualClock, rfc3339
from orderguard.kit.sealing import Keyring
from orderguard.responses import Portion, Run
from orderguard.stores.memory import MemoryLog, MemoryState

SETTLE_S = 0.004
"""Real time that the writer's thread has to commit what a moment brought."""


@dataclass
class Provider:
    """Somebody outside, who answers after `lasts_s` of real time.

    `fails` says what befalls a call, None where it is done.
    """

    clock: ManualClock
    is_repeatable: bool = True
    is_gathering: bool = False
    fails: Callable[[], ActionFailure | None] = lambda: None
    hangs: bool = False
    lasts_s: float = 0.0
    calls: list[tuple[int, str]] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)
    doings: dict[str, Doing] = field(default_factory=dict)
    undone: list[str] = field(default_factory=list)
    running: int = 0
    running_max: int = 0

    async def run(self, doing: Doing) -> Receipt:
        self.doings[doing.key] = doing
        await self._do(doing.key)
        return Receipt(key=doing.key, outcome=Outcome.DONE, reference=f"ref {doing.key}")

    async def undo(self, receipt: Receipt) -> Receipt:
        await self._do(f"{receipt.key}.undo")
        self.undone.append(receipt.reference)
        return Receipt(key=receipt.key, outcome=Outcome.DONE)

    async def _do(self, key: str) -> None:
        self.calls.append((self.clock.now_ms() - START_MS, key))
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        try:
            await asyncio.sleep(3600 if self.hangs else self.lasts_s)
            failure = self.fails()
            if failure is not None:
                raise failure
            self.effects[key] += 1
        finally:
            self.running -= 1

    def describe(self, doing: Doing) -> str:
        return doing.step

    async def close(self) -> None:
        """Nothing is open."""


class Acting:
    """A running fold in live mode with its dispatcher; time passes only by `passes`."""

    def __init__(
        self,
        actions: Mapping[str, Action],
        clock: ManualClock,
        *,
        library: Mapping[str, str] = LIBRARY,
        limits: DispatchLimits | None = None,
        log: MemoryLog | None = None,
        phones: Mapping[str, str] | None = None,
        acts: bool = True,
    ) -> None:
        self.acts = acts
        self.clock, self.log = clock, log or MemoryLog()
        self.live = Live(
            event_log=self.log,
            store=MemoryState(),
            clock=clock,
            mailbox=NoMail(),
            settings=LiveSettings(checkpoint_s=600, acts=acts),
        )
        self.library = Published(library, "standard")
        outbox = Outbox(
            self.live,
            phone=lambda key: (phones or {}).get(key.order_id),
            links=lambda alert, step, key: {"confirm": f"https://guard/{alert}/{step}/{key}"},
        )
        self.dispatcher = Dispatcher(self.live, outbox, actions, clock, limits)
        self.live.on_unsent = self.dispatcher.wake

    async def __aenter__(self) -> Self:
        await self.live.start(self.library)
        work = self.dispatcher.run() if self.acts else asyncio.sleep(0)
        self._running = asyncio.create_task(work)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.live.stop()

    async def placed(self, order_id: str, buyer: str, /, **members: Any) -> None:
        at_ms = self.clock.now_ms()
        order = {**order_document(order_id, buyer, at_ms), **members}
        document = {
            "id": f"placed-{order_id}",
            "type": "order.created",
            "occurred_at": rfc3339(at_ms),
            "data": {"order": order},
        }
        await self.tell(document)

    async def tell(self, document: Mapping[str, Any]) -> None:
        """A canonical event is taken in."""
        event = taken_in(dict(document), self.live.writer.stamp())
        record = encode_event(event, b"{}", Keyring.for_replay())
        await self.live.writer.submit([Submission(event, Draft(event.received_ms, record))])

    async def burst(self, buyer: str, orders: int = 5) -> None:
        """A high alert."""
        for number in range(orders):
            await self.placed(f"{buyer}-{number}", buyer)

    async def near_threshold(self, order_id: str, buyer: str) -> None:
        """A low alert."""
        young = {"id": buyer, "registered_at": rfc3339(self.clock.now_ms() - 3_600_000)}
        await self.placed(
            order_id, buyer, amount="990.00", coupons=[], buyer=young, discount="0.00"
        )

    async def passes(self, seconds: float, *, step_s: float = 5.0) -> None:
        """Let so much time pass, a step at a time, and everything come of it."""
        left_ms = round(seconds * 1000)
        while left_ms > 0:
            self.clock.advance(min(left_ms, round(step_s * 1000)))
            left_ms -= round(step_s * 1000)
            await self.settles()

    async def settles(self) -> None:
        """Everything that this moment brings has been done."""
        await self._lands()  # As in a server: nothing falls due before what came earlier is folded.
        self.live.fold.advance(self.live.writer.stamp())
        self.live._look_at_outbox()
        self.dispatcher._alarm.look()
        for _ in range(3):
            await asyncio.sleep(SETTLE_S)
            await self._lands()

    async def _lands(self) -> None:
        """What was submitted before is in the log and folded."""
        await self.live.writer.submit([])

    def runs(self, kind: AlertKind = AlertKind.RISK) -> list[Run]:
        tables = self.live.fold.tables
        cache = tables.runs
        runs = [*cache._old.values(), *cache._young.values()]
        alerts = {run.alert_id: tables.alerts.get(run.alert_id) for run in runs}
        return [run for run in runs if (one := alerts[run.alert_id]) and one.kind is kind]

    def portions(self, step: str) -> list[Portion]:
        return [p for run in self.runs() for s in run.steps if s.step == step for p in s.portions]
