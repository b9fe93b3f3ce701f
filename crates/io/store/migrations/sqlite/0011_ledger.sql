-- The ledger: what the journal of money comes to. Entries are only added. Amounts are nano-units of their currency; the
-- balances of accounts may be beyond 64 bits of those, and are kept as whole units and the nano-units beside them.
CREATE TABLE ledger_journals (
    node         INTEGER PRIMARY KEY,
    epoch        INTEGER NOT NULL,
    applied_lsn  INTEGER NOT NULL,
    applied_hash TEXT NOT NULL
) STRICT;

-- Everything but calls, a row for each transfer.
CREATE TABLE ledger_entries (
    node           INTEGER NOT NULL,
    lsn            INTEGER NOT NULL,
    part           INTEGER NOT NULL,
    entry_key      TEXT NOT NULL,
    kind           TEXT NOT NULL,
    at_ms          INTEGER NOT NULL,
    customer       INTEGER,
    currency       TEXT NOT NULL,
    debit          TEXT NOT NULL,
    credit         TEXT NOT NULL,
    amount         INTEGER NOT NULL CHECK (amount > 0),
    may_overdraw   INTEGER NOT NULL,
    linked_key     TEXT,
    price_version  INTEGER NOT NULL,
    is_after_crash INTEGER NOT NULL,
    note           TEXT NOT NULL,
    PRIMARY KEY (node, lsn, part),
    CHECK (debit <> credit)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_entries_by_key ON ledger_entries (entry_key, part);
CREATE INDEX ledger_entries_by_customer ON ledger_entries (customer, at_ms) WHERE customer IS NOT NULL;
CREATE INDEX ledger_entries_by_time ON ledger_entries (at_ms);
CREATE INDEX ledger_entries_by_link ON ledger_entries (linked_key) WHERE linked_key IS NOT NULL;
CREATE TRIGGER ledger_entries_stay BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never changed'); END;
CREATE TRIGGER ledger_entries_remain BEFORE DELETE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never removed'); END;

-- What calls cost, a row each, for there are many; their entries are told out of it. What gifts bore of it is `given`,
-- which of them `gifts` (`number:amount`, parted by commas); the rest was paid.
CREATE TABLE ledger_calls (
    at_ms          INTEGER NOT NULL,
    node           INTEGER NOT NULL,
    lsn            INTEGER NOT NULL,
    call_id        BLOB NOT NULL,
    customer       INTEGER NOT NULL,
    currency       TEXT NOT NULL,
    amount         INTEGER NOT NULL CHECK (amount > 0),
    beyond         INTEGER NOT NULL,
    given          INTEGER NOT NULL,
    gifts          TEXT,
    price_version  INTEGER NOT NULL,
    is_after_crash INTEGER NOT NULL,
    PRIMARY KEY (at_ms, node, lsn)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_calls_by_call ON ledger_calls (call_id);
CREATE TRIGGER ledger_calls_stay BEFORE UPDATE ON ledger_calls
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never changed'); END;
CREATE TRIGGER ledger_calls_remain BEFORE DELETE ON ledger_calls
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never removed'); END;

-- What calls of a purse came to in each hour (since 1970): which hours to look through for them, and what statements are
-- made of. An index of calls by customer would cost more than all the rest: each call would change a page of its own.
CREATE TABLE ledger_hours (
    hour     INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    currency TEXT NOT NULL,
    settles INTEGER NOT NULL,
    overages INTEGER NOT NULL,
    paid_within_units INTEGER NOT NULL,
    paid_within_nano INTEGER NOT NULL,
    gifts_within_units INTEGER NOT NULL,
    gifts_within_nano INTEGER NOT NULL,
    paid_beyond_units INTEGER NOT NULL,
    paid_beyond_nano INTEGER NOT NULL,
    gifts_beyond_units INTEGER NOT NULL,
    gifts_beyond_nano INTEGER NOT NULL,
    PRIMARY KEY (hour, customer, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_accounts (
    account  TEXT NOT NULL,
    currency TEXT NOT NULL,
    units    INTEGER NOT NULL,
    nano     INTEGER NOT NULL CHECK (nano BETWEEN 0 AND 999999999),
    PRIMARY KEY (account, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_purses (
    customer  INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    pending   INTEGER NOT NULL,
    credit    INTEGER NOT NULL,
    overdrawn INTEGER NOT NULL,
    PRIMARY KEY (customer, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_grants (
    grant_number  INTEGER NOT NULL,
    customer      INTEGER NOT NULL,
    currency      TEXT NOT NULL,
    expires_at_ms INTEGER,
    PRIMARY KEY (grant_number, customer, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_holds (
    call_id      BLOB PRIMARY KEY,
    customer     INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    amount       INTEGER NOT NULL,
    slices       INTEGER NOT NULL,
    progress     INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
