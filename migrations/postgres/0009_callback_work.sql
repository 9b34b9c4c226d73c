-- What came in is due, whoever wrote it down. Looked at when the transaction ends, so that a program of before, which writes
-- both rows itself, still can while others are started anew.
CREATE FUNCTION callback_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO callback_work (callback_id, state, attempts, next_at_ms) VALUES (NEW.id, 'due', 0, NEW.received_at_ms)
    ON CONFLICT (callback_id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER callbacks_are_due AFTER INSERT ON callbacks DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION callback_is_due();
