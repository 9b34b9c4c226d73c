-- Tries at a password, counted before the password is looked at. A key is the hash of what is tried from where; it names nobody.
CREATE TABLE sign_in_turns (
    key_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tries BIGINT NOT NULL,
    wait_until_ms BIGINT NOT NULL,
    last_at_ms BIGINT NOT NULL
);

-- Failed tries that wait for their entry in the journal: one a minute for each person, with a count. '' is whoever is nobody here.
CREATE TABLE failed_tries (
    action TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL,
    tries BIGINT NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (action, person_id)
);

-- Browsers on which somebody signed in before. Only the SHA-256 of a browser's token is kept.
CREATE TABLE devices (
    token_hash TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL REFERENCES people (id),
    made_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT NOT NULL,
    PRIMARY KEY (token_hash, person_id)
);
CREATE INDEX devices_by_person ON devices (person_id, used_at_ms);

-- Turns take its place. Programs of before still write to it while instances are restarted one after the other.
DELETE FROM sign_in_failures;
-- What strangers typed is not kept any more.
DELETE FROM refused_forms WHERE owner = '';
