-- The check that another one follows from: the due diligence after an accepted ID verification.
ALTER TABLE checks ADD COLUMN from_check TEXT COLLATE "C" REFERENCES checks (id);
CREATE INDEX checks_by_origin ON checks (from_check) WHERE from_check IS NOT NULL;

-- Which pictures a check has, and how each stands. The bytes as received are evidence.
CREATE TABLE pictures (
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    slot TEXT COLLATE "C" NOT NULL CHECK (slot IN ('front', 'back', 'face', 'face_with_id')),
    -- Uploaded here, or fetched from the provider.
    origin TEXT COLLATE "C" NOT NULL CHECK (origin IN ('uploaded', 'provider')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('due', 'kept', 'gone', 'failed')),
    evidence_id TEXT COLLATE "C" REFERENCES evidence (id),
    format TEXT COLLATE "C",
    -- In pixels.
    width BIGINT,
    height BIGINT,
    bytes BIGINT,
    -- Why it could not be had, in words.
    why TEXT COLLATE "C",
    tries BIGINT NOT NULL,
    PRIMARY KEY (check_id, slot, origin)
);

-- What browsers get: re-encoded without metadata, sealed with the customer's key. Can be made again from the evidence.
CREATE TABLE renditions (
    evidence_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES evidence (id),
    content_type TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL
);

-- What a person is shown once: the customer's link, the token for the mobile SDK. The sealed text goes when it was shown.
CREATE TABLE handouts (
    check_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES checks (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('link', 'token')),
    sealed BYTEA,
    made_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT,
    shown_at_ms BIGINT,
    shown_by TEXT COLLATE "C" REFERENCES people (id)
);

-- Pictures of a refused form wait here, sealed, so that nobody has to choose them again.
CREATE TABLE kept_uploads (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    slot TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    format TEXT COLLATE "C" NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL
);
CREATE INDEX kept_uploads_by_age ON kept_uploads (created_at_ms);
