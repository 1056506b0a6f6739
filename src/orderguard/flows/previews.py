"""Previews as a process of its own gives them: it folds the log, keeps the columns, and answers.

    a question ─► are its values in the feature log? ─ yes ─► columns ─► answer, at once
                                                    └─ no ──► fold the log anew, answer "reading"

While it folds it goes on answering by what it has.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.entities import Entity
from orderguard.domain.entries import LibraryPublished, ModeSet, RuleDrafted
from orderguard.domain.library import Feature, Library, Prior, Rule
from orderguard.domain.ports import EventLog, StateStore
from orderguard.domain.record import decode
from orderguard.domain.wording import RuleStatus
from orderguard.flows.engine import Engine
from orderguard.flows.fold import Fold
from orderguard.flows.judged import About, Columns, Recorder, read_about, recorded_names
from orderguard.flows.preview import Bin, Preview, histogram, preview
from orderguard.rules import (
    EVERYTHING,
    OWN_PACK,
    Names,
    ValueType,
    all_features,
    check,
    load_library,
    names_of,
    version_of,
    with_needed,
)

READ_ROWS = 2_000
BEHIND_MS_MAX = 3_600_000
"""A feature log of an earlier process is folded anew when it has fallen so far behind."""
SHORT_ROWS = 20_000
"""A log that is no longer is folded anew at once."""
SHORT_S_MAX = 2.0
"""An answer waits so long for the log's newest part."""
CACHED_MAX = 4_000_000


class Question(Struct, frozen=True, kw_only=True):
    """`files` is the library with what is tried out; `name` asks for a value's histogram.

    `standing`: the rules that open cases now. `rule`: whose condition it is, empty of a new one.
    """

    files: dict[str, str]
    when: str = ""
    subject: tuple[Entity, ...] = (Entity.ORDER,)
    tune: int | None = None
    standing: tuple[str, ...] = ()
    rule: str = ""
    name: str = ""


class Told(Struct, frozen=True, kw_only=True):
    """`state`: `reading` while the log is folded for values that nothing had; `done` of it, 0 to 1.

    `as_of_ms`: how far in the log the answer goes, in ms since the epoch.
    """

    state: Literal["ready", "reading", "empty"]
    done: float = 1.0
    as_of_ms: int = 0
    preview: Preview | None = None
    bins: tuple[Bin, ...] = ()


