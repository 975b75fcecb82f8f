-- Calls that may wait for a place at an endpoint: how long (milliseconds), and how many.
ALTER TABLE endpoint ADD COLUMN queue_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoint ADD COLUMN queue_max INTEGER NOT NULL DEFAULT 0;

-- What a workspace allows one call: bytes of its body, seconds in all. They begin as classic had them.
ALTER TABLE workspace ADD COLUMN max_call_bytes INTEGER NOT NULL DEFAULT 4194304;
ALTER TABLE workspace ADD COLUMN call_timeout_seconds INTEGER NOT NULL DEFAULT 100;
