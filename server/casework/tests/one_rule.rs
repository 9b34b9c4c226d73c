//! What a determined insider tries, through the desk's own actions and past them.

use crate::{on_both, support::*};
use casework::{
    checks::{
        self,
        decide::{self, Act},
        facts,
    },
    customers, new_id, people,
};
use domain::{
    CheckId, Refusal,
    checks::{State, Telling},
    decisions::{Maker, Outcome, Step},
    findings::{Judgement, Source},
    people::{Caller, Role},
    time::{DAY, HOUR},
    who::Relation,
};
use std::collections::BTreeSet;

/// Somebody whom a sanction list names. Very high risk.
const SANCTIONED: &str = "Rahimullah Darwesh Khan";

/// Tells the database something past our code, as `sqlite3` and `psql` would: a connection of its
/// own, with nothing set up.
async fn outside(desk: &Desk, statement: &str) -> Result<u64, String> {
    use sqlx::{
        AssertSqlSafe, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions,
    };
    let sql = AssertSqlSafe(statement.to_owned());
    let done = if let Some(file) = desk.url.strip_prefix("sqlite:") {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .foreign_keys(false)
            .busy_timeout(std::time::Duration::from_secs(5));
        let mut bare = SqliteConnection::connect_with(&options).await.expect("opens");
        let done = sqlx::query(sql).execute(&mut bare).await.map(|d| d.rows_affected());
        bare.close().await.expect("closes");
        done
    } else {
        let mut bare = PgConnection::connect(&desk.url).await.expect("opens");
        let done = sqlx::query(sql).execute(&mut bare).await.map(|d| d.rows_affected());
        bare.close().await.expect("closes");
        done
    };
    done.map_err(|e| e.to_string())
}

/// A step as somebody writes it by hand.
#[derive(Clone)]
struct Row<'a> {
    check: &'a CheckId,
    step: &'a str,
    outcome: &'a str,
    by: &'a Caller,
    about: Option<String>,
    round: i64,
    policy: i64,
    hash: Option<&'a str>,
}

impl<'a> Row<'a> {
    async fn next(
        desk: &Desk,
        check: &'a CheckId,
        step: &'a str,
        outcome: &'a str,
        by: &'a Caller,
    ) -> Self {
        let all = desk.review(check).await.decisions;
        Row {
            check,
            step,
            outcome,
            by,
            about: all.last().map(|d| d.id.clone()),
            round: all.len() as i64 + 1,
            policy: 1,
            hash: None,
        }
    }

    async fn write(&self, desk: &Desk) -> Result<u64, String> {
        let quoted =
            |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), |text| format!("'{text}'"));
        let sql = format!(
            "INSERT INTO decisions (id, check_id, round, step, outcome, reason, comment, decided_by, decided_at_ms, about, seen, policy_version, evidence_hash, until_ms) \
             VALUES ('{}', '{}', {}, '{}', '{}', 'other', 'x', '{}', {}, {}, '', {}, {}, {})",
            new_id(),
            self.check,
            self.round,
            self.step,
            self.outcome,
            self.by.id,
            desk.work.now(),
            quoted(self.about.as_deref()),
            self.policy,
            quoted(self.hash),
            desk.work.now()
        );
        outside(desk, &sql).await
    }

    async fn refused(&self, desk: &Desk, why: &str) {
        let refused = self.write(desk).await.expect_err(why);
        assert!(refused.contains(why), "{why}: {refused}");
    }
}

async fn moved(desk: &Desk, check: &CheckId, state: &str) -> Result<u64, String> {
    outside(desk, &format!("UPDATE checks SET state = '{state}' WHERE id = '{check}'")).await
}

