//! Memory: what changed since the check before, which earlier judgements stand, and taking them
//! over.

use crate::{on_both, support::*};
use casework::{
    checks,
    checks::{
        Finding,
        memory::{Caution, Since, Which, take_over},
        review::Review,
    },
    new_id,
};
use domain::{
    CheckId,
    checks::State,
    decisions::Outcome,
    findings::{Judgement, Source},
    memory::Ended,
    time::DAY,
    who::Data,
};

/// Somebody whom a sanction list names, among others.
const SANCTIONED: &str = "Ignacio Baltasar Quiroga Montalvo";

/// Judges all findings of a check as relevant, each with a note.
async fn judge_all(desk: &Desk, check: &CheckId) -> Vec<Finding> {
    let found = checks::findings(&desk.work, check).await.expect("reads");
    for finding in &found {
        let id = finding.id.as_str().into();
        checks::judge(&desk.work, &by(&desk.ben), check, &id, Judgement::Relevant, "the same man")
            .await
            .expect("judges");
    }
    found
}

/// Runs a check again for the same customer and waits for its outcome.
async fn again(desk: &Desk, form: &domain::launch::DueDiligenceForm) -> CheckId {
    let id = CheckId::from(new_id());
    checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &id, form, false, None)
        .await
        .expect("runs again");
    desk.until_state(&id, State::ToReview).await;
    id
}

/// A check that is judged, and the same again.
async fn two_runs(desk: &Desk) -> (CheckId, CheckId) {
    let form = desk.form(SANCTIONED);
    let first = desk.launch_form(&form).await;
    desk.until_state(&first, State::ToReview).await;
    judge_all(desk, &first).await;
    desk.decide(&desk.anna, &first, Outcome::Reject).await;
    let second = again(desk, &form).await;
    (first, second)
}

fn undecided(review: &Review) -> usize {
    review.findings.iter().filter(|f| f.judgement() == Judgement::Undecided).count()
}

fn is_sanction(finding: &Finding) -> bool {
    finding.source() == Source::SanctionList
}

on_both!(what_comes_again_is_as_before_and_its_judgements_stand, |desk| async {
    let (first, second) = two_runs(&desk).await;
    let review = desk.review(&second).await;
    let listed = review.findings.len();
    assert!(listed > 2, "{listed}");
    assert_eq!(review.memory.previous.as_ref().map(|(id, _)| id.as_str()), Some(first.as_str()));
    assert!(review.memory.is_whole() && review.memory.cautions.is_empty());
    assert_eq!(review.memory.counts.sentence(true), format!("{listed} as before"));
    for finding in &review.findings {
        let earlier = review.memory.standing(&finding.id).expect("it stands");
        assert_eq!(
            (earlier.judgement, earlier.note.as_deref(), earlier.by.as_str()),
            (Judgement::Relevant, Some("the same man"), desk.ben.name.as_str())
        );
        assert_eq!((earlier.check.as_str(), earlier.state), (first.as_str(), State::Rejected));
    }
    assert_eq!(undecided(&review), listed, "nothing is judged by itself");
    // The first knows nothing of what came after it.
    assert!(desk.review(&first).await.memory.previous.is_none());
});

on_both!(sanction_entries_are_taken_over_by_pressing_for_each, |desk| async {
    let (_, second) = two_runs(&desk).await;
    let before = desk.review(&second).await;
    let sanctions = before.findings.iter().filter(|f| is_sanction(f)).count();
    let others = before.findings.len() - sanctions;
    assert!(sanctions > 0 && others > 0, "{sanctions} {others}");
    let anna = by(&desk.anna);
    let taken = take_over(&desk.work, &anna, &second, Which::All).await.expect("takes over");
    assert_eq!(taken, others);
    let after = desk.review(&second).await;
    assert_eq!(undecided(&after), sanctions);
    assert!(after.findings.iter().filter(|f| is_sanction(f)).all(|f| f.judged_by.is_none()));
    for finding in after.findings.iter().filter(|f| !is_sanction(f)) {
        assert_eq!(
            (finding.judgement(), finding.note.as_deref(), finding.judged_by.as_deref()),
            (Judgement::Relevant, Some("the same man"), Some(desk.anna.id.as_str()))
        );
    }
    let again = take_over(&desk.work, &anna, &second, Which::All).await.expect("nothing is left");
    assert_eq!(again, 0);
    let one = after.findings.iter().find(|f| is_sanction(f)).expect("a sanction entry");
    let id = one.id.as_str().into();
    let taken = take_over(&desk.work, &anna, &second, Which::One(&id)).await.expect("pressed for");
    assert_eq!(taken, 1);
    let recorded = actions(&desk.work, second.as_str()).await;
    let judged = recorded.iter().filter(|a| *a == "finding_judged").count();
    assert_eq!(judged, others + 1, "each has its own entry");
    assert_journal_intact(&desk.work).await;
});

on_both!(a_judgement_ends_with_its_time, |desk| async {
    let (_, second) = two_runs(&desk).await;
    desk.work.clock.advance(364 * DAY);
    let review = desk.review(&second).await;
    assert!(review.findings.iter().all(|f| review.memory.standing(&f.id).is_some()));
    desk.work.clock.advance(2 * DAY);
    let review = desk.review(&second).await;
    let months = review.facts.policy.memory_months();
    assert_eq!(months, 12);
    for finding in &review.findings {
        assert!(review.memory.standing(&finding.id).is_none());
        let known = review.memory.of(&finding.id).and_then(|known| known.earlier.as_ref());
        assert_eq!(known.and_then(|e| e.ended.clone()), Some(Ended::Old { months }));
    }
    let taken = take_over(&desk.work, &by(&desk.anna), &second, Which::All).await;
    assert_eq!(taken.expect("nothing stands"), 0);
});

