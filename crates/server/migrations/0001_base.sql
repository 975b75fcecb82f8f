-- Times are microseconds since 1970 in UTC. Ids are 32 lower-case hexadecimal digits.
-- `row_version` grows with each change of a row and is its ETag.

CREATE TABLE installation (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    -- Grows with each committed change; calls read from a snapshot that carries it.
    version INTEGER NOT NULL
);
INSERT INTO installation (id, version) VALUES (1, 0);

CREATE TABLE person (
    id              TEXT PRIMARY KEY,
    email           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    password_hash   TEXT,
    administrator   INTEGER NOT NULL DEFAULT 0,
    failures        INTEGER NOT NULL DEFAULT 0,
    locked_until    INTEGER,
    disabled_at     INTEGER,
    created_at      INTEGER NOT NULL
);

-- A session's id is stored hashed: a stolen database signs nobody in.
CREATE TABLE session (
    id_hash          BLOB PRIMARY KEY,
    person_id        TEXT NOT NULL REFERENCES person (id),
    created_at       INTEGER NOT NULL,
    seen_at          INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL
);
CREATE INDEX session_person ON session (person_id);

-- One-time links: first administrator, sign-in.
CREATE TABLE link (
    token_hash BLOB PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('set_up', 'sign_in')),
    person_id  TEXT REFERENCES person (id),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
);

CREATE TABLE workspace (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    calls_cap      INTEGER NOT NULL,
    reveal_policy  TEXT NOT NULL CHECK (reveal_policy IN ('any_time', 'once')),
    -- The workspace's data key, wrapped by the key-encryption key.
    data_key_nonce BLOB NOT NULL,
    data_key       BLOB NOT NULL,
    row_version    INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    deleted_at     INTEGER
);

CREATE TABLE member (
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    person_id    TEXT NOT NULL REFERENCES person (id),
    role         TEXT NOT NULL CHECK (role IN ('owner', 'publisher')),
    PRIMARY KEY (workspace_id, person_id)
);
CREATE INDEX member_person ON member (person_id);

CREATE TABLE customer (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE customer_person (
    customer_id TEXT NOT NULL REFERENCES customer (id),
    person_id   TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (customer_id, person_id)
);
CREATE INDEX customer_person_person ON customer_person (person_id);

CREATE TABLE service (
    id             TEXT PRIMARY KEY,
    workspace_id   TEXT NOT NULL REFERENCES workspace (id),
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    newest_version INTEGER NOT NULL,
    row_version    INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    deleted_at     INTEGER
);
CREATE INDEX service_workspace ON service (workspace_id);

CREATE TABLE version (
    service_id   TEXT NOT NULL REFERENCES service (id),
    number       INTEGER NOT NULL,
    notes        TEXT NOT NULL,
    published_by TEXT NOT NULL,
    schema       TEXT NOT NULL,
    samples      TEXT NOT NULL,
    parity       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (service_id, number)
);

CREATE TABLE stage (
    service_id TEXT NOT NULL,
    number     INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    file       TEXT NOT NULL,
    resource   TEXT,
    sha256     TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    PRIMARY KEY (service_id, number, position),
    FOREIGN KEY (service_id, number) REFERENCES version (service_id, number)
);

CREATE TABLE endpoint (
    id             TEXT PRIMARY KEY,
    workspace_id   TEXT NOT NULL REFERENCES workspace (id),
    service_id     TEXT NOT NULL REFERENCES service (id),
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    is_default     INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    level          TEXT NOT NULL CHECK (level IN ('low', 'high')),
    max_calls      INTEGER NOT NULL,
    paused         INTEGER NOT NULL DEFAULT 0,
    prevent_update INTEGER NOT NULL DEFAULT 0,
    logging        TEXT NOT NULL CHECK (logging IN ('none', 'error', 'all')),
    sample_data    INTEGER NOT NULL,
    tags           TEXT NOT NULL,
    customer_id    TEXT REFERENCES customer (id),
    -- Digest of the request that made it, so that the same request again is recognised.
    created_from   BLOB NOT NULL,
    row_version    INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    deleted_at     INTEGER,
    -- Among the living and the restorable: a row goes when it can't be restored any more.
    UNIQUE (service_id, name),
    FOREIGN KEY (service_id, version) REFERENCES version (service_id, number)
);
CREATE INDEX endpoint_customer ON endpoint (customer_id);

-- Ids of endpoints that are gone for good; an id is never used again.
CREATE TABLE spent_endpoint (
    id TEXT PRIMARY KEY
);

-- An endpoint's own trained models, by resource.
CREATE TABLE endpoint_model (
    endpoint_id TEXT NOT NULL REFERENCES endpoint (id),
    resource    TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, resource)
);

-- Every change of an endpoint's version or models.
CREATE TABLE revision (
    endpoint_id TEXT NOT NULL REFERENCES endpoint (id),
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    act         TEXT NOT NULL,
    version     INTEGER NOT NULL,
    models      TEXT NOT NULL,
    PRIMARY KEY (endpoint_id, number)
);

-- Keys of endpoints and tokens of workspaces. `verifier` checks a call; `sealed` can be opened again
-- with the workspace's data key, and is absent where keys are shown once.
CREATE TABLE access_key (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    endpoint_id  TEXT REFERENCES endpoint (id),
    slot         TEXT NOT NULL CHECK (slot IN ('primary', 'secondary')),
    generation   INTEGER NOT NULL,
    verifier     BLOB NOT NULL,
    nonce        BLOB,
    sealed       BLOB,
    last4        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    grace_until  INTEGER,
    disabled     INTEGER NOT NULL DEFAULT 0,
    last_used_at INTEGER
);
CREATE UNIQUE INDEX access_key_slot ON access_key (workspace_id, coalesce(endpoint_id, ''), slot, generation);
CREATE INDEX access_key_endpoint ON access_key (endpoint_id);

CREATE TABLE quarantine (
    sha256 TEXT PRIMARY KEY,
    since  INTEGER NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE usage_minute (
    endpoint_id TEXT NOT NULL,
    slot        TEXT NOT NULL,
    minute      INTEGER NOT NULL,
    calls       INTEGER NOT NULL,
    refused     INTEGER NOT NULL,
    errors      INTEGER NOT NULL,
    rows        INTEGER NOT NULL,
    latency     BLOB NOT NULL,
    PRIMARY KEY (endpoint_id, slot, minute)
) WITHOUT ROWID;

-- Calls of one key; only the last hour is asked for.
CREATE TABLE key_minute (
    key_id TEXT NOT NULL,
    minute INTEGER NOT NULL,
    calls  INTEGER NOT NULL,
    PRIMARY KEY (key_id, minute)
) WITHOUT ROWID;

-- Append-only; never holds a secret.
CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor_id     TEXT NOT NULL,
    action       TEXT NOT NULL,
    object_kind  TEXT NOT NULL,
    object_id    TEXT NOT NULL,
    workspace_id TEXT,
    before       TEXT,
    after        TEXT,
    request_id   TEXT NOT NULL,
    address      TEXT NOT NULL
);
CREATE INDEX audit_workspace ON audit (workspace_id, seq);
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

-- What a creating request with an idempotency key made; stored in the same transaction.
CREATE TABLE idempotency (
    actor      TEXT NOT NULL,
    route      TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       BLOB NOT NULL,
    resource   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (actor, route, key)
);