on_both!(s_26_nobody_rejects_and_overturns_to_accepted_alone, |desk| async {
    let stella = desk.another_supervisor("stella").await;
    let check = desk.reviewed(SANCTIONED).await;
    desk.decide(&desk.sofia, &check, Outcome::Reject).await;
    let tried = desk.step(&desk.sofia, &check, Act::Overturn, Outcome::Accept).await;
    assert_eq!(refusal(tried), Refusal::OverturnUnjudged(1), "sanctions unjudged");

    let check = desk.reviewed(SANCTIONED).await;
    desk.clear_sanctions(&check).await;
    desk.decide(&desk.sofia, &check, Outcome::Reject).await;
    let tried =
        desk.step(&desk.sofia, &check, Act::Overturn, Outcome::Accept).await.expect("proposes");
    assert_eq!((tried.step, desk.check(&check).await.state.as_str()), (Step::Proposal, "proposed"));
    assert_eq!(
        refusal(desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await),
        Refusal::FourEyes
    );
    let shown = desk.review(&check).await.facts.proposal.expect("it waits");
    assert_eq!(shown.overturns, Some(Outcome::Reject));
    // Sent back, the decision stands as before.
    desk.step(&stella, &check, Act::SendBack, Outcome::Accept).await.expect("sends back");
    assert_eq!(desk.check(&check).await.state, "rejected");
    // Of two supervisors, the one who made the decision never is the second person of its overturn.
    desk.step(&stella, &check, Act::Overturn, Outcome::Accept).await.expect("proposes");
    assert_eq!(
        refusal(desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await),
        Refusal::MadeIt(Maker::Decided)
    );
    let third = desk.another_supervisor("selma").await;
    let approved =
        desk.step(&third, &check, Act::Approve, Outcome::Accept).await.expect("approves");
    assert_eq!(
        (approved.step, desk.check(&check).await.state.as_str()),
        (Step::Approval, "accepted")
    );
    // Nor does she whose proposal was approved overturn that alone.
    let back = desk.step(&stella, &check, Act::Overturn, Outcome::Reject).await.expect("proposes");
    assert_eq!((back.step, desk.check(&check).await.state.as_str()), (Step::Proposal, "proposed"));
    assert_journal_intact(&desk.work).await;
});

on_both!(
    s_26_a_check_is_not_withdrawn_and_run_again_with_less_until_one_person_may_accept_it,
    |desk| async {
        let mut form = desk.form(SANCTIONED);
        let first = desk.launch_form(&form).await;
        desk.until_state(&first, State::ToReview).await;
        desk.clear_sanctions(&first).await;
        let plain = checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &first).await;
        assert_eq!(refusal(plain), Refusal::OutcomeIsHere, "without a reason");
        let proposal = desk
            .step(&desk.anna, &first, Act::Withdraw, Outcome::Withdraw)
            .await
            .expect("proposes");
        assert_eq!(
            (proposal.step, desk.check(&first).await.state.as_str()),
            (Step::Proposal, "proposed")
        );
        desk.step(&desk.sofia, &first, Act::SendBack, Outcome::Withdraw).await.expect("sends back");
        let again = desk
            .step(&desk.anna, &first, Act::Withdraw, Outcome::Withdraw)
            .await
            .expect("proposes");
        assert_eq!(again.step, Step::Proposal, "just sent back");
        desk.step(&desk.sofia, &first, Act::Approve, Outcome::Withdraw).await.expect("approves");
        assert_eq!(desk.check(&first).await.state, "withdrawn");

        // One harmless source.
        form.sources = "negative_news".into();
        let second = CheckId::from(new_id());
        checks::launch(
            &desk.work,
            &desk.anna,
            &by(&desk.anna),
            &second,
            &form,
            false,
            Some(&first),
        )
        .await
        .expect("runs again");
        desk.until_state(&second, State::ToReview).await;
        let facts = desk.review(&second).await.facts;
        assert_eq!(
            facts.earlier.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(),
            [first.as_str()]
        );
        assert!(
            facts
                .narrower
                .as_ref()
                .is_some_and(|n| n.without.contains(&domain::findings::Source::SanctionList)),
            "{:?}",
            facts.narrower
        );
        assert!(facts.needs_two(Outcome::Accept));
        let accepted =
            desk.step(&desk.anna, &second, Act::Decide, Outcome::Accept).await.expect("proposes");
        assert_eq!(
            (accepted.step, desk.check(&second).await.state.as_str()),
            (Step::Proposal, "proposed")
        );
        assert_journal_intact(&desk.work).await;
    }
);

