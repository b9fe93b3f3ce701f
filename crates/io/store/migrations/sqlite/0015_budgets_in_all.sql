-- Budgets that never begin anew: for all that is ever spent. A check cannot be changed here, so both tables are made anew.

CREATE TABLE budgets_anew (
    number          INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),  -- whose the key or the project is
    scope           TEXT NOT NULL CHECK (scope IN ('key', 'project', 'organisation')),
    scope_id        TEXT NOT NULL,
    period          TEXT NOT NULL CHECK (period IN ('day', 'month', 'total')),
    zone            TEXT NOT NULL,     -- a time zone's IANA name
    amount          INTEGER NOT NULL CHECK (amount > 0),  -- nano-units of the currency of the prices
    warn_percent    INTEGER NOT NULL,
    is_hard         INTEGER NOT NULL,
    is_operators    INTEGER NOT NULL,  -- members of the organisation may not change it
    created_at_ms   INTEGER NOT NULL,
    removed_at_ms   INTEGER
) STRICT;
INSERT INTO budgets_anew
    SELECT number, organisation_id, scope, scope_id, period, zone, amount, warn_percent, is_hard, is_operators,
           created_at_ms, removed_at_ms
    FROM budgets;

CREATE TABLE budget_windows_anew (
    budget       INTEGER NOT NULL REFERENCES budgets_anew (number),
    begins_at_ms INTEGER NOT NULL,
    spent        INTEGER NOT NULL,      -- nano-units
    PRIMARY KEY (budget, begins_at_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO budget_windows_anew SELECT budget, begins_at_ms, spent FROM budget_windows;

DROP TABLE budget_windows;
DROP TABLE budgets;
ALTER TABLE budgets_anew RENAME TO budgets;
ALTER TABLE budget_windows_anew RENAME TO budget_windows;
CREATE UNIQUE INDEX budgets_standing ON budgets (scope, scope_id, period, is_operators) WHERE removed_at_ms IS NULL;
