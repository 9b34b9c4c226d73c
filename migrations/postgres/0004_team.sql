-- Filters and sorts of the queue that people keep under a name.
CREATE TABLE saved_views (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    name TEXT COLLATE "C" NOT NULL,
    -- The name as it is compared.
    folded TEXT COLLATE "C" NOT NULL,
    -- The names and values of the queue's address, JSON.
    pairs TEXT COLLATE "C" NOT NULL,
    -- Whether everybody sees it.
    shared BIGINT NOT NULL CHECK (shared IN (0, 1)),
    made_at_ms BIGINT NOT NULL,
    UNIQUE (owner_id, folded)
);
CREATE INDEX saved_views_shared ON saved_views (shared, name);

-- Who has a check open: a row lives as long as its page is heard of. Nothing refers to it, and it is no record: who saw
-- what stands in the journal.
CREATE TABLE present (
    check_id TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL,
    seen_at_ms BIGINT NOT NULL,
    PRIMARY KEY (check_id, person_id)
);
CREATE INDEX present_by_age ON present (seen_at_ms);

-- Who handed a check to its assignee, and what they wrote.
ALTER TABLE checks ADD COLUMN handed_by TEXT COLLATE "C" REFERENCES people (id);
ALTER TABLE checks ADD COLUMN handed_note TEXT COLLATE "C";
ALTER TABLE checks ADD COLUMN handed_at_ms BIGINT;

-- The team's load, counted without reading checks that do not count.
CREATE INDEX checks_by_claim ON checks (claimed_by, claim_until_ms) WHERE claimed_by IS NOT NULL;
CREATE INDEX checks_unassigned ON checks (kind, state, due_at_ms) WHERE assignee_id IS NULL;
CREATE INDEX decisions_by_person ON decisions (decided_by, decided_at_ms);
