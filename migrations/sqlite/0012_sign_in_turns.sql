-- Tries at a password, counted before the password is looked at. A key is the hash of what is tried from where; it names nobody.
CREATE TABLE sign_in_turns (
    key_hash TEXT NOT NULL PRIMARY KEY,
    tries INTEGER NOT NULL,
    wait_until_ms INTEGER NOT NULL,
    last_at_ms INTEGER NOT NULL
) STRICT;

-- Failed tries that wait for their entry in the journal: one a minute for each person, with a count. '' is whoever is nobody here.
CREATE TABLE failed_tries (
    action TEXT NOT NULL,
    person_id TEXT NOT NULL,
    tries INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (action, person_id)
) STRICT;

-- Browsers on which somebody signed in before. Only the SHA-256 of a browser's token is kept.
CREATE TABLE devices (
    token_hash TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    made_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (token_hash, person_id)
) STRICT;
CREATE INDEX devices_by_person ON devices (person_id, used_at_ms);

-- Turns take its place. Programs of before still write to it while instances are restarted one after the other.
DELETE FROM sign_in_failures;
-- What strangers typed is not kept any more.
DELETE FROM refused_forms WHERE owner = '';
