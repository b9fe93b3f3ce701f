-- The first layout: whose keys there are, and the keys. A migration that was released is never edited; add the next one.
-- Times are milliseconds since the Unix epoch. Ids begin with their kind and sort by creation where it matters.

CREATE TABLE meta (
    only_row  BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    epoch     BIGINT NOT NULL,  -- how many times a gateway began to serve from here, modulo 65536
    key_check BYTEA               -- digest of a fixed text: tells whether the master key is the one the keys were hashed under
);
INSERT INTO meta (only_row, epoch) VALUES (1, 0);

CREATE TABLE organisations (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO organisations (id, name) VALUES ('org_default', 'default');

CREATE TABLE projects (
    id              TEXT NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    name            TEXT NOT NULL,
    UNIQUE (organisation_id, name)
);
INSERT INTO projects (id, organisation_id, name) VALUES ('proj_default', 'org_default', 'default');

CREATE TABLE caller_keys (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    project_id    TEXT NOT NULL REFERENCES projects (id),
    name          TEXT NOT NULL,
    hint          TEXT NOT NULL,
    digest        BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT,
    revoked_at_ms BIGINT
);

-- A name is free again once its key is revoked, so that a key can be replaced under the same name.
CREATE UNIQUE INDEX caller_keys_live_name ON caller_keys (project_id, name) WHERE revoked_at_ms IS NULL;
