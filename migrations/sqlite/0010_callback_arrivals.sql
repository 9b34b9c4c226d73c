-- What comes in is added to the end of this table, which has no index, before it is acknowledged. Right after, it is sorted in
-- among the callbacks, and leaves.
CREATE TABLE callback_arrivals (
    seq INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    check_hint TEXT,
    event_id TEXT NOT NULL,
    event_type TEXT,
    entity_id TEXT,
    sealed BLOB NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    request_id TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL
) STRICT;

-- It stays as it came, and until there is a callback of its event.
CREATE TRIGGER callback_arrivals_refuse_update BEFORE UPDATE ON callback_arrivals
BEGIN SELECT RAISE(ABORT, 'callback_arrivals is append-only'); END;
CREATE TRIGGER callback_arrivals_refuse_delete BEFORE DELETE ON callback_arrivals
WHEN NOT EXISTS (SELECT 1 FROM callbacks WHERE connection_id = OLD.connection_id AND event_id = OLD.event_id)
BEGIN SELECT RAISE(ABORT, 'callback_arrivals is append-only'); END;
