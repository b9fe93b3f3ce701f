-- What keys are narrowed to beside models, tags, successors, when they were last used, and keys that came as digests.

ALTER TABLE caller_keys ADD COLUMN scopes TEXT;  -- JSON: lists of providers, regions, routes, networks; NULL for everything
ALTER TABLE caller_keys ADD COLUMN tags TEXT NOT NULL DEFAULT '';  -- a line for each, NAME=VALUE, between line feeds
ALTER TABLE caller_keys ADD COLUMN digest_of TEXT NOT NULL DEFAULT 'key' CHECK (digest_of IN ('key', 'sha256'));
ALTER TABLE caller_keys ADD COLUMN last_used_at_ms INTEGER;
ALTER TABLE caller_keys ADD COLUMN rotated_from TEXT;
ALTER TABLE caller_keys ADD COLUMN rotated_to TEXT;

-- A name is free again once its key is revoked or has a successor: the successor has the name.
DROP INDEX caller_keys_live_name;
CREATE UNIQUE INDEX caller_keys_live_name ON caller_keys (project_id, name)
    WHERE revoked_at_ms IS NULL AND rotated_to IS NULL;
CREATE INDEX caller_keys_of_project ON caller_keys (project_id, id);
