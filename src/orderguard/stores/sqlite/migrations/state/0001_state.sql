CREATE TABLE fold (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    cursor INTEGER NOT NULL
);

INSERT INTO fold (id, cursor) VALUES (1, 0);

CREATE TABLE cell (
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (space, key)
) WITHOUT ROWID;

CREATE TABLE timeline (
    channel TEXT NOT NULL,
    shop TEXT NOT NULL,
    order_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    occurred_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, shop, order_id, offset)
) WITHOUT ROWID;

-- `body` is the whole alert; the other columns and tables are there to find it.
CREATE TABLE alert (
    alert_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    severity INTEGER NOT NULL,
    detected_at INTEGER NOT NULL,
    changed_offset INTEGER NOT NULL,
    changed_place INTEGER NOT NULL,
    order_count INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX alert_by_time ON alert (detected_at, alert_id);
CREATE INDEX alert_by_kind ON alert (kind, detected_at, alert_id);
CREATE INDEX alert_by_severity ON alert (severity, detected_at, alert_id);
CREATE INDEX alert_by_change ON alert (changed_offset, changed_place);

CREATE TABLE alert_order (
    order_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    shop TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    PRIMARY KEY (order_id, channel, shop, alert_id)
) WITHOUT ROWID;

CREATE TABLE alert_rule (
    rule TEXT NOT NULL,
    detected_at INTEGER NOT NULL,
    alert_id TEXT NOT NULL,
    PRIMARY KEY (rule, detected_at, alert_id)
) WITHOUT ROWID;
