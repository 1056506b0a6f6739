-- What the server saw of each shop's sender, for `doctor` and `shop list`.
CREATE TABLE sender (
    channel TEXT NOT NULL,
    shop TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (channel, shop)
) WITHOUT ROWID;
