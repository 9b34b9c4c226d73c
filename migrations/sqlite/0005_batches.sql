-- Tables of lines that were launched together, each line as a check of its own.
CREATE TABLE batches (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('due_diligence', 'number_match')),
    -- The file's name; nothing for a table that was pasted.
    name TEXT NOT NULL,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    made_by TEXT NOT NULL REFERENCES people (id),
    made_at_ms INTEGER NOT NULL,
    -- Lines that were launched, and those that were left out.
    total INTEGER NOT NULL,
    left_out INTEGER NOT NULL
) STRICT;
CREATE INDEX batches_by_time ON batches (kind, made_at_ms);

-- The check of each line that was launched; lines are counted as an editor does.
CREATE TABLE batch_checks (
    batch_id TEXT NOT NULL REFERENCES batches (id),
    line INTEGER NOT NULL,
    check_id TEXT NOT NULL UNIQUE REFERENCES checks (id),
    PRIMARY KEY (batch_id, line)
) STRICT;
