"""The settings of an installation as people see them."""

from msgspec import Struct

Value = str | int | float | bool


class ShownSetting(Struct, frozen=True):
    """A setting as it is in force. `help` says what it does."""

    name: str
    value: Value
    default: Value
    help: str


class ShownSection(Struct, frozen=True):
    """The settings of one table of the file."""

    name: str
    help: str
    settings: tuple[ShownSetting, ...]
