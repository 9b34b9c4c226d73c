-- Large files lie outside the database, sealed with a key of their own; the row names the file, the SHA-256 of its sealed
-- bytes, and holds that key, sealed with the customer's. A name says nothing.
ALTER TABLE evidence ADD COLUMN object TEXT;
ALTER TABLE evidence ADD COLUMN object_sha256 TEXT;
CREATE UNIQUE INDEX evidence_by_object ON evidence (object) WHERE object IS NOT NULL;
