-- Whether swagger.json and help pages of a workspace's endpoints are public by endpoint id, as in classic.
ALTER TABLE workspace ADD COLUMN public_documents INTEGER NOT NULL DEFAULT 1 CHECK (public_documents IN (0, 1));
