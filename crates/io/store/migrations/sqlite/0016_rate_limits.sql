-- How much may be used, how fast and how much at once, by a key, a project or an organisation; and which plan each is on.
-- Numbers are never given twice.

-- None: the plan that new keys are on. Keys that were there before are on none, as they were.
ALTER TABLE caller_keys ADD COLUMN plan TEXT;
UPDATE caller_keys SET plan = 'none';

CREATE TABLE rate_limits (
    number                   INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    organisation_id          TEXT NOT NULL REFERENCES organisations (id),  -- whose the key or the project is
    scope                    TEXT NOT NULL CHECK (scope IN ('key', 'project', 'organisation')),
    scope_id                 TEXT NOT NULL,
    sort                     TEXT NOT NULL CHECK (sort IN ('plan', 'soft', 'hard')),
    plan                     TEXT,
    requests_per_second      INTEGER,
    requests_per_minute      INTEGER,
    tokens_per_minute        INTEGER,
    input_tokens_per_minute  INTEGER,
    output_tokens_per_minute INTEGER,
    concurrent_requests      INTEGER,
    body_bytes               INTEGER,
    prompt_tokens            INTEGER,
    burst_seconds            INTEGER,
    queue_wait_ms            INTEGER,           -- of those who wait; others are refused or warned, by the sort
    is_operators             INTEGER NOT NULL,  -- members of the organisation may not change it
    created_at_ms            INTEGER NOT NULL,
    removed_at_ms            INTEGER,
    CHECK ((sort = 'plan') = (plan IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX rate_limits_standing ON rate_limits (scope, scope_id, sort, is_operators) WHERE removed_at_ms IS NULL;
