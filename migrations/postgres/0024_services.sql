-- Which services there are, and whose interface a connection speaks, is the program's to say: a further one rebuilds no table.
ALTER TABLE batches DROP CONSTRAINT batches_kind_check;
ALTER TABLE connections DROP CONSTRAINT connections_provider_check;
