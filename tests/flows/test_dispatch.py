"""What is due is done once, whatever befalls the provider; and what is late is not done."""

from collections import Counter
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from tests.flows.acting import SETTLE_S, Acting, Provider
from tests.flows.stories import LIBRARY, START_MS

from orderguard.domain.entries import ResponseReceipt, StoppableKind, Stopped
from orderguard.domain.ports import Doing, Outcome, Receipt
from orderguard.errors import ActionRefused, MaybeDone, NotDone
from orderguard.flows.dispatch import DispatchLimits
from orderguard.kit.clock import ManualClock
from orderguard.kit.gather import Gathering
from orderguard.responses import PortionState, StepState

MINUTE = 60.0
HOUR = 60 * MINUTE
ALERTS = 20


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS)


def outcomes(acting: Acting, step: str) -> list[Outcome | None]:
    return [portion.outcome for portion in acting.portions(step)]


async def test_an_installation_without_any_provider_works(clock: ManualClock) -> None:
    async with Acting({}, clock) as acting:
        await acting.burst("hoarder")
        await acting.near_threshold("o1", "newcomer")
        await acting.passes(5 * HOUR, step_s=HOUR)
        for step in ("hold", "meeting", "ask", "lock", "remind"):
            assert outcomes(acting, step) == [Outcome.NOT_CONNECTED], step
        assert outcomes(acting, "case") == [Outcome.DONE], "the low alert needs nobody"
        assert not any(run.unsent for run in acting.runs())


async def test_a_provider_that_is_down_half_an_hour_is_left_alone_and_misses_nothing(
    clock: ManualClock,
) -> None:
    down_until = START_MS + 30 * 60_000
    down = Provider(clock, fails=lambda: NotDone("down") if clock.now_ms() < down_until else None)
    well = Provider(clock)
    async with Acting({"hold_shipment": down, "meeting": well}, clock) as acting:
        for number in range(ALERTS):
            await acting.burst(f"hoarder{number}")
        await acting.passes(10)
        assert len(well.effects) == ALERTS, "others are unharmed"
        assert well.calls[-1][0] < 10_000
        await acting.passes(30 * MINUTE - 40, step_s=10)
        assert not down.effects
        assert len(down.calls) <= 5 + 8 + 60, "five in a row, those under way, one in 30 s"
        await acting.passes(3 * MINUTE)
        assert len(down.effects) == ALERTS, "done soon after it is back"
        assert set(down.effects.values()) == {1}
        assert outcomes(acting, "hold") == [Outcome.DONE] * ALERTS


async def test_a_provider_that_asks_for_time_is_given_it(clock: ManualClock) -> None:
    busy_until = START_MS + 60_000

    def busy() -> NotDone | None:
        left_ms = busy_until - clock.now_ms()
        return NotDone("429", retry_after_s=left_ms / 1000) if left_ms > 0 else None

    provider = Provider(clock, fails=busy)
    async with Acting({"hold_shipment": provider}, clock) as acting:
        for number in range(ALERTS):
            await acting.burst(f"hoarder{number}")
        await acting.passes(50)
        asked = len(provider.calls)
        assert asked <= 8, "those that were under way when it said so"
        await acting.passes(30, step_s=1)
        assert len(provider.effects) == ALERTS
        assert all(at >= 60_000 for at, _ in provider.calls[asked:])


async def test_what_was_maybe_done_is_repeated_only_where_the_key_is_known(
    clock: ManualClock,
) -> None:
    knowing, forgetful = Provider(clock), Provider(clock, is_repeatable=False)
    for one in (knowing, forgetful):
        one.fails = iter([MaybeDone("no answer"), None, None]).__next__
    async with Acting({"hold_shipment": knowing, "meeting": forgetful}, clock) as acting:
        await acting.burst("hoarder")
        await acting.passes(10 * MINUTE)
        assert len(knowing.calls) == 2
        assert len({key for _, key in knowing.calls}) == 1
        assert outcomes(acting, "hold") == [Outcome.DONE]
        assert len(forgetful.calls) == 1
        assert outcomes(acting, "meeting") == [Outcome.MAYBE_DONE]


async def test_a_provider_that_never_answers_is_given_up_in_time(clock: ManualClock) -> None:
    hanging = Provider(clock, is_repeatable=False, hangs=True)
    limits = DispatchLimits(call_s_max=0.02)
    async with Acting({"meeting": hanging}, clock, limits=limits) as acting:
        await acting.burst("hoarder")
        for _ in range(5):
            await acting.settles()
        assert outcomes(acting, "meeting") == [Outcome.MAYBE_DONE]
        assert hanging.running == 0


async def test_what_surely_was_not_done_is_tried_again_even_without_keys(
    clock: ManualClock,
) -> None:
    failures = iter([NotDone("no connection"), NotDone("no connection"), None])
    provider = Provider(clock, is_repeatable=False, fails=failures.__next__)
    async with Acting({"meeting": provider}, clock) as acting:
        await acting.burst("hoarder")
        await acting.passes(5 * MINUTE)
        assert list(provider.effects.values()) == [1]
        assert outcomes(acting, "meeting") == [Outcome.DONE]


