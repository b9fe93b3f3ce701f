-- Whose everything is: organisations that can be suspended, projects that can be archived, their users with roles, and
-- what users prove themselves with. What was there before was made at 0.

ALTER TABLE organisations ADD COLUMN display_name TEXT;
ALTER TABLE organisations ADD COLUMN created_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN suspended_at_ms BIGINT;
ALTER TABLE organisations ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';  -- JSON, texts by name

ALTER TABLE projects ADD COLUMN created_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE projects ADD COLUMN archived_at_ms BIGINT;

-- In the order of their bytes, as SQLite has them.
ALTER TABLE organisations ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE projects ALTER COLUMN id TYPE TEXT COLLATE "C";

CREATE TABLE users (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    email           TEXT NOT NULL UNIQUE,  -- in small letters
    name            TEXT NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    suspended_at_ms BIGINT
);

CREATE TABLE members (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'billing')),
    since_ms        BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE user_tokens (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name            TEXT NOT NULL,
    hint            TEXT NOT NULL,
    digest          BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),
    created_at_ms   BIGINT NOT NULL,
    expires_at_ms   BIGINT,
    revoked_at_ms   BIGINT,
    last_used_at_ms BIGINT
);
CREATE UNIQUE INDEX user_tokens_live_name ON user_tokens (user_id, name) WHERE revoked_at_ms IS NULL;
