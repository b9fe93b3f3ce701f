-- Prices: versions that are only added to, so that an old sale is priced again as it was; and the one draft that nobody is priced by.

CREATE TABLE price_versions (
    number      INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 4294967295),  -- counted from 1 without a gap
    taken_at_ms INTEGER NOT NULL,
    by_whom     TEXT,
    reason      TEXT NOT NULL,
    rows_count  INTEGER NOT NULL,
    text        TEXT NOT NULL
) STRICT;

CREATE TRIGGER price_version_is_not_changed BEFORE UPDATE ON price_versions
BEGIN SELECT RAISE(ABORT, 'versions of the prices are only added to'); END;
CREATE TRIGGER price_versions_are_not_shortened BEFORE DELETE ON price_versions
BEGIN SELECT RAISE(ABORT, 'versions of the prices are only added to'); END;

CREATE TABLE price_drafts (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: who approves says which draft he has seen
    made_at_ms INTEGER NOT NULL,
    by_whom    TEXT,
    source     TEXT NOT NULL,
    rows_count INTEGER NOT NULL,
    text       TEXT NOT NULL
) STRICT;
