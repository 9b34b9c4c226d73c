-- One rule for whatever ends in accepted, rejected or withdrawn, and the database holds to it.

-- A withdrawal is a step, and an outcome.
ALTER TABLE decisions DROP CONSTRAINT decisions_step_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_step_check CHECK (step IN ('decision', 'proposal', 'approval', 'sent_back', 'overturn', 'withdrawal'));
ALTER TABLE decisions DROP CONSTRAINT decisions_outcome_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_outcome_check CHECK (outcome IN ('accept', 'reject', 'withdraw'));

-- Which policy a step names; on what evidence a proposal was made, and an approval given; whom a proposal is meant for, and its
-- deadline.
ALTER TABLE decisions ADD COLUMN policy_version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE decisions ADD COLUMN evidence_hash TEXT COLLATE "C";
ALTER TABLE decisions ADD COLUMN checker_id TEXT COLLATE "C" REFERENCES people (id);
ALTER TABLE decisions ADD COLUMN until_ms BIGINT;
-- When a proposal came back to its maker: such checks come first in their queue.
ALTER TABLE checks ADD COLUMN returned_at_ms BIGINT;

-- Proposals that something new has overtaken, and what it was.
CREATE TABLE voided_proposals (
    decision_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES decisions (id),
    check_id TEXT COLLATE "C" NOT NULL REFERENCES checks (id),
    why TEXT COLLATE "C" NOT NULL,
    voided_at_ms BIGINT NOT NULL
);
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

CREATE OR REPLACE FUNCTION decisions_are_sealed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_resealing() AND OLD.seen <> '' AND NEW.seen = '' AND NEW.seen_sealed IS NOT NULL
        AND ROW (NEW.id, NEW.check_id, NEW.round, NEW.step, NEW.outcome, NEW.reason, NEW.comment, NEW.decided_by, NEW.decided_at_ms, NEW.about, NEW.policy_version, NEW.evidence_hash, NEW.checker_id, NEW.until_ms)
        IS NOT DISTINCT FROM
        ROW (OLD.id, OLD.check_id, OLD.round, OLD.step, OLD.outcome, OLD.reason, OLD.comment, OLD.decided_by, OLD.decided_at_ms, OLD.about, OLD.policy_version, OLD.evidence_hash, OLD.checker_id, OLD.until_ms)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'decisions is append-only';