on_both!(
    s_26_who_launched_and_judged_everything_does_not_approve_what_an_analyst_pressed,
    |desk| async {
        let check = CheckId::from(new_id());
        let form = desk.form(SANCTIONED);
        checks::launch(&desk.work, &desk.sofia, &by(&desk.sofia), &check, &form, false, None)
            .await
            .expect("launches");
        desk.until_state(&check, State::ToReview).await;
        for finding in desk.review(&check).await.findings {
            let finding = finding.id.as_str().into();
            checks::judge(
                &desk.work,
                &by(&desk.sofia),
                &check,
                &finding,
                Judgement::FalsePositive,
                "",
            )
            .await
            .expect("judges");
        }
        desk.decide(&desk.anna, &check, Outcome::Accept).await;
        assert_eq!(
            refusal(desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await),
            Refusal::MadeIt(Maker::Judged)
        );
        let hash = desk.review(&check).await.decisions[0].evidence_hash.clone();
        let row = Row {
            hash: hash.as_deref(),
            ..Row::next(&desk, &check, "approval", "accept", &desk.sofia).await
        };
        assert!(row.write(&desk).await.is_err(), "nor by hand");
        let stella = desk.another_supervisor("stella").await;
        desk.step(&stella, &check, Act::Approve, Outcome::Accept).await.expect("approves");
        assert_eq!(desk.check(&check).await.state, "accepted");
    }
);

on_both!(a_customer_of_ones_own_name_needs_somebody_else, |desk| async {
    let check = desk.reviewed("BERG, Anna").await;
    for (act, outcome) in [
        (Act::Decide, Outcome::Accept),
        (Act::Decide, Outcome::Reject),
        (Act::Withdraw, Outcome::Withdraw),
    ] {
        assert_eq!(refusal(desk.step(&desk.anna, &check, act, outcome).await), Refusal::Oneself);
    }
    let sql = format!(
        "INSERT INTO findings (id, check_id, source, source_name, position, fingerprint, title, compared, facts, judgement) \
         VALUES ('hers', '{check}', 'sanction_list', 'sanction_list', 98, 'hers', 'A list that names her', '[]', '[]', 'undecided')"
    );
    run_sql(&desk.work.db, &sql).await.expect("is found");
    let judged = async |who: &Caller| {
        checks::judge(&desk.work, &by(who), &check, &"hers".into(), Judgement::FalsePositive, "")
            .await
    };
    assert_eq!(refusal(judged(&desk.anna).await), Refusal::Oneself);
    judged(&desk.ben).await.expect("somebody else judges");
    desk.clear_sanctions(&check).await;
    desk.decide(&desk.ben, &check, Outcome::Reject).await;
});

on_both!(
    what_arrives_while_a_proposal_waits_voids_it_and_brings_it_back_to_its_maker,
    |desk| async {
        let check = desk.reviewed(SANCTIONED).await;
        desk.clear_sanctions(&check).await;
        desk.decide(&desk.anna, &check, Outcome::Accept).await;
        assert!(desk.review(&check).await.facts.proposal.expect("it waits").is_bound);
        let sql = format!(
            "INSERT INTO findings (id, check_id, source, source_name, position, fingerprint, title, compared, facts, judgement) \
         VALUES ('late', '{check}', 'negative_news', 'negative_news', 99, 'late', 'An article of today', '[]', '[]', 'undecided')"
        );
        run_sql(&desk.work.db, &sql).await.expect("arrives");
        assert_eq!(
            refusal(desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await),
            Refusal::Voided
        );
        let review = desk.review(&check).await;
        assert_eq!((review.check.state.as_str(), review.decisions.len()), ("to_review", 1));
        assert!(
            review.facts.voided.is_some() && review.findings.iter().any(|f| f.id == "late"),
            "it is kept, and the page says so"
        );
        assert!(actions(&desk.work, check.as_str()).await.contains(&"decision_voided".to_owned()));
        let returned = facts::returned_to(&desk.work, &desk.anna.id).await.expect("reads");
        assert_eq!(returned.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), [check.as_str()]);
        // It can be proposed anew, on what is there now.
        desk.decide(&desk.anna, &check, Outcome::Accept).await;
        assert!(facts::returned_to(&desk.work, &desk.anna.id).await.expect("reads").is_empty());
        desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await.expect("approves");
        assert_journal_intact(&desk.work).await;
    }
);

on_both!(what_the_provider_says_meanwhile_voids_a_proposal_by_itself, |desk| async {
    let check = desk.reviewed(SANCTIONED).await;
    desk.clear_sanctions(&check).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let task = desk.task(SANCTIONED).await["task_id"].clone();
    desk.control(
        &format!("/tasks/{task}/decide"),
        serde_json::json!({ "accepted": false, "comment": "Not with us." }),
    )
    .await;
    desk.until_state(&check, State::ToReview).await;
    let review = desk.review(&check).await;
    assert!(review.facts.voided.is_some() && review.evidence.len() == 3, "it is kept");
    assert_eq!(review.check.assignee_id.as_deref(), Some(desk.anna.id.as_str()));
});

