-- The ledger: what the journal of money comes to. Entries are only added. Amounts are nano-units of their currency; the
-- balances of accounts may be beyond 64 bits of those, and are kept as whole units and the nano-units beside them.
CREATE TABLE ledger_journals (
    node         BIGINT PRIMARY KEY,
    epoch        BIGINT NOT NULL,
    applied_lsn  BIGINT NOT NULL,
    applied_hash TEXT NOT NULL
);

-- Everything but calls, a row for each transfer.
CREATE TABLE ledger_entries (
    node           BIGINT NOT NULL,
    lsn            BIGINT NOT NULL,
    part           BIGINT NOT NULL,
    entry_key      TEXT COLLATE "C" NOT NULL,
    kind           TEXT NOT NULL,
    at_ms          BIGINT NOT NULL,
    customer       BIGINT,
    currency       TEXT NOT NULL,
    debit          TEXT NOT NULL,
    credit         TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    may_overdraw   BIGINT NOT NULL,
    linked_key     TEXT,
    price_version  BIGINT NOT NULL,
    is_after_crash BIGINT NOT NULL,
    note           TEXT NOT NULL,
    PRIMARY KEY (node, lsn, part),
    CHECK (debit <> credit)
);
CREATE UNIQUE INDEX ledger_entries_by_key ON ledger_entries (entry_key, part);
CREATE INDEX ledger_entries_by_customer ON ledger_entries (customer, at_ms) WHERE customer IS NOT NULL;
CREATE INDEX ledger_entries_by_time ON ledger_entries (at_ms);
CREATE INDEX ledger_entries_by_link ON ledger_entries (linked_key) WHERE linked_key IS NOT NULL;
CREATE FUNCTION ledger_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the ledger are never changed or removed';
END $$;
CREATE TRIGGER ledger_entries_stay BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_entries_refuse();
CREATE TRIGGER ledger_entries_remain BEFORE TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_refuse();

-- What calls cost, a row each, for there are many; their entries are told out of it. What gifts bore of it is `given`,
-- which of them `gifts` (`number:amount`, parted by commas); the rest was paid.
CREATE TABLE ledger_calls (
    at_ms          BIGINT NOT NULL,
    node           BIGINT NOT NULL,
    lsn            BIGINT NOT NULL,
    call_id        BYTEA NOT NULL,
    customer       BIGINT NOT NULL,
    currency       TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    beyond         BIGINT NOT NULL,
    given          BIGINT NOT NULL,
    gifts          TEXT,
    price_version  BIGINT NOT NULL,
    is_after_crash BIGINT NOT NULL,
    PRIMARY KEY (at_ms, node, lsn)
);
CREATE UNIQUE INDEX ledger_calls_by_call ON ledger_calls (call_id);
CREATE TRIGGER ledger_calls_stay BEFORE UPDATE OR DELETE ON ledger_calls
    FOR EACH ROW EXECUTE FUNCTION ledger_entries_refuse();
CREATE TRIGGER ledger_calls_remain BEFORE TRUNCATE ON ledger_calls
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_refuse();

-- What calls of a purse came to in each hour (since 1970): which hours to look through for them, and what statements are
-- made of. An index of calls by customer would cost more than all the rest: each call would change a page of its own.
CREATE TABLE ledger_hours (
    hour     BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    currency TEXT NOT NULL,
    settles BIGINT NOT NULL,
    overages BIGINT NOT NULL,
    paid_within_units BIGINT NOT NULL,
    paid_within_nano BIGINT NOT NULL,
    gifts_within_units BIGINT NOT NULL,
    gifts_within_nano BIGINT NOT NULL,
    paid_beyond_units BIGINT NOT NULL,
    paid_beyond_nano BIGINT NOT NULL,
    gifts_beyond_units BIGINT NOT NULL,
    gifts_beyond_nano BIGINT NOT NULL,
    PRIMARY KEY (hour, customer, currency)
);

CREATE TABLE ledger_accounts (
    account  TEXT NOT NULL,
    currency TEXT NOT NULL,
    units    BIGINT NOT NULL,
    nano     BIGINT NOT NULL CHECK (nano BETWEEN 0 AND 999999999),
    PRIMARY KEY (account, currency)
);

CREATE TABLE ledger_purses (
    customer  BIGINT NOT NULL,
    currency  TEXT NOT NULL,
    pending   BIGINT NOT NULL,
    credit    BIGINT NOT NULL,
    overdrawn BIGINT NOT NULL,
    PRIMARY KEY (customer, currency)
);

CREATE TABLE ledger_grants (
    grant_number  BIGINT NOT NULL,
    customer      BIGINT NOT NULL,
    currency      TEXT NOT NULL,
    expires_at_ms BIGINT,
    PRIMARY KEY (grant_number, customer, currency)
);

CREATE TABLE ledger_holds (
    call_id      BYTEA PRIMARY KEY,
    customer     BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    amount       BIGINT NOT NULL,
    slices       BIGINT NOT NULL,
    progress     BIGINT NOT NULL,
    opened_at_ms BIGINT NOT NULL
);
