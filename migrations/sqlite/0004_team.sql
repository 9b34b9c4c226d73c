-- Filters and sorts of the queue that people keep under a name.
CREATE TABLE saved_views (
    id TEXT NOT NULL PRIMARY KEY,
    owner_id TEXT NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    -- The name as it is compared.
    folded TEXT NOT NULL,
    -- The names and values of the queue's address, JSON.
    pairs TEXT NOT NULL,
    -- Whether everybody sees it.
    shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
    made_at_ms INTEGER NOT NULL,
    UNIQUE (owner_id, folded)
) STRICT;
CREATE INDEX saved_views_shared ON saved_views (shared, name);

-- Who has a check open: a row lives as long as its page is heard of. Nothing refers to it, and it is no record: who saw
-- what stands in the journal.
CREATE TABLE present (
    check_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (check_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX present_by_age ON present (seen_at_ms);

-- Who handed a check to its assignee, and what they wrote.
ALTER TABLE checks ADD COLUMN handed_by TEXT REFERENCES people (id);
ALTER TABLE checks ADD COLUMN handed_note TEXT;
ALTER TABLE checks ADD COLUMN handed_at_ms INTEGER;

-- The team's load, counted without reading checks that do not count.
CREATE INDEX checks_by_claim ON checks (claimed_by, claim_until_ms) WHERE claimed_by IS NOT NULL;
CREATE INDEX checks_unassigned ON checks (kind, state, due_at_ms) WHERE assignee_id IS NULL;
CREATE INDEX decisions_by_person ON decisions (decided_by, decided_at_ms);
