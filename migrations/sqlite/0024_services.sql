-- Which services there are, and whose interface a connection speaks, is the program's to say: a further one rebuilds no table.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (kind IN (''due_diligence'', ''number_match''))', '') WHERE type = 'table' AND name = 'batches';
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (provider IN (''kryptogo'', ''solaris'', ''camara'', ''zignsec''))', '') WHERE type = 'table' AND name = 'connections';
PRAGMA writable_schema = RESET;
-- Where the text was another, this stops: the number of a schema is never nothing.
INSERT INTO schema_versions (number, applied_at_ms) SELECT NULL, 0 FROM sqlite_schema
WHERE type = 'table' AND ((name = 'batches' AND sql LIKE '%CHECK (kind IN%') OR (name = 'connections' AND sql LIKE '%CHECK (provider IN%'));
-- Made anew, so that whoever has the old schema in memory reads this one.
DROP INDEX batches_by_time;
CREATE INDEX batches_by_time ON batches (kind, made_at_ms);
