-- Callbacks about the same: one that comes again after another one about its check or its person is read again.
CREATE INDEX callbacks_by_whom ON callbacks (COALESCE(entity_id, check_hint), connection_id);
