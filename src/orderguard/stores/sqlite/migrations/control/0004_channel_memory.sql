-- What the server remembers of each shop's connection: tokens, and how far lists were read. Sealed.
CREATE TABLE channel_memory (
    channel TEXT NOT NULL,
    shop TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (channel, shop, name)
) WITHOUT ROWID;
