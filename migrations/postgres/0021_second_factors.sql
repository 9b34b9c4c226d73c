-- Second factors: of each person one, its seed sealed. An offered one is shown until a code confirms it. `last_step` is the latest
-- step of time whose code was used: no code of it or of an earlier one is taken again.
CREATE TABLE second_factors (
    person_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES people (id),
    sealed BYTEA NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('offered', 'active')),
    last_step BIGINT NOT NULL,
    made_at_ms BIGINT NOT NULL
);

-- Recovery codes that are left; one that was used is gone. Only their SHA-256 is kept.
CREATE TABLE recovery_codes (
    person_id TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    code_hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (person_id, code_hash)
);

-- When the person of a session last showed a factor. Sessions of before have shown none lately.
ALTER TABLE sessions ADD COLUMN fresh_at_ms BIGINT NOT NULL DEFAULT 0;
