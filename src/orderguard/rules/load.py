"""A library from its files: every fault in them, or all that a preset switches on."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.health import HealthRule
from orderguard.domain.library import Feature, Library, Playbook, Rule
from orderguard.domain.wording import RuleStatus
from orderguard.errors import Fault, LibraryFaults
from orderguard.rules.explain import names_used
from orderguard.rules.feature_file import (
    FeatureDraft,
    link_features,
    needed_features,
    read_features,
)
from orderguard.rules.health_file import is_health, link_health, read_health
from orderguard.rules.page import Entry, Page, open_page
from orderguard.rules.playbook_file import Preset, link_preset, read_playbook, read_preset
from orderguard.rules.rule_file import (
    PLACEHOLDER,
    RuleDraft,
    link_rule,
    read_rule,
    version_of,
)
from orderguard.rules.suggest import suggestion
from orderguard.rules.syntax import is_name_part, mentioned
from orderguard.rules.vocabulary import names_of

FILES_MAX = 2_000
LIBRARIES_REMEMBERED = 2
"""A start checks a library, publishes it and judges by it: its files are read once."""
EVERYTHING = "everything"
"""In place of a preset: every rule and playbook there is, drafts and retired rules included."""

_JUDGING = frozenset({RuleStatus.SHADOW, RuleStatus.LIVE})


def load_library(files: Mapping[str, str], *, preset: str = EVERYTHING) -> Library:
    """The rules that a preset switches on and that judge, with the features they need.

    Any fault in any file, chosen or not, raises LibraryFaults with all of them.
    """
    shelf = _read(tuple(files.items()))
    if shelf.faults:
        raise LibraryFaults(shelf.faults)
    if preset == EVERYTHING:
        rules, health = shelf.rules, shelf.health
        playbooks = tuple(one for one in shelf.playbooks.values() if one.severity is not None)
    elif preset in shelf.presets:
        chosen = shelf.presets[preset]
        rules = tuple(r for r in shelf.rules if chosen.has(r) and r.status in _JUDGING)
        health = tuple(r for r in shelf.health if chosen.has(r) and r.status in _JUDGING)
        playbooks = tuple(shelf.playbooks[named.text] for named in chosen.playbooks)
    else:
        hint = suggestion(preset, shelf.presets)
        said = Bilingual(f"no such preset: {hint.en}", f"没有这个预设：{hint.zh}")
        raise LibraryFaults((Fault(f"presets/{preset}.yaml", 1, 1, said),))
    mends = {rule.mend for rule in health}
    wanted = {name for rule in rules for name in _names_of_rule(rule)}
    library = Library(
        version="",
        preset=preset,
        features=needed_features(wanted, shelf.features),
        rules=rules,
        playbooks=tuple(sorted(playbooks, key=_rank)),
        health=health,
        mending=tuple(
            playbook
            for name, playbook in sorted(shelf.playbooks.items())
            if playbook.severity is None and (preset == EVERYTHING or name in mends)
        ),
    )
    return replace(library, version=version_of(library))


def _rank(playbook: Playbook) -> int:
    return -1 if playbook.severity is None else playbook.severity.rank


def all_features(files: Mapping[str, str]) -> tuple[Feature, ...]:
    """Every feature that a library declares, those that no rule needs included."""
    return _read(tuple(files.items())).features


def with_needed(text: str, features: Sequence[Feature]) -> tuple[Feature, ...]:
    """The features that a condition, or a name alone, needs, and all that they need."""
    return needed_features(mentioned(text), features)


def all_rules(files: Mapping[str, str]) -> tuple[Rule, ...]:
    """Every rule over orders that a library has, whatever its status and its preset."""
    return _read(tuple(files.items())).rules


def all_playbooks(files: Mapping[str, str]) -> dict[str, Playbook]:
    """Every playbook that a library has, by its id, in a preset or not."""
    return _read(tuple(files.items())).playbooks


def check_library(files: Mapping[str, str]) -> tuple[Fault, ...]:
    """Every fault of a library, in the order of files and lines."""
    return _read(tuple(files.items())).faults


class _Shelf(Struct, frozen=True):
    """Everything in the files that can be used, and all faults."""

    features: tuple[Feature, ...]
    rules: tuple[Rule, ...]
    health: tuple[HealthRule, ...]
    playbooks: dict[str, Playbook]
    presets: dict[str, Preset]
    faults: tuple[Fault, ...]


@lru_cache(LIBRARIES_REMEMBERED)
def _read(texts: tuple[tuple[str, str], ...]) -> _Shelf:
    """Read all files, then look up every name in them."""
    files = dict(texts)
    faults = [_misplaced(file) for file in files if _is_yaml(file) and _place(file) is None]
    if len(files) > FILES_MAX:
        said = Bilingual(
            f"more than {FILES_MAX} files: remove some", f"文件超过 {FILES_MAX} 个：请删去一些"
        )
        faults.append(Fault(max(files), 1, 1, said))
    pages: list[Page] = []
    features: list[FeatureDraft] = []
    rules: dict[str, RuleDraft | None] = {}
    playbooks: dict[str, Playbook | None] = {}
    presets: dict[str, Preset] = {}
    for file in sorted(files)[:FILES_MAX]:
        place = _place(file)
        if place is None:
            continue
        page, top = open_page(file, files[file])
        pages.append(page)
        match place:
            case "playbooks", stem:
                playbooks[stem] = read_playbook(top, stem) if top else None
            case "presets", stem:
                presets.update({stem: read_preset(top)} if top else {})
            case _, "features":
                features += read_features(top) if top else []
            case pack, stem:
                rules[f"{pack}.{stem}"] = _read_rule(top, pack, stem) if top else None
    _tell_repeats(features)
    names = names_of([draft.feature for draft in features])
    ordered = link_features(features, names)
    drafts = [draft for draft in rules.values() if draft is not None]
    linked = [link_rule(draft, names) for draft in drafts if not is_health(draft.entry)]
    health = [link_health(draft, playbooks) for draft in drafts if is_health(draft.entry)]
    for preset in presets.values():
        link_preset(preset, list(rules), playbooks)
    return _Shelf(
        features=ordered,
        rules=tuple(rule for rule in linked if rule is not None),
        health=tuple(rule for rule in health if rule is not None),
        playbooks={name: found for name, found in playbooks.items() if found is not None},
        presets=presets,
        faults=tuple(sorted({*faults, *(fault for page in pages for fault in page.faults)})),
    )


def _read_rule(top: Entry, pack: str, stem: str) -> RuleDraft:
    return read_health(top, pack, stem) if is_health(top) else read_rule(top, pack, stem)


def _is_yaml(file: str) -> bool:
    return file.endswith((".yaml", ".yml"))


def _place(file: str) -> tuple[str, str] | None:
    """The folder and the bare name of a file that belongs to a library."""
    path = PurePosixPath(file)
    if path.suffix != ".yaml" or len(path.parts) != 2:
        return None
    folder, stem = path.parts[0], path.stem
    return (folder, stem) if is_name_part(folder) and is_name_part(stem) else None


def _misplaced(file: str) -> Fault:
    places = "PACK/features.yaml, PACK/RULE.yaml, playbooks/NAME.yaml and presets/NAME.yaml"
    said = Bilingual(
        f"does not belong here: move it, a library has {places}",
        f"文件不该放在这里：请移走，规则库只有 {places}",
    )
    return Fault(file, 1, 1, said)


def _tell_repeats(drafts: list[FeatureDraft]) -> None:
    first: dict[str, str] = {}
    for draft in drafts:
        page = draft.entry.page
        if first.setdefault(draft.id, page.file) != page.file:
            said = Bilingual(
                f"`{draft.id}` is in {first[draft.id]} too: remove one",
                f"`{draft.id}` 在 {first[draft.id]} 里也有：请删去一个",
            )
            page.fault(draft.entry.at, said)


def _names_of_rule(rule: Rule) -> Iterator[str]:
    """Every name that judging or explaining the rule needs."""
    yield from names_used(rule)
    for explanation in (rule.explanation.en, rule.explanation.zh):
        yield from PLACEHOLDER.findall(explanation)
    yield from (concern.feature for concern in rule.concerns)
