-- Policies: which decisions take two people, and more. A version is proposed by one supervisor and confirmed by another.

-- Each version as it was proposed; never changed. Numbers are never used twice. The first came with the program.
CREATE TABLE policies (
    version BIGINT NOT NULL PRIMARY KEY,
    -- JSON; what is unknown or missing in it makes it unreadable, and then everything takes two people. Only `second_factor`, the roles
    -- that need one, may be missing: then no role does.
    rules TEXT COLLATE "C" NOT NULL,
    -- Why it is proposed.
    note TEXT COLLATE "C" NOT NULL,
    proposed_by TEXT COLLATE "C" REFERENCES people (id),
    proposed_at_ms BIGINT NOT NULL,
    CHECK (proposed_by IS NOT NULL OR version = 1)
);

-- What became of a proposal; never changed. In force is the highest version that was confirmed.
CREATE TABLE policy_ends (
    version BIGINT NOT NULL PRIMARY KEY REFERENCES policies (version),
    step TEXT COLLATE "C" NOT NULL CHECK (step IN ('confirmed', 'withdrawn')),
    ended_by TEXT COLLATE "C" REFERENCES people (id),
    ended_at_ms BIGINT NOT NULL,
    CHECK (ended_by IS NOT NULL OR version = 1)
);

INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) VALUES (1, '{"version":1,"launcher_may_approve":false,"window_days":90,"proposal_hours":72,"kinds":{
"dd_kyc":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":true,"review_hours":{"none":72,"low":72,"low_to_medium":48,"medium":24,"high":8,"very_high":4}},
"dd_kyb":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":true,"review_hours":{"none":72,"low":72,"low_to_medium":48,"medium":24,"high":8,"very_high":4}},
"kya":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":true,"review_hours":{"none":72,"low":72,"low_to_medium":48,"medium":24,"high":8,"very_high":4}},
"idv":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":false,"review_hours":{"none":72,"low":72,"low_to_medium":48,"medium":24,"high":8,"very_high":4}},
"video_ident":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":false,"review_hours":{"none":8,"low":8,"low_to_medium":8,"medium":8,"high":8,"very_high":4}},
"number_match":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":true,"review_hours":{"none":72,"low":72,"low_to_medium":48,"medium":24,"high":8,"very_high":4}},
"pid_cpr_match":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":true,"review_hours":{"none":72,"low":72,"low_to_medium":48,"medium":24,"high":8,"very_high":4}},
"rofus":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false},"reject":{"from":"never","sanction":false,"relevant":false,"unjudged":false},"bulk":true,"review_hours":{"none":8,"low":8,"low_to_medium":8,"medium":8,"high":8,"very_high":4}}
}}', 'The first policy: it came with the program.', NULL, 0);
INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (1, 'confirmed', NULL, 0);

-- What the triggers of decisions read of a policy; made from its rules when it is confirmed. From which score on an outcome takes two
-- people (-1 is always, 1000 never), and whether it does for what was found.
CREATE TABLE policy_terms (
    version BIGINT NOT NULL PRIMARY KEY,
    launcher_may_approve BIGINT NOT NULL CHECK (launcher_may_approve IN (0, 1)),
    window_days BIGINT NOT NULL
);
CREATE TABLE policy_floors (
    version BIGINT NOT NULL REFERENCES policy_terms (version),
    kind TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('accept', 'reject')),
    risk_from BIGINT NOT NULL,
    sanction BIGINT NOT NULL CHECK (sanction IN (0, 1)),
    relevant BIGINT NOT NULL CHECK (relevant IN (0, 1)),
    unjudged BIGINT NOT NULL CHECK (unjudged IN (0, 1)),
    PRIMARY KEY (version, kind, outcome)
);

