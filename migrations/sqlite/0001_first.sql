-- People, and who is signed in. Moments are milliseconds in UTC, ids sort by time.
CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('analyst', 'supervisor', 'admin')),
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    password_hash TEXT NOT NULL,
    theme TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
    density TEXT NOT NULL DEFAULT 'compact' CHECK (density IN ('compact', 'comfortable')),
    created_at_ms INTEGER NOT NULL,
    signed_in_at_ms INTEGER
) STRICT;

-- Failed sign-ins per account name, known or not, so that both answer alike.
CREATE TABLE sign_in_failures (
    account_hash TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    wait_until_ms INTEGER NOT NULL,
    last_at_ms INTEGER NOT NULL
) STRICT;

-- Only the SHA-256 of a session's id is kept: whoever reads the database cannot sign in with it.
CREATE TABLE sessions (
    id_hash TEXT NOT NULL PRIMARY KEY,
    person_id TEXT REFERENCES people (id),
    data TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms);

CREATE TABLE setup_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER
) STRICT;

-- A refused form waits here, sealed, for the page that shows it again.
CREATE TABLE refused_forms (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX refused_forms_by_age ON refused_forms (created_at_ms);

-- Provider accounts. Credentials are sealed; the hint is the last four characters.
CREATE TABLE connections (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL CHECK (provider IN ('kryptogo', 'solaris', 'camara', 'zignsec')),
    name TEXT NOT NULL UNIQUE,
    base_url TEXT NOT NULL,
    token_url TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    allow_private INTEGER NOT NULL CHECK (allow_private IN (0, 1)),
    options TEXT NOT NULL,
    callback_token_hash TEXT NOT NULL UNIQUE,
    callback_token_sealed BLOB NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE credentials (
    connection_id TEXT NOT NULL REFERENCES connections (id),
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    hint TEXT NOT NULL,
    replaced_at_ms INTEGER NOT NULL,
    replaced_by TEXT NOT NULL,
    PRIMARY KEY (connection_id, name)
) STRICT;

CREATE TABLE customers (
    id TEXT NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL CHECK (subject IN ('person', 'company')),
    name TEXT NOT NULL,
    birth_date TEXT,
    country TEXT,
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX customers_by_age ON customers (created_at_ms, id);

-- The key that a customer's evidence is sealed with. Deleting the row makes the evidence unreadable for good.
CREATE TABLE customer_keys (
    customer_id TEXT NOT NULL PRIMARY KEY REFERENCES customers (id),
    sealed BLOB NOT NULL
) STRICT;

-- Search: every ending of every folded word (docs/decisions/0005-search.md).
CREATE TABLE customer_endings (
    ending TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    PRIMARY KEY (ending, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_endings_by_customer ON customer_endings (customer_id);

CREATE TABLE checks (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    connection_id TEXT NOT NULL REFERENCES connections (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'queued', 'running', 'to_review', 'proposed', 'accepted', 'rejected', 'failed', 'withdrawn')),
    -- Counts every change that a decision must not overlook.
    version INTEGER NOT NULL,
    -- The moment of the last change of any kind, for pages that refresh themselves.
    touched_at_ms INTEGER NOT NULL,
    risk_score INTEGER NOT NULL,
    -- The provider's own words: its id for the task, its state, its progress in percent.
    provider_ref TEXT,
    provider_state TEXT,
    progress INTEGER NOT NULL,
    request TEXT NOT NULL,
    launched_by TEXT REFERENCES people (id),
    launched_at_ms INTEGER NOT NULL,
    outcome_at_ms INTEGER,
    decided_at_ms INTEGER,
    due_from_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    assignee_id TEXT REFERENCES people (id),
    claimed_by TEXT REFERENCES people (id),
    claim_until_ms INTEGER NOT NULL,
    telling TEXT NOT NULL CHECK (telling IN ('none', 'due', 'applied', 'unconfirmed', 'conflict', 'dead')),
    -- What went wrong, in words, when something did.
    trouble TEXT,
    relaunch_of TEXT REFERENCES checks (id),
    -- When to read the provider's state again; 253402300799000 is never.
    poll_at_ms INTEGER NOT NULL,
    polls_failed INTEGER NOT NULL,
    poll_fence INTEGER NOT NULL
) STRICT;
CREATE INDEX checks_by_due ON checks (state, due_at_ms, id);
CREATE INDEX checks_by_risk ON checks (state, risk_score, id);
CREATE INDEX checks_by_launch ON checks (state, launched_at_ms, id);
CREATE INDEX checks_all_by_due ON checks (due_at_ms, id);
CREATE INDEX checks_all_by_risk ON checks (risk_score, id);
CREATE INDEX checks_all_by_launch ON checks (launched_at_ms, id);
CREATE INDEX checks_by_customer ON checks (customer_id, launched_at_ms);
CREATE INDEX checks_by_assignee ON checks (assignee_id, state, due_at_ms, id);
CREATE INDEX checks_by_poll ON checks (poll_at_ms) WHERE poll_at_ms < 253402300799000;
CREATE INDEX checks_by_provider_ref ON checks (connection_id, provider_ref);
CREATE INDEX checks_in_trouble ON checks (telling, due_at_ms, id) WHERE telling IN ('unconfirmed', 'conflict', 'dead');

-- Provider bodies byte for byte, sealed with the customer's key, named by the SHA-256 of the bytes as received.
CREATE TABLE evidence (
    id TEXT NOT NULL PRIMARY KEY,
    check_id TEXT NOT NULL REFERENCES checks (id),
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL,
    UNIQUE (check_id, source, sha256)
) STRICT;

CREATE TABLE findings (
    id TEXT NOT NULL PRIMARY KEY,
    check_id TEXT NOT NULL REFERENCES checks (id),
    source TEXT NOT NULL,
    -- The provider's name of the source, as it came.
    source_name TEXT NOT NULL,
    position INTEGER NOT NULL,
    -- SHA-256 of what the provider said, so that reading the same outcome again keeps the judgements.
    fingerprint TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT,
    snippet TEXT,
    dated TEXT,
    score INTEGER,
    compared TEXT NOT NULL,
    facts TEXT NOT NULL,
    judgement TEXT NOT NULL CHECK (judgement IN ('relevant', 'false_positive', 'undecided')),
    note TEXT,
    judged_by TEXT REFERENCES people (id),
    judged_at_ms INTEGER,
    UNIQUE (check_id, fingerprint)
) STRICT;

-- Each decision as it was made; never changed. The id is made by the page, so that sending it twice is harmless.
CREATE TABLE decisions (
    id TEXT NOT NULL PRIMARY KEY,
    check_id TEXT NOT NULL REFERENCES checks (id),
    round INTEGER NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('decision', 'proposal', 'approval', 'sent_back', 'overturn')),
    outcome TEXT NOT NULL CHECK (outcome IN ('accept', 'reject')),
    reason TEXT NOT NULL,
    comment TEXT NOT NULL,
    decided_by TEXT NOT NULL REFERENCES people (id),
    decided_at_ms INTEGER NOT NULL,
    about TEXT REFERENCES decisions (id),
    -- What the reviewer saw: evidence hashes, findings and judgements, the check's version.
    seen TEXT NOT NULL,
    UNIQUE (check_id, round)
) STRICT;
CREATE INDEX decisions_by_time ON decisions (decided_at_ms, id);

CREATE TABLE comments (
    id TEXT NOT NULL PRIMARY KEY,
    check_id TEXT NOT NULL REFERENCES checks (id),
    author_id TEXT NOT NULL REFERENCES people (id),
    body TEXT NOT NULL,
    written_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX comments_by_check ON comments (check_id, written_at_ms);

CREATE TABLE metadata (
    check_id TEXT NOT NULL REFERENCES checks (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (check_id, name)
) STRICT;

-- The outbox: what we owe a provider.
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL CHECK (task IN ('create_check', 'tell_decision', 'put_metadata')),
    check_id TEXT NOT NULL REFERENCES checks (id),
    decision_id TEXT REFERENCES decisions (id),
    connection_id TEXT NOT NULL REFERENCES connections (id),
    state TEXT NOT NULL CHECK (state IN ('due', 'unknown', 'done', 'conflict', 'dead', 'dropped')),
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    last_error TEXT,
    created_at_ms INTEGER NOT NULL,
    done_at_ms INTEGER
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_at_ms) WHERE state IN ('due', 'unknown');
CREATE INDEX deliveries_by_check ON deliveries (check_id);
CREATE INDEX deliveries_by_state ON deliveries (state, created_at_ms);

CREATE TABLE attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id),
    number INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    result TEXT,
    detail TEXT,
    PRIMARY KEY (delivery_id, number)
) STRICT;

-- The inbox: what providers sent us, verbatim and sealed; the state of the work on it is kept beside it.
CREATE TABLE callbacks (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    check_hint TEXT,
    event_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    size INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    UNIQUE (connection_id, event_id)
) STRICT;

CREATE TABLE callback_work (
    callback_id TEXT NOT NULL PRIMARY KEY REFERENCES callbacks (id),
    state TEXT NOT NULL CHECK (state IN ('due', 'done', 'parked')),
    attempts INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    note TEXT
) STRICT;
CREATE INDEX callback_work_due ON callback_work (next_at_ms) WHERE state = 'due';

-- The journal: one hash chain over commitments. The details stand beside it, so erasing them keeps the chain valid.
CREATE TABLE journal (
    seq INTEGER NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    commitment BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX journal_by_subject ON journal (subject_id, seq);
CREATE INDEX journal_by_actor ON journal (actor, seq);
CREATE INDEX journal_by_action ON journal (action, seq);

CREATE TABLE journal_details (
    seq INTEGER NOT NULL PRIMARY KEY REFERENCES journal (seq),
    salt BLOB NOT NULL,
    details TEXT NOT NULL
) STRICT;

-- What was recorded stays as it was. REPLACE is refused too, because recursive_triggers is on for every connection.
CREATE TRIGGER decisions_refuse_update BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER decisions_refuse_delete BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER journal_refuse_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
CREATE TRIGGER journal_refuse_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
CREATE TRIGGER evidence_refuse_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_refuse_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER callbacks_refuse_update BEFORE UPDATE ON callbacks BEGIN SELECT RAISE(ABORT, 'callbacks is append-only'); END;
CREATE TRIGGER callbacks_refuse_delete BEFORE DELETE ON callbacks BEGIN SELECT RAISE(ABORT, 'callbacks is append-only'); END;
CREATE TRIGGER journal_details_refuse_update BEFORE UPDATE ON journal_details BEGIN SELECT RAISE(ABORT, 'journal_details is append-only'); END;
