-- The blob area of each endpoint: inputs that callers upload, outputs of batch jobs. A row goes with its
-- endpoint, when that can't be restored any more; what no row names is swept from the folder of the area.
CREATE TABLE area_blob (
    endpoint_id TEXT NOT NULL,
    container   TEXT NOT NULL,
    name        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, container, name)
) WITHOUT ROWID;
CREATE INDEX area_blob_sha256 ON area_blob (sha256);

-- Batch jobs. What a job scores with is pinned as it is submitted: version, models, parameters and, for an
-- input in the blob area, its digest. The address of another input may hold a token, so it is sealed, and is
-- forgotten once the bytes are here.
CREATE TABLE job (
    id               TEXT PRIMARY KEY,
    endpoint_id      TEXT NOT NULL,
    workspace_id     TEXT NOT NULL,
    service_id       TEXT NOT NULL,
    version          INTEGER NOT NULL,
    stages           TEXT NOT NULL,
    slot             TEXT NOT NULL CHECK (slot IN ('primary', 'secondary', 'portal')),
    parameters       TEXT NOT NULL,
    input_sha256     TEXT,
    input_tabs       INTEGER NOT NULL,
    source_nonce     BLOB,
    source           BLOB,
    output_container TEXT NOT NULL,
    output_name      TEXT NOT NULL,
    errors_name      TEXT,
    state            TEXT NOT NULL CHECK (state IN ('NotStarted', 'Running', 'Failed', 'Cancelled', 'Finished')),
    -- Grows with each try; a result is taken only from the try that is under way.
    attempt          INTEGER NOT NULL DEFAULT 0,
    details          TEXT,
    created_at       INTEGER NOT NULL,
    -- When it was started: from then on it waits for a worker. Orders the queue.
    queued_at        INTEGER,
    started_at       INTEGER,
    ended_at         INTEGER,
    deleted_at       INTEGER
);
CREATE INDEX job_queue ON job (state, queued_at);
CREATE INDEX job_endpoint ON job (endpoint_id, state);
