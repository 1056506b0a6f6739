"""What orders moved at one warehouse."""

from orderguard.stock.claim import Part
from orderguard.stock.running import Amounts, Running


class Place:
    """What orders moved at one warehouse: units locked, and units that left or came back."""

    def __init__(self, cut: int) -> None:
        self.locked, self.moved = Running(cut), Running(cut)

    def fill(self, parts: list[Part]) -> None:
        """Count many at once where none has been counted."""
        locked, moved = Amounts(), Amounts()
        for part in parts:
            units = part.units
            locked.append((part.locked_at, units))
            if (unlocked_at := part.unlocked_at) is not None:
                locked.append((unlocked_at, -units))
            if part.shipped_at is not None:
                moved.append((part.shipped_at, -units))
                if part.returned_at is not None:
                    moved.append((part.returned_at, units))
        self.locked.fill(locked)
        self.moved.fill(moved)

    @property
    def cut(self) -> int:
        return self.locked.cut

    def advance(self, cut: int) -> None:
        self.locked.advance(cut)
        self.moved.advance(cut)
