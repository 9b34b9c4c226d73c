-- One rule for whatever ends in accepted, rejected or withdrawn, and the database holds to it.

-- A withdrawal is a step, and an outcome; what only may be one of a list is written anew.
DROP TRIGGER decisions_refuse_update;
ALTER TABLE decisions ADD COLUMN step_now TEXT NOT NULL DEFAULT 'decision' CHECK (step_now IN ('decision', 'proposal', 'approval', 'sent_back', 'overturn', 'withdrawal'));
ALTER TABLE decisions ADD COLUMN outcome_now TEXT NOT NULL DEFAULT 'reject' CHECK (outcome_now IN ('accept', 'reject', 'withdraw'));
UPDATE decisions SET step_now = step, outcome_now = outcome;
ALTER TABLE decisions DROP COLUMN step;
ALTER TABLE decisions DROP COLUMN outcome;
ALTER TABLE decisions RENAME COLUMN step_now TO step;
ALTER TABLE decisions RENAME COLUMN outcome_now TO outcome;

-- Which policy a step names; on what evidence a proposal was made, and an approval given; whom a proposal is meant for, and its
-- deadline.
ALTER TABLE decisions ADD COLUMN policy_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE decisions ADD COLUMN evidence_hash TEXT;
ALTER TABLE decisions ADD COLUMN checker_id TEXT REFERENCES people (id);
ALTER TABLE decisions ADD COLUMN until_ms INTEGER;
-- When a proposal came back to its maker: such checks come first in their queue.
ALTER TABLE checks ADD COLUMN returned_at_ms INTEGER;

-- Proposals that something new has overtaken, and what it was.
CREATE TABLE voided_proposals (
    decision_id TEXT NOT NULL PRIMARY KEY REFERENCES decisions (id),
    check_id TEXT NOT NULL REFERENCES checks (id),
    why TEXT NOT NULL,
    voided_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX voided_proposals_by_check ON voided_proposals (check_id);

-- What the database itself needs of the first policy, which was there before anybody confirmed one. A version that has no terms takes
-- two people for everything.
INSERT INTO policy_terms (version, launcher_may_approve, window_days) VALUES (1, 0, 90);
INSERT INTO policy_floors (version, kind, outcome, risk_from, sanction, relevant, unjudged) VALUES
    (1, 'dd_kyc', 'accept', 100, 0, 0, 0),
    (1, 'dd_kyc', 'reject', 1000, 0, 0, 0),
    (1, 'dd_kyb', 'accept', 100, 0, 0, 0),
    (1, 'dd_kyb', 'reject', 1000, 0, 0, 0),
    (1, 'kya', 'accept', 100, 0, 0, 0),
    (1, 'kya', 'reject', 1000, 0, 0, 0),
    (1, 'idv', 'accept', 100, 0, 0, 0),
    (1, 'idv', 'reject', 1000, 0, 0, 0),
    (1, 'video_ident', 'accept', 100, 0, 0, 0),
    (1, 'video_ident', 'reject', 1000, 0, 0, 0),
    (1, 'number_match', 'accept', 100, 0, 0, 0),
    (1, 'number_match', 'reject', 1000, 0, 0, 0),
    (1, 'pid_cpr_match', 'accept', 100, 0, 0, 0),
    (1, 'pid_cpr_match', 'reject', 1000, 0, 0, 0),
    (1, 'rofus', 'accept', 100, 0, 0, 0),
    (1, 'rofus', 'reject', 1000, 0, 0, 0);

CREATE TRIGGER decisions_refuse_update BEFORE UPDATE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM resealing WHERE ended_at_ms IS NULL) OR OLD.seen = '' OR NEW.seen <> '' OR NEW.seen_sealed IS NULL
    OR (NEW.id, NEW.check_id, NEW.round, NEW.step, NEW.outcome, NEW.reason, NEW.comment, NEW.decided_by, NEW.decided_at_ms, NEW.about, NEW.policy_version, NEW.evidence_hash, NEW.checker_id, NEW.until_ms)
    IS NOT (OLD.id, OLD.check_id, OLD.round, OLD.step, OLD.outcome, OLD.reason, OLD.comment, OLD.decided_by, OLD.decided_at_ms, OLD.about, OLD.policy_version, OLD.evidence_hash, OLD.checker_id, OLD.until_ms)
BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER voided_proposals_refuse_update BEFORE UPDATE ON voided_proposals BEGIN SELECT RAISE(ABORT, 'voided_proposals is append-only'); END;
CREATE TRIGGER voided_proposals_refuse_delete BEFORE DELETE ON voided_proposals BEGIN SELECT RAISE(ABORT, 'voided_proposals is append-only'); END;
CREATE TRIGGER voided_proposals_refuse_again BEFORE INSERT ON voided_proposals WHEN EXISTS (SELECT 1 FROM voided_proposals WHERE decision_id = NEW.decision_id)
BEGIN SELECT RAISE(ABORT, 'voided_proposals is append-only'); END;
CREATE TRIGGER policy_terms_refuse_update BEFORE UPDATE ON policy_terms BEGIN SELECT RAISE(ABORT, 'policy_terms is append-only'); END;
CREATE TRIGGER policy_terms_refuse_delete BEFORE DELETE ON policy_terms BEGIN SELECT RAISE(ABORT, 'policy_terms is append-only'); END;
CREATE TRIGGER policy_terms_refuse_again BEFORE INSERT ON policy_terms WHEN EXISTS (SELECT 1 FROM policy_terms WHERE version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'policy_terms is append-only'); END;
CREATE TRIGGER policy_floors_refuse_update BEFORE UPDATE ON policy_floors BEGIN SELECT RAISE(ABORT, 'policy_floors is append-only'); END;
CREATE TRIGGER policy_floors_refuse_delete BEFORE DELETE ON policy_floors BEGIN SELECT RAISE(ABORT, 'policy_floors is append-only'); END;
CREATE TRIGGER policy_floors_refuse_again BEFORE INSERT ON policy_floors WHEN EXISTS (SELECT 1 FROM policy_floors WHERE version = NEW.version AND kind = NEW.kind AND outcome = NEW.outcome)
BEGIN SELECT RAISE(ABORT, 'policy_floors is append-only'); END;

