"""What is asked about rules, read: conditions, cards and the members of a rule."""

from collections.abc import Mapping

import msgspec

from orderguard.api.rulebook_shapes import CardPair
from orderguard.api.rulebook_shapes import RuleText as RuleTextShape
from orderguard.bilingual import Bilingual, Language
from orderguard.domain.library import Feature
from orderguard.errors import BadInput, Fault, LibraryFaults
from orderguard.flows.present import Json
from orderguard.flows.preview import comparisons
from orderguard.flows.rulebook import OWN_FEATURES
from orderguard.rules import (
    Cards,
    Names,
    RuleText,
    all_features,
    cards,
    check,
    load_library,
    printed,
)


def read_rule_text(asked: RuleTextShape) -> RuleText:
    """Raise BadInput for what is empty and may not be."""
    try:
        return msgspec.convert(asked.model_dump(mode="json"), RuleText)
    except msgspec.ValidationError as error:
        raise BadInput(
            Bilingual(f"The rule cannot be read: {error}.", f"规则读不出来：“{error}”。"),
            hint=Bilingual("Fill in what is empty.", "请把空着的填上。"),
        ) from error


def printed_cards(asked: CardPair) -> str:
    return printed(msgspec.convert(asked.model_dump(mode="json"), Cards))


def conditions_checked(text: RuleText, names: Names) -> None:
    """Raise LibraryFaults with the line and the column within each condition."""
    conditions = {"when": text.when}
    conditions |= {f"raises.{n}.when": one.when for n, one in enumerate(text.raises)}
    conditions |= {
        f"concerns.{n}.when": one.when for n, one in enumerate(text.concerns) if one.when
    }
    faults = [
        Fault(where, *_place(condition, problem.at), problem.message)
        for where, condition in conditions.items()
        for problem in check(condition, names).problems
    ]
    if faults:
        raise LibraryFaults(tuple(faults))


def parsed_json(text: str, names: Names, language: Language) -> Json:
    """The condition as cards, and what is wrong with it."""
    checked = check(text, names)
    shown = cards(text) if text.strip() else None
    tuned = () if checked.problems else comparisons(checked.tree, names)
    return {
        "text": text,
        "cards": None if shown is None else msgspec.to_builtins(shown),
        "problems": [
            dict(zip(("line", "column"), _place(text, one.at), strict=True))
            | {"message": one.message.told(language)}
            for one in checked.problems
        ],
        "comparisons": [
            {
                "at": one.at,
                "name": getattr(one.left, "name", ""),
                "operator": one.operator,
                "value": float(str(getattr(one.right, "value", 0))),
            }
            for one in tuned
        ],
    }


def with_features(files: Mapping[str, str], features: Mapping[str, str]) -> dict[str, str]:
    """The library with values that it does not compute yet. Raise LibraryFaults for faulty ones."""
    own = files.get(OWN_FEATURES, "")
    known = {feature.id for feature in all_features(files)}
    missing = [lines for name, lines in features.items() if lines and name not in known]
    if not missing:
        return dict(files)
    changed = {**files, OWN_FEATURES: own + "".join(missing)}
    load_library(changed)
    return changed


def features_of(files: Mapping[str, str], features: Mapping[str, str]) -> tuple[Feature, ...]:
    """All features, those included that the library does not compute yet."""
    return all_features(with_features(files, features))


def _place(text: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset."""
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
