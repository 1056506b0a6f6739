"""What is remembered of an entity, and what follows from it for the next decision."""

from orderguard.profiles.profile import (
    GRADED_BY,
    LINKS_MAX,
    Outcome,
    Profile,
    ProfileKind,
    forgotten,
    graded,
    remembered,
)

__all__ = [
    "GRADED_BY",
    "LINKS_MAX",
    "Outcome",
    "Profile",
    "ProfileKind",
    "forgotten",
    "graded",
    "remembered",
]
