-- What came in is due, whoever wrote it down.
CREATE FUNCTION callback_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO callback_work (callback_id, state, attempts, next_at_ms) VALUES (NEW.id, 'due', 0, NEW.received_at_ms);
    RETURN NULL;
END
$$;
CREATE TRIGGER callbacks_are_due AFTER INSERT ON callbacks FOR EACH ROW EXECUTE FUNCTION callback_is_due();