on_both!(what_was_sent_back_comes_first_to_who_proposed_it, |desk| async {
    let urgent = desk.reviewed("Ana Popović").await;
    checks::assign(
        &desk.work,
        &by(&desk.sofia),
        std::slice::from_ref(&urgent),
        Some(&desk.anna.id),
    )
    .await
    .expect("assigns");
    let check = desk.reviewed(SANCTIONED).await;
    run_sql(
        &desk.work.db,
        &format!("UPDATE checks SET due_at_ms = due_at_ms + 999999999 WHERE id = '{check}'"),
    )
    .await
    .expect("waits longer");
    desk.clear_sanctions(&check).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    desk.step(&desk.sofia, &check, Act::SendBack, Outcome::Accept).await.expect("sends back");
    let next =
        checks::take_next(&desk.work, &desk.anna, &by(&desk.anna), None).await.expect("takes");
    assert_eq!(next, Some(check.clone()));
    let others =
        checks::take_next(&desk.work, &desk.ben, &by(&desk.ben), None).await.expect("takes");
    assert_eq!(others, None, "it waits for its maker");
});

on_both!(what_comes_back_to_who_left_is_for_whoever_takes_it, |desk| async {
    let check = desk.reviewed(SANCTIONED).await;
    desk.clear_sanctions(&check).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    people::change(&desk.work, &by(&desk.adam), &desk.anna.id, Role::Analyst, false)
        .await
        .expect("disables");
    desk.step(&desk.sofia, &check, Act::SendBack, Outcome::Accept).await.expect("sends back");
    assert_eq!(desk.check(&check).await.assignee_id, None);
    let next = checks::take_next(&desk.work, &desk.ben, &by(&desk.ben), None).await.expect("takes");
    assert_eq!(next, Some(check));
});

on_both!(a_proposal_for_somebody_waits_for_them_until_its_deadline, |desk| async {
    let stella = desk.another_supervisor("stella").await;
    let check = desk.reviewed(SANCTIONED).await;
    desk.clear_sanctions(&check).await;
    let version = desk.check(&check).await.version;
    let words = verdict(Outcome::Accept, version, "Looked at all of it.");
    let propose = async |named: &Caller| {
        decide::act_for(
            &desk.work,
            &desk.anna,
            &by(&desk.anna),
            &check,
            &new_id().into(),
            Act::Decide,
            &words,
            Some(&named.id),
        )
        .await
    };
    for unfit in [&desk.ben, &desk.anna, &desk.adam] {
        assert_eq!(refusal(propose(unfit).await), Refusal::CannotApprove(unfit.name.clone()));
    }
    let selma = desk.another_supervisor("selma").await;
    people::change(&desk.work, &by(&desk.adam), &selma.id, Role::Supervisor, false)
        .await
        .expect("disables");
    assert_eq!(
        refusal(propose(&selma).await),
        Refusal::CannotApprove("This person".into()),
        "who is disabled"
    );
    propose(&stella).await.expect("proposes");
    let until = desk.review(&check).await.facts.proposal.expect("it waits").until;
    for act in [Act::Approve, Act::SendBack] {
        let refused = refusal(desk.step(&desk.sofia, &check, act, Outcome::Accept).await);
        assert_eq!(refused, Refusal::NamedElse { name: stella.name.clone(), until });
    }
    let hash = desk.review(&check).await.decisions[0].evidence_hash.clone();
    let row = Row {
        hash: hash.as_deref(),
        ..Row::next(&desk, &check, "approval", "accept", &desk.sofia).await
    };
    row.refused(&desk, "meant for somebody else").await;
    let hours = i64::from(desk.review(&check).await.facts.policy.proposal_hours());
    desk.work.clock.advance(hours * HOUR + 1);
    desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept)
        .await
        .expect("after its deadline");
});

on_both!(a_proposal_does_not_wait_for_a_checker_who_is_gone, |desk| async {
    let stella = desk.another_supervisor("stella").await;
    let check = desk.reviewed(SANCTIONED).await;
    desk.clear_sanctions(&check).await;
    let version = desk.check(&check).await.version;
    let words = verdict(Outcome::Accept, version, "Looked at all of it.");
    let proposed = decide::act_for(
        &desk.work,
        &desk.anna,
        &by(&desk.anna),
        &check,
        &new_id().into(),
        Act::Decide,
        &words,
        Some(&stella.id),
    )
    .await;
    assert_eq!(proposed.expect("proposes").step, Step::Proposal);
    people::change(&desk.work, &by(&desk.adam), &stella.id, Role::Supervisor, false)
        .await
        .expect("disables");
    desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept)
        .await
        .expect("approves in their place");
});

