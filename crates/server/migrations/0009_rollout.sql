-- The staged rollout of an endpoint: a version that is tried on a share of its calls. The candidate is the
-- version's pipeline with the endpoint's own models in their places, so any change of those ends it.
CREATE TABLE rollout (
    id            TEXT PRIMARY KEY,
    endpoint_id   TEXT NOT NULL UNIQUE REFERENCES endpoint (id),
    version       INTEGER NOT NULL,
    share_percent INTEGER NOT NULL CHECK (share_percent BETWEEN 0 AND 100),
    shadow        INTEGER NOT NULL CHECK (shadow IN (0, 1)),
    actor         TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    row_version   INTEGER NOT NULL DEFAULT 1
);

-- What was counted of each side of a rollout. Rows with their scores that both sides scored in shadow are
-- counted on the candidate's side.
CREATE TABLE rollout_side (
    rollout_id   TEXT NOT NULL REFERENCES rollout (id) ON DELETE CASCADE,
    side         TEXT NOT NULL CHECK (side IN ('current', 'candidate')),
    calls        INTEGER NOT NULL,
    shadow_calls INTEGER NOT NULL,
    errors       INTEGER NOT NULL,
    compared     INTEGER NOT NULL,
    different    INTEGER NOT NULL,
    latency      BLOB NOT NULL,
    PRIMARY KEY (rollout_id, side)
) WITHOUT ROWID;

-- How often each score came: a label, or the range that a number falls into.
CREATE TABLE rollout_score (
    rollout_id TEXT NOT NULL REFERENCES rollout (id) ON DELETE CASCADE,
    side       TEXT NOT NULL CHECK (side IN ('current', 'candidate')),
    bin        TEXT NOT NULL,
    rows       INTEGER NOT NULL,
    PRIMARY KEY (rollout_id, side, bin)
) WITHOUT ROWID;

-- Until when customers may stay on versions before this one, and until when an endpoint's customer chose to.
ALTER TABLE version ADD COLUMN may_stay_until INTEGER;
ALTER TABLE endpoint ADD COLUMN stay_until INTEGER;
