-- Budgets that never begin anew: for all that is ever spent.

ALTER TABLE budgets DROP CONSTRAINT budgets_period_check;
ALTER TABLE budgets ADD CONSTRAINT budgets_period_check CHECK (period IN ('day', 'month', 'total'));
