-- What each entry of the journal commits to, row by row (docs/decisions/0013-rows-are-committed-to.md). The entry's own commitment
-- ends with a hash of all of them.
CREATE TABLE commitments (
    seq BIGINT NOT NULL REFERENCES journal (seq),
    n BIGINT NOT NULL,
    -- Which columns of which table, as the program lists them.
    part TEXT COLLATE "C" NOT NULL,
    row_id TEXT COLLATE "C" NOT NULL,
    mac BYTEA NOT NULL,
    -- Without it the commitment says nothing; it goes when a later one takes its place.
    salt BYTEA,
    PRIMARY KEY (seq, n)
);
CREATE INDEX commitments_by_row ON commitments (part, row_id, seq);
CREATE FUNCTION salts_go_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.salt IS NULL AND ROW (NEW.seq, NEW.n, NEW.part, NEW.row_id, NEW.mac) IS NOT DISTINCT FROM ROW (OLD.seq, OLD.n, OLD.part, OLD.row_id, OLD.mac)
        AND EXISTS (SELECT 1 FROM commitments c WHERE c.part = OLD.part AND c.row_id = OLD.row_id AND c.seq > OLD.seq)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'commitments is append-only';
END
$$;
CREATE TRIGGER commitments_refuse_update BEFORE UPDATE ON commitments FOR EACH ROW EXECUTE FUNCTION salts_go_once();
CREATE TRIGGER commitments_refuse_delete BEFORE DELETE ON commitments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER commitments_refuse_truncate BEFORE TRUNCATE ON commitments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Details that were erased before erasures were recorded.
CREATE TABLE details_gone (
    seq BIGINT NOT NULL PRIMARY KEY REFERENCES journal (seq)
);
INSERT INTO details_gone (seq)
SELECT j.seq FROM journal j WHERE NOT EXISTS (SELECT 1 FROM journal_details d WHERE d.seq = j.seq)
    AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.subject_id = j.subject_id AND e.until_seq >= j.seq);
CREATE TRIGGER details_gone_refuse_change BEFORE INSERT OR UPDATE OR DELETE ON details_gone FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER details_gone_refuse_truncate BEFORE TRUNCATE ON details_gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Nobody records an erasure of entries that are yet to come.
CREATE FUNCTION refuse_to_erase_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.until_seq > (SELECT COALESCE(MAX(seq), 0) FROM journal) THEN
        RAISE EXCEPTION 'erasures is append-only';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER erasures_refuse_ahead BEFORE INSERT ON erasures FOR EACH ROW EXECUTE FUNCTION refuse_to_erase_ahead();
-- Nor one of a customer whose key is there, or of what belongs to nobody who was erased.
CREATE FUNCTION refuse_to_erase_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM customer_keys WHERE customer_id = NEW.customer_id)
        OR EXISTS (SELECT 1 FROM customers WHERE id = NEW.subject_id AND id <> NEW.customer_id)
        OR EXISTS (SELECT 1 FROM checks WHERE id = NEW.subject_id AND customer_id <> NEW.customer_id)
        OR EXISTS (SELECT 1 FROM deliveries d JOIN checks k ON k.id = d.check_id WHERE d.id = NEW.subject_id AND k.customer_id <> NEW.customer_id)
        OR EXISTS (SELECT 1 FROM journal WHERE subject_id = NEW.subject_id AND subject NOT IN ('check', 'customer', 'delivery', 'callback', 'link', 'view', 'batch'))
    THEN
        RAISE EXCEPTION 'an erasure is of a customer whose key is gone, and of what is theirs';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER erasures_refuse_others BEFORE INSERT ON erasures FOR EACH ROW EXECUTE FUNCTION refuse_to_erase_others();
-- Rows that have no id of their own are found by what names them.
CREATE INDEX erasures_by_name ON erasures ((subject_id || '/' || customer_id || '/' || CAST(until_seq AS TEXT)));
CREATE INDEX credentials_by_full_name ON credentials ((connection_id || '/' || name));
CREATE INDEX pictures_by_full_name ON pictures ((check_id || '/' || slot || '/' || origin));
CREATE INDEX details_gone_by_name ON details_gone ((CAST(seq AS TEXT)));

-- What inspections found, without the one that is under way: what the journal commits to of them.
CREATE VIEW inspections_ended AS
SELECT id, begun_at_ms, ended_at_ms, entries, head, evidence, others, missed, faults, named FROM inspections WHERE ended_at_ms IS NOT NULL;

-- What verifications found, and who asked for them.
CREATE TABLE verifications (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    -- A person, or the command line.
    by_id TEXT COLLATE "C" NOT NULL,
    entries BIGINT NOT NULL,
    erased BIGINT NOT NULL,
    held BIGINT NOT NULL,
    -- The hash of the last entry; empty when something is wrong.
    head TEXT COLLATE "C" NOT NULL,
    -- Where the first fault is, and what it is.
    place TEXT COLLATE "C",
    row_id TEXT COLLATE "C",
    why TEXT COLLATE "C"
);
CREATE INDEX verifications_by_time ON verifications (at_ms, id);
CREATE TRIGGER verifications_refuse_change BEFORE UPDATE OR DELETE ON verifications FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verifications_refuse_truncate BEFORE TRUNCATE ON verifications FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
