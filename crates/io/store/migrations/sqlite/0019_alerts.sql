-- Alerts and what was told of them, silences, and the messages that go to channels. Numbers are never given twice.

CREATE TABLE alerts (
    rule           TEXT NOT NULL,
    subject        TEXT NOT NULL,
    severity       TEXT NOT NULL,
    summary        TEXT NOT NULL,
    details        TEXT NOT NULL,     -- JSON
    state          TEXT NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
    since_ms       INTEGER NOT NULL,
    raised_at_ms   INTEGER,
    good_since_ms  INTEGER,
    resolved_at_ms INTEGER,
    told           TEXT NOT NULL CHECK (told IN ('nothing', 'raised', 'resolved')),
    told_at_ms     INTEGER,
    PRIMARY KEY (rule, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_silences (
    number        INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    rule          TEXT,                -- all if NULL
    subject       TEXT,                -- all if NULL
    until_ms      INTEGER NOT NULL,
    made_at_ms    INTEGER NOT NULL,
    by_whom       TEXT,
    reason        TEXT NOT NULL,
    removed_at_ms INTEGER
) STRICT;

CREATE TABLE alert_deliveries (
    number        INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    channel       TEXT NOT NULL,
    notice        TEXT NOT NULL,       -- JSON: what is told
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts      INTEGER NOT NULL,
    made_at_ms    INTEGER NOT NULL,
    next_at_ms    INTEGER NOT NULL,
    ended_at_ms   INTEGER,
    error         TEXT                 -- what the channel said of the last try that failed
) STRICT;
CREATE INDEX alert_deliveries_waiting ON alert_deliveries (number) WHERE state = 'waiting';

-- What was spent of late, to be held against what is spent now.
CREATE TABLE alert_spend (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    series   TEXT NOT NULL             -- JSON
) STRICT;

CREATE INDEX caller_keys_ending ON caller_keys (expires_at_ms) WHERE revoked_at_ms IS NULL AND rotated_to IS NULL;
