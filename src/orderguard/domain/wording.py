"""What every rule has, of risk or of health: texts in both languages, and a state."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class Bilingual(Struct, frozen=True):
    en: Annotated[str, Meta(min_length=1)]
    zh: Annotated[str, Meta(min_length=1)]


class RuleStatus(StrEnum):
    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"