-- A step that the rule does not allow is not recorded, whoever writes it.
CREATE TRIGGER decisions_follow_the_rule BEFORE INSERT ON decisions
WHEN NOT EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id) AND NOT EXISTS (SELECT 1 FROM decisions WHERE check_id = NEW.check_id AND round = NEW.round)
BEGIN
    SELECT RAISE(ABORT, 'each step has its round') WHERE NEW.round <> 1 + COALESCE((SELECT MAX(round) FROM decisions WHERE check_id = NEW.check_id), 0);
    SELECT RAISE(ABORT, 'a check is decided once') WHERE NEW.step IN ('decision', 'withdrawal') AND EXISTS (SELECT 1 FROM decisions d WHERE d.check_id = NEW.check_id AND d.step IN ('decision', 'approval', 'overturn', 'withdrawal'));
    SELECT RAISE(ABORT, 'a check is decided once') WHERE NEW.step = 'proposal' AND NEW.about IS NULL AND EXISTS (SELECT 1 FROM decisions d WHERE d.check_id = NEW.check_id AND d.step IN ('decision', 'approval', 'overturn', 'withdrawal'));
    SELECT RAISE(ABORT, 'this check does not wait for a decision') WHERE (NEW.step IN ('decision', 'withdrawal') OR (NEW.step = 'proposal' AND NEW.about IS NULL)) AND (SELECT state FROM checks WHERE id = NEW.check_id) <> 'to_review';
    SELECT RAISE(ABORT, 'this step has another outcome') WHERE (NEW.step = 'withdrawal') <> (NEW.outcome = 'withdraw') AND NEW.step NOT IN ('proposal', 'approval', 'sent_back');
    SELECT RAISE(ABORT, 'only the decision that stands is overturned') WHERE (NEW.step = 'overturn' OR (NEW.step = 'proposal' AND NEW.about IS NOT NULL)) AND NOT COALESCE((SELECT state FROM checks WHERE id = NEW.check_id) IN ('accepted', 'rejected') AND NEW.about = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.check_id AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome IN ('accept', 'reject') ORDER BY d.round DESC LIMIT 1) AND NEW.outcome = (SELECT CASE d.outcome WHEN 'accept' THEN 'reject' ELSE 'accept' END FROM decisions d WHERE d.id = NEW.about), FALSE);
    SELECT RAISE(ABORT, 'only the proposal that waits is answered') WHERE NEW.step IN ('approval', 'sent_back') AND NOT COALESCE((SELECT state FROM checks WHERE id = NEW.check_id) = 'proposed' AND NEW.about = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.check_id ORDER BY d.round DESC LIMIT 1) AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.step = 'proposal' AND d.outcome = NEW.outcome AND d.reason = NEW.reason), FALSE);
    SELECT RAISE(ABORT, 'a proposal that was overtaken is not approved') WHERE NEW.step = 'approval' AND EXISTS (SELECT 1 FROM voided_proposals v WHERE v.decision_id = NEW.about);
    SELECT RAISE(ABORT, 'a proposal names its evidence and its deadline') WHERE NEW.step = 'proposal' AND (NEW.evidence_hash IS NULL OR NEW.until_ms IS NULL);
    SELECT RAISE(ABORT, 'nobody answers their own proposal') WHERE NEW.step IN ('approval', 'sent_back') AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.decided_by = NEW.decided_by);
    SELECT RAISE(ABORT, 'this proposal is meant for somebody else') WHERE NEW.step IN ('approval', 'sent_back') AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.checker_id <> NEW.decided_by AND NEW.decided_at_ms < d.until_ms AND EXISTS (SELECT 1 FROM people p WHERE p.id = d.checker_id AND p.role = 'supervisor' AND p.state = 'active' AND p.password_hash <> '' AND (p.role_confirmed_by IS NOT NULL OR p.role_alone = 1)));
    SELECT RAISE(ABORT, 'a proposal is approved on its own evidence') WHERE NEW.step = 'approval' AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.evidence_hash IS NOT NULL AND d.evidence_hash IS DISTINCT FROM NEW.evidence_hash);
    SELECT RAISE(ABORT, 'who launched a check does not approve') WHERE NEW.step = 'approval' AND EXISTS (SELECT 1 FROM checks k WHERE k.id = NEW.check_id AND k.launched_by = NEW.decided_by) AND NOT EXISTS (SELECT 1 FROM policy_terms t WHERE t.version = NEW.policy_version AND t.launcher_may_approve = 1);
    SELECT RAISE(ABORT, 'who judged findings does not approve') WHERE NEW.step = 'approval' AND EXISTS (SELECT 1 FROM findings f WHERE f.check_id = NEW.check_id AND f.judgement <> 'undecided' AND f.judged_by = NEW.decided_by);
    SELECT RAISE(ABORT, 'nobody overturns their own decision alone') WHERE NEW.step = 'overturn' AND EXISTS (SELECT 1 FROM decisions o LEFT JOIN decisions op ON op.id = o.about AND o.step = 'approval' WHERE o.id = NEW.about AND (o.decided_by = NEW.decided_by OR op.decided_by = NEW.decided_by));
    SELECT RAISE(ABORT, 'nobody approves what overturns their own decision') WHERE NEW.step = 'approval' AND EXISTS (SELECT 1 FROM decisions o LEFT JOIN decisions op ON op.id = o.about AND o.step = 'approval' WHERE o.id = (SELECT d.about FROM decisions d WHERE d.id = NEW.about) AND (o.decided_by = NEW.decided_by OR op.decided_by = NEW.decided_by));
    SELECT RAISE(ABORT, 'what is accepted is judged') WHERE NEW.outcome = 'accept' AND NEW.step <> 'sent_back' AND EXISTS (SELECT 1 FROM findings f WHERE f.check_id = NEW.check_id AND f.judgement = 'undecided' AND f.source IN ('sanction_list', 'idv_reject', 'idv_review', 'idv_field', 'wallet_sanction', 'number_field', 'register', 'ident_state', 'ident_field', 'unread', 'customer_change'));
    SELECT RAISE(ABORT, 'this step takes a supervisor') WHERE NEW.step IN ('approval', 'sent_back', 'overturn') AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.decided_by AND p.role = 'supervisor' AND p.state = 'active');
    SELECT RAISE(ABORT, 'this decision takes two people') WHERE NEW.step IN ('decision', 'overturn', 'withdrawal') AND NOT EXISTS (SELECT 1 FROM checks k JOIN policy_terms t ON t.version = NEW.policy_version
        JOIN policy_floors f0 ON f0.version = t.version AND f0.kind = k.kind AND f0.outcome = CASE NEW.outcome WHEN 'reject' THEN 'reject' ELSE 'accept' END
        WHERE k.id = NEW.check_id AND f0.risk_from > -1
        AND f0.risk_from > (SELECT MAX(o.risk_score) FROM checks o WHERE o.customer_id = k.customer_id AND (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)))
        AND NOT (f0.sanction = 1 AND EXISTS (SELECT 1 FROM checks o JOIN findings f ON f.check_id = o.id WHERE (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)) AND o.customer_id = k.customer_id AND f.source IN ('sanction_list', 'wallet_sanction')))
        AND NOT (f0.relevant = 1 AND EXISTS (SELECT 1 FROM checks o JOIN findings f ON f.check_id = o.id WHERE (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)) AND o.customer_id = k.customer_id AND f.judgement = 'relevant'))
        AND NOT (f0.unjudged = 1 AND EXISTS (SELECT 1 FROM checks o JOIN findings f ON f.check_id = o.id WHERE (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)) AND o.customer_id = k.customer_id AND f.judgement = 'undecided')));
