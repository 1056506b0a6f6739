"""Who may do what: the roles of people and programs."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    OPERATIONS = "operations"
    SERVICE = "service"
    RISK = "risk"
    ANALYST = "analyst"
    FINANCE = "finance"
    ADMIN = "admin"


class Account(Struct, frozen=True, kw_only=True):
    """A person or a program that may use the API. Secrets are stored as hashes only."""

    name: str
    role: str
    token_hash: str
