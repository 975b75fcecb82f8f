-- What a model takes and gives, as it said when it was loaded for that question: whether it fits a slot is
-- decided from here, without loading it again. Models never change, so neither do these rows.
CREATE TABLE model_signature (
    sha256    TEXT PRIMARY KEY,
    signature TEXT NOT NULL,
    seen_at   INTEGER NOT NULL
);
