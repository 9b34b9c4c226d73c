-- Persons whom we made at Solaris, one for each customer and connection. Without provider_ref, a launch is making them.
CREATE TABLE provider_persons (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    -- The check that made them; changes of the person are sent in its name.
    check_id TEXT NOT NULL REFERENCES checks (id),
    provider_ref TEXT,
    -- What the provider last said of them, sealed with the customer's key.
    sealed BLOB,
    -- Days, as the provider writes them.
    aml_follow_up_date TEXT,
    aml_confirmed_on TEXT,
    -- How a change stands that somebody sent: what was typed, sealed; and what came of it.
    change_sealed BLOB,
    change_state TEXT CHECK (change_state IN ('sending', 'done', 'refused', 'authorise')),
    complaints TEXT NOT NULL DEFAULT '[]',
    read_at_ms INTEGER,
    erased_at_ms INTEGER,
    made_at_ms INTEGER NOT NULL,
    UNIQUE (connection_id, customer_id),
    UNIQUE (connection_id, provider_ref)
) STRICT;
CREATE INDEX provider_persons_by_customer ON provider_persons (customer_id);

-- How a video identification stands; the provider's id of it is the check's provider_ref.
CREATE TABLE video_sessions (
    check_id TEXT NOT NULL PRIMARY KEY REFERENCES checks (id),
    person_id TEXT REFERENCES provider_persons (id),
    -- What is on its way to the provider; nothing while the next step waits for a person.
    sending TEXT CHECK (sending IN ('person', 'identification', 'session')),
    -- The evidence with the person as typed last.
    question_id TEXT REFERENCES evidence (id),
    -- The second step as typed, JSON.
    identification TEXT,
    -- What the provider blamed in the step that it refused, JSON.
    complaints TEXT NOT NULL DEFAULT '[]',
    -- What the customer may show, JSON; read before the session is requested.
    supported TEXT,
    -- The customer's address and the reference, sealed with the customer's key.
    sealed BLOB,
    requested_at_ms INTEGER,
    -- Seconds, as the provider estimated them.
    waiting_s INTEGER,
    -- The provider's states with their moments, the oldest first, JSON.
    history TEXT NOT NULL DEFAULT '[]',
    alarm TEXT,
    alarm_at_ms INTEGER,
    alarm_settled_at_ms INTEGER,
    alarm_settled_by TEXT REFERENCES people (id)
) STRICT;
CREATE INDEX video_sessions_by_person ON video_sessions (person_id);
CREATE INDEX video_sessions_alarmed ON video_sessions (alarm_at_ms) WHERE alarm IS NOT NULL AND alarm_settled_at_ms IS NULL;

-- Documents of an identification or its person. The bytes as received are evidence.
CREATE TABLE provider_documents (
    check_id TEXT NOT NULL REFERENCES checks (id),
    provider_ref TEXT NOT NULL,
    -- Where the provider keeps it.
    place TEXT NOT NULL CHECK (place IN ('identification', 'person')),
    -- Uploaded here, or made by the provider.
    origin TEXT NOT NULL CHECK (origin IN ('uploaded', 'provider')),
    state TEXT NOT NULL CHECK (state IN ('due', 'kept', 'gone', 'failed')),
    name TEXT NOT NULL,
    document_type TEXT,
    content_type TEXT,
    -- Bytes, as the provider says.
    size INTEGER,
    evidence_id TEXT REFERENCES evidence (id),
    -- Why it could not be had, in words.
    why TEXT,
    tries INTEGER NOT NULL,
    listed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (check_id, provider_ref)
) STRICT;

-- What Solaris was asked to tell us of. The secret came once, and is sealed.
CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    event_type TEXT NOT NULL,
    provider_ref TEXT NOT NULL,
    secret_sealed BLOB,
    made_at_ms INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    UNIQUE (connection_id, provider_ref)
) STRICT;

-- What a signed callback is about; nothing for others.
ALTER TABLE callbacks ADD COLUMN event_type TEXT;
ALTER TABLE callbacks ADD COLUMN entity_id TEXT;
