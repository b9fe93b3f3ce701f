-- The audit as a chain: each row has the hash of its content and of the row before it, and a mark that only who has the
-- master key can make. Rows that are there are moved aside; the gateway puts them into the chain, for SQL cannot hash.

DROP TRIGGER audit_is_only_added_to ON audit;
ALTER TABLE audit RENAME TO audit_unchained;

CREATE TABLE audit (
    number       BIGINT NOT NULL PRIMARY KEY,  -- counted by the gateway: nothing is missing but by tampering
    at_ms        BIGINT NOT NULL,
    actor        TEXT NOT NULL,  -- what proved who it was
    by_whom      TEXT,           -- who he said he was
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    organisation TEXT COLLATE "C",  -- whose it is; NULL for what concerns the whole gateway
    before_state TEXT NOT NULL,  -- JSON
    after_state  TEXT NOT NULL,  -- JSON
    reason       TEXT NOT NULL,
    request_id   TEXT,
    hash         BYTEA NOT NULL CHECK (length(hash) = 32),
    mark         BYTEA NOT NULL CHECK (length(mark) = 32)
);
CREATE INDEX audit_organisation ON audit (organisation, number) WHERE organisation IS NOT NULL;

CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();

-- Where the chain ends, so that a tail that is cut off is missed. The gateway writes it together with each row.
CREATE TABLE audit_head (
    only_row    BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    number      BIGINT NOT NULL,
    hash        BYTEA NOT NULL CHECK (length(hash) = 32),
    older_until BIGINT NOT NULL,  -- up to here rows are from before the chain: their numbers may have gaps
    mark        BYTEA NOT NULL CHECK (length(mark) = 32)
);
