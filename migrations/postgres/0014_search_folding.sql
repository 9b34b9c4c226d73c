-- Which rules of folding the search's endings were made by, and how far folding them again has come (docs/decisions/0005-search.md).
CREATE TABLE search_folding (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    folding BIGINT NOT NULL,
    -- The last customer that was folded by the next rules; empty while nothing is under way.
    after_id TEXT COLLATE "C" NOT NULL
);
INSERT INTO search_folding (one, folding, after_id) VALUES (1, 1, '');
