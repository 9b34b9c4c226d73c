-- What the daily inspections found. One at a time is under way: without an end, and its lease is kept alive meanwhile.
CREATE TABLE inspections (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    begun_at_ms BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    ended_at_ms BIGINT,
    -- Entries of the journal that follow from one another, and the hash of the last one; empty when one does not.
    entries BIGINT NOT NULL,
    head TEXT COLLATE "C" NOT NULL,
    -- Pieces of evidence, and other sealed values, that opened.
    evidence BIGINT NOT NULL,
    others BIGINT NOT NULL,
    -- Files that were out of reach and not inspected.
    missed BIGINT NOT NULL,
    faults BIGINT NOT NULL,
    -- The first faults in words, JSON.
    named TEXT COLLATE "C" NOT NULL
);
