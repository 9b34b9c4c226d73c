-- Nothing that stands in clear can be found by trying values (docs/decisions/0012-nothing-to-try.md).

-- Evidence is named by a hash that only its customer's key can make. SHA-256 and size of the bytes are sealed in `about`, and
-- `size` is 0.
ALTER TABLE evidence RENAME COLUMN sha256 TO name;
ALTER TABLE evidence ADD COLUMN about BLOB;
-- What a decision saw is sealed with the customer's key, and `seen` is empty.
ALTER TABLE decisions ADD COLUMN seen_sealed BLOB;
-- Salt and details of old entries that hold a plaintext's hash, sealed; then `salt` and `details` are empty.
ALTER TABLE journal_details ADD COLUMN sealed BLOB;
ALTER TABLE callback_arrivals DROP COLUMN sha256;
-- Findings of a due diligence are written once: nobody compares these again.
UPDATE findings SET fingerprint = id WHERE check_id IN (SELECT id FROM checks WHERE kind IN ('dd_kyc', 'dd_kyb'));

-- How far the program is that rewrites old rows, which takes keys. Once it is through, nothing is rewritten any more.
CREATE TABLE resealing (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    -- Callbacks up to this one, and entries of the journal up to this number, are rewritten.
    callback_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    ended_at_ms INTEGER
) STRICT;
INSERT INTO resealing (id, callback_id, seq, ended_at_ms)
SELECT 1, '', 0, CASE WHEN EXISTS (SELECT 1 FROM journal) OR EXISTS (SELECT 1 FROM evidence) OR EXISTS (SELECT 1 FROM decisions)
    OR EXISTS (SELECT 1 FROM callbacks) OR EXISTS (SELECT 1 FROM callback_arrivals) THEN NULL ELSE 0 END;
CREATE TRIGGER resealing_refuse_again BEFORE INSERT ON resealing WHEN EXISTS (SELECT 1 FROM resealing)
BEGIN SELECT RAISE(ABORT, 'resealing is append-only'); END;
CREATE TRIGGER resealing_refuse_update BEFORE UPDATE ON resealing WHEN OLD.ended_at_ms IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'resealing is append-only'); END;
CREATE TRIGGER resealing_refuse_delete BEFORE DELETE ON resealing
BEGIN SELECT RAISE(ABORT, 'resealing is append-only'); END;

