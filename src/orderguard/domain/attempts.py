"""What is known of a buyer at the checkout, before there is an order."""

from msgspec import Struct

from orderguard.domain.alerts import Severity
from orderguard.domain.facts import Fact


class Attempt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt. `fact` is what it entered into the features, until it is taken back.

    `hits` has each rule against it with its severity, `places` the keys of segment and product
    where a challenge may be on. `number` is -1 where its order was told first.
    """

    number: int
    fact: Fact | None = None
    hits: dict[str, Severity] = {}
    score: int = 0
    places: tuple[str, ...] = ()
    is_allowed: bool = False
    """Whether any of its entities is on the allow list."""

    @property
    def severity(self) -> Severity | None:
        """The highest of its hits."""
        return max(self.hits.values(), key=lambda one: one.rank, default=None)


class Challenged(Struct, frozen=True):
    """Who buys this product from this segment is challenged until then, because of an alert."""

    until_ms: int
    alert_id: str
