-- Persons whom we made at Solaris, one for each customer and connection. Without provider_ref, a launch is making them.
CREATE TABLE provider_persons (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    -- The check that made them; changes of the person are sent in its name.
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    provider_ref TEXT COLLATE "C",
    -- What the provider last said of them, sealed with the customer's key.
    sealed BYTEA,
    -- Days, as the provider writes them.
    aml_follow_up_date TEXT COLLATE "C",
    aml_confirmed_on TEXT COLLATE "C",
    -- How a change stands that somebody sent: what was typed, sealed; and what came of it.
    change_sealed BYTEA,
    change_state TEXT COLLATE "C" CHECK (change_state IN ('sending', 'done', 'refused', 'authorise')),
    complaints TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    read_at_ms BIGINT,
    erased_at_ms BIGINT,
    made_at_ms BIGINT NOT NULL,
    UNIQUE (connection_id, customer_id),
    UNIQUE (connection_id, provider_ref)
);
CREATE INDEX provider_persons_by_customer ON provider_persons (customer_id);

-- How a video identification stands; the provider's id of it is the check's provider_ref.
CREATE TABLE video_sessions (
    check_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES checks (id),
    person_id TEXT COLLATE "C" REFERENCES provider_persons (id),
    -- What is on its way to the provider; nothing while the next step waits for a person.
    sending TEXT COLLATE "C" CHECK (sending IN ('person', 'identification', 'session')),
    -- The evidence with the person as typed last.
    question_id TEXT COLLATE "C" REFERENCES evidence (id),
    -- The second step as typed, JSON.
    identification TEXT COLLATE "C",
    -- What the provider blamed in the step that it refused, JSON.
    complaints TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    -- What the customer may show, JSON; read before the session is requested.
    supported TEXT COLLATE "C",
    -- The customer's address and the reference, sealed with the customer's key.
    sealed BYTEA,
    requested_at_ms BIGINT,
    -- Seconds, as the provider estimated them.
    waiting_s BIGINT,
    -- The provider's states with their moments, the oldest first, JSON.
    history TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    alarm TEXT COLLATE "C",
    alarm_at_ms BIGINT,
    alarm_settled_at_ms BIGINT,
    alarm_settled_by TEXT COLLATE "C" REFERENCES people (id)
);
CREATE INDEX video_sessions_by_person ON video_sessions (person_id);
CREATE INDEX video_sessions_alarmed ON video_sessions (alarm_at_ms) WHERE alarm IS NOT NULL AND alarm_settled_at_ms IS NULL;

-- Documents of an identification or its person. The bytes as received are evidence.
CREATE TABLE provider_documents (
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    provider_ref TEXT COLLATE "C" NOT NULL,
    -- Where the provider keeps it.
    place TEXT COLLATE "C" NOT NULL CHECK (place IN ('identification', 'person')),
    -- Uploaded here, or made by the provider.
    origin TEXT COLLATE "C" NOT NULL CHECK (origin IN ('uploaded', 'provider')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('due', 'kept', 'gone', 'failed')),
    name TEXT COLLATE "C" NOT NULL,
    document_type TEXT COLLATE "C",
    content_type TEXT COLLATE "C",
    -- Bytes, as the provider says.
    size BIGINT,
    evidence_id TEXT COLLATE "C" REFERENCES evidence (id),
    -- Why it could not be had, in words.
    why TEXT COLLATE "C",
    tries BIGINT NOT NULL,
    listed_at_ms BIGINT NOT NULL,
    PRIMARY KEY (check_id, provider_ref)
);

-- What Solaris was asked to tell us of. The secret came once, and is sealed.
CREATE TABLE webhooks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    event_type TEXT COLLATE "C" NOT NULL,
    provider_ref TEXT COLLATE "C" NOT NULL,
    secret_sealed BYTEA,
    made_at_ms BIGINT NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    UNIQUE (connection_id, provider_ref)
);

-- What a signed callback is about; nothing for others.
ALTER TABLE callbacks ADD COLUMN event_type TEXT COLLATE "C";
ALTER TABLE callbacks ADD COLUMN entity_id TEXT COLLATE "C";
