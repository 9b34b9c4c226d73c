-- Who gave a person their role, who confirmed it (nothing: it waits), and whether it counts although nobody else was here to
-- confirm it. 'operator' is the command line. Those who are here already stay as they are.
ALTER TABLE people ADD COLUMN role_given_by TEXT COLLATE "C" NOT NULL DEFAULT 'operator';
ALTER TABLE people ADD COLUMN role_given_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE people ADD COLUMN role_confirmed_by TEXT COLLATE "C" DEFAULT 'operator';
ALTER TABLE people ADD COLUMN role_confirmed_at_ms BIGINT;
ALTER TABLE people ADD COLUMN role_alone BIGINT NOT NULL DEFAULT 0 CHECK (role_alone IN (0, 1));
-- Has been a supervisor or admin whose role counted: whoever takes such a role away does not become the only one by it.
ALTER TABLE people ADD COLUMN once_second BIGINT NOT NULL DEFAULT 0 CHECK (once_second IN (0, 1));
-- The last entry of the journal that a supervisor has said to have seen on the start page.
ALTER TABLE people ADD COLUMN looked_seq BIGINT NOT NULL DEFAULT 0;
UPDATE people SET once_second = CASE WHEN role IN ('supervisor', 'admin') THEN 1 ELSE 0 END,
    looked_seq = (SELECT COALESCE(MAX(seq), 0) FROM journal);

-- One-time links to set a password, one for each person at most. Only the SHA-256 of what stands in the link is kept.
CREATE TABLE person_links (
    person_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES people (id),
    token_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    made_by TEXT COLLATE "C" NOT NULL,
    made_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

-- What a session was begun with, in words, and from where; it goes with the session.
ALTER TABLE sessions ADD COLUMN device TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT COLLATE "C" NOT NULL DEFAULT '';

-- A new person's role waits, but for one that the operator gives; it counts unconfirmed only where nobody else could confirm it.
CREATE FUNCTION role_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.role_confirmed_by IS NOT NULL AND (NEW.role_confirmed_by <> 'operator' OR NEW.role_given_by <> 'operator'))
        OR (NEW.role_alone = 1 AND EXISTS (SELECT 1 FROM people o WHERE o.id NOT IN (NEW.id, NEW.role_given_by)
            AND (o.once_second = 1 OR o.role IN ('supervisor', 'admin'))))
    THEN
        RAISE EXCEPTION 'a role is confirmed by another than who gave it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER people_role_given BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION role_given();

-- A role to see or decide checks that changes says who gave it, and then waits anew. Who confirms is neither the giver nor the
-- person, and is an active admin or supervisor whose own role is confirmed, or counts unconfirmed while nobody else has ever
-- been one.
CREATE FUNCTION role_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.role <> OLD.role AND NEW.role <> 'admin' AND NEW.role_given_at_ms = OLD.role_given_at_ms)
        OR ((NEW.role <> OLD.role OR NEW.role_given_by <> OLD.role_given_by OR NEW.role_given_at_ms <> OLD.role_given_at_ms)
            AND NEW.role_confirmed_by IS NOT NULL AND (NEW.role_confirmed_by <> 'operator' OR NEW.role_given_by <> 'operator'))
        OR (NEW.role_alone = 1 AND (OLD.role_alone = 0 OR NEW.role_given_by <> OLD.role_given_by)
            AND EXISTS (SELECT 1 FROM people o WHERE o.id NOT IN (NEW.id, NEW.role_given_by)
                AND (o.once_second = 1 OR o.role IN ('supervisor', 'admin'))))
        OR NEW.once_second < OLD.once_second
        OR (NEW.role_confirmed_by IS NOT NULL AND NEW.role_confirmed_by IS DISTINCT FROM OLD.role_confirmed_by
            AND NEW.role_confirmed_by <> 'operator'
            AND (NEW.role_confirmed_by = NEW.role_given_by OR NEW.role_confirmed_by = NEW.id OR NEW.password_hash = ''
                OR NOT EXISTS (SELECT 1 FROM people c WHERE c.id = NEW.role_confirmed_by AND c.state = 'active' AND c.password_hash <> ''
                    AND c.role IN ('supervisor', 'admin')
                    AND (c.role_confirmed_by IS NOT NULL OR (c.role_alone = 1 AND NOT EXISTS (SELECT 1 FROM people o
                        WHERE o.id NOT IN (NEW.id, NEW.role_given_by, c.id) AND o.once_second = 1))))))
    THEN
        RAISE EXCEPTION 'a role is confirmed by another than who gave it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER people_role_changed BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION role_changed();

-- Nobody decides with a role that waits.
CREATE FUNCTION confirmed_decides() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.decided_by AND p.role_confirmed_by IS NULL AND p.role_alone = 0) THEN
        RAISE EXCEPTION 'the role of who decides is not confirmed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_of_confirmed_roles BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION confirmed_decides();
