"""The health of the shops and of the server, as the stream tells it."""

from orderguard.api.pulse import State
from orderguard.api.shapes import Instant, Shape
from orderguard.domain.alerts import AlertKind, Severity


class ShopPulse(Shape):
    """One shop in the health.

    `orders` is null where other shops' orders from before the server's start hide it.
    `orders_per_minute` are those of 60 minutes by when the first event of each order occurred: the
    first number is of the minute `minutes_from`, the last one's minute is not over yet.
    `source_lag_ms_p50`: how old the newest events were when they arrived; no share of it is ours.
    """

    channel: str
    shop: str
    orders: int | None
    orders_per_minute: list[int]
    last_event_at: Instant | None
    source_lag_ms_p50: float | None


class ServerPulse(Shape):
    """Our own latency over the last minute, in real time; null where nothing happened.

    `ack`: from a webhook call to its answer. `event_to_alert`: from an event's submission to the
    log until the alerts that it opened or changed are told.
    """

    ack_ms_p50: float | None
    ack_ms_p99: float | None
    event_to_alert_ms_p50: float | None
    event_to_alert_ms_p99: float | None
    queue_entries: int
    checkpoint_age_s: float


class Health(Shape):
    """`event: health` of the stream. Counts are in all, unless they say otherwise.

    `as_of` is the fold's clock. `state` follows from `recent_alerts`: those that are not closed
    and changed within `recent_minutes`; `attack` for a critical one, `attention` for a medium or
    a high one. `held_orders` were asked to be held, or would have been.
    """

    as_of: Instant
    state: State
    orders: int
    events: int
    held_orders: int
    risk_orders_by_severity: dict[Severity, int]
    health_orders_by_severity: dict[Severity, int]
    alerts: dict[AlertKind, dict[Severity, int]]
    recent_alerts: dict[AlertKind, dict[Severity, int]]
    recent_minutes: int
    minutes_from: Instant
    shops: list[ShopPulse]
    server: ServerPulse
