-- What was uploaded to become a version, until it is one.
CREATE TABLE draft (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    state        TEXT NOT NULL CHECK (state IN ('vetting', 'ready', 'refused', 'published')),
    -- What is done just now, in words.
    step         TEXT NOT NULL,
    -- The rest of it as the API shows it.
    body         TEXT NOT NULL,
    -- Whether it becomes a version of the service of its name, if there is one.
    by_name      INTEGER NOT NULL,
    -- SHA-256 of the uploaded file, until it has been vetted; then that of the sample rows.
    upload       TEXT,
    self_test    TEXT,
    row_version  INTEGER NOT NULL DEFAULT 1,
    created_at   INTEGER NOT NULL
);
CREATE INDEX draft_of_workspace ON draft (workspace_id, created_at);

-- Files that a draft keeps from being swept.
CREATE TABLE draft_file (
    draft_id TEXT NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
    sha256   TEXT NOT NULL,
    PRIMARY KEY (draft_id, sha256)
) WITHOUT ROWID;
CREATE INDEX draft_file_by_digest ON draft_file (sha256);

-- The schema's difference to the version before, and SHA-256 of the sample rows with what is expected of them.
ALTER TABLE version ADD COLUMN difference TEXT;
ALTER TABLE version ADD COLUMN self_test TEXT;
