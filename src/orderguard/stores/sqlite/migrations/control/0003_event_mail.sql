-- Canonical events that a command read from a file, for the server to take in. The log takes each
-- once by its own id, so that what is left here twice counts once.
CREATE TABLE event_mail (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    shop TEXT NOT NULL,
    raw BLOB NOT NULL
);
