-- The check that another one follows from: the due diligence after an accepted ID verification.
ALTER TABLE checks ADD COLUMN from_check TEXT REFERENCES checks (id);
CREATE INDEX checks_by_origin ON checks (from_check) WHERE from_check IS NOT NULL;

-- Which pictures a check has, and how each stands. The bytes as received are evidence.
CREATE TABLE pictures (
    check_id TEXT NOT NULL REFERENCES checks (id),
    slot TEXT NOT NULL CHECK (slot IN ('front', 'back', 'face', 'face_with_id')),
    -- Uploaded here, or fetched from the provider.
    origin TEXT NOT NULL CHECK (origin IN ('uploaded', 'provider')),
    state TEXT NOT NULL CHECK (state IN ('due', 'kept', 'gone', 'failed')),
    evidence_id TEXT REFERENCES evidence (id),
    format TEXT,
    -- In pixels.
    width INTEGER,
    height INTEGER,
    bytes INTEGER,
    -- Why it could not be had, in words.
    why TEXT,
    tries INTEGER NOT NULL,
    PRIMARY KEY (check_id, slot, origin)
) STRICT;

-- What browsers get: re-encoded without metadata, sealed with the customer's key. Can be made again from the evidence.
CREATE TABLE renditions (
    evidence_id TEXT NOT NULL PRIMARY KEY REFERENCES evidence (id),
    content_type TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- What a person is shown once: the customer's link, the token for the mobile SDK. The sealed text goes when it was shown.
CREATE TABLE handouts (
    check_id TEXT NOT NULL PRIMARY KEY REFERENCES checks (id),
    kind TEXT NOT NULL CHECK (kind IN ('link', 'token')),
    sealed BLOB,
    made_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    shown_at_ms INTEGER,
    shown_by TEXT REFERENCES people (id)
) STRICT;

-- Pictures of a refused form wait here, sealed, so that nobody has to choose them again.
CREATE TABLE kept_uploads (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    slot TEXT NOT NULL,
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_uploads_by_age ON kept_uploads (created_at_ms);
