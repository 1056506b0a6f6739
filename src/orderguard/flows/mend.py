"""Health alert → the playbook that mends it → who mended what.

A rule names its playbook. The run goes through the responder like any other; what sets it apart is
that it ends when the fault does, and that it is counted how.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.library import Playbook
from orderguard.flows.respond import Responder
from orderguard.kit.days import day_of
from orderguard.responses import Mended, Run


class MendCount(Struct, frozen=True, omit_defaults=True):
    """Faults for which a playbook was begun, and how they ended.

    `alone`: by a step, and nobody was asked. `person`: after somebody was. `itself`: before
    anything was done.
    """

    begun: int = 0
    alone: int = 0
    person: int = 0
    itself: int = 0

    @property
    def unmended(self) -> int:
        return self.begun - self.alone - self.person - self.itself

    def plus(self, other: "MendCount") -> "MendCount":
        return MendCount(
            begun=self.begun + other.begun,
            alone=self.alone + other.alone,
            person=self.person + other.person,
            itself=self.itself + other.itself,
        )


_COUNTS = {
    Mended.ALONE: MendCount(alone=1),
    Mended.PERSON: MendCount(person=1),
    Mended.ITSELF: MendCount(itself=1),
}


def mended_by_rule(
    counts: Iterable[tuple[str, MendCount]], days: range | None = None
) -> Mapping[str, MendCount]:
    """What was mended by whom, by rule; of faults that were found on these days, or ever.

    `counts` are named `day/rule`.
    """
    found: dict[str, MendCount] = {}
    for name, count in sorted(counts):
        day, _, rule = name.partition("/")
        if days is None or int(day) in days:
            found[rule] = found.get(rule, MendCount()).plus(count)
    return found


class Mender:
    """Starts and ends the runs that mend; `counts` are by day/rule."""

    def __init__(self, responder: Responder) -> None:
        self._responder, self.tables = responder, responder.tables
        self.counts = self.tables.kept("mended", MendCount)

    def follow(self, alert_id: str, place: tuple[int, int], now_ms: int) -> None:
        """A health alert opened, grew or ended; `place` is that of the change."""
        alert = self.tables.alerts.get(alert_id)
        if alert is None or alert.kind is not AlertKind.HEALTH:
            return
        if alert.closed:
            ended = self._responder.finish(alert, now_ms)
            if ended is not None:
                self._add(alert, ended.started_at, _COUNTS[Mended(ended.mended)])
            return
        playbook = self._responder.detector.engine.mending.get(alert.rules[0])
        if playbook is not None:
            self._mend(alert, playbook, place, now_ms)

    def _mend(self, alert: Alert, playbook: Playbook, place: tuple[int, int], now_ms: int) -> None:
        if self._responder.mend(alert, playbook, now_ms):
            self._add(alert, now_ms, MendCount(begun=1))
        run: Run | None = self.tables.runs.get(alert.alert_id)
        if run is not None and alert.playbook != run.playbook:
            self.tables.put_alert(replace(alert, playbook=run.playbook), place)

    def _add(self, alert: Alert, at_ms: int, count: MendCount) -> None:
        name = f"{day_of(at_ms)}/{alert.rules[0]}"
        known = self.counts.get(name) or MendCount()
        self.counts.put(name, known.plus(count))
        self.tables.uncounted.mended.append((alert, at_ms, count))
