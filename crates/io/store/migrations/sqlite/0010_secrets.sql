-- Secrets that the configuration names, sealed; and which key of the envelope seals new ones.

CREATE TABLE secrets (
    name          TEXT NOT NULL PRIMARY KEY,
    sealed        BLOB NOT NULL,
    hint          TEXT NOT NULL,     -- what people tell it by: its last four characters, if it is long
    version       INTEGER NOT NULL,  -- counts how often it was set
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE envelope (
    only_row      INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    generation    INTEGER NOT NULL CHECK (generation >= 1),  -- a number that is in what was sealed, and gives its key
    rotated_at_ms INTEGER
) STRICT;
INSERT INTO envelope (only_row, generation) VALUES (1, 1);