async def test_a_no_is_a_no(clock: ManualClock) -> None:
    provider = Provider(clock, fails=lambda: ActionRefused("the order is unknown 13800138000"))
    async with Acting({"hold_shipment": provider}, clock) as acting:
        await acting.burst("hoarder")
        await acting.passes(MINUTE)
        assert len(provider.calls) == 1
        (hold,) = acting.portions("hold")
        assert (hold.outcome, hold.detail) == (Outcome.REFUSED, "the order is unknown ***")


async def test_nothing_is_begun_after_its_time(clock: ManualClock) -> None:
    """A code or a question that comes hours late would only confuse."""
    back_at = START_MS + 3 * 3_600_000
    provider = Provider(clock, fails=lambda: NotDone("down") if clock.now_ms() < back_at else None)
    async with Acting({"sms": provider}, clock, phones={"o1": "13800138000"}) as acting:
        await acting.near_threshold("o1", "newcomer")
        await acting.passes(1)
        (doing,) = provider.doings.values()
        assert doing.until_ms == START_MS + 2 * 3_600_000
        assert doing.orders[0].phone == "13800138000"
        assert doing.links["confirm"].endswith(doing.key)
        await acting.passes(4 * HOUR, step_s=MINUTE)
        assert not provider.effects
        assert max(at for at, _ in provider.calls) <= 2 * 3_600_000
        assert outcomes(acting, "ask") == [Outcome.TOO_LATE]


async def test_calls_of_one_action_are_bounded(clock: ManualClock) -> None:
    provider = Provider(clock)
    limits = DispatchLimits(parallel_max=3)
    async with Acting({"hold_shipment": provider}, clock, limits=limits) as acting:
        for number in range(ALERTS):
            await acting.burst(f"hoarder{number}")
        await acting.passes(1)
        assert len(provider.effects) == ALERTS
        assert provider.running_max <= 3


