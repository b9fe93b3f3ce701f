-- Money that comes in otherwise than by a processor: vouchers, orders by hand, credit at sign-up. What was paid in is in the
-- ledger, under keys made of these numbers; here is what was promised to whom.

-- Gifts get numbers that are never given twice, also where nothing comes of one.
CREATE TABLE grant_numbers (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    last     BIGINT NOT NULL
);
INSERT INTO grant_numbers (only_row, last) VALUES (1, 0);

CREATE TABLE vouchers (
    number         BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
    digest         BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),  -- keyed; the code itself is nowhere
    hint           TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),               -- nano-units
    currency       TEXT NOT NULL,
    credit_days    BIGINT,           -- how long what it gives lasts; for ever if null
    note           TEXT NOT NULL,
    created_at_ms  BIGINT NOT NULL,
    expires_at_ms  BIGINT,           -- until when it can be redeemed
    revoked_at_ms  BIGINT,
    redeemed_at_ms BIGINT,
    account        BIGINT            -- that got it
);

CREATE TABLE orders (
    number        BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
    account       BIGINT NOT NULL REFERENCES accounts (number),
    amount        BIGINT NOT NULL CHECK (amount > 0),  -- nano-units
    currency      TEXT NOT NULL,
    note          TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    reference     TEXT COLLATE "C" UNIQUE,      -- of the transfer at the bank: it pays one order only. Held from just before it is confirmed
    confirmed_at_ms BIGINT,
    cancelled_at_ms BIGINT,
    CHECK (confirmed_at_ms IS NULL OR (reference IS NOT NULL AND cancelled_at_ms IS NULL))
);

-- Organisations that were made with an account, and what became of the credit that their first owner may get.
CREATE TABLE sign_ups (
    organisation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES organisations (id),
    account         BIGINT NOT NULL,
    made_at_ms      BIGINT NOT NULL,
    user_id         TEXT COLLATE "C" UNIQUE,                -- who got it: each once
    email_domain    TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '',   -- empty where it is not known
    amount          BIGINT CHECK (amount > 0),
    ended_at_ms     BIGINT,
    refused         TEXT                        -- why he got nothing
);
CREATE INDEX sign_ups_by_domain ON sign_ups (email_domain, ended_at_ms);
CREATE INDEX sign_ups_by_address ON sign_ups (address, ended_at_ms);
