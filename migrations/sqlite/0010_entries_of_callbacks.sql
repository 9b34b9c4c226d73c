-- What comes in is kept in one statement. Its entry in the journal is written by whoever takes it up, from what stands here;
-- callbacks of before have theirs.
ALTER TABLE callbacks ADD COLUMN sha256 TEXT;
ALTER TABLE callbacks ADD COLUMN request_id TEXT;
ALTER TABLE callback_work ADD COLUMN owes_entry INTEGER NOT NULL DEFAULT 0 CHECK (owes_entry IN (0, 1));

DROP TRIGGER callbacks_are_due;
CREATE TRIGGER callbacks_are_due AFTER INSERT ON callbacks BEGIN
    INSERT INTO callback_work (callback_id, state, attempts, next_at_ms, owes_entry)
    VALUES (NEW.id, 'due', 0, NEW.received_at_ms, NEW.sha256 IS NOT NULL);
END;
