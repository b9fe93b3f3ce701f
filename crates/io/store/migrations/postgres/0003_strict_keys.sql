-- Whether a key's callers are refused rather than warned when a translation would lose something.

ALTER TABLE caller_keys ADD COLUMN is_strict BIGINT NOT NULL DEFAULT 0 CHECK (is_strict IN (0, 1));
