-- `sealed` holds the secrets, newest first, and the settings; among those are secrets too.
CREATE TABLE shop (
    channel TEXT NOT NULL,
    shop TEXT NOT NULL,
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (channel, shop)
) WITHOUT ROWID;

CREATE TABLE person (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    added_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- One name may have several tokens, so that a new one is in use before the old one goes.
CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    added_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE link (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- Notes for the server to append to the log. `id` is never used twice, in no copy of this file
-- either: the log takes each note once by it.
CREATE TABLE mail (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    record BLOB NOT NULL
);

-- What commands put on the lists, for people to see before and after the server takes it.
CREATE TABLE listed (
    list TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    shown TEXT NOT NULL,
    reason TEXT NOT NULL,
    until_ms INTEGER,
    added_ms INTEGER NOT NULL,
    PRIMARY KEY (list, kind, value)
) WITHOUT ROWID;