async def test_who_makes_few_messages_out_of_many_calls_is_asked_for_all_of_them_together(
    clock: ManualClock,
) -> None:
    provider = Provider(clock, is_gathering=True, lasts_s=SETTLE_S)
    limits = DispatchLimits(parallel_max=3, gathered_max=ALERTS // 2)
    async with Acting({"meeting": provider}, clock, limits=limits) as acting:
        acting.live.on_unsent = lambda: None
        for number in range(ALERTS):
            await acting.burst(f"hoarder{number}")
        acting.dispatcher.wake()
        await acting.passes(30)
        assert len(provider.effects) == ALERTS
        assert 3 < provider.running_max <= ALERTS // 2


class Group(Provider):
    """Takes one message and then, for an hour, gathers what comes."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, is_repeatable=False, is_gathering=True)
        self.gathering = Gathering[Doing, Receipt](self._send, burst=1, seconds_between=3_600)

    async def _send(self, doings: Sequence[Doing]) -> Receipt:
        for doing in doings:
            receipt = await Provider.run(self, doing)
        return receipt

    async def run(self, doing: Doing) -> Receipt:
        return replace(await self.gathering.put(doing), key=doing.key)

    async def close(self) -> None:
        await self.gathering.close()


async def test_what_was_gathered_and_not_sent_at_the_end_is_sent_after_the_next_start(
    clock: ManualClock,
) -> None:
    first, second = Group(clock), Provider(clock, is_repeatable=False)
    limits = DispatchLimits(grace_s=0.05)
    async with Acting({"meeting": first}, clock, limits=limits) as acting:
        for number in range(ALERTS):
            await acting.burst(f"hoarder{number}")
        await acting.settles()
        states = Counter(portion.state for portion in acting.portions("meeting"))
        assert states == {PortionState.ENDED: 1, PortionState.SENDING: ALERTS - 1}
    async with Acting({"meeting": second}, clock, log=acting.log) as again:
        await again.passes(MINUTE)
        assert outcomes(again, "meeting") == [Outcome.DONE] * ALERTS, "none of them maybe"
    assert first.effects.keys().isdisjoint(second.effects)
    assert (len(first.effects), len(second.effects)) == (1, ALERTS - 1)


async def test_an_alert_that_grows_has_its_further_orders_held_too(clock: ManualClock) -> None:
    provider = Provider(clock)
    async with Acting({"hold_shipment": provider}, clock) as acting:
        await acting.burst("hoarder")
        await acting.settles()
        for number in range(5, 9):
            await acting.placed(f"hoarder-{number}", "hoarder")
        await acting.passes(2, step_s=0.5)
        held = [order.key.order_id for one in provider.doings.values() for order in one.orders]
        assert sorted(held) == [f"hoarder-{number}" for number in range(9)]
        assert len(provider.doings) == 2, "gathered, not one by one"


async def test_the_stock_of_who_never_pays_is_given_back_and_of_who_confirms_reserved(
    clock: ManualClock,
) -> None:
    locks, reserves, texts = Provider(clock), Provider(clock), Provider(clock)
    actions = {"lock_stock": locks, "reserve_stock": reserves, "sms": texts}
    async with Acting(actions, clock) as acting:
        await acting.near_threshold("silent", "newcomer")
        await acting.near_threshold("answers", "another")
        await acting.passes(10 * MINUTE, step_s=MINUTE)
        ask = next(doing for doing in texts.doings.values() if "answers" in str(doing.orders))
        answer = ResponseReceipt(
            received_ms=0,
            alert_id=ask.alert.alert_id,
            step="ask",
            outcome="confirmed",
            key=ask.key,
        )
        await acting.live.note(answer)
        await acting.settles()
        (reserved,) = reserves.doings.values()
        assert [order.key.order_id for order in reserved.orders] == ["answers"]
        await acting.passes(2 * HOUR, step_s=MINUTE)
        (lock,) = (one for one in locks.doings.values() if "silent" in str(one.orders))
        assert locks.undone == [f"ref {lock.key}"]


async def test_a_lock_of_two_hours_outlives_a_stop_of_three_and_is_then_released_at_once(
    clock: ManualClock,
) -> None:
    locks = Provider(clock)
    async with Acting({"lock_stock": locks}, clock) as acting:
        await acting.near_threshold("o1", "newcomer")
        await acting.passes(1)
        assert len(locks.effects) == 1
    clock.advance(3 * 3_600_000)
    assert locks.undone == []
    async with Acting({"lock_stock": locks}, clock, log=acting.log) as again:
        await again.settles()
        await again.settles()
        assert len(locks.undone) == 1
        assert len(locks.effects) == 2


async def test_a_server_that_only_watches_does_nothing_and_forgets_nothing(
    clock: ManualClock,
) -> None:
    provider = Provider(clock)
    actions = {"lock_stock": provider, "hold_shipment": provider}
    async with Acting(actions, clock) as acting:
        await acting.near_threshold("o1", "newcomer")
        await acting.passes(1)
        assert len(provider.effects) == 1
    async with Acting(actions, clock, log=acting.log, acts=False) as watching:
        await watching.burst("hoarder")
        await watching.passes(3 * HOUR, step_s=HOUR)
        (hold,) = [s for run in watching.runs() for s in run.steps if s.step == "hold"]
        assert (hold.state, hold.portions[0].key) == (StepState.WOULD_DO, "")
        assert [p.state for p in watching.portions("unlock")] == [PortionState.DUE]
        assert len(provider.calls) == 1
    async with Acting(actions, clock, log=acting.log) as again:
        await again.passes(2, step_s=1)
        assert len(provider.undone) == 1, "what was done is taken back, late"
        assert len(provider.calls) == 2, "and what was only watched is not done after all"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (StoppableKind.ACTION, "hold_shipment"),
        (StoppableKind.RULE, "velocity.same_item_burst"),
        (StoppableKind.SHOP, "standard/demo"),
    ],
)
async def test_what_a_person_stops_is_not_done_from_that_moment_on(
    clock: ManualClock, kind: StoppableKind, name: str
) -> None:
    provider = Provider(clock, fails=lambda: NotDone("down"))
    async with Acting({"hold_shipment": provider}, clock) as acting:
        await acting.burst("before")
        await acting.passes(1)
        assert provider.calls
        await acting.live.note(Stopped(received_ms=0, kind=kind, name=name))
        provider.fails = lambda: None
        await acting.burst("after")
        await acting.passes(5 * MINUTE)
        assert not provider.effects, "neither what is new nor what was tried"
        assert outcomes(acting, "hold") == [Outcome.REFUSED]
        stopped = [s.stopped for run in acting.runs() for s in run.steps if s.step == "hold"]
        assert sorted(stopped) == ["", f"{kind}/{name}"]
        await acting.live.note(Stopped(received_ms=0, kind=kind, name=name, on=False))
        await acting.burst("later")
        await acting.passes(MINUTE)
        assert len(provider.effects) == 1


async def test_holds_beyond_the_budget_of_an_hour_wait_for_a_person(clock: ManualClock) -> None:
    high = LIBRARY["playbooks/high.yaml"].replace("holds_per_hour: 500", "holds_per_hour: 3")
    library = {**LIBRARY, "playbooks/high.yaml": high}
    provider = Provider(clock)
    async with Acting({"hold_shipment": provider}, clock, library=library) as acting:
        for number in range(5):
            await acting.burst(f"hoarder{number}", orders=7)
        await acting.passes(MINUTE)
        held = {key for doing in provider.doings.values() for key in doing.alert.orders}
        assert len(provider.doings) >= 3
        assert len({key.order_id.partition("-")[0] for key in held}) == 3, "alerts, not orders"
        waiting = [run for run in acting.runs() if any(s.waits_for for s in run.steps)]
        assert len(waiting) == 2
        approved = ResponseReceipt(
            received_ms=0, alert_id=waiting[0].alert_id, step="hold", outcome="approved"
        )
        await acting.live.note(approved)
        await acting.passes(1)
        assert waiting[0].alert_id in {one.alert.alert_id for one in provider.doings.values()}
        await acting.passes(HOUR, step_s=MINUTE)
        await acting.burst("hoarder-next")
        await acting.passes(1)
        assert len({one.alert.alert_id for one in provider.doings.values()}) == 5
