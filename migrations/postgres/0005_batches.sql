-- Tables of lines that were launched together, each line as a check of its own.
CREATE TABLE batches (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('due_diligence', 'number_match')),
    -- The file's name; nothing for a table that was pasted.
    name TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    made_by TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    made_at_ms BIGINT NOT NULL,
    -- Lines that were launched, and those that were left out.
    total BIGINT NOT NULL,
    left_out BIGINT NOT NULL
);
CREATE INDEX batches_by_time ON batches (kind, made_at_ms);

-- The check of each line that was launched; lines are counted as an editor does.
CREATE TABLE batch_checks (
    batch_id TEXT COLLATE "C" NOT NULL REFERENCES batches (id),
    line BIGINT NOT NULL,
    check_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES checks (id),
    PRIMARY KEY (batch_id, line)
);