END
$$;
CREATE TRIGGER voided_proposals_refuse_change BEFORE UPDATE OR DELETE ON voided_proposals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER voided_proposals_refuse_truncate BEFORE TRUNCATE ON voided_proposals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_terms_refuse_change BEFORE UPDATE OR DELETE ON policy_terms FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_terms_refuse_truncate BEFORE TRUNCATE ON policy_terms FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_floors_refuse_change BEFORE UPDATE OR DELETE ON policy_floors FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_floors_refuse_truncate BEFORE TRUNCATE ON policy_floors FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A step that the rule does not allow is not recorded, whoever writes it.
CREATE FUNCTION decisions_follow_the_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What is there already is refused for that.
    IF EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM decisions WHERE check_id = NEW.check_id AND round = NEW.round) THEN
        RETURN NEW;
    END IF;
    IF NEW.round <> 1 + COALESCE((SELECT MAX(round) FROM decisions WHERE check_id = NEW.check_id), 0) THEN
        RAISE EXCEPTION 'each step has its round';
    END IF;
    IF NEW.step IN ('decision', 'withdrawal') AND EXISTS (SELECT 1 FROM decisions d WHERE d.check_id = NEW.check_id AND d.step IN ('decision', 'approval', 'overturn', 'withdrawal')) THEN
        RAISE EXCEPTION 'a check is decided once';
    END IF;
    IF NEW.step = 'proposal' AND NEW.about IS NULL AND EXISTS (SELECT 1 FROM decisions d WHERE d.check_id = NEW.check_id AND d.step IN ('decision', 'approval', 'overturn', 'withdrawal')) THEN
        RAISE EXCEPTION 'a check is decided once';
    END IF;
    IF (NEW.step IN ('decision', 'withdrawal') OR (NEW.step = 'proposal' AND NEW.about IS NULL)) AND (SELECT state FROM checks WHERE id = NEW.check_id) <> 'to_review' THEN
        RAISE EXCEPTION 'this check does not wait for a decision';
    END IF;
    IF (NEW.step = 'withdrawal') <> (NEW.outcome = 'withdraw') AND NEW.step NOT IN ('proposal', 'approval', 'sent_back') THEN
        RAISE EXCEPTION 'this step has another outcome';
    END IF;
    IF (NEW.step = 'overturn' OR (NEW.step = 'proposal' AND NEW.about IS NOT NULL)) AND NOT COALESCE((SELECT state FROM checks WHERE id = NEW.check_id) IN ('accepted', 'rejected') AND NEW.about = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.check_id AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome IN ('accept', 'reject') ORDER BY d.round DESC LIMIT 1) AND NEW.outcome = (SELECT CASE d.outcome WHEN 'accept' THEN 'reject' ELSE 'accept' END FROM decisions d WHERE d.id = NEW.about), FALSE) THEN
        RAISE EXCEPTION 'only the decision that stands is overturned';
    END IF;
    IF NEW.step IN ('approval', 'sent_back') AND NOT COALESCE((SELECT state FROM checks WHERE id = NEW.check_id) = 'proposed' AND NEW.about = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.check_id ORDER BY d.round DESC LIMIT 1) AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.step = 'proposal' AND d.outcome = NEW.outcome AND d.reason = NEW.reason), FALSE) THEN
        RAISE EXCEPTION 'only the proposal that waits is answered';
    END IF;
    IF NEW.step = 'approval' AND EXISTS (SELECT 1 FROM voided_proposals v WHERE v.decision_id = NEW.about) THEN
        RAISE EXCEPTION 'a proposal that was overtaken is not approved';
    END IF;
    IF NEW.step = 'proposal' AND (NEW.evidence_hash IS NULL OR NEW.until_ms IS NULL) THEN
        RAISE EXCEPTION 'a proposal names its evidence and its deadline';
    END IF;
    IF NEW.step IN ('approval', 'sent_back') AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.decided_by = NEW.decided_by) THEN
        RAISE EXCEPTION 'nobody answers their own proposal';
    END IF;
    IF NEW.step IN ('approval', 'sent_back') AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.checker_id <> NEW.decided_by AND NEW.decided_at_ms < d.until_ms AND EXISTS (SELECT 1 FROM people p WHERE p.id = d.checker_id AND p.role = 'supervisor' AND p.state = 'active' AND p.password_hash <> '' AND (p.role_confirmed_by IS NOT NULL OR p.role_alone = 1))) THEN
        RAISE EXCEPTION 'this proposal is meant for somebody else';
    END IF;
    IF NEW.step = 'approval' AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = NEW.about AND d.evidence_hash IS NOT NULL AND d.evidence_hash IS DISTINCT FROM NEW.evidence_hash) THEN
        RAISE EXCEPTION 'a proposal is approved on its own evidence';
    END IF;
    IF NEW.step = 'approval' AND EXISTS (SELECT 1 FROM checks k WHERE k.id = NEW.check_id AND k.launched_by = NEW.decided_by) AND NOT EXISTS (SELECT 1 FROM policy_terms t WHERE t.version = NEW.policy_version AND t.launcher_may_approve = 1) THEN
        RAISE EXCEPTION 'who launched a check does not approve';
    END IF;
    IF NEW.step = 'approval' AND EXISTS (SELECT 1 FROM findings f WHERE f.check_id = NEW.check_id AND f.judgement <> 'undecided' AND f.judged_by = NEW.decided_by) THEN
        RAISE EXCEPTION 'who judged findings does not approve';
    END IF;
    IF NEW.step = 'overturn' AND EXISTS (SELECT 1 FROM decisions o LEFT JOIN decisions op ON op.id = o.about AND o.step = 'approval' WHERE o.id = NEW.about AND (o.decided_by = NEW.decided_by OR op.decided_by = NEW.decided_by)) THEN
        RAISE EXCEPTION 'nobody overturns their own decision alone';
    END IF;
    IF NEW.step = 'approval' AND EXISTS (SELECT 1 FROM decisions o LEFT JOIN decisions op ON op.id = o.about AND o.step = 'approval' WHERE o.id = (SELECT d.about FROM decisions d WHERE d.id = NEW.about) AND (o.decided_by = NEW.decided_by OR op.decided_by = NEW.decided_by)) THEN
        RAISE EXCEPTION 'nobody approves what overturns their own decision';
    END IF;
    IF NEW.outcome = 'accept' AND NEW.step <> 'sent_back' AND EXISTS (SELECT 1 FROM findings f WHERE f.check_id = NEW.check_id AND f.judgement = 'undecided' AND f.source IN ('sanction_list', 'idv_reject', 'idv_review', 'idv_field', 'wallet_sanction', 'number_field', 'register', 'ident_state', 'ident_field', 'unread', 'customer_change')) THEN
        RAISE EXCEPTION 'what is accepted is judged';
    END IF;
    IF NEW.step IN ('approval', 'sent_back', 'overturn') AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.decided_by AND p.role = 'supervisor' AND p.state = 'active') THEN
        RAISE EXCEPTION 'this step takes a supervisor';
    END IF;
    IF NEW.step IN ('decision', 'overturn', 'withdrawal') AND NOT EXISTS (SELECT 1 FROM checks k JOIN policy_terms t ON t.version = NEW.policy_version
        JOIN policy_floors f0 ON f0.version = t.version AND f0.kind = k.kind AND f0.outcome = CASE NEW.outcome WHEN 'reject' THEN 'reject' ELSE 'accept' END
        WHERE k.id = NEW.check_id AND f0.risk_from > -1
        AND f0.risk_from > (SELECT MAX(o.risk_score) FROM checks o WHERE o.customer_id = k.customer_id AND (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)))
        AND NOT (f0.sanction = 1 AND EXISTS (SELECT 1 FROM checks o JOIN findings f ON f.check_id = o.id WHERE (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)) AND o.customer_id = k.customer_id AND f.source IN ('sanction_list', 'wallet_sanction')))
        AND NOT (f0.relevant = 1 AND EXISTS (SELECT 1 FROM checks o JOIN findings f ON f.check_id = o.id WHERE (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)) AND o.customer_id = k.customer_id AND f.judgement = 'relevant'))
        AND NOT (f0.unjudged = 1 AND EXISTS (SELECT 1 FROM checks o JOIN findings f ON f.check_id = o.id WHERE (o.id = k.id OR (o.customer_id = k.customer_id AND o.kind = k.kind AND o.outcome_at_ms >= NEW.decided_at_ms - t.window_days * 86400000)) AND o.customer_id = k.customer_id AND f.judgement = 'undecided'))) THEN
        RAISE EXCEPTION 'this decision takes two people';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decisions_follow_the_rule BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_follow_the_rule();

