-- Which services there are, and whose interface a connection speaks, is the program's to say: a further one rebuilds no table.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (kind IN (''due_diligence'', ''number_match''))', '') WHERE type = 'table' AND name = 'batches';
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (provider IN (''kryptogo'', ''solaris'', ''camara'', ''zignsec''))', '') WHERE type = 'table' AND name = 'connections';
PRAGMA writable_schema = RESET;
-- Made anew, so that whoever has the old schema in memory reads this one.
DROP INDEX batches_by_time;
CREATE INDEX batches_by_time ON batches (kind, made_at_ms);