on_both!(an_entry_that_says_something_else_is_asked_again, |desk| async {
    let (first, second) = two_runs(&desk).await;
    let of_first = checks::findings(&desk.work, &first).await.expect("reads");
    let changed = of_first.iter().find(|f| f.url.is_some() && !is_sanction(f)).expect("one");
    let sql = format!("UPDATE findings SET title = 'Another' WHERE id = '{}'", changed.id);
    run_sql(&desk.work.db, &sql).await.expect("changes");
    let review = desk.review(&second).await;
    assert_eq!(review.memory.counts.changed, 1, "{:?}", review.memory.counts);
    let (finding, known) = review
        .findings
        .iter()
        .filter_map(|f| Some((f, review.memory.of(&f.id)?)))
        .find(|(_, known)| matches!(known.since, Some(Since::Changed(_))))
        .expect("the changed one");
    let earlier = known.earlier.as_ref().expect("it was judged");
    let ended = earlier.ended.as_ref().expect("it is asked again");
    assert_eq!(ended.sentence(), "Asked again: the entry changed (title).");
    let id = finding.id.as_str().into();
    let refused = take_over(&desk.work, &by(&desk.anna), &second, Which::One(&id)).await;
    assert_eq!(form_of(refused).error(""), Some(ended.sentence().as_str()));
    assert_eq!(undecided(&desk.review(&second).await), review.findings.len());
});

on_both!(judgements_about_a_customer_who_is_said_to_be_another_are_asked_again, |desk| async {
    let form = desk.form(SANCTIONED);
    let first = desk.launch_form(&form).await;
    desk.until_state(&first, State::ToReview).await;
    judge_all(&desk, &first).await;
    desk.decide(&desk.anna, &first, Outcome::Reject).await;
    let sql = format!(
        "UPDATE checks SET request = replace(request, '{SANCTIONED}', 'Rahim Khan') WHERE id = '{first}'"
    );
    run_sql(&desk.work.db, &sql).await.expect("changes");
    let second = again(&desk, &form).await;
    let review = desk.review(&second).await;
    let finding = review.findings.first().expect("found something");
    let known = review.memory.of(&finding.id).and_then(|known| known.earlier.as_ref());
    assert_eq!(
        known.and_then(|e| e.ended.clone()),
        Some(Ended::Customer(vec![Data::Name])),
        "{known:?}"
    );
});

on_both!(what_is_not_found_any_more_is_named, |desk| async {
    let mut form = desk.form(SANCTIONED);
    let first = desk.launch_form(&form).await;
    desk.until_state(&first, State::ToReview).await;
    let all = checks::findings(&desk.work, &first).await.expect("reads").len();
    desk.decide(&desk.anna, &first, Outcome::Reject).await;
    form.sources = "sanction_list".into();
    let second = again(&desk, &form).await;
    let review = desk.review(&second).await;
    let left = review.findings.iter().filter(|f| is_sanction(f)).count();
    assert_eq!(review.memory.counts.gone, all - left);
    assert!(review.memory.gone.iter().all(|gone| gone.source != Source::SanctionList));
    // The other sources were not asked: nobody knows whether their entries are gone.
    assert_eq!(review.memory.cautions, [Caution::AskedOtherwise]);
    assert!(!review.memory.is_whole());
    // Nobody judged the first: there is nothing to take over.
    assert!(review.memory.takeable(&review.findings).is_empty());
});

on_both!(a_note_that_was_written_here_stands_when_a_judgement_is_taken_over, |desk| async {
    let (_, second) = two_runs(&desk).await;
    let anna = by(&desk.anna);
    let found = checks::findings(&desk.work, &second).await.expect("reads");
    let written = found.iter().find(|f| !is_sanction(f)).expect("one");
    let id = written.id.as_str().into();
    checks::note(&desk.work, &anna, &second, &id, "asked him myself", None).await.expect("kept");
    take_over(&desk.work, &anna, &second, Which::All).await.expect("takes over");
    for finding in desk.review(&second).await.findings.iter().filter(|f| !is_sanction(f)) {
        let note = if finding.id == written.id { "asked him myself" } else { "the same man" };
        assert_eq!(finding.note.as_deref(), Some(note));
    }
});

on_both!(nothing_is_said_to_be_gone_where_the_answer_could_not_be_read, |desk| async {
    let (first, second) = two_runs(&desk).await;
    assert!(desk.review(&second).await.memory.is_whole());
    let unread = |check: &CheckId| {
        format!(
            "UPDATE findings SET source = 'unread' WHERE id = (SELECT MIN(id) FROM findings WHERE check_id = '{check}')"
        )
    };
    run_sql(&desk.work.db, &unread(&second)).await.expect("changes");
    let review = desk.review(&second).await;
    assert_eq!(review.memory.cautions, [Caution::UnreadNow]);
    assert_eq!((review.memory.counts.gone, review.memory.is_whole()), (1, false));
    run_sql(&desk.work.db, &unread(&first)).await.expect("changes");
    let cautions = desk.review(&second).await.memory.cautions;
    assert_eq!(cautions, [Caution::UnreadNow, Caution::UnreadBefore]);
});

on_both!(nothing_is_taken_over_once_it_is_decided, |desk| async {
    let (_, second) = two_runs(&desk).await;
    desk.decide(&desk.anna, &second, Outcome::Reject).await;
    let late = take_over(&desk.work, &by(&desk.anna), &second, Which::All).await;
    assert!(form_of(late).error("").is_some_and(|words| words.contains("under review")));
});
