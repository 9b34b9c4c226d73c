-- People, and who is signed in. Moments are milliseconds in UTC, ids sort by time.
CREATE TABLE people (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('analyst', 'supervisor', 'admin')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'disabled')),
    password_hash TEXT COLLATE "C" NOT NULL,
    theme TEXT COLLATE "C" NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
    density TEXT COLLATE "C" NOT NULL DEFAULT 'compact' CHECK (density IN ('compact', 'comfortable')),
    created_at_ms BIGINT NOT NULL,
    signed_in_at_ms BIGINT
);

-- Failed sign-ins per account name, known or not, so that both answer alike.
CREATE TABLE sign_in_failures (
    account_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    wait_until_ms BIGINT NOT NULL,
    last_at_ms BIGINT NOT NULL
);

-- Only the SHA-256 of a session's id is kept: whoever reads the database cannot sign in with it.
CREATE TABLE sessions (
    id_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person_id TEXT COLLATE "C" REFERENCES people (id),
    data TEXT COLLATE "C" NOT NULL,
    created_at_ms BIGINT NOT NULL,
    seen_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms);

CREATE TABLE setup_tokens (
    token_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT
);

-- A refused form waits here, sealed, for the page that shows it again.
CREATE TABLE refused_forms (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL
);
CREATE INDEX refused_forms_by_age ON refused_forms (created_at_ms);

-- Provider accounts. Credentials are sealed; the hint is the last four characters.
CREATE TABLE connections (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider TEXT COLLATE "C" NOT NULL CHECK (provider IN ('kryptogo', 'solaris', 'camara', 'zignsec')),
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    base_url TEXT COLLATE "C" NOT NULL,
    token_url TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'disabled')),
    allow_private BIGINT NOT NULL CHECK (allow_private IN (0, 1)),
    options TEXT COLLATE "C" NOT NULL,
    callback_token_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    callback_token_sealed BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL
);

CREATE TABLE credentials (
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    name TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    hint TEXT COLLATE "C" NOT NULL,
    replaced_at_ms BIGINT NOT NULL,
    replaced_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (connection_id, name)
);

CREATE TABLE customers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    reference TEXT COLLATE "C" NOT NULL UNIQUE,
    subject TEXT COLLATE "C" NOT NULL CHECK (subject IN ('person', 'company')),
    name TEXT COLLATE "C" NOT NULL,
    birth_date TEXT COLLATE "C",
    country TEXT COLLATE "C",
    created_at_ms BIGINT NOT NULL
);
CREATE INDEX customers_by_age ON customers (created_at_ms, id);

-- The key that a customer's evidence is sealed with. Deleting the row makes the evidence unreadable for good.
CREATE TABLE customer_keys (
    customer_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES customers (id),
    sealed BYTEA NOT NULL
);

-- Search: every ending of every folded word (docs/decisions/0005-search.md).
CREATE TABLE customer_endings (
    ending TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    PRIMARY KEY (ending, customer_id)
);
CREATE INDEX customer_endings_by_customer ON customer_endings (customer_id);

CREATE TABLE checks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'queued', 'running', 'to_review', 'proposed', 'accepted', 'rejected', 'failed', 'withdrawn')),
    -- Counts every change that a decision must not overlook.
    version BIGINT NOT NULL,
    -- The moment of the last change of any kind, for pages that refresh themselves.
    touched_at_ms BIGINT NOT NULL,
    risk_score BIGINT NOT NULL,
    -- The provider's own words: its id for the task, its state, its progress in percent.
    provider_ref TEXT COLLATE "C",
    provider_state TEXT COLLATE "C",
    progress BIGINT NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    launched_by TEXT COLLATE "C" REFERENCES people (id),
    launched_at_ms BIGINT NOT NULL,
    outcome_at_ms BIGINT,
    decided_at_ms BIGINT,
    due_from_ms BIGINT NOT NULL,
    due_at_ms BIGINT NOT NULL,
    assignee_id TEXT COLLATE "C" REFERENCES people (id),
    claimed_by TEXT COLLATE "C" REFERENCES people (id),
    claim_until_ms BIGINT NOT NULL,
    telling TEXT COLLATE "C" NOT NULL CHECK (telling IN ('none', 'due', 'applied', 'unconfirmed', 'conflict', 'dead')),
    -- What went wrong, in words, when something did.
    trouble TEXT COLLATE "C",
    relaunch_of TEXT COLLATE "C" REFERENCES checks (id),
    -- When to read the provider's state again; 253402300799000 is never.
    poll_at_ms BIGINT NOT NULL,
    polls_failed BIGINT NOT NULL,
    poll_fence BIGINT NOT NULL
);
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
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    source TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    content_type TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    received_at_ms BIGINT NOT NULL,
    UNIQUE (check_id, source, sha256)
);

