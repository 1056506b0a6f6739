"""Every measurement that `/metrics` tells, with its name in Prometheus and what it means.

The reference is made from this list. Names are stable: dashboards are built on them.
"""

from typing import Literal

from msgspec import Struct

Kind = Literal["counter", "gauge", "histogram"]


class Family(Struct, frozen=True):
    """One name. A counter's ends with `_total`; `bounds` are the upper ones of a histogram."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


# An alert stands about a millisecond after its event, so the bounds lie closest there.
_SECONDS = (
    *(0.000_1, 0.000_25, 0.000_5, 0.000_75, 0.001, 0.001_5, 0.002, 0.003, 0.004, 0.005),
    *(0.007_5, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
_LAG_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 86_400.0)
_ENTRIES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0, 4_096.0)

_SHOP = ("channel", "shop")

WEBHOOKS = Family(
    "orderguard_webhook_requests_total",
    "counter",
    "Webhook calls by route and the status they were answered with; 499: the sender hung up.",
    ("route", "status"),
)
ACK = Family(
    "orderguard_webhook_ack_seconds",
    "histogram",
    "From a webhook call to its answer, which is sent once its events are durable.",
    ("route",),
    _SECONDS,
)
SIGNATURE_FAILURES = Family(
    "orderguard_webhook_signature_failures_total",
    "counter",
    "Calls to a shop whose signature was not accepted: `missing`, `wrong`, or rightly signed and"
    " `too_old` or `too_new`.",
    (*_SHOP, "fault"),
)
SHOP_EVENTS = Family(
    "orderguard_shop_events_total", "counter", "New events of a shop since the start.", _SHOP
)
SHOP_LAST_EVENT = Family(
    "orderguard_shop_last_event_timestamp_seconds",
    "gauge",
    "When a shop's newest event was received, as Unix time; missing while there was none.",
    _SHOP,
)
LAG = Family(
    "orderguard_source_lag_seconds",
    "histogram",
    "From when something happened at the channel to when it told us: the channel's delay, not"
    " ours. What is dated after its receipt counts as no delay.",
    ("channel",),
    _LAG_SECONDS,
)
QUEUE = Family("orderguard_queue_entries", "gauge", "Entries that wait for the log and the fold.")
COMMIT = Family(
    "orderguard_commit_entries",
    "histogram",
    "Entries that one commit of the log made durable together.",
    bounds=_ENTRIES,
)
LOG_ENTRIES = Family(
    "orderguard_log_entries", "gauge", "Entries in the log; while a start lasts, see the cursor."
)
LOG_AGE = Family(
    "orderguard_log_age_seconds",
    "gauge",
    "Since the log's newest entry was received; missing while there is none.",
)
STORE_BYTES = Family(
    "orderguard_store_bytes",
    "gauge",
    "Bytes on the disk of the `log`, the `state` and the `control` store, with what waits to be"
    " moved home.",
    ("store",),
)
DISK_FREE = Family(
    "orderguard_disk_free_bytes", "gauge", "Bytes that may still be written to the data folder."
)
EVENTS = Family("orderguard_events_total", "counter", "Events folded, over all starts.")
UNKNOWN_EVENTS = Family(
    "orderguard_unknown_events_total",
    "counter",
    "Events of a type that this version does not know, over all starts: kept, and not judged.",
)
FOLD_FAULTS = Family(
    "orderguard_fold_faults_total",
    "counter",
    "Entries that could not be folded and were passed over, over all starts: each is a fault of"
    " ours.",
)
ORDERS = Family("orderguard_orders", "gauge", "Orders known.")
CURSOR = Family("orderguard_cursor", "gauge", "The log's offset up to which everything is folded.")
READY = Family("orderguard_ready", "gauge", "1 once the log is folded and traffic is taken.")
ALERT = Family(
    "orderguard_event_to_alert_seconds",
    "histogram",
    "From the receipt of an event to the alert that it opened or changed.",
    bounds=_SECONDS,
)
RULE_HITS = Family(
    "orderguard_rule_hits_total", "counter", "Hits by rule, over all starts.", ("rule",)
)
RULE_ORDERS = Family(
    "orderguard_rule_orders_total",
    "counter",
    "Orders that a rule concerns, each counted once, over all starts.",
    ("rule",),
)
MENDED = Family(
    "orderguard_mended_total",
    "counter",
    "Faults of order health for which a playbook was begun, by how they ended: alone (by a step,"
    " nobody was asked), person (after somebody was asked), itself (before anything was done).",
    ("rule", "how"),
)
UNMENDED = Family(
    "orderguard_unmended",
    "gauge",
    "Faults of order health for which a playbook was begun and that have not ended.",
    ("rule",),
)
SCREENED = Family(
    "orderguard_screened_total",
    "counter",
    "Attempts at the checkout that storefronts asked about, by what they were told.",
    ("decision",),
)
CODES = Family(
    "orderguard_challenge_codes_total",
    "counter",
    "One-time codes to buyers: `sent`, `failed` at the provider, `limited` because enough were"
    " asked for; and typed in, `right` or `wrong`.",
    ("outcome",),
)
LOCKS = Family(
    "orderguard_stock_locks",
    "gauge",
    "Stock locks that stand, by `mode`: `live`, or `shadow` where they would.",
    ("mode",),
)
OVERDUE_LOCKS = Family(
    "orderguard_overdue_stock_locks",
    "gauge",
    "Those of them that stand longer than their playbook says.",
    ("mode",),
)
WRONG_LOCKS = Family(
    "orderguard_wrong_lock_unit_minutes",
    "gauge",
    "Units times minutes that stock was locked for orders that turned out genuine, by the day (at"
    " +08:00) on which it was locked and by rule; `all` counts each lock once. The last 7 days that"
    " have locks.",
    ("day", "rule", "mode"),
)
CHECKPOINT_AGE = Family("orderguard_checkpoint_age_seconds", "gauge", "Since the last save.")
CACHED_KEYS = Family(
    "orderguard_state_cached_keys",
    "gauge",
    "Keys of the state that are held in memory, by table; `group:` are those of features.",
    ("table",),
)
BACKGROUND_FAILURES = Family(
    "orderguard_background_failures_total",
    "counter",
    "Saves, and looks for what commands left, that failed and were tried again.",
)
STREAMS = Family("orderguard_streams", "gauge", "Listeners on the event stream.")

FAMILIES = (
    WEBHOOKS,
    ACK,
    SIGNATURE_FAILURES,
    SHOP_EVENTS,
    SHOP_LAST_EVENT,
    LAG,
    QUEUE,
    COMMIT,
    LOG_ENTRIES,
    LOG_AGE,
    STORE_BYTES,
    DISK_FREE,
    READY,
    CURSOR,
    EVENTS,
    UNKNOWN_EVENTS,
    FOLD_FAULTS,
    ORDERS,
    ALERT,
    RULE_HITS,
    RULE_ORDERS,
    MENDED,
    UNMENDED,
    SCREENED,
    CODES,
    LOCKS,
    OVERDUE_LOCKS,
    WRONG_LOCKS,
    CHECKPOINT_AGE,
    CACHED_KEYS,
    BACKGROUND_FAILURES,
    STREAMS,
)

OF_THE_PROCESS = (
    Family("process_cpu_seconds_total", "counter", "Time on a processor."),
    Family("process_max_fds", "gauge", "File descriptors that may be open."),
    Family("process_open_fds", "gauge", "File descriptors that are open."),
    Family("process_resident_memory_bytes", "gauge", "Memory in use."),
    Family("process_start_time_seconds", "gauge", "When the process started, as Unix time."),
    Family("process_virtual_memory_bytes", "gauge", "Memory addressed."),
)
"""What Prometheus' own library tells of any process, on Linux."""