on_both!(a_proposal_waits_for_nobody_who_left, |desk| async {
    let stella = desk.another_supervisor("stella").await;
    let check = desk.reviewed(SANCTIONED).await;
    desk.clear_sanctions(&check).await;
    let words = verdict(Outcome::Accept, desk.check(&check).await.version, "Looked at all of it.");
    decide::act_for(
        &desk.work,
        &desk.ben,
        &by(&desk.ben),
        &check,
        &new_id().into(),
        Act::Decide,
        &words,
        Some(&stella.id),
    )
    .await
    .expect("proposes");
    let early = refusal(desk.step(&desk.sofia, &check, Act::SendBack, Outcome::Accept).await);
    assert!(matches!(early, Refusal::NamedElse { .. }), "{early:?}");
    people::change(&desk.work, &by(&desk.adam), &stella.id, Role::Supervisor, false)
        .await
        .expect("disables");
    people::change(&desk.work, &by(&desk.adam), &desk.ben.id, Role::Analyst, false)
        .await
        .expect("disables");
    desk.step(&desk.sofia, &check, Act::SendBack, Outcome::Accept)
        .await
        .expect("nobody else could");
    let back = desk.check(&check).await;
    assert_eq!(
        (back.state.as_str(), back.assignee_id.as_deref()),
        ("to_review", None),
        "nor does it come back to who left"
    );
    let next =
        checks::take_next(&desk.work, &desk.anna, &by(&desk.anna), None).await.expect("takes");
    assert_eq!(next, Some(check));
});

on_both!(the_database_takes_no_step_that_the_rule_does_not, |desk| async {
    let stella = desk.another_supervisor("stella").await;
    let check = desk.reviewed(SANCTIONED).await;
    let (unjudged, takes_two) = ("what is accepted is judged", "this decision takes two people");
    Row { about: None, ..Row::next(&desk, &check, "decision", "accept", &desk.anna).await }
        .refused(&desk, unjudged)
        .await;
    desk.clear_sanctions(&check).await;
    let alone =
        Row { about: None, ..Row::next(&desk, &check, "decision", "accept", &desk.anna).await };
    alone.refused(&desk, takes_two).await;
    // A policy that nobody knows takes two people for everything.
    Row { policy: 77, outcome: "reject", ..alone.clone() }.refused(&desk, takes_two).await;
    Row { step: "withdrawal", outcome: "withdraw", ..alone.clone() }
        .refused(&desk, takes_two)
        .await;
    Row { step: "overturn", outcome: "accept", ..alone.clone() }
        .refused(&desk, "only the decision that stands")
        .await;
    Row { step: "approval", ..alone.clone() }.refused(&desk, "only the proposal that waits").await;
    Row { step: "proposal", ..alone.clone() }.refused(&desk, "names its evidence").await;
    Row { round: 7, ..alone.clone() }.refused(&desk, "each step has its round").await;
    // A check is not moved without its step.
    for state in ["accepted", "rejected", "withdrawn", "proposed"] {
        let refused = moved(&desk, &check, state).await.expect_err(state);
        assert!(refused.contains("a check"), "{state}: {refused}");
    }
    // The second half, by a maker of the first.
    desk.decide(&desk.sofia, &check, Outcome::Accept).await;
    let hash = desk.review(&check).await.decisions[0].evidence_hash.clone();
    let second = async |by| Row {
        hash: hash.as_deref(),
        ..Row::next(&desk, &check, "approval", "accept", by).await
    };
    second(&desk.sofia).await.refused(&desk, "nobody answers their own proposal").await;
    second(&desk.anna).await.refused(&desk, "does not approve").await;
    for nobody in [&desk.ben, &desk.adam] {
        second(nobody).await.refused(&desk, "this step takes a supervisor").await;
    }
    Row { hash: Some("other"), ..second(&stella).await }
        .refused(&desk, "on its own evidence")
        .await;
    Row { outcome: "reject", ..second(&stella).await }
        .refused(&desk, "only the proposal that waits")
        .await;
    assert!(
        moved(&desk, &check, "accepted").await.is_err()
            && moved(&desk, &check, "to_review").await.is_err()
    );
    desk.step(&stella, &check, Act::Approve, Outcome::Accept).await.expect("approves");
    // Decided once: no second final step, no way back, and no overturn by who decided.
    for step in ["decision", "withdrawal"] {
        let outcome = if step == "decision" { "reject" } else { "withdraw" };
        Row { about: None, ..Row::next(&desk, &check, step, outcome, &desk.anna).await }
            .refused(&desk, "decided once")
            .await;
    }
    for maker in [&desk.sofia, &stella] {
        Row::next(&desk, &check, "overturn", "reject", maker)
            .await
            .refused(&desk, "their own decision alone")
            .await;
    }
    for state in ["to_review", "rejected", "withdrawn", "proposed", "running"] {
        assert!(moved(&desk, &check, state).await.is_err(), "{state}");
    }
    let state = desk.check(&check).await.state;
    assert_eq!((state.as_str(), desk.review(&check).await.decisions.len()), ("accepted", 2));
    // Nor does one begin decided.
    let columns = "kind, customer_id, connection_id, 'accepted', version, touched_at_ms, risk_score, progress, request, launched_at_ms, due_from_ms, due_at_ms, claim_until_ms, telling, poll_at_ms, polls_failed, poll_fence";
    let copy = format!(
        "INSERT INTO checks (id, {}) SELECT 'copy', {columns} FROM checks WHERE id = '{check}'",
        columns.replace("'accepted'", "state")
    );
    assert!(
        outside(&desk, &copy).await.expect_err("begins undecided").contains("begins undecided")
    );
    // What is harmless passes: the triggers refuse steps, not people.
    let other = desk.reviewed("Jan Novák").await;
    desk.clear_sanctions(&other).await;
    Row { about: None, ..Row::next(&desk, &other, "decision", "reject", &desk.anna).await }
        .write(&desk)
        .await
        .expect("is recorded");
    moved(&desk, &other, "rejected").await.expect("moves");
});

