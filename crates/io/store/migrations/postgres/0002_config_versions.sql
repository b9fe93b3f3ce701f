-- Configurations that were in force, or that a revert wrote over. The text is sealed: a file may hold secrets, and the database is what backups copy.

CREATE TABLE config_versions (
    number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- never given twice, also after the oldest are dropped
    taken_at_ms BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    file        TEXT NOT NULL,
    was_in_force BIGINT NOT NULL CHECK (was_in_force IN (0, 1)),
    digest      BYTEA NOT NULL CHECK (length(digest) = 32),  -- of the text, keyed: tells whether it is the same
    sealed      BYTEA NOT NULL
);
