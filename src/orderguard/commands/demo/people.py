"""Simulated people who decide cases by the public API, so that the loop turns.

Each signs in by a token, takes the next case of an inbox, reads it, and decides it after the time
that people need, in simulated time. What they find is the truth of the simulation, but for a
share of errors and of cases that stay open to doubt: both are assumptions, and said to be.
"""

import http.client
import threading
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from orderguard.commands.demo.children import HOST
from orderguard.domain.accounts import Role
from orderguard.domain.entries import CaseAction, Disposition, Inbox
from orderguard.domain.ports import Clock
from orderguard.kit.clock import MS_PER_SECOND, to_ms

STAFF = {Role.SERVICE: 4, Role.RISK: 4}
INBOXES = {Role.SERVICE: Inbox.SERVICE, Role.RISK: Inbox.RISK}
HANDLING_S_MEDIAN = {Role.SERVICE: 60.0, Role.RISK: 150.0}
"""A second identity check takes a minute; evidence of a held order is read for longer."""
HANDLING_SIGMA = 0.5
WRONG_SHARE = 0.008
"""Of decisions: the opposite of the truth."""
DOUBT_SHARE = 0.02
"""Of decisions: inconclusive."""
LOOK_S = 0.15
CASES_A_LOOK_MAX = 50
ANSWER_S_MAX = 30.0

FOUND = {
    Disposition.CONFIRMED: CaseAction.CANCEL,
    Disposition.FALSE_ALARM: CaseAction.RELEASE,
    Disposition.INCONCLUSIVE: CaseAction.NONE,
}


class SeenCase(Struct):
    """What is read of a case."""

    case_id: str
    order_ids: tuple[str, ...]
    status: str
    created_at: str
    decided_at: str | None = None
    disposition: Disposition | None = None

    @property
    def created_ms(self) -> int:
        return to_ms(datetime.fromisoformat(self.created_at))


@dataclass(frozen=True, slots=True)
class Decided:
    """`is_wrong`: the opposite of what is true of most of its orders."""

    case_id: str
    disposition: Disposition
    is_wrong: bool


@dataclass(slots=True)
class Person:
    """Works on one case at a time, which is decided at `done_ms`; then it is free again."""

    role: Role
    client: "Client"
    case: SeenCase | None = None
    done_ms: int = 0


class Client:
    """Asks as somebody who has this token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S_MAX)
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> SeenCase | None:
        """The case that is answered; None where there is none, or it is decided already."""
        sent = None if body is None else msgspec.json.encode(body)
        try:
            self._connection.request(method, f"/api/v1/cases{path}", sent, self._headers)
            answer = self._connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # The server is busy, or ends: there will be another look.
            return None
        if answer.status != http.HTTPStatus.OK:
            return None
        return msgspec.json.decode(told, type=SeenCase)

    def close(self) -> None:
        self._connection.close()


class People(threading.Thread):
    """Work from `start` to `stop`. `bad`: the orders that truly are; `tokens` one for each role."""

    def __init__(
        self,
        port: int,
        tokens: dict[Role, str],
        bad: Collection[str],
        *,
        seed: int,
        clock: Clock,
    ) -> None:
        super().__init__(name="people", daemon=True)
        self._clock, self._bad, self._rng = clock, bad, Random(seed)  # noqa: S311 - a simulation.
        self._people = [
            Person(role, Client(port, tokens[role]))
            for role, count in STAFF.items()
            for _ in range(count)
        ]
        self._decided: deque[Decided] = deque()
        self._is_over = threading.Event()

    def decided(self) -> Iterator[Decided]:
        """Since the last call."""
        for _ in range(len(self._decided)):
            yield self._decided.popleft()

    def stop(self) -> None:
        self._is_over.set()
        self.join(ANSWER_S_MAX)
        for person in self._people:
            person.client.close()

    def run(self) -> None:
        while not self._is_over.wait(LOOK_S):
            nothing_waits: set[Role] = set()
            for person in self._people:
                self._work(person, nothing_waits)

    def _work(self, person: Person, nothing_waits: set[Role]) -> None:
        """What the person gets done by now, which may be several cases where time leaps."""
        for _ in range(CASES_A_LOOK_MAX):
            if person.case is None and person.role not in nothing_waits:
                self._take(person, nothing_waits)
            if person.case is None or person.done_ms > self._clock.now_ms():
                return
            self._decide(person, person.case)
            person.case = None

    def _take(self, person: Person, nothing_waits: set[Role]) -> None:
        inbox = INBOXES[person.role]
        person.case = person.client.ask("POST", "/take-next", {"inbox": inbox})
        if person.case is None:
            nothing_waits.add(person.role)
            return
        needs_s = self._rng.lognormvariate(0, HANDLING_SIGMA) * HANDLING_S_MEDIAN[person.role]
        begins_ms = max(person.done_ms, person.case.created_ms)
        person.done_ms = begins_ms + round(needs_s * MS_PER_SECOND)

    def _decide(self, person: Person, taken: SeenCase) -> None:
        """By what the case shows now, which may be more than when it was taken."""
        case = person.client.ask("GET", f"/{taken.case_id}")
        if case is None or not case.order_ids:
            return
        disposition, is_wrong = self.find(case)
        body = {"disposition": disposition, "action": FOUND[disposition]}
        if person.client.ask("POST", f"/{taken.case_id}/disposition", body) is not None:
            self._decided.append(Decided(taken.case_id, disposition, is_wrong))

    def find(self, case: SeenCase) -> tuple[Disposition, bool]:
        """What a person says of the case, and whether that is the opposite of the truth."""
        draw = self._rng.random()
        if draw < DOUBT_SHARE:
            return Disposition.INCONCLUSIVE, False
        is_bad = 2 * sum(order_id in self._bad for order_id in case.order_ids) >= len(
            case.order_ids
        )
        is_wrong = draw > 1 - WRONG_SHARE
        said = is_bad is not is_wrong
        return (Disposition.CONFIRMED if said else Disposition.FALSE_ALARM), is_wrong