CREATE TABLE findings (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    source TEXT COLLATE "C" NOT NULL,
    -- The provider's name of the source, as it came.
    source_name TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    -- SHA-256 of what the provider said, so that reading the same outcome again keeps the judgements.
    fingerprint TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C",
    snippet TEXT COLLATE "C",
    dated TEXT COLLATE "C",
    score BIGINT,
    compared TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    judgement TEXT COLLATE "C" NOT NULL CHECK (judgement IN ('relevant', 'false_positive', 'undecided')),
    note TEXT COLLATE "C",
    judged_by TEXT COLLATE "C" REFERENCES people (id),
    judged_at_ms BIGINT,
    UNIQUE (check_id, fingerprint)
);

-- Each decision as it was made; never changed. The id is made by the page, so that sending it twice is harmless.
CREATE TABLE decisions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    round BIGINT NOT NULL,
    step TEXT COLLATE "C" NOT NULL CHECK (step IN ('decision', 'proposal', 'approval', 'sent_back', 'overturn')),
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('accept', 'reject')),
    reason TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    decided_at_ms BIGINT NOT NULL,
    about TEXT COLLATE "C" REFERENCES decisions (id),
    -- What the reviewer saw: evidence hashes, findings and judgements, the check's version.
    seen TEXT COLLATE "C" NOT NULL,
    UNIQUE (check_id, round)
);
CREATE INDEX decisions_by_time ON decisions (decided_at_ms, id);

CREATE TABLE comments (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    author_id TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    body TEXT COLLATE "C" NOT NULL,
    written_at_ms BIGINT NOT NULL
);
CREATE INDEX comments_by_check ON comments (check_id, written_at_ms);

CREATE TABLE metadata (
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (check_id, name)
);

-- The outbox: what we owe a provider.
CREATE TABLE deliveries (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    task TEXT COLLATE "C" NOT NULL CHECK (task IN ('create_check', 'tell_decision', 'put_metadata')),
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    decision_id TEXT COLLATE "C" REFERENCES decisions (id),
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('due', 'unknown', 'done', 'conflict', 'dead', 'dropped')),
    payload TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_at_ms BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    last_error TEXT COLLATE "C",
    created_at_ms BIGINT NOT NULL,
    done_at_ms BIGINT
);
CREATE INDEX deliveries_due ON deliveries (next_at_ms) WHERE state IN ('due', 'unknown');
CREATE INDEX deliveries_by_check ON deliveries (check_id);
CREATE INDEX deliveries_by_state ON deliveries (state, created_at_ms);

CREATE TABLE attempts (
    delivery_id TEXT COLLATE "C" NOT NULL REFERENCES deliveries (id),
    number BIGINT NOT NULL,
    started_at_ms BIGINT NOT NULL,
    ended_at_ms BIGINT,
    result TEXT COLLATE "C",
    detail TEXT COLLATE "C",
    PRIMARY KEY (delivery_id, number)
);

-- The inbox: what providers sent us, verbatim and sealed; the state of the work on it is kept beside it.
CREATE TABLE callbacks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    check_hint TEXT COLLATE "C",
    event_id TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    size BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    UNIQUE (connection_id, event_id)
);

CREATE TABLE callback_work (
    callback_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES callbacks (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('due', 'done', 'parked')),
    attempts BIGINT NOT NULL,
    next_at_ms BIGINT NOT NULL,
    note TEXT COLLATE "C"
);
CREATE INDEX callback_work_due ON callback_work (next_at_ms) WHERE state = 'due';

-- The journal: one hash chain over commitments. The details stand beside it, so erasing them keeps the chain valid.
CREATE TABLE journal (
    seq BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    commitment BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX journal_by_subject ON journal (subject_id, seq);
CREATE INDEX journal_by_actor ON journal (actor, seq);
CREATE INDEX journal_by_action ON journal (action, seq);

CREATE TABLE journal_details (
    seq BIGINT NOT NULL PRIMARY KEY REFERENCES journal (seq),
    salt BYTEA NOT NULL,
    details TEXT COLLATE "C" NOT NULL
);

-- What was recorded stays as it was.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER decisions_refuse_change BEFORE UPDATE OR DELETE ON decisions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_refuse_truncate BEFORE TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_refuse_change BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_refuse_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_refuse_change BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_refuse_truncate BEFORE TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER callbacks_refuse_change BEFORE UPDATE OR DELETE ON callbacks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER callbacks_refuse_truncate BEFORE TRUNCATE ON callbacks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_details_refuse_update BEFORE UPDATE ON journal_details FOR EACH ROW EXECUTE FUNCTION refuse_change();
