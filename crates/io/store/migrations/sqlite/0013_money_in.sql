-- Money that comes in otherwise than by a processor: vouchers, orders by hand, credit at sign-up. What was paid in is in the
-- ledger, under keys made of these numbers; here is what was promised to whom.

-- Gifts get numbers that are never given twice, also where nothing comes of one.
CREATE TABLE grant_numbers (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    last     INTEGER NOT NULL
) STRICT;
INSERT INTO grant_numbers (only_row, last) VALUES (1, 0);

CREATE TABLE vouchers (
    number         INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    digest         BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),  -- keyed; the code itself is nowhere
    hint           TEXT NOT NULL,
    amount         INTEGER NOT NULL CHECK (amount > 0),               -- nano-units
    currency       TEXT NOT NULL,
    credit_days    INTEGER,           -- how long what it gives lasts; for ever if null
    note           TEXT NOT NULL,
    created_at_ms  INTEGER NOT NULL,
    expires_at_ms  INTEGER,           -- until when it can be redeemed
    revoked_at_ms  INTEGER,
    redeemed_at_ms INTEGER,
    account        INTEGER            -- that got it
) STRICT;

CREATE TABLE orders (
    number        INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    account       INTEGER NOT NULL REFERENCES accounts (number),
    amount        INTEGER NOT NULL CHECK (amount > 0),  -- nano-units
    currency      TEXT NOT NULL,
    note          TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    reference     TEXT UNIQUE,      -- of the transfer at the bank: it pays one order only. Held from just before it is confirmed
    confirmed_at_ms INTEGER,
    cancelled_at_ms INTEGER,
    CHECK (confirmed_at_ms IS NULL OR (reference IS NOT NULL AND cancelled_at_ms IS NULL))
) STRICT;

-- Organisations that were made with an account, and what became of the credit that their first owner may get.
CREATE TABLE sign_ups (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisations (id),
    account         INTEGER NOT NULL,
    made_at_ms      INTEGER NOT NULL,
    user_id         TEXT UNIQUE,                -- who got it: each once
    email_domain    TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '',   -- empty where it is not known
    amount          INTEGER CHECK (amount > 0),
    ended_at_ms     INTEGER,
    refused         TEXT                        -- why he got nothing
) STRICT;
CREATE INDEX sign_ups_by_domain ON sign_ups (email_domain, ended_at_ms);
CREATE INDEX sign_ups_by_address ON sign_ups (address, ended_at_ms);
