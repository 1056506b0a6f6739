"""Who measures what a server does."""

from typing import Protocol

from orderguard.domain.events import OrderEvent


class Observer(Protocol):
    """Told on the loop's thread of what there is to measure."""

    def alert_told(self, seconds: float) -> None:
        """An alert opened or changed, so long after its event was submitted."""
        ...

    def event_told(self, event: OrderEvent, *, is_new_order: bool) -> None:
        """A new event is in the log and folded; it may be the first of its order."""
        ...

    def committed(self, entries: int) -> None:
        """One commit made so many entries durable."""
        ...


class Nobody:
    """Measures nothing."""

    def alert_told(self, seconds: float) -> None: ...

    def event_told(self, event: OrderEvent, *, is_new_order: bool) -> None: ...

    def committed(self, entries: int) -> None: ...
