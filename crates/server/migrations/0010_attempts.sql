-- How often a draft's vetting was begun: one that ends the server is not begun for ever.
ALTER TABLE draft ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

-- A published draft keeps no files: they are the version's.
DELETE FROM draft_file WHERE draft_id IN (SELECT id FROM draft WHERE state = 'published');