on_both!(no_statement_ends_a_check_without_a_step_or_makes_another_of_it, |desk| async {
    let open = desk.reviewed(SANCTIONED).await;
    let decided = desk.reviewed("Jan Novák").await;
    desk.decide(&desk.anna, &decided, Outcome::Reject).await;
    let of_somebody_else = desk.check(&decided).await.customer_id;
    let refused = async |statement: String, why: &str| {
        let said = outside(&desk, &statement).await.expect_err(&statement);
        assert!(said.contains(why), "{statement}: {said}");
    };
    let waits = "what waits for a decision ends by one";
    for state in ["draft", "queued", "running", "failed"] {
        refused(format!("UPDATE checks SET state = '{state}' WHERE id = '{open}'"), waits).await;
    }
    let stays = "a check stays what it is";
    for change in [
        "outcome_at_ms = NULL",
        "launched_by = NULL",
        &format!("launched_by = '{}'", desk.ben.id),
        &format!("customer_id = '{of_somebody_else}'"),
        "kind = 'rofus'",
        "id = 'other'",
    ] {
        refused(format!("UPDATE checks SET {change} WHERE id = '{open}'"), stays).await;
    }
    for check in [&open, &decided] {
        refused(format!("DELETE FROM checks WHERE id = '{check}'"), stays).await;
    }
    if !desk.work.db.is_postgres() {
        let columns = "kind, customer_id, connection_id, version, touched_at_ms, risk_score, progress, request, launched_at_ms, due_from_ms, due_at_ms, claim_until_ms, telling, poll_at_ms, polls_failed, poll_fence";
        for (check, state) in [(&open, "withdrawn"), (&decided, "to_review")] {
            let anew = format!(
                "REPLACE INTO checks (id, state, {columns}) SELECT id, '{state}', {columns} FROM checks WHERE id = '{check}'"
            );
            refused(anew, stays).await;
        }
    }
    let states = (desk.check(&open).await.state, desk.check(&decided).await.state);
    assert_eq!(states, ("to_review".to_owned(), "rejected".to_owned()));
});