class Previewer:
    """Answers about one log; its feature log lies in `folder`."""

    def __init__(self, event_log: EventLog, store: Callable[[], StateStore], folder: Path) -> None:
        self._log, self._store, self._folder = event_log, store, folder
        self._about = read_about(folder)
        self._columns = Columns(folder)
        self._fold: Fold | None = None
        self._recorder: Recorder | None = None
        self._extra: dict[str, Feature] = {}
        self._work: threading.Thread | None = None
        self._failure: Exception | None = None
        self._done = 0.0

    def answer(self, question: Question) -> Told:
        """Raise LibraryFaults for files that do not pass their checks.

        Raise what kept an earlier question's log from being read, once: the next begins anew.
        """
        features = all_features(question.files)
        names = names_of(features)
        checked = None if question.name else check(question.when, names)
        wanted = with_needed(question.name or question.when, features)
        self._catch_up(question.files, wanted)
        about = self._about
        if about is None or not _has(about, wanted):
            is_empty = self._log.last()[0] == 0
            return Told(state="empty" if is_empty else "reading", done=round(self._done, 3))
        columns, as_of = self._columns, about.clock_ms
        if not about.columns:
            return Told(state="empty")
        if checked is None:
            known = names[question.name]
            bins = histogram(about, columns, question.name, known.type)
            return Told(state="ready", as_of_ms=as_of, bins=bins)
        found = preview(
            about,
            columns,
            checked.tree,
            names,
            features,
            question.subject,
            tune=question.tune,
            standing=question.standing,
            rule=question.rule,
        )
        return Told(state="ready", as_of_ms=as_of, preview=found)

    def _catch_up(self, files: Mapping[str, str], wanted: Sequence[Feature]) -> None:
        """Begin to fold what is missing, and wait a moment where it may be little."""
        if self._work is not None and self._work.is_alive():
            self._work.join(SHORT_S_MAX if self._about is None else 0.0)
            self._complain()
            return
        self._complain()
        offset, newest_ms = self._log.last()
        about, is_first = self._about, self._fold is None
        if about is None or not _has(about, wanted):
            self._extra |= {feature.id: feature for feature in wanted}
            is_anew = True
        elif about.offset == offset or (
            is_first and offset > SHORT_ROWS and newest_ms - about.clock_ms <= BEHIND_MS_MAX
        ):
            return
        else:
            is_anew = is_first
        read = partial(self._read_anew, dict(files)) if is_anew else self._read_on
        work = threading.Thread(target=self._try, args=(read,), daemon=True)
        self._done, self._work = 0.0, work
        work.start()
        work.join(SHORT_S_MAX)
        self._complain()

    def _try(self, read: Callable[[], None]) -> None:
        try:
            read()
        except Exception as error:  # noqa: BLE001 - whatever it is, who asks must hear of it.
            self._fold, self._failure = None, error

    def _complain(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _read_anew(self, files: Mapping[str, str]) -> None:
        library = _with_extra(load_library(files, preset=EVERYTHING), tuple(self._extra.values()))
        fold = Fold(self._store(), cached_max=CACHED_MAX)
        engine = fold.detector.engine = Engine(library, states=fold.tables.group)
        rules = [rule.id for rule in library.rules if not rule.id.startswith(_READS)]
        self._recorder = Recorder(recorded_names(engine.names), rules)
        fold.detector.on_judged = self._recorder.judged
        self._fold = fold
        self._read(fold, anew=True)

    def _read_on(self) -> None:
        assert self._fold is not None
        self._read(self._fold, anew=False)

    def _read(self, fold: Fold, *, anew: bool) -> None:
        assert self._recorder is not None
        end = max(self._log.last()[0], 1)
        while rows := self._log.read(fold.cursor, READ_ROWS):
            for row in rows:
                entry = decode(row.record)
                if not isinstance(entry, LibraryPublished | ModeSet | RuleDrafted):
                    fold.apply(row.offset, entry)
                fold.tables.cursor = row.offset
            self._done = min(fold.cursor / end, 1.0)
        library = fold.engine.library
        names = self._recorder.names
        about = About(
            offset=fold.cursor,
            clock_ms=fold.clock_ms,
            events=fold.tables.progress.events,
            orders=fold.tables.progress.orders,
            rules=self._recorder.rules,
            columns={} if not fold.tables.progress.orders else _types(names),
            features={feature.id: version_of(feature) for feature in library.features},
        )
        self._recorder.write(self._folder, fold, about, anew=anew)
        self._columns, self._about = Columns(self._folder), about


_READS = f"{OWN_PACK}.reads_"


def _types(names: Names) -> dict[str, ValueType]:
    return {name: known.type for name, known in names.items()}


def _has(about: About, wanted: Sequence[Feature]) -> bool:
    return all(about.features.get(one.id) == version_of(one) for one in wanted)


def _with_extra(library: Library, extra: Sequence[Feature]) -> Library:
    """The library computing these features too, each for a rule that never hits."""
    known = {feature.id for feature in library.features}
    missing = [feature for feature in extra if feature.id not in known]
    rules = tuple(_reading(place, feature) for place, feature in enumerate(missing))
    return replace(library, features=(*library.features, *missing), rules=(*library.rules, *rules))


def _reading(place: int, feature: Feature) -> Rule:
    nothing = Bilingual(en="-", zh="-")
    return Rule(
        id=f"{_READS}{place}",
        pack=OWN_PACK,
        version="",
        title=nothing,
        why="-",
        status=RuleStatus.SHADOW,
        kind=AlertKind.RISK,
        severity=Severity.INFO,
        group=OWN_PACK,
        when=f"lists.blocked && {feature.id} != null",
        subject=(Entity.ORDER,),
        explanation=nothing,
        prior=Prior(bad=0.1, weight=1, source="-"),
        false_alarms=(),
        runbook="-",
        tests=(),
    )
