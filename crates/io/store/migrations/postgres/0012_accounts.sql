-- Who pays: an account of money for an organisation, or for one of its projects. Numbers are never given twice.

CREATE TABLE accounts (
    number          BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    project_id      TEXT COLLATE "C" NOT NULL,  -- empty: of all projects that have none of their own
    currency        TEXT NOT NULL,
    warn_below      BIGINT NOT NULL,            -- nano-units
    created_at_ms   BIGINT NOT NULL,
    UNIQUE (organisation_id, project_id)
);