on_both!(the_worst_of_a_customers_checks_counts_in_the_database_as_well, |desk| async {
    let mut form = desk.form(SANCTIONED);
    let first = desk.launch_form(&form).await;
    desk.until_state(&first, State::ToReview).await;
    desk.decide(&desk.anna, &first, Outcome::Reject).await;
    form.sources = "tw_company".into();
    let second = CheckId::from(new_id());
    checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &second, &form, true, None)
        .await
        .expect("launches");
    desk.until_state(&second, State::ToReview).await;
    desk.clear_sanctions(&second).await;
    run_sql(&desk.work.db, &format!("UPDATE checks SET risk_score = 0 WHERE id = '{second}'"))
        .await
        .expect("a low risk");
    let alone =
        Row { about: None, ..Row::next(&desk, &second, "decision", "accept", &desk.anna).await };
    alone.refused(&desk, "this decision takes two people").await;
    assert!(desk.review(&second).await.facts.needs_two_for_earlier(Outcome::Accept));
    let proposed =
        desk.step(&desk.anna, &second, Act::Decide, Outcome::Accept).await.expect("proposes");
    assert_eq!(proposed.step, Step::Proposal);
});

on_both!(what_was_found_under_another_reference_of_the_same_person_counts, |desk| async {
    let first = desk.reviewed(SANCTIONED).await;
    let second = desk.reviewed("Jan Novák").await;
    desk.clear_sanctions(&second).await;
    assert!(!desk.review(&second).await.facts.needs_two(Outcome::Accept), "nobody knows");
    let references = (
        desk.review(&first).await.customer.reference,
        desk.review(&second).await.customer.reference,
    );
    let pair = (references.0.as_str(), references.1.as_str());
    customers::relate(
        &desk.work,
        &desk.ben,
        &by(&desk.ben),
        pair,
        Relation::Same,
        "Same passport.",
    )
    .await
    .expect("links");
    let facts = desk.review(&second).await.facts;
    assert_eq!(facts.earlier.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), [first.as_str()]);
    assert!(facts.needs_two_for_earlier(Outcome::Accept));
    assert_eq!(desk.decide(&desk.anna, &second, Outcome::Accept).await.step, Step::Proposal);
});

on_both!(nobody_parts_customers_for_a_decision_of_their_own, |desk| async {
    let first = desk.reviewed(SANCTIONED).await;
    let second = desk.reviewed("Jan Novák").await;
    desk.clear_sanctions(&second).await;
    let references = (
        desk.review(&first).await.customer.reference,
        desk.review(&second).await.customer.reference,
    );
    let pair = (references.0.as_str(), references.1.as_str());
    let say = async |who: &Caller, relation: Relation, note: &str| {
        customers::relate(&desk.work, who, &by(who), pair, relation, note)
            .await
            .expect("is recorded");
    };
    let needs_two = async |who: &Caller| {
        let review =
            checks::review::get_for(&desk.work, &second, Some(&who.id)).await.expect("reads");
        review.facts.needs_two(Outcome::Accept)
    };
    say(&desk.ben, Relation::Same, "Same passport.").await;
    assert!(needs_two(&desk.ben).await && needs_two(&desk.sofia).await);
    say(&desk.ben, Relation::Other, "Twins.").await;
    assert!(needs_two(&desk.ben).await, "his own word takes nothing away from what he needs");
    assert!(!needs_two(&desk.sofia).await, "of her decision it is somebody else's");
    // Who launched the check has a part in it, too; and what somebody else says is another word,
    // even in the same words.
    say(&desk.anna, Relation::Other, "Twins.").await;
    let words = number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_links").await;
    assert_eq!(words, 3);
    assert!(needs_two(&desk.ben).await);
    assert_eq!(desk.decide(&desk.ben, &second, Outcome::Accept).await.step, Step::Proposal);
    say(&desk.sofia, Relation::Other, "Twins.").await;
    assert!(!needs_two(&desk.ben).await, "she has no part in it");
});

on_both!(
    neither_who_launched_nor_who_judged_nor_who_proposed_parts_customers_for_it,
    |desk| async {
        let (stella, selma) =
            (desk.another_supervisor("stella").await, desk.another_supervisor("selma").await);
        let first = desk.reviewed(SANCTIONED).await;
        let second = desk.reviewed("Jan Novák").await;
        let references = (
            desk.review(&first).await.customer.reference,
            desk.review(&second).await.customer.reference,
        );
        let pair = (references.0.as_str(), references.1.as_str());
        let say = async |who: &Caller, relation: Relation| {
            customers::relate(&desk.work, who, &by(who), pair, relation, "Twins?")
                .await
                .expect("is recorded");
        };
        let needs_two = async || {
            let review = checks::review::get_for(&desk.work, &second, Some(&desk.sofia.id))
                .await
                .expect("reads");
            review.facts.needs_two(Outcome::Accept)
        };
        // Each of them has one part in it, and none of them decides.
        let finding = desk.review(&second).await.findings[0].id.as_str().into();
        checks::judge(&desk.work, &by(&desk.ben), &second, &finding, Judgement::FalsePositive, "")
            .await
            .expect("judges");
        assert!(!needs_two().await, "nobody knows");
        say(&selma, Relation::Same).await;
        let proposed =
            desk.step(&stella, &second, Act::Decide, Outcome::Accept).await.expect("proposes");
        assert_eq!(proposed.step, Step::Proposal);
        for (maker, part) in
            [(&desk.anna, "launched"), (&desk.ben, "judged"), (&stella, "proposed")]
        {
            say(maker, Relation::Other).await;
            assert!(needs_two().await, "who {part} takes nothing away");
        }
        say(&selma, Relation::Other).await;
        assert!(!needs_two().await, "she has no part in it");
    }
);

