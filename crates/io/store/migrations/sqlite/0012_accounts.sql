-- Who pays: an account of money for an organisation, or for one of its projects. Numbers are never given twice.

CREATE TABLE accounts (
    number          INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    project_id      TEXT NOT NULL,     -- empty: of all projects that have none of their own
    currency        TEXT NOT NULL,
    warn_below      INTEGER NOT NULL,  -- nano-units
    created_at_ms   INTEGER NOT NULL,
    UNIQUE (organisation_id, project_id)
) STRICT;
