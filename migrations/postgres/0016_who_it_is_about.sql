-- By what else a customer would be known again (docs/decisions/0023-who-it-is-about.md). Keyed, so that nothing is found by
-- trying; gone with an erasure.
CREATE TABLE customer_marks (
    mark TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    kind TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (mark, customer_id)
);
CREATE INDEX customer_marks_by_customer ON customer_marks (customer_id);

-- By which rules and under which key marks were made, and how far making them again has come.
CREATE TABLE customer_marking (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    rules BIGINT NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    -- The last customer that was marked by the next rules; empty while nothing is under way.
    after_id TEXT COLLATE "C" NOT NULL
);
INSERT INTO customer_marking (one, rules, key_id, after_id) VALUES (1, 0, '', '');

-- What people said of two customers: one person, or two. The newest word counts; the smaller id stands first.
CREATE TABLE customer_links (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    one_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    other_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    relation TEXT COLLATE "C" NOT NULL CHECK (relation IN ('same', 'other')),
    note TEXT COLLATE "C" NOT NULL,
    said_by TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    said_at_ms BIGINT NOT NULL
);
CREATE INDEX customer_links_by_one ON customer_links (one_id, other_id);
CREATE INDEX customer_links_by_other ON customer_links (other_id);

-- What was said to have changed when a check was launched about a known customer.
CREATE TABLE customer_changes (
    check_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES checks (id),
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    -- JSON: field, what was known, what was given.
    differences TEXT COLLATE "C" NOT NULL,
    confirmed_by TEXT COLLATE "C" NOT NULL,
    confirmed_at_ms BIGINT NOT NULL
);
CREATE INDEX customer_changes_by_customer ON customer_changes (customer_id);

-- Whom a check asked about, by the name it asked with; older checks take their customer's.
ALTER TABLE checks ADD COLUMN about TEXT COLLATE "C";
