-- Prices: versions that are only added to, so that an old sale is priced again as it was; and the one draft that nobody is priced by.

CREATE TABLE price_versions (
    number      BIGINT PRIMARY KEY CHECK (number BETWEEN 1 AND 4294967295),  -- counted from 1 without a gap
    taken_at_ms BIGINT NOT NULL,
    by_whom     TEXT,
    reason      TEXT NOT NULL,
    rows_count  BIGINT NOT NULL,
    text        TEXT NOT NULL
);

CREATE FUNCTION price_versions_are_only_added_to() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'versions of the prices are only added to'; END $$;
CREATE TRIGGER price_versions_are_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON price_versions
FOR EACH STATEMENT EXECUTE FUNCTION price_versions_are_only_added_to();

CREATE TABLE price_drafts (
    number     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- never given twice: who approves says which draft he has seen
    made_at_ms BIGINT NOT NULL,
    by_whom    TEXT,
    source     TEXT NOT NULL,
    rows_count BIGINT NOT NULL,
    text       TEXT NOT NULL
);