CREATE TRIGGER policies_refuse_change BEFORE UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policies_refuse_truncate BEFORE TRUNCATE ON policies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_ends_refuse_change BEFORE UPDATE OR DELETE ON policy_ends FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_ends_refuse_truncate BEFORE TRUNCATE ON policy_ends FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Two people stand behind each version, whoever writes it.
CREATE FUNCTION policy_is_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM policies WHERE version = NEW.version) THEN
        RAISE EXCEPTION 'policies is append-only';
    END IF;
    IF NEW.version IS DISTINCT FROM (SELECT MAX(version) + 1 FROM policies) THEN
        RAISE EXCEPTION 'policies are counted one by one';
    END IF;
    IF EXISTS (SELECT 1 FROM policies p WHERE NOT EXISTS (SELECT 1 FROM policy_ends e WHERE e.version = p.version)) THEN
        RAISE EXCEPTION 'one policy is proposed at a time';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.proposed_by AND role = 'supervisor' AND state = 'active') THEN
        RAISE EXCEPTION 'a supervisor proposes a policy';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER policies_are_proposed BEFORE INSERT ON policies FOR EACH ROW EXECUTE FUNCTION policy_is_proposed();
CREATE FUNCTION policy_is_confirmed_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM policy_ends WHERE version = NEW.version) THEN
        RAISE EXCEPTION 'policy_ends is append-only';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM policies WHERE version = NEW.version) THEN
        RAISE EXCEPTION 'only what is proposed is confirmed or withdrawn';
    END IF;
    IF NEW.step = 'confirmed' AND EXISTS (SELECT 1 FROM policies p WHERE p.version = NEW.version AND p.proposed_by = NEW.ended_by) THEN
        RAISE EXCEPTION 'nobody confirms the policy that they proposed';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.ended_by AND role = 'supervisor' AND state = 'active') THEN
        RAISE EXCEPTION 'a supervisor confirms or withdraws a policy';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER policies_are_confirmed_by_another BEFORE INSERT ON policy_ends FOR EACH ROW EXECUTE FUNCTION policy_is_confirmed_by_another();

-- Terms and floors follow from what was confirmed, and from nothing else.
CREATE FUNCTION terms_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM policy_ends WHERE version = NEW.version AND step = 'confirmed') THEN
        RAISE EXCEPTION 'terms follow from a policy that was confirmed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER policy_terms_follow BEFORE INSERT ON policy_terms FOR EACH ROW EXECUTE FUNCTION terms_follow();
CREATE TRIGGER policy_floors_follow BEFORE INSERT ON policy_floors FOR EACH ROW EXECUTE FUNCTION terms_follow();
CREATE FUNCTION policy_comes_into_force() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO policy_terms (version, launcher_may_approve, window_days)
    SELECT p.version, CAST(CAST(CAST(p.rules AS jsonb) ->> 'launcher_may_approve' AS boolean) AS integer), CAST(CAST(p.rules AS jsonb) ->> 'window_days' AS bigint)
    FROM policies p WHERE p.version = NEW.version;
    INSERT INTO policy_floors (version, kind, outcome, risk_from, sanction, relevant, unjudged)
    SELECT p.version, k.key, o.outcome,
        CASE (k.value -> o.outcome ->> 'from') WHEN 'never' THEN 1000 WHEN 'very_high' THEN 100 WHEN 'high' THEN 75 WHEN 'medium' THEN 50 WHEN 'low_to_medium' THEN 25 ELSE -1 END,
        CAST(CAST((k.value -> o.outcome ->> 'sanction') AS boolean) AS integer), CAST(CAST((k.value -> o.outcome ->> 'relevant') AS boolean) AS integer),
        CAST(CAST((k.value -> o.outcome ->> 'unjudged') AS boolean) AS integer)
    FROM policies p CROSS JOIN LATERAL jsonb_each(CAST(p.rules AS jsonb) -> 'kinds') k CROSS JOIN (VALUES ('accept'), ('reject')) o (outcome)
    WHERE p.version = NEW.version;
    RETURN NULL;
END
$$;
CREATE TRIGGER policies_in_force AFTER INSERT ON policy_ends FOR EACH ROW WHEN (NEW.step = 'confirmed') EXECUTE FUNCTION policy_comes_into_force();