on_both!(a_proposal_is_bound_to_each_judgement_and_each_body_of_evidence, |desk| async {
    let check = desk.reviewed(SANCTIONED).await;
    desk.clear_sanctions(&check).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let is_bound = async || desk.review(&check).await.facts.proposal.expect("it waits").is_bound;
    // Past the desk's own actions, which judge nothing while a proposal waits; whose judgement it
    // is stays as it was.
    let judged = async |from: &str, to: &str| {
        let sql = format!(
            "UPDATE findings SET judgement = '{to}' WHERE check_id = '{check}' AND judgement = '{from}'"
        );
        assert!(outside(&desk, &sql).await.expect("judges") > 0);
    };
    judged("false_positive", "relevant").await;
    assert!(!is_bound().await, "a judgement");
    judged("relevant", "false_positive").await;
    assert!(is_bound().await, "is what it was");
    let nothing = if desk.work.db.is_postgres() { "''::bytea" } else { "x''" };
    let late = format!(
        "INSERT INTO evidence (id, check_id, source, name, content_type, size, sealed, received_at_ms) \
         VALUES ('late', '{check}', 'late', 'late', 'application/json', 0, {nothing}, {})",
        desk.work.now()
    );
    run_sql(&desk.work.db, &late).await.expect("arrives");
    assert!(!is_bound().await, "a body");
    assert_eq!(
        refusal(desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await),
        Refusal::Voided
    );
});

on_both!(a_run_that_was_broken_off_does_not_hide_what_was_found_before_it, |desk| async {
    let mut form = desk.form(SANCTIONED);
    let first = desk.launch_form(&form).await;
    desk.until_state(&first, State::ToReview).await;
    desk.decide(&desk.anna, &first, Outcome::Reject).await;
    desk.until_telling(&first, Telling::Applied).await;
    let days = i64::from(desk.review(&first).await.facts.policy.window_days());
    desk.work.clock.advance((days + 1) * DAY);
    form.sources = "tw_company".into();
    let again = async |of: &CheckId| {
        let id = CheckId::from(new_id());
        checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &id, &form, false, Some(of))
            .await
            .expect("runs again");
        id
    };
    let second = again(&first).await;
    checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &second)
        .await
        .expect("breaks it off");
    let third = again(&second).await;
    desk.until_state(&third, State::ToReview).await;
    let facts = desk.review(&third).await.facts;
    assert_eq!(facts.earlier.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), [first.as_str()]);
    assert!(facts.narrower.is_some() && facts.needs_two(Outcome::Accept), "{:?}", facts.narrower);
});

/// The triggers say the rule a second time: a source that has to be judged stands in both.
#[test]
fn the_databases_know_each_source_that_must_be_judged() {
    let wanted: BTreeSet<&str> = Source::ALL
        .iter()
        .filter(|source| source.must_be_judged())
        .map(|source| source.code())
        .collect();
    for text in [
        include_str!("../../../migrations/sqlite/0022_one_rule.sql"),
        include_str!("../../../migrations/postgres/0022_one_rule.sql"),
    ] {
        let line = text
            .lines()
            .find(|line| line.contains("NEW.step <> 'sent_back'") && line.contains("f.source IN ("))
            .expect("a trigger");
        let listed = line
            .split("f.source IN (")
            .nth(1)
            .and_then(|rest| rest.split(')').next())
            .expect("a list");
        assert_eq!(
            listed.split(", ").map(|quoted| quoted.trim_matches('\'')).collect::<BTreeSet<_>>(),
            wanted
        );
    }
}
