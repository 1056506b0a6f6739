"""Who may do what: the roles of people and programs."""

from enum import StrEnum


class Role(StrEnum):
    OPERATIONS = "operations"
    SERVICE = "service"
    RISK = "risk"
    ANALYST = "analyst"
    FINANCE = "finance"
    ADMIN = "admin"
