-- What each entry of the journal commits to, row by row (docs/decisions/0013-rows-are-committed-to.md). The entry's own commitment
-- ends with a hash of all of them.
CREATE TABLE commitments (
    seq INTEGER NOT NULL REFERENCES journal (seq),
    n INTEGER NOT NULL,
    -- Which columns of which table, as the program lists them.
    part TEXT NOT NULL,
    row_id TEXT NOT NULL,
    mac BLOB NOT NULL,
    -- Without it the commitment says nothing; it goes when a later one takes its place.
    salt BLOB,
    PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX commitments_by_row ON commitments (part, row_id, seq);
CREATE TRIGGER commitments_refuse_again BEFORE INSERT ON commitments
WHEN EXISTS (SELECT 1 FROM commitments WHERE seq = NEW.seq AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'commitments is append-only'); END;
CREATE TRIGGER commitments_refuse_update BEFORE UPDATE ON commitments
WHEN NEW.salt IS NOT NULL OR (NEW.seq, NEW.n, NEW.part, NEW.row_id, NEW.mac) IS NOT (OLD.seq, OLD.n, OLD.part, OLD.row_id, OLD.mac)
    OR NOT EXISTS (SELECT 1 FROM commitments WHERE part = OLD.part AND row_id = OLD.row_id AND seq > OLD.seq)
BEGIN SELECT RAISE(ABORT, 'commitments is append-only'); END;
CREATE TRIGGER commitments_refuse_delete BEFORE DELETE ON commitments
BEGIN SELECT RAISE(ABORT, 'commitments is append-only'); END;

-- Details that were erased before erasures were recorded.
CREATE TABLE details_gone (
    seq INTEGER NOT NULL PRIMARY KEY REFERENCES journal (seq)
) STRICT;
INSERT INTO details_gone (seq)
SELECT j.seq FROM journal j WHERE NOT EXISTS (SELECT 1 FROM journal_details d WHERE d.seq = j.seq)
    AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.subject_id = j.subject_id AND e.until_seq >= j.seq);
CREATE TRIGGER details_gone_refuse_insert BEFORE INSERT ON details_gone
BEGIN SELECT RAISE(ABORT, 'details_gone is append-only'); END;
CREATE TRIGGER details_gone_refuse_update BEFORE UPDATE ON details_gone
BEGIN SELECT RAISE(ABORT, 'details_gone is append-only'); END;
CREATE TRIGGER details_gone_refuse_delete BEFORE DELETE ON details_gone
BEGIN SELECT RAISE(ABORT, 'details_gone is append-only'); END;

-- Nobody records an erasure of entries that are yet to come.
CREATE TRIGGER erasures_refuse_ahead BEFORE INSERT ON erasures
WHEN NEW.until_seq > (SELECT COALESCE(MAX(seq), 0) FROM journal)
BEGIN SELECT RAISE(ABORT, 'erasures is append-only'); END;
-- Nor one of a customer whose key is there, or of what belongs to nobody who was erased.
CREATE TRIGGER erasures_refuse_others BEFORE INSERT ON erasures
WHEN EXISTS (SELECT 1 FROM customer_keys WHERE customer_id = NEW.customer_id)
    OR EXISTS (SELECT 1 FROM customers WHERE id = NEW.subject_id AND id <> NEW.customer_id)
    OR EXISTS (SELECT 1 FROM checks WHERE id = NEW.subject_id AND customer_id <> NEW.customer_id)
    OR EXISTS (SELECT 1 FROM deliveries d JOIN checks k ON k.id = d.check_id WHERE d.id = NEW.subject_id AND k.customer_id <> NEW.customer_id)
    OR EXISTS (SELECT 1 FROM journal WHERE subject_id = NEW.subject_id AND subject NOT IN ('check', 'customer', 'delivery', 'callback', 'link', 'view', 'batch'))
BEGIN SELECT RAISE(ABORT, 'an erasure is of a customer whose key is gone, and of what is theirs'); END;
-- Rows that have no id of their own are found by what names them.
CREATE INDEX erasures_by_name ON erasures (subject_id || '/' || customer_id || '/' || CAST(until_seq AS TEXT));
CREATE INDEX credentials_by_full_name ON credentials (connection_id || '/' || name);
CREATE INDEX pictures_by_full_name ON pictures (check_id || '/' || slot || '/' || origin);
CREATE INDEX details_gone_by_name ON details_gone (CAST(seq AS TEXT));

-- What inspections found, without the one that is under way: what the journal commits to of them.
CREATE VIEW inspections_ended AS
SELECT id, begun_at_ms, ended_at_ms, entries, head, evidence, others, missed, faults, named FROM inspections WHERE ended_at_ms IS NOT NULL;

-- What verifications found, and who asked for them.
CREATE TABLE verifications (
    id TEXT NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    -- A person, or the command line.
    by_id TEXT NOT NULL,
    entries INTEGER NOT NULL,
    erased INTEGER NOT NULL,
    held INTEGER NOT NULL,
    -- The hash of the last entry; empty when something is wrong.
    head TEXT NOT NULL,
    -- Where the first fault is, and what it is.
    place TEXT,
    row_id TEXT,
    why TEXT
) STRICT;
CREATE INDEX verifications_by_time ON verifications (at_ms, id);
CREATE TRIGGER verifications_refuse_again BEFORE INSERT ON verifications WHEN EXISTS (SELECT 1 FROM verifications WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'verifications is append-only'); END;
CREATE TRIGGER verifications_refuse_update BEFORE UPDATE ON verifications
BEGIN SELECT RAISE(ABORT, 'verifications is append-only'); END;
CREATE TRIGGER verifications_refuse_delete BEFORE DELETE ON verifications
BEGIN SELECT RAISE(ABORT, 'verifications is append-only'); END;
