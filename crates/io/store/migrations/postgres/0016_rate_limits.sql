-- How much may be used, how fast and how much at once, by a key, a project or an organisation; and which plan each is on.
-- Numbers are never given twice.

-- None: the plan that new keys are on. Keys that were there before are on none, as they were.
ALTER TABLE caller_keys ADD COLUMN plan TEXT;
UPDATE caller_keys SET plan = 'none';

CREATE TABLE rate_limits (
    number                   BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
    organisation_id          TEXT NOT NULL REFERENCES organisations (id),  -- whose the key or the project is
    scope                    TEXT NOT NULL CHECK (scope IN ('key', 'project', 'organisation')),
    scope_id                 TEXT NOT NULL,
    sort                     TEXT NOT NULL CHECK (sort IN ('plan', 'soft', 'hard')),
    plan                     TEXT,
    requests_per_second      BIGINT,
    requests_per_minute      BIGINT,
    tokens_per_minute        BIGINT,
    input_tokens_per_minute  BIGINT,
    output_tokens_per_minute BIGINT,
    concurrent_requests      BIGINT,
    body_bytes               BIGINT,
    prompt_tokens            BIGINT,
    burst_seconds            BIGINT,
    queue_wait_ms            BIGINT,           -- of those who wait; others are refused or warned, by the sort
    is_operators             BIGINT NOT NULL,  -- members of the organisation may not change it
    created_at_ms            BIGINT NOT NULL,
    removed_at_ms            BIGINT,
    CHECK ((sort = 'plan') = (plan IS NOT NULL))
);
CREATE UNIQUE INDEX rate_limits_standing ON rate_limits (scope, scope_id, sort, is_operators) WHERE removed_at_ms IS NULL;
