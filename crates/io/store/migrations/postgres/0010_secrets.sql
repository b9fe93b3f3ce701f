-- Secrets that the configuration names, sealed; and which key of the envelope seals new ones.

CREATE TABLE secrets (
    name          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed        BYTEA NOT NULL,
    hint          TEXT NOT NULL,    -- what people tell it by: its last four characters, if it is long
    version       BIGINT NOT NULL,  -- counts how often it was set
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL
);

CREATE TABLE envelope (
    only_row      BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    generation    BIGINT NOT NULL CHECK (generation >= 1),  -- a number that is in what was sealed, and gives its key
    rotated_at_ms BIGINT
);
INSERT INTO envelope (only_row, generation) VALUES (1, 1);
