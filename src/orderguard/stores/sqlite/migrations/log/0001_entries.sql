CREATE TABLE entry (
    offset INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,
    record BLOB NOT NULL
);

-- The digests of all events ever taken. Without rowid: 70 MB for a million entries and their
-- digests instead of 90 MB with a unique index on entry, and a quarter more appends per second.
CREATE TABLE seen (
    digest BLOB PRIMARY KEY
) WITHOUT ROWID;
