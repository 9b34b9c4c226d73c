-- What is new in a view is counted from what arrived, not from all that the view shows.
CREATE INDEX checks_by_arrival ON checks (due_from_ms);
