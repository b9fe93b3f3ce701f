-- Which channels know of an alert that it is bad, and since when: what each is told depends on what it knows.

ALTER TABLE alerts ADD COLUMN known_to TEXT;   -- JSON: names and milliseconds; NULL as an earlier version kept it
