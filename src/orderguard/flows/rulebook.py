"""Drafts of rules and playbooks, what was published of each, and how one becomes the other.

    draft ─► shadow ─► live        a rollback publishes a former version again
              author    somebody else

A playbook has no shadow: its draft is approved by somebody else. Its id here is its file's,
`playbooks.low`, which no rule can have.

Every step is an entry of the log: a draft by itself, all else as a whole library.
"""

import re
from collections.abc import Mapping

from msgspec.structs import replace

from orderguard.domain.entries import LibraryPublished, RuleDrafted
from orderguard.domain.library import RuleVersion
from orderguard.domain.wording import RuleStatus
from orderguard.flows.live_library import Published
from orderguard.flows.tables import Tables
from orderguard.rules import OWN_PACK

OWN_FEATURES = f"{OWN_PACK}/features.yaml"
VERSIONS_MAX = 50
"""Versions kept of one rule."""

_STATUS = re.compile(r"^status:[ \t]*(\w+)", re.MULTILINE)
PLAYBOOKS = "playbooks"
"""The folder of the playbooks, whose drafts and versions are kept like those of rules."""
_PRESETS = "presets"
_FEATURES = "features.yaml"


class Rulebook:
    """What the fold remembers of drafts and versions."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def drafted(self, note: RuleDrafted) -> None:
        drafts = self._tables.drafts
        drafts.put(note.rule, note) if note.on else drafts.drop(note.rule)

    def published(self, note: LibraryPublished) -> None:
        """Remember each rule and playbook that this changes; a draft in it is one no more."""
        former = self._tables.library.get("")
        if former is None:
            return
        for name in sorted({*former.files, *note.files}):
            before, after = former.files.get(name), note.files.get(name)
            if before != after and has_versions(name):
                self._remember(rule_of(name), before, after, former, note)

    def _remember(
        self,
        rule_id: str,
        before: str | None,
        after: str | None,
        former: LibraryPublished,
        note: LibraryPublished,
    ) -> None:
        versions = self._tables.rule_histories.get(rule_id) or ()
        if not versions and before is not None:
            versions = (_version(1, before, former.by, former),)
        draft = self._tables.drafts.get(rule_id)
        author = note.by
        if draft is not None and after is not None and same_but_status(draft.text, after):
            author = draft.by
            self._tables.drafts.drop(rule_id)
        elif versions and same_but_status(versions[-1].text, after):
            author = versions[-1].author
        number = versions[-1].number + 1 if versions else 1
        kept = (*versions, _version(number, after, author, note))[-VERSIONS_MAX:]
        self._tables.rule_histories.put(rule_id, kept)


def has_versions(name: str) -> bool:
    """Whether a file of a library holds a rule or a playbook."""
    folder, _, file = name.partition("/")
    return folder != _PRESETS and file not in ("", _FEATURES)


def names_a_rule(rule_id: str) -> bool:
    """Whether an id is a rule's and not another file's of the library."""
    return rule_id.partition(".")[0] not in (PLAYBOOKS, _PRESETS)


def rule_of(name: str) -> str:
    return name.removesuffix(".yaml").replace("/", ".", 1)


def file_of(rule_id: str) -> str:
    """The file of a rule, by its id."""
    return rule_id.replace(".", "/", 1) + ".yaml"


def with_status(text: str, status: RuleStatus) -> str:
    return _STATUS.sub(f"status: {status}", text, count=1)


def status_of(text: str) -> RuleStatus:
    found = _STATUS.search(text)
    return RuleStatus(found[1]) if found else RuleStatus.DRAFT


def same_but_status(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return with_status(one, RuleStatus.DRAFT) == with_status(other, RuleStatus.DRAFT)


def author_of(tables: Tables, rule_id: str) -> str | None:
    """Who wrote what would be published next: the draft, else the newest version."""
    draft = tables.drafts.get(rule_id)
    if draft is not None:
        return draft.by
    versions = tables.rule_histories.get(rule_id)
    return versions[-1].author if versions else None


def with_draft(files: Mapping[str, str], draft: RuleDrafted, status: RuleStatus) -> dict[str, str]:
    """The library with the draft in it, and the features that it brings."""
    changed = {**files, file_of(draft.rule): with_status(draft.text, status)}
    features = files.get(OWN_FEATURES, "")
    missing = [text for name, text in draft.features.items() if f"{name}:" not in features]
    if missing:
        changed[OWN_FEATURES] = features + "".join(missing)
    return changed


def publication(former: LibraryPublished, files: Mapping[str, str], by: str) -> LibraryPublished:
    """The entry that lets this library judge, as `by` publishes it."""
    return replace(
        former,
        received_ms=0,
        by=by,
        version=Published(files, former.preset).digest,
        files=dict(files),
    )


def _version(number: int, text: str | None, author: str, note: LibraryPublished) -> RuleVersion:
    return RuleVersion(
        number=number, text=text, author=author, approved_by=note.by, at=note.received_ms
    )
