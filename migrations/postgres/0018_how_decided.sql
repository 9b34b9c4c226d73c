-- How a decision was made, and the risk and the telling as they were then. Older rows have nothing here: pages say what else is
-- known of them.
ALTER TABLE decisions ADD COLUMN way TEXT COLLATE "C" CHECK (way IN ('page', 'bulk', 'api'));
-- -1 where the check had no score.
ALTER TABLE decisions ADD COLUMN risk_score BIGINT;
ALTER TABLE decisions ADD COLUMN risk_band TEXT COLLATE "C" CHECK (risk_band IN ('low', 'low_to_medium', 'medium', 'high', 'very_high'));
ALTER TABLE decisions ADD COLUMN telling TEXT COLLATE "C" CHECK (telling IN ('none', 'due', 'applied', 'unconfirmed', 'conflict', 'dead'));
CREATE FUNCTION decisions_keep_how() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW (NEW.way, NEW.risk_score, NEW.risk_band, NEW.telling) IS DISTINCT FROM ROW (OLD.way, OLD.risk_score, OLD.risk_band, OLD.telling) THEN
        RAISE EXCEPTION 'decisions is append-only';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decisions_keep_how BEFORE UPDATE ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_keep_how();
