"""What one order takes of one SKU."""

from msgspec import Struct


class Part(Struct, frozen=True, array_like=True):
    """Units of an order that share one fate.

    They are locked from `locked_at` until they are freed (the order ended) or shipped; what was
    shipped is gone from the warehouse until it is returned. `warehouse` is None where unknown.
    """

    units: int
    locked_at: int
    warehouse: str | None = None
    freed_at: int | None = None
    shipped_at: int | None = None
    returned_at: int | None = None

    @property
    def is_open(self) -> bool:
        return self.freed_at is None and self.shipped_at is None

    @property
    def unlocked_at(self) -> int | None:
        """When the lock ended; None while it stands."""
        freed_at, at = self.freed_at, self.shipped_at
        if freed_at is not None and (at is None or freed_at < at):
            at = freed_at
        return at if at is None or at > self.locked_at else self.locked_at


class Claim(Struct, frozen=True, array_like=True):
    """An order, by its running number, with its parts of one SKU; unpaid where `paid_at` is None.

    `placed_at` and `number` decide between orders that were paid at the same instant.
    """

    number: int
    placed_at: int
    paid_at: int | None
    parts: tuple[Part, ...]

    @property
    def units(self) -> int:
        return sum(part.units for part in self.parts)

    @property
    def open_units(self) -> int:
        units = 0
        for part in self.parts:
            if part.freed_at is None and part.shipped_at is None:
                units += part.units
        return units

    @property
    def last_at(self) -> int:
        """The last instant at which any of it moved."""
        last = self.parts[0].locked_at
        for part in self.parts:
            for at in (part.locked_at, part.freed_at, part.shipped_at, part.returned_at):
                if at is not None and at > last:
                    last = at
        return last
