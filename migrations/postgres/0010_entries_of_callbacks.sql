-- What comes in is kept in one statement. Its entry in the journal is written by whoever takes it up, from what stands here;
-- callbacks of before have theirs, and so have those of a program of before that still runs.
ALTER TABLE callbacks ADD COLUMN sha256 TEXT COLLATE "C";
ALTER TABLE callbacks ADD COLUMN request_id TEXT COLLATE "C";
ALTER TABLE callback_work ADD COLUMN owes_entry BIGINT NOT NULL DEFAULT 0 CHECK (owes_entry IN (0, 1));

CREATE OR REPLACE FUNCTION callback_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO callback_work (callback_id, state, attempts, next_at_ms, owes_entry)
    VALUES (NEW.id, 'due', 0, NEW.received_at_ms, CASE WHEN NEW.sha256 IS NULL THEN 0 ELSE 1 END)
    ON CONFLICT (callback_id) DO NOTHING;
    RETURN NULL;
END
$$;
