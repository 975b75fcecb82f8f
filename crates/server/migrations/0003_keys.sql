-- A key that somebody found and reported: when, and where it was found if the report said so.
ALTER TABLE access_key ADD COLUMN leaked_at INTEGER;
ALTER TABLE access_key ADD COLUMN leak_found_at TEXT;

-- What becomes of a key when somebody who holds the whole of it reports it as leaked.
ALTER TABLE workspace ADD COLUMN leak_policy TEXT NOT NULL DEFAULT 'disable' CHECK (leak_policy IN ('disable', 'tell'));
