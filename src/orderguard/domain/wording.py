"""The state that every rule has, of risk or of health."""

from enum import StrEnum


class RuleStatus(StrEnum):
    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"
