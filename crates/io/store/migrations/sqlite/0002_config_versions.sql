-- Configurations that were in force. The text is sealed: a file may hold secrets, and the database is what backups copy.

CREATE TABLE config_versions (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, also after the oldest are dropped
    taken_at_ms INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    file        TEXT NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),  -- of the text, keyed: tells whether it is the same
    sealed      BLOB NOT NULL
) STRICT;