-- No check is decided but by a recorded step, nor begins so.
CREATE FUNCTION checks_follow_the_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('withdrawn', 'failed') THEN
        RAISE EXCEPTION 'what is over stays over';
    END IF;
    IF (OLD.state = 'to_review' AND NEW.state NOT IN ('proposed', 'accepted', 'rejected', 'withdrawn')) OR (OLD.state = 'proposed' AND NEW.state NOT IN ('to_review', 'accepted', 'rejected', 'withdrawn')) THEN
        RAISE EXCEPTION 'what waits for a decision ends by one';
    END IF;
    IF OLD.state IN ('accepted', 'rejected') AND NEW.state NOT IN ('accepted', 'rejected', 'proposed') THEN
        RAISE EXCEPTION 'what is decided stays decided';
    END IF;
    IF NEW.state = 'proposed' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND d.step = 'proposal') THEN
        RAISE EXCEPTION 'a check is proposed by a proposal';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state = 'to_review' AND NOT (NOT EXISTS (SELECT 1 FROM decisions d WHERE d.check_id = NEW.id AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome IN ('accept', 'reject')) AND OLD.state = 'proposed' AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND (d.step = 'sent_back' OR (d.step = 'proposal' AND EXISTS (SELECT 1 FROM voided_proposals v WHERE v.decision_id = d.id))))) THEN
        RAISE EXCEPTION 'a proposal comes back by a step';
    END IF;
    IF NEW.state IN ('accepted', 'rejected') AND NOT COALESCE(EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome = CASE NEW.state WHEN 'accepted' THEN 'accept' WHEN 'rejected' THEN 'reject' ELSE 'withdraw' END) OR ((OLD.state = 'proposed' AND EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND (d.step = 'sent_back' OR (d.step = 'proposal' AND EXISTS (SELECT 1 FROM voided_proposals v WHERE v.decision_id = d.id))))) AND (SELECT d.outcome FROM decisions d WHERE d.check_id = NEW.id AND d.step IN ('decision', 'approval', 'overturn') AND d.outcome IN ('accept', 'reject') ORDER BY d.round DESC LIMIT 1) = CASE NEW.state WHEN 'accepted' THEN 'accept' WHEN 'rejected' THEN 'reject' ELSE 'withdraw' END), FALSE) THEN
        RAISE EXCEPTION 'a check is decided by a step that may';
    END IF;
    IF NEW.state = 'withdrawn' AND (OLD.outcome_at_ms IS NOT NULL OR OLD.state IN ('to_review', 'proposed')) AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = (SELECT d.id FROM decisions d WHERE d.check_id = NEW.id ORDER BY d.round DESC LIMIT 1) AND d.step IN ('withdrawal', 'approval') AND d.outcome = 'withdraw') THEN
        RAISE EXCEPTION 'a check whose outcome is here is withdrawn by a step that may';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER checks_follow_the_rule BEFORE UPDATE OF state ON checks FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION checks_follow_the_rule();
