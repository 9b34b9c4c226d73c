-- How a decision was made, and the risk and the telling as they were then. Older rows have nothing here: pages say what else is
-- known of them.
ALTER TABLE decisions ADD COLUMN way TEXT CHECK (way IN ('page', 'bulk', 'api'));
-- -1 where the check had no score.
ALTER TABLE decisions ADD COLUMN risk_score INTEGER;
ALTER TABLE decisions ADD COLUMN risk_band TEXT CHECK (risk_band IN ('low', 'low_to_medium', 'medium', 'high', 'very_high'));
ALTER TABLE decisions ADD COLUMN telling TEXT CHECK (telling IN ('none', 'due', 'applied', 'unconfirmed', 'conflict', 'dead'));
CREATE TRIGGER decisions_keep_how BEFORE UPDATE ON decisions
WHEN (NEW.way, NEW.risk_score, NEW.risk_band, NEW.telling) IS NOT (OLD.way, OLD.risk_score, OLD.risk_band, OLD.telling)
BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
