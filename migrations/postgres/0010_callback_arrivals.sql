-- What comes in is added to the end of this table, which has no index but its number's, before it is acknowledged. Right after, it
-- is sorted in among the callbacks, and leaves.
CREATE TABLE callback_arrivals (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id),
    check_hint TEXT COLLATE "C",
    event_id TEXT COLLATE "C" NOT NULL,
    event_type TEXT COLLATE "C",
    entity_id TEXT COLLATE "C",
    sealed BYTEA NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    received_at_ms BIGINT NOT NULL
);

-- It stays as it came, and until there is a callback of its event.
CREATE FUNCTION refuse_to_lose_arrival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM callbacks WHERE connection_id = OLD.connection_id AND event_id = OLD.event_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'callback_arrivals is append-only';
END
$$;
CREATE TRIGGER callback_arrivals_refuse_update BEFORE UPDATE ON callback_arrivals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER callback_arrivals_refuse_delete BEFORE DELETE ON callback_arrivals FOR EACH ROW EXECUTE FUNCTION refuse_to_lose_arrival();
CREATE TRIGGER callback_arrivals_refuse_truncate BEFORE TRUNCATE ON callback_arrivals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
