-- The work on callbacks is found by the callback alone: one tree instead of a table and its index, as each callback writes it twice.
CREATE TABLE work_on_callbacks (
    callback_id TEXT NOT NULL PRIMARY KEY REFERENCES callbacks (id),
    state TEXT NOT NULL CHECK (state IN ('due', 'done', 'parked')),
    attempts INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    note TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO work_on_callbacks (callback_id, state, attempts, next_at_ms, note)
SELECT callback_id, state, attempts, next_at_ms, note FROM callback_work;
DROP TABLE callback_work;
ALTER TABLE work_on_callbacks RENAME TO callback_work;
CREATE INDEX callback_work_due ON callback_work (next_at_ms) WHERE state = 'due';

-- What came in is due, whoever wrote it down.
CREATE TRIGGER callbacks_are_due AFTER INSERT ON callbacks BEGIN
    INSERT INTO callback_work (callback_id, state, attempts, next_at_ms) VALUES (NEW.id, 'due', 0, NEW.received_at_ms);
END;
