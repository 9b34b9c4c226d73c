-- Second factors: of each person one, its seed sealed. An offered one is shown until a code confirms it. `last_step` is the latest
-- step of time whose code was used: no code of it or of an earlier one is taken again.
CREATE TABLE second_factors (
    person_id TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    sealed BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'active')),
    last_step INTEGER NOT NULL,
    made_at_ms INTEGER NOT NULL
) STRICT;

-- Recovery codes that are left; one that was used is gone. Only their SHA-256 is kept.
CREATE TABLE recovery_codes (
    person_id TEXT NOT NULL REFERENCES people (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (person_id, code_hash)
) STRICT;

-- When the person of a session last showed a factor. Sessions of before have shown none lately.
ALTER TABLE sessions ADD COLUMN fresh_at_ms INTEGER NOT NULL DEFAULT 0;
