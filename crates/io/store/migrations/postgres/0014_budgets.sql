-- Budgets: how much may be spent in each day or month, and what was spent. Numbers are never given twice.

CREATE TABLE budgets (
    number          BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),  -- whose the key or the project is
    scope           TEXT NOT NULL CHECK (scope IN ('key', 'project', 'organisation')),
    scope_id        TEXT NOT NULL,
    period          TEXT NOT NULL CHECK (period IN ('day', 'month')),
    zone            TEXT NOT NULL,     -- a time zone's IANA name
    amount          BIGINT NOT NULL CHECK (amount > 0),  -- nano-units of the currency of the prices
    warn_percent    BIGINT NOT NULL,
    is_hard         BIGINT NOT NULL,
    is_operators    BIGINT NOT NULL,   -- members of the organisation may not change it
    created_at_ms   BIGINT NOT NULL,
    removed_at_ms   BIGINT
);
CREATE UNIQUE INDEX budgets_standing ON budgets (scope, scope_id, period, is_operators) WHERE removed_at_ms IS NULL;

CREATE TABLE budget_windows (
    budget       BIGINT NOT NULL REFERENCES budgets (number),
    begins_at_ms BIGINT NOT NULL,
    spent        BIGINT NOT NULL,      -- nano-units
    PRIMARY KEY (budget, begins_at_ms)
);