CREATE FUNCTION checks_begin_undecided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a check begins undecided';
END
$$;
CREATE TRIGGER checks_begin_undecided BEFORE INSERT ON checks FOR EACH ROW WHEN (NEW.state IN ('proposed', 'accepted', 'rejected')) EXECUTE FUNCTION checks_begin_undecided();
-- About whom a check is, who launched it and that its outcome is here stays; so does its kind from then on.
CREATE FUNCTION checks_stay_what_they_are() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a check stays what it is';
END
$$;
CREATE TRIGGER checks_stay_what_they_are BEFORE UPDATE OF id, customer_id, launched_by, kind, outcome_at_ms ON checks FOR EACH ROW
WHEN ((NEW.id, NEW.customer_id, NEW.launched_by) IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.launched_by)
    OR (OLD.outcome_at_ms IS NOT NULL AND (NEW.outcome_at_ms IS NULL OR NEW.kind <> OLD.kind)))
EXECUTE FUNCTION checks_stay_what_they_are();
CREATE TRIGGER checks_refuse_delete BEFORE DELETE ON checks FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION checks_stay_what_they_are();
CREATE TRIGGER checks_refuse_truncate BEFORE TRUNCATE ON checks FOR EACH STATEMENT EXECUTE FUNCTION checks_stay_what_they_are();

-- Nor does a role that waits propose or confirm a policy.
CREATE FUNCTION policies_of_confirmed_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.proposed_by AND p.role_confirmed_by IS NULL AND p.role_alone = 0) THEN
        RAISE EXCEPTION 'the role of who proposes is not confirmed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER policies_of_confirmed_roles BEFORE INSERT ON policies FOR EACH ROW EXECUTE FUNCTION policies_of_confirmed_roles();
CREATE FUNCTION policy_ends_of_confirmed_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.ended_by AND p.role_confirmed_by IS NULL AND p.role_alone = 0) THEN
        RAISE EXCEPTION 'the role of who confirms is not confirmed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER policy_ends_of_confirmed_roles BEFORE INSERT ON policy_ends FOR EACH ROW EXECUTE FUNCTION policy_ends_of_confirmed_roles();