-- For whose erasure the details of the entries about what, up to which one, were deleted; recorded before they are.
CREATE TABLE erasures (
    subject_id TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    -- Entries that are made later keep their details.
    until_seq INTEGER NOT NULL,
    recorded_at_ms INTEGER NOT NULL,
    PRIMARY KEY (subject_id, customer_id, until_seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER erasures_refuse_update BEFORE UPDATE ON erasures BEGIN SELECT RAISE(ABORT, 'erasures is append-only'); END;
CREATE TRIGGER erasures_refuse_delete BEFORE DELETE ON erasures BEGIN SELECT RAISE(ABORT, 'erasures is append-only'); END;

-- A key that is there is not written again. Without recursive_triggers, as on a connection of somebody else's, REPLACE deletes
-- without a trigger for it; these come before. What our own program may send twice is left as it is.
CREATE TRIGGER erasures_refuse_again BEFORE INSERT ON erasures
WHEN EXISTS (SELECT 1 FROM erasures WHERE subject_id = NEW.subject_id AND customer_id = NEW.customer_id AND until_seq = NEW.until_seq)
BEGIN SELECT RAISE(ABORT, 'erasures is append-only'); END;
CREATE TRIGGER decisions_refuse_again BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM decisions WHERE check_id = NEW.check_id AND round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER journal_refuse_again BEFORE INSERT ON journal WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
CREATE TRIGGER journal_details_refuse_again BEFORE INSERT ON journal_details
WHEN EXISTS (SELECT 1 FROM journal_details WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'journal_details is append-only'); END;
CREATE TRIGGER evidence_refuse_again BEFORE INSERT ON evidence BEGIN
    SELECT RAISE(ABORT, 'evidence is append-only')
    WHERE EXISTS (SELECT 1 FROM evidence WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM evidence WHERE object = NEW.object);
    SELECT RAISE(IGNORE)
    WHERE EXISTS (SELECT 1 FROM evidence WHERE check_id = NEW.check_id AND source = NEW.source AND name = NEW.name);
END;
CREATE TRIGGER callbacks_refuse_again BEFORE INSERT ON callbacks BEGIN
    SELECT RAISE(ABORT, 'callbacks is append-only') WHERE EXISTS (SELECT 1 FROM callbacks WHERE id = NEW.id);
    SELECT RAISE(IGNORE) WHERE EXISTS (SELECT 1 FROM callbacks WHERE connection_id = NEW.connection_id AND event_id = NEW.event_id);
END;
CREATE TRIGGER callback_arrivals_refuse_again BEFORE INSERT ON callback_arrivals
WHEN EXISTS (SELECT 1 FROM callback_arrivals WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'callback_arrivals is append-only'); END;

-- Details go with an erasure that is recorded, and not else.
CREATE TRIGGER journal_details_refuse_delete BEFORE DELETE ON journal_details
WHEN NOT EXISTS (SELECT 1 FROM journal j JOIN erasures e ON e.subject_id = j.subject_id AND e.until_seq >= j.seq WHERE j.seq = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'journal_details is append-only'); END;

-- While old rows are rewritten, each may be sealed once, and nothing else of it may change.
DROP TRIGGER decisions_refuse_update;
CREATE TRIGGER decisions_refuse_update BEFORE UPDATE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL) OR OLD.seen = '' OR NEW.seen <> '' OR NEW.seen_sealed IS NULL
    OR (NEW.id, NEW.check_id, NEW.round, NEW.step, NEW.outcome, NEW.reason, NEW.comment, NEW.decided_by, NEW.decided_at_ms, NEW.about)
    IS NOT (OLD.id, OLD.check_id, OLD.round, OLD.step, OLD.outcome, OLD.reason, OLD.comment, OLD.decided_by, OLD.decided_at_ms, OLD.about)
BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
DROP TRIGGER evidence_refuse_update;
CREATE TRIGGER evidence_refuse_update BEFORE UPDATE ON evidence
WHEN NOT EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL) OR OLD.about IS NOT NULL OR NEW.about IS NULL OR NEW.size <> 0
    OR (NEW.id, NEW.check_id, NEW.source, NEW.content_type, NEW.received_at_ms, NEW.object, NEW.object_sha256)
    IS NOT (OLD.id, OLD.check_id, OLD.source, OLD.content_type, OLD.received_at_ms, OLD.object, OLD.object_sha256)
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
DROP TRIGGER callbacks_refuse_update;
CREATE TRIGGER callbacks_refuse_update BEFORE UPDATE ON callbacks
WHEN NOT EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL AND OLD.id > callback_id)
    OR (NEW.id, NEW.connection_id, NEW.check_hint, NEW.sealed, NEW.size, NEW.received_at_ms, NEW.event_type, NEW.entity_id)
    IS NOT (OLD.id, OLD.connection_id, OLD.check_hint, OLD.sealed, OLD.size, OLD.received_at_ms, OLD.event_type, OLD.entity_id)
BEGIN SELECT RAISE(ABORT, 'callbacks is append-only'); END;
DROP TRIGGER callback_arrivals_refuse_update;
CREATE TRIGGER callback_arrivals_refuse_update BEFORE UPDATE ON callback_arrivals
WHEN NOT EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL)
    OR (NEW.seq, NEW.id, NEW.connection_id, NEW.check_hint, NEW.event_type, NEW.entity_id, NEW.sealed, NEW.size, NEW.request_id, NEW.received_at_ms)
    IS NOT (OLD.seq, OLD.id, OLD.connection_id, OLD.check_hint, OLD.event_type, OLD.entity_id, OLD.sealed, OLD.size, OLD.request_id, OLD.received_at_ms)
BEGIN SELECT RAISE(ABORT, 'callback_arrivals is append-only'); END;
DROP TRIGGER journal_details_refuse_update;
CREATE TRIGGER journal_details_refuse_update BEFORE UPDATE ON journal_details
WHEN NOT EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL AND OLD.seq > seq) OR NEW.seq <> OLD.seq
    OR OLD.sealed IS NOT NULL OR NEW.sealed IS NULL OR NEW.salt <> x'' OR NEW.details <> ''
BEGIN SELECT RAISE(ABORT, 'journal_details is append-only'); END;
