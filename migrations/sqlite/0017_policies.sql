-- Policies: which decisions take two people, and more. A version is proposed by one supervisor and confirmed by another.

-- Each version as it was proposed; never changed. Numbers are never used twice. The first came with the program.
CREATE TABLE policies (
    version INTEGER NOT NULL PRIMARY KEY,
    -- JSON; what is unknown or missing in it makes it unreadable, and then everything takes two people. Only `second_factor`, the roles
    -- that need one, may be missing: then no role does.
    rules TEXT NOT NULL,
    -- Why it is proposed.
    note TEXT NOT NULL,
    proposed_by TEXT REFERENCES people (id),
    proposed_at_ms INTEGER NOT NULL,
    CHECK (proposed_by IS NOT NULL OR version = 1)
) STRICT;

-- What became of a proposal; never changed. In force is the highest version that was confirmed.
CREATE TABLE policy_ends (
    version INTEGER NOT NULL PRIMARY KEY REFERENCES policies (version),
    step TEXT NOT NULL CHECK (step IN ('confirmed', 'withdrawn')),
    ended_by TEXT REFERENCES people (id),
    ended_at_ms INTEGER NOT NULL,
    CHECK (ended_by IS NOT NULL OR version = 1)
) STRICT;

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
    version INTEGER NOT NULL PRIMARY KEY,
    launcher_may_approve INTEGER NOT NULL CHECK (launcher_may_approve IN (0, 1)),
    window_days INTEGER NOT NULL
) STRICT;
CREATE TABLE policy_floors (
    version INTEGER NOT NULL REFERENCES policy_terms (version),
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accept', 'reject')),
    risk_from INTEGER NOT NULL,
    sanction INTEGER NOT NULL CHECK (sanction IN (0, 1)),
    relevant INTEGER NOT NULL CHECK (relevant IN (0, 1)),
    unjudged INTEGER NOT NULL CHECK (unjudged IN (0, 1)),
    PRIMARY KEY (version, kind, outcome)
) STRICT;

CREATE TRIGGER policies_refuse_update BEFORE UPDATE ON policies BEGIN SELECT RAISE(ABORT, 'policies is append-only'); END;
CREATE TRIGGER policies_refuse_delete BEFORE DELETE ON policies BEGIN SELECT RAISE(ABORT, 'policies is append-only'); END;
CREATE TRIGGER policy_ends_refuse_update BEFORE UPDATE ON policy_ends BEGIN SELECT RAISE(ABORT, 'policy_ends is append-only'); END;
CREATE TRIGGER policy_ends_refuse_delete BEFORE DELETE ON policy_ends BEGIN SELECT RAISE(ABORT, 'policy_ends is append-only'); END;

-- Two people stand behind each version, whoever writes it.
CREATE TRIGGER policies_are_proposed BEFORE INSERT ON policies
BEGIN
    SELECT RAISE(ABORT, 'policies is append-only') WHERE EXISTS (SELECT 1 FROM policies WHERE version = NEW.version);
    SELECT RAISE(ABORT, 'policies are counted one by one') WHERE NEW.version IS DISTINCT FROM (SELECT MAX(version) + 1 FROM policies);
    SELECT RAISE(ABORT, 'one policy is proposed at a time') WHERE EXISTS (SELECT 1 FROM policies p WHERE NOT EXISTS (SELECT 1 FROM policy_ends e WHERE e.version = p.version));
    SELECT RAISE(ABORT, 'a supervisor proposes a policy') WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.proposed_by AND role = 'supervisor' AND state = 'active');
END;
CREATE TRIGGER policies_are_confirmed_by_another BEFORE INSERT ON policy_ends
BEGIN
    SELECT RAISE(ABORT, 'policy_ends is append-only') WHERE EXISTS (SELECT 1 FROM policy_ends WHERE version = NEW.version);
    SELECT RAISE(ABORT, 'only what is proposed is confirmed or withdrawn') WHERE NOT EXISTS (SELECT 1 FROM policies WHERE version = NEW.version);
    SELECT RAISE(ABORT, 'nobody confirms the policy that they proposed') WHERE NEW.step = 'confirmed' AND EXISTS (SELECT 1 FROM policies p WHERE p.version = NEW.version AND p.proposed_by = NEW.ended_by);
    SELECT RAISE(ABORT, 'a supervisor confirms or withdraws a policy') WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = NEW.ended_by AND role = 'supervisor' AND state = 'active');
END;

-- Terms and floors follow from what was confirmed, and from nothing else.
CREATE TRIGGER policy_terms_follow BEFORE INSERT ON policy_terms WHEN NOT EXISTS (SELECT 1 FROM policy_ends WHERE version = NEW.version AND step = 'confirmed')
BEGIN SELECT RAISE(ABORT, 'terms follow from a policy that was confirmed'); END;
CREATE TRIGGER policy_floors_follow BEFORE INSERT ON policy_floors WHEN NOT EXISTS (SELECT 1 FROM policy_ends WHERE version = NEW.version AND step = 'confirmed')
BEGIN SELECT RAISE(ABORT, 'terms follow from a policy that was confirmed'); END;
CREATE TRIGGER policies_in_force AFTER INSERT ON policy_ends WHEN NEW.step = 'confirmed'
BEGIN
    INSERT INTO policy_terms (version, launcher_may_approve, window_days)
    SELECT p.version, json_extract(p.rules, '$.launcher_may_approve'), json_extract(p.rules, '$.window_days') FROM policies p WHERE p.version = NEW.version;
    INSERT INTO policy_floors (version, kind, outcome, risk_from, sanction, relevant, unjudged)
    SELECT p.version, k.key, o.outcome,
        CASE json_extract(k.value, '$.' || o.outcome || '.from') WHEN 'never' THEN 1000 WHEN 'very_high' THEN 100 WHEN 'high' THEN 75 WHEN 'medium' THEN 50 WHEN 'low_to_medium' THEN 25 ELSE -1 END,
        json_extract(k.value, '$.' || o.outcome || '.sanction'), json_extract(k.value, '$.' || o.outcome || '.relevant'), json_extract(k.value, '$.' || o.outcome || '.unjudged')
    FROM policies p, json_each(p.rules, '$.kinds') k, (SELECT 'accept' AS outcome UNION ALL SELECT 'reject') o WHERE p.version = NEW.version;
END;
