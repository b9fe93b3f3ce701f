-- What operators have taken out, and who changed what: rows of the audit are never changed and never go.

CREATE TABLE provider_switches (
    provider TEXT NOT NULL,
    region   TEXT NOT NULL,  -- '' for all of them
    model    TEXT NOT NULL,  -- '' for all of them
    position TEXT NOT NULL CHECK (position IN ('draining', 'off')),
    since_ms INTEGER NOT NULL,
    by_whom  TEXT,
    reason   TEXT NOT NULL,
    PRIMARY KEY (provider, region, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms        INTEGER NOT NULL,
    actor        TEXT NOT NULL,  -- what proved who it was
    by_whom      TEXT,           -- who he said he was
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    before_state TEXT NOT NULL,  -- JSON
    after_state  TEXT NOT NULL,  -- JSON
    reason       TEXT NOT NULL,
    request_id   TEXT
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
