-- Nothing that stands in clear can be found by trying values (docs/decisions/0012-nothing-to-try.md).

-- Evidence is named by a hash that only its customer's key can make. SHA-256 and size of the bytes are sealed in `about`, and
-- `size` is 0.
ALTER TABLE evidence RENAME COLUMN sha256 TO name;
ALTER TABLE evidence ADD COLUMN about BYTEA;
-- What a decision saw is sealed with the customer's key, and `seen` is empty.
ALTER TABLE decisions ADD COLUMN seen_sealed BYTEA;
-- Salt and details of old entries that hold a plaintext's hash, sealed; then `salt` and `details` are empty.
ALTER TABLE journal_details ADD COLUMN sealed BYTEA;
ALTER TABLE callback_arrivals DROP COLUMN sha256;
-- Findings of a due diligence are written once: nobody compares these again.
UPDATE findings SET fingerprint = id WHERE check_id IN (SELECT id FROM checks WHERE kind IN ('dd_kyc', 'dd_kyb'));

-- How far the program is that rewrites old rows, which takes keys. Once it is through, nothing is rewritten any more.
CREATE TABLE resealing (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    -- Callbacks up to this one, and entries of the journal up to this number, are rewritten.
    callback_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    ended_at_ms BIGINT
);
INSERT INTO resealing (id, callback_id, seq, ended_at_ms)
SELECT 1, '', 0, CASE WHEN EXISTS (SELECT 1 FROM journal) OR EXISTS (SELECT 1 FROM evidence) OR EXISTS (SELECT 1 FROM decisions)
    OR EXISTS (SELECT 1 FROM callbacks) OR EXISTS (SELECT 1 FROM callback_arrivals) THEN NULL ELSE 0 END;
CREATE FUNCTION is_resealing() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL) $$;
CREATE TRIGGER resealing_refuse_update BEFORE UPDATE ON resealing FOR EACH ROW
WHEN (OLD.ended_at_ms IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER resealing_refuse_delete BEFORE DELETE ON resealing FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER resealing_refuse_truncate BEFORE TRUNCATE ON resealing FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For whose erasure the details of the entries about what, up to which one, were deleted; recorded before they are.
CREATE TABLE erasures (
    subject_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    -- Entries that are made later keep their details.
    until_seq BIGINT NOT NULL,
    recorded_at_ms BIGINT NOT NULL,
    PRIMARY KEY (subject_id, customer_id, until_seq)
);
CREATE TRIGGER erasures_refuse_change BEFORE UPDATE OR DELETE ON erasures FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER erasures_refuse_truncate BEFORE TRUNCATE ON erasures FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Details go with an erasure that is recorded, and not else.
CREATE FUNCTION refuse_to_lose_details() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM journal j JOIN erasures e ON e.subject_id = j.subject_id AND e.until_seq >= j.seq WHERE j.seq = OLD.seq) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'journal_details is append-only';
END
$$;
CREATE TRIGGER journal_details_refuse_delete BEFORE DELETE ON journal_details FOR EACH ROW EXECUTE FUNCTION refuse_to_lose_details();
CREATE TRIGGER journal_details_refuse_truncate BEFORE TRUNCATE ON journal_details FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- While old rows are rewritten, each may be sealed once, and nothing else of it may change.
CREATE FUNCTION decisions_are_sealed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_resealing() AND OLD.seen <> '' AND NEW.seen = '' AND NEW.seen_sealed IS NOT NULL
        AND ROW (NEW.id, NEW.check_id, NEW.round, NEW.step, NEW.outcome, NEW.reason, NEW.comment, NEW.decided_by, NEW.decided_at_ms, NEW.about)
        IS NOT DISTINCT FROM
        ROW (OLD.id, OLD.check_id, OLD.round, OLD.step, OLD.outcome, OLD.reason, OLD.comment, OLD.decided_by, OLD.decided_at_ms, OLD.about)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'decisions is append-only';
END
$$;
DROP TRIGGER decisions_refuse_change ON decisions;
CREATE TRIGGER decisions_refuse_update BEFORE UPDATE ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_are_sealed_once();
CREATE TRIGGER decisions_refuse_delete BEFORE DELETE ON decisions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION evidence_is_sealed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_resealing() AND OLD.about IS NULL AND NEW.about IS NOT NULL AND NEW.size = 0
        AND ROW (NEW.id, NEW.check_id, NEW.source, NEW.content_type, NEW.received_at_ms, NEW.object, NEW.object_sha256)
        IS NOT DISTINCT FROM ROW (OLD.id, OLD.check_id, OLD.source, OLD.content_type, OLD.received_at_ms, OLD.object, OLD.object_sha256)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'evidence is append-only';
END
$$;
DROP TRIGGER evidence_refuse_change ON evidence;
CREATE TRIGGER evidence_refuse_update BEFORE UPDATE ON evidence FOR EACH ROW EXECUTE FUNCTION evidence_is_sealed_once();
CREATE TRIGGER evidence_refuse_delete BEFORE DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION callbacks_are_renamed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL AND OLD.id > callback_id)
        AND ROW (NEW.id, NEW.connection_id, NEW.check_hint, NEW.sealed, NEW.size, NEW.received_at_ms, NEW.event_type, NEW.entity_id)
        IS NOT DISTINCT FROM ROW (OLD.id, OLD.connection_id, OLD.check_hint, OLD.sealed, OLD.size, OLD.received_at_ms, OLD.event_type, OLD.entity_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'callbacks is append-only';
END
$$;
DROP TRIGGER callbacks_refuse_change ON callbacks;
CREATE TRIGGER callbacks_refuse_update BEFORE UPDATE ON callbacks FOR EACH ROW EXECUTE FUNCTION callbacks_are_renamed_once();
CREATE TRIGGER callbacks_refuse_delete BEFORE DELETE ON callbacks FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION arrivals_are_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_resealing()
        AND ROW (NEW.seq, NEW.id, NEW.connection_id, NEW.check_hint, NEW.event_type, NEW.entity_id, NEW.sealed, NEW.size, NEW.request_id, NEW.received_at_ms)
        IS NOT DISTINCT FROM
        ROW (OLD.seq, OLD.id, OLD.connection_id, OLD.check_hint, OLD.event_type, OLD.entity_id, OLD.sealed, OLD.size, OLD.request_id, OLD.received_at_ms)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'callback_arrivals is append-only';
END
$$;
DROP TRIGGER callback_arrivals_refuse_update ON callback_arrivals;
CREATE TRIGGER callback_arrivals_refuse_update BEFORE UPDATE ON callback_arrivals FOR EACH ROW EXECUTE FUNCTION arrivals_are_renamed();

CREATE FUNCTION details_are_sealed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM resealing r WHERE r.ended_at_ms IS NULL AND OLD.seq > r.seq) AND NEW.seq = OLD.seq
        AND OLD.sealed IS NULL AND NEW.sealed IS NOT NULL AND NEW.salt = ''::bytea AND NEW.details = ''
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'journal_details is append-only';
END
$$;
DROP TRIGGER journal_details_refuse_update ON journal_details;
CREATE TRIGGER journal_details_refuse_update BEFORE UPDATE ON journal_details FOR EACH ROW EXECUTE FUNCTION details_are_sealed_once();
