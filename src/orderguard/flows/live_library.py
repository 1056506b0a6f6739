"""A library as a server publishes it."""

from collections.abc import Mapping

from msgspec import Struct

from orderguard.kit.ids import digest16


class Published(Struct, frozen=True):
    """The library as it lies in the installation's folder."""

    files: Mapping[str, str]
    preset: str

    @property
    def digest(self) -> str:
        parts = [part for path in sorted(self.files) for part in (path, self.files[path])]
        return digest16(self.preset, *parts).hex()
