-- By what else a customer would be known again (docs/decisions/0023-who-it-is-about.md). Keyed, so that nothing is found by
-- trying; gone with an erasure.
CREATE TABLE customer_marks (
    mark TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    kind TEXT NOT NULL,
    PRIMARY KEY (mark, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_marks_by_customer ON customer_marks (customer_id);

-- By which rules and under which key marks were made, and how far making them again has come.
CREATE TABLE customer_marking (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    rules INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    -- The last customer that was marked by the next rules; empty while nothing is under way.
    after_id TEXT NOT NULL
) STRICT;
INSERT INTO customer_marking (one, rules, key_id, after_id) VALUES (1, 0, '', '');

-- What people said of two customers: one person, or two. The newest word counts; the smaller id stands first.
CREATE TABLE customer_links (
    id TEXT NOT NULL PRIMARY KEY,
    one_id TEXT NOT NULL REFERENCES customers (id),
    other_id TEXT NOT NULL REFERENCES customers (id),
    relation TEXT NOT NULL CHECK (relation IN ('same', 'other')),
    note TEXT NOT NULL,
    said_by TEXT NOT NULL REFERENCES people (id),
    said_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_links_by_one ON customer_links (one_id, other_id);
CREATE INDEX customer_links_by_other ON customer_links (other_id);

-- What was said to have changed when a check was launched about a known customer.
CREATE TABLE customer_changes (
    check_id TEXT NOT NULL PRIMARY KEY REFERENCES checks (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    -- JSON: field, what was known, what was given.
    differences TEXT NOT NULL,
    confirmed_by TEXT NOT NULL,
    confirmed_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_changes_by_customer ON customer_changes (customer_id);

-- Whom a check asked about, by the name it asked with; older checks take their customer's.
ALTER TABLE checks ADD COLUMN about TEXT;
