"""Simulated people who decide cases by the public API, so that the loop turns.

Each signs in by a token, takes the most urgent case of an inbox as the stream shows it, reads it,
and decides it after the time that people need, in simulated time. What they find is the truth of
the simulation, but for a share of errors and of cases that stay open to doubt: both are
assumptions, and said to be.
"""

import http.client
import threading
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from orderguard.commands.demo.children import HOST
from orderguard.domain.accounts import Role
from orderguard.domain.alerts import Severity
from orderguard.domain.cases import CaseStatus
from orderguard.domain.entries import CaseAction, Disposition, Inbox
from orderguard.domain.ports import Clock
from orderguard.kit.clock import MS_PER_SECOND, to_ms

STAFF = {Role.SERVICE: 4, Role.RISK: 4}
USERS = {Role.SERVICE: "service desk", Role.RISK: "risk team"}
INBOXES = {Role.SERVICE: Inbox.SERVICE, Role.RISK: Inbox.RISK}
HANDLING_S_MEDIAN = {Role.SERVICE: 60.0, Role.RISK: 150.0}
"""A second identity check takes a minute; evidence of a held order is read for longer."""
HANDLING_SIGMA = 0.5
WRONG_SHARE = 0.008
"""Of decisions: the opposite of the truth."""
DOUBT_SHARE = 0.02
"""Of decisions: inconclusive."""
LOOK_S = 0.2
ANSWER_S_MAX = 30.0

_REFUSED = {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.CONFLICT}

FOUND = {
    Disposition.CONFIRMED: CaseAction.CANCEL,
    Disposition.FALSE_ALARM: CaseAction.RELEASE,
    Disposition.INCONCLUSIVE: CaseAction.NONE,
}


class SeenCase(Struct):
    """What is read of a case."""

    case_id: str
    order_ids: tuple[str, ...]
    status: CaseStatus
    created_at: str
    severity: Severity = Severity.MEDIUM
    inbox: Inbox = Inbox.SERVICE
    due_at: str = ""
    assignee: str | None = None
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


class Waiting:
    """The cases that nobody has, as the stream tells of them. For many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cases: dict[str, SeenCase] = {}
        self._taken: set[str] = set()

    def told(self, case: SeenCase) -> None:
        is_free = case.status is CaseStatus.OPEN and case.assignee is None
        with self._lock:
            if is_free and case.case_id not in self._taken:
                self._cases[case.case_id] = case
            else:
                self._cases.pop(case.case_id, None)

    def take(self, inbox: Inbox) -> SeenCase | None:
        """The most severe, then the one due first; it is nobody else's from here on."""
        with self._lock:
            here = [case for case in self._cases.values() if case.inbox is inbox]
            if not here:
                return None
            case = min(here, key=lambda one: (-one.severity.rank, one.due_at, one.case_id))
            self._taken.add(case.case_id)
            return self._cases.pop(case.case_id)


class Refused(Exception):
    """The case is gone, or decided already."""


class Client:
    """Asks as somebody who has this token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S_MAX)
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> SeenCase | None:
        """The case that is answered; None while the server has no time. Raise Refused."""
        sent = None if body is None else msgspec.json.encode(body)
        try:
            self._connection.request(method, f"/api/v1/cases{path}", sent, self._headers)
            answer = self._connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None
        if answer.status in _REFUSED:
            raise Refused
        if answer.status != http.HTTPStatus.OK:
            return None
        return msgspec.json.decode(told, type=SeenCase)

    def close(self) -> None:
        self._connection.close()


class Person(threading.Thread):
    """Works on one case at a time until `is_over` is set."""

    def __init__(
        self,
        role: Role,
        client: Client,
        bad: Collection[str],
        *,
        rng: Random,
        clock: Clock,
        is_over: threading.Event,
        waiting: Waiting,
    ) -> None:
        super().__init__(name=f"{role} person", daemon=True)
        self.decided: deque[Decided] = deque()
        self._role, self._client, self._bad = role, client, bad
        self._rng, self._clock = rng, clock
        self._is_over, self._waiting = is_over, waiting
        self._case: SeenCase | None = None
        self._is_assigned = False
        self._done_ms = 0

    def run(self) -> None:
        while not self._is_over.is_set():
            try:
                has_worked = self._take() if self._case is None else self._work_on(self._case)
            except Refused:
                self._case, has_worked = None, False
            if not has_worked:
                self._is_over.wait(LOOK_S)
        self._client.close()

    def _take(self) -> bool:
        case = self._waiting.take(INBOXES[self._role])
        if case is None:
            return False
        self._case, self._is_assigned = case, False
        needs_s = self._rng.lognormvariate(0, HANDLING_SIGMA) * HANDLING_S_MEDIAN[self._role]
        begins_ms = max(self._done_ms, case.created_ms)
        self._done_ms = begins_ms + round(needs_s * MS_PER_SECOND)
        return True

    def _work_on(self, taken: SeenCase) -> bool:
        """Decide it once its time is over, by what it shows then: more than when it was taken."""
        if not self._is_assigned:
            assigned = self._client.ask(
                "PATCH", f"/{taken.case_id}", {"assignee": USERS[self._role]}
            )
            self._is_assigned = assigned is not None
            return self._is_assigned
        if self._done_ms > self._clock.now_ms():
            return False
        case = self._client.ask("GET", f"/{taken.case_id}")
        if case is None:
            return False
        disposition, is_wrong = self.find(case)
        body = {"disposition": disposition, "action": FOUND[disposition]}
        if self._client.ask("POST", f"/{taken.case_id}/disposition", body) is None:
            return False
        self.decided.append(Decided(taken.case_id, disposition, is_wrong))
        self._case = None
        return True

    def find(self, case: SeenCase) -> tuple[Disposition, bool]:
        """What a person says of the case, and whether that is the opposite of the truth."""
        draw = self._rng.random()
        if draw < DOUBT_SHARE:
            return Disposition.INCONCLUSIVE, False
        bad = sum(order_id in self._bad for order_id in case.order_ids)
        is_wrong = draw > 1 - WRONG_SHARE
        said = (2 * bad >= len(case.order_ids)) is not is_wrong
        return (Disposition.CONFIRMED if said else Disposition.FALSE_ALARM), is_wrong


class People:
    """All of them, from `start` to `stop`.

    `bad`: the orders that truly are; `tokens` one for each role.
    """

    def __init__(
        self,
        port: int,
        tokens: Mapping[Role, str],
        bad: Collection[str],
        *,
        seed: int,
        clock: Clock,
    ) -> None:
        self._is_over = threading.Event()
        self.waiting = Waiting()
        self.persons = [
            Person(
                role,
                Client(port, tokens[role]),
                bad,
                rng=Random(f"{seed}/{role}/{number}"),  # noqa: S311 - a simulation.
                clock=clock,
                is_over=self._is_over,
                waiting=self.waiting,
            )
            for role, count in STAFF.items()
            for number in range(count)
        ]

    def start(self) -> None:
        for person in self.persons:
            person.start()

    def decided(self) -> Iterator[Decided]:
        """Since the last call."""
        for person in self.persons:
            for _ in range(len(person.decided)):
                yield person.decided.popleft()

    def stop(self) -> None:
        self._is_over.set()
        for person in self.persons:
            person.join(ANSWER_S_MAX)
