-- What operators have taken out, and who changed what: rows of the audit are never changed and never go.

CREATE TABLE provider_switches (
    provider TEXT COLLATE "C" NOT NULL,
    region   TEXT COLLATE "C" NOT NULL,  -- '' for all of them
    model    TEXT COLLATE "C" NOT NULL,  -- '' for all of them
    position TEXT NOT NULL CHECK (position IN ('draining', 'off')),
    since_ms BIGINT NOT NULL,
    by_whom  TEXT,
    reason   TEXT NOT NULL,
    PRIMARY KEY (provider, region, model)
);

CREATE TABLE audit (
    number       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms        BIGINT NOT NULL,
    actor        TEXT NOT NULL,  -- what proved who it was
    by_whom      TEXT,           -- who he said he was
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    before_state TEXT NOT NULL,  -- JSON
    after_state  TEXT NOT NULL,  -- JSON
    reason       TEXT NOT NULL,
    request_id   TEXT
);

CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$;
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
