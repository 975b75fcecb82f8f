-- Runs over many endpoints: what is done to each is one row, decided and written in the transaction that
-- changes the endpoint, so that a server that starts again goes on where the one before ended.
CREATE TABLE run (
    id           TEXT PRIMARY KEY,
    service_id   TEXT NOT NULL REFERENCES service (id),
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    -- What it does, as on the wire; its version is the one that was the newest as it was started.
    act          TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('running', 'finished', 'cancelled')),
    total        INTEGER NOT NULL,
    changed      INTEGER NOT NULL DEFAULT 0,
    unchanged    INTEGER NOT NULL DEFAULT 0,
    refused      INTEGER NOT NULL DEFAULT 0,
    actor        TEXT NOT NULL,
    request_id   TEXT NOT NULL,
    address      TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER
);
CREATE INDEX run_service ON run (service_id, started_at);
CREATE INDEX run_running ON run (started_at) WHERE state = 'running';

CREATE TABLE run_line (
    run_id          TEXT NOT NULL REFERENCES run (id),
    name            TEXT NOT NULL,
    endpoint_id     TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'changed', 'unchanged', 'refused')),
    from_version    INTEGER,
    to_version      INTEGER,
    -- What became of each resource, as on the wire.
    resources       TEXT NOT NULL DEFAULT '[]',
    detail          TEXT,
    -- The endpoint's revisions before and after, where it was changed.
    revision_before INTEGER,
    revision_after  INTEGER,
    PRIMARY KEY (run_id, name)
) WITHOUT ROWID;
CREATE INDEX run_line_waiting ON run_line (run_id, name) WHERE state = 'waiting';

-- The order of the ledger: `default` first, then by name.
CREATE INDEX endpoint_ledger ON endpoint (service_id, (1 - is_default), name) WHERE deleted_at IS NULL;
