-- What the daily inspections found. One at a time is under way: without an end, and its lease is kept alive meanwhile.
CREATE TABLE inspections (
    id TEXT NOT NULL PRIMARY KEY,
    begun_at_ms INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    -- Entries of the journal that follow from one another, and the hash of the last one; empty when one does not.
    entries INTEGER NOT NULL,
    head TEXT NOT NULL,
    -- Pieces of evidence, and other sealed values, that opened.
    evidence INTEGER NOT NULL,
    others INTEGER NOT NULL,
    -- Files that were out of reach and not inspected.
    missed INTEGER NOT NULL,
    faults INTEGER NOT NULL,
    -- The first faults in words, JSON.
    named TEXT NOT NULL
) STRICT;