END;

-- No check is decided but by a recorded step, nor begins so.
CREATE TRIGGER checks_follow_the_rule BEFORE UPDATE OF state ON checks WHEN NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'what is over stays over') WHERE OLD.state IN ('withdrawn', 'failed');
    SELECT RAISE(ABORT, 'what waits for a decision ends by one') WHERE (OLD.state = 'to_review' AND NEW.state NOT IN ('proposed', 'accepted', 'rejected', 'withdrawn')) OR (OLD.state = 'proposed' AND NEW.state NOT IN ('to_review', 'accepted', 'rejected', 'withdrawn'));
    SELECT RAISE(ABORT, 'what is decided stays decided') WHERE OLD.state IN ('accepted', 'rejected') AND NEW.state NOT IN ('accepted', 'rejected', 'proposed');
    SELECT RAISE(ABORT, 'a check is proposed by a proposal') WHERE NEW.state = 'proposed' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND d.step = 'proposal');
    SELECT RAISE(ABORT, 'a proposal comes back by a step') WHERE OLD.state = 'proposed' AND NEW.state = 'to_review' AND NOT (NOT EXISTS (SELECT 1 FROM decisions d WHERE d.check_id = NEW.id AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome IN ('accept', 'reject')) AND OLD.state = 'proposed' AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND (d.step = 'sent_back' OR (d.step = 'proposal' AND EXISTS (SELECT 1 FROM voided_proposals v WHERE v.decision_id = d.id)))));
    SELECT RAISE(ABORT, 'a check is decided by a step that may') WHERE NEW.state IN ('accepted', 'rejected') AND NOT COALESCE(EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome = CASE NEW.state WHEN 'accepted' THEN 'accept' WHEN 'rejected' THEN 'reject' ELSE 'withdraw' END) OR ((OLD.state = 'proposed' AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND (d.step = 'sent_back' OR (d.step = 'proposal' AND EXISTS (SELECT 1 FROM voided_proposals v WHERE v.decision_id = d.id))))) AND (SELECT d.outcome FROM decisions d WHERE d.check_id = NEW.id AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome IN ('accept', 'reject') ORDER BY d.round DESC LIMIT 1) = CASE NEW.state WHEN 'accepted' THEN 'accept' WHEN 'rejected' THEN 'reject' ELSE 'withdraw' END), FALSE);
    SELECT RAISE(ABORT, 'a check whose outcome is here is withdrawn by a step that may') WHERE NEW.state = 'withdrawn' AND (OLD.outcome_at_ms IS NOT NULL OR OLD.state IN ('to_review', 'proposed')) AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND d.step IN ('withdrawal', 'approval') AND d.outcome = 'withdraw');
END;
CREATE TRIGGER checks_begin_undecided BEFORE INSERT ON checks WHEN NEW.state IN ('proposed', 'accepted', 'rejected')
BEGIN SELECT RAISE(ABORT, 'a check begins undecided'); END;
-- About whom a check is, who launched it and that its outcome is here stays; so does its kind from then on. REPLACE would begin it anew.
CREATE TRIGGER checks_stay_what_they_are BEFORE UPDATE OF id, customer_id, launched_by, kind, outcome_at_ms ON checks
WHEN (NEW.id, NEW.customer_id, NEW.launched_by) IS NOT (OLD.id, OLD.customer_id, OLD.launched_by)
    OR (OLD.outcome_at_ms IS NOT NULL AND (NEW.outcome_at_ms IS NULL OR NEW.kind <> OLD.kind))
BEGIN SELECT RAISE(ABORT, 'a check stays what it is'); END;
CREATE TRIGGER checks_refuse_again BEFORE INSERT ON checks WHEN EXISTS (SELECT 1 FROM checks WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a check stays what it is'); END;
CREATE TRIGGER checks_refuse_delete BEFORE DELETE ON checks WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a check stays what it is'); END;

-- Nor does a role that waits propose or confirm a policy.
CREATE TRIGGER policies_of_confirmed_roles BEFORE INSERT ON policies
WHEN EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.proposed_by AND p.role_confirmed_by IS NULL AND p.role_alone = 0)
BEGIN SELECT RAISE(ABORT, 'the role of who proposes is not confirmed'); END;
CREATE TRIGGER policy_ends_of_confirmed_roles BEFORE INSERT ON policy_ends
WHEN EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.ended_by AND p.role_confirmed_by IS NULL AND p.role_alone = 0)
BEGIN SELECT RAISE(ABORT, 'the role of who confirms is not confirmed'); END;
