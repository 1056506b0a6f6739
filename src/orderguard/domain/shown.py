"""The settings of an installation as people see them."""

from msgspec import Struct

from orderguard.bilingual import Bilingual

Value = str | int | float | bool


class ShownSetting(Struct, frozen=True):
    """A setting as it is in force. `help` says what it does."""

    name: str
    value: Value
    default: Value
    help: Bilingual


class ShownSection(Struct, frozen=True):
    """The settings of one table of the file."""

    name: str
    help: Bilingual
    settings: tuple[ShownSetting, ...]
