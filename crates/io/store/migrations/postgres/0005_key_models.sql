-- The models that a key's callers may ask for, as a JSON list of names; NULL for all there are.

ALTER TABLE caller_keys ADD COLUMN models TEXT;
