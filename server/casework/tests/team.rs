//! Working side by side: saved views, taking and handing over, who is looking, the team's load.

use crate::{on_both, support::*};
use casework::{
    Db, checks,
    checks::{
        named::{self, Named},
        queue,
    },
    customers,
    store::{Sql, Value},
    team::{claims, load, present, views},
    workers,
};
use domain::{
    CheckId, Refusal,
    checks::{CLAIM_TIME, Kind},
    decisions::Outcome,
    people::{Caller, Permission},
    queue::{DueBy, Filter, Page, Sort, Tab},
    team::{PRESENT_TIME, VIEWS_MAX},
    time::{DAY, HOUR, MINUTE},
};

fn risky() -> Filter {
    Filter {
        kind: Some(Kind::DdKyc),
        sort: Some(Sort::Risk),
        text: "又曾".into(),
        ..Filter::default()
    }
}

async fn names_of(desk: &Desk, who: &Caller) -> Vec<String> {
    views::list(&desk.work, who).await.expect("lists").iter().map(|v| v.name.clone()).collect()
}

async fn save(desk: &Desk, who: &Caller, name: &str, shared: bool) -> Result<(), casework::Error> {
    views::save(&desk.work, who, &by(who), name, shared, &risky()).await
}

async fn id_of(desk: &Desk, who: &Caller, name: &str) -> String {
    let known = views::list(&desk.work, who).await.expect("lists");
    known.iter().find(|v| v.name == name).expect("is there").id.clone()
}

on_both!(a_saved_view_shows_what_was_saved_to_whom_it_is_for, |desk| async {
    save(&desk, &desk.anna, " My  risky ones ", false).await.expect("saves");
    save(&desk, &desk.sofia, "For all", true).await.expect("saves");
    save(&desk, &desk.sofia, "Mine alone", false).await.expect("saves");
    assert_eq!(
        names_of(&desk, &desk.anna).await,
        ["My risky ones", "For all"],
        "one's own, then what all see"
    );
    assert_eq!(names_of(&desk, &desk.ben).await, ["For all"]);
    assert_eq!(names_of(&desk, &desk.sofia).await, ["For all", "Mine alone"]);
    let known = views::list(&desk.work, &desk.anna).await.expect("lists");
    assert_eq!(known[0].filter(), risky().written_out(), "tab and sort stay what they were");
    assert_eq!((known[1].owner.as_str(), known[1].is_shared()), ("Sofia Berg", true));
    let refused = refusal(save(&desk, &desk.anna, "For all too", true).await);
    assert_eq!(refused, Refusal::NotAllowed(Permission::LeadTeam));
    assert_eq!(actions(&desk.work, &known[0].id).await, ["view_saved"]);
    let told = texts(&desk.work.db, "SELECT details FROM journal_details").await.join("\n");
    assert!(told.contains("My risky ones") && told.contains("kind=dd_kyc q sort=risk"), "{told}");
    assert!(!told.contains("又曾"), "a text may name a customer, and views outlive customers");
    assert_journal_intact(&desk.work).await;
});

on_both!(a_name_is_its_owners_once, |desk| async {
    save(&desk, &desk.anna, "Müller", false).await.expect("saves");
    for again in ["Müller", "MULLER", " müller "] {
        let refused = form_of(save(&desk, &desk.anna, again, false).await);
        assert!(refused.error("view_name").is_some_and(|e| e.contains("already")), "{again}");
        assert_eq!(refused.value("view_name"), again, "what was typed is kept");
    }
    save(&desk, &desk.ben, "Müller", false).await.expect("saves: another person's");
    save(&desk, &desk.anna, "Other", false).await.expect("saves");
    let other = id_of(&desk, &desk.anna, "Other").await;
    let refused =
        form_of(views::rename(&desk.work, &desk.anna, &by(&desk.anna), &other, "müller").await);
    assert!(refused.error("name").is_some() && refused.value("view_id") == other);
    views::rename(&desk.work, &desk.anna, &by(&desk.anna), &other, "OTHER")
        .await
        .expect("renames: its own name written otherwise");
    assert_eq!(names_of(&desk, &desk.anna).await, ["Müller", "OTHER"]);
    assert_eq!(actions(&desk.work, &other).await, ["view_saved", "view_changed"]);
    for bad in ["", "x".repeat(61).as_str(), "a\u{202E}b"] {
        assert!(
            form_of(save(&desk, &desk.anna, bad, false).await).error("view_name").is_some(),
            "{bad}"
        );
    }
    for at in 2..VIEWS_MAX {
        save(&desk, &desk.anna, &format!("View {at}"), false).await.expect("saves");
    }
    assert!(
        form_of(save(&desk, &desk.anna, "One more", false).await)
            .error("view_name")
            .is_some_and(|e| e.contains("50"))
    );
});

on_both!(views_are_changed_by_whom_they_belong_to, |desk| async {
    save(&desk, &desk.anna, "Anna's", false).await.expect("saves");
    save(&desk, &desk.sofia, "For all", true).await.expect("saves");
    let (annas, shared) =
        (id_of(&desk, &desk.anna, "Anna's").await, id_of(&desk, &desk.sofia, "For all").await);
    for stranger in [&desk.ben, &desk.sofia] {
        let refused = views::delete(&desk.work, stranger, &by(stranger), &annas).await;
        assert!(matches!(refused, Err(casework::Error::NotFound)), "{refused:?}");
        assert!(views::rename(&desk.work, stranger, &by(stranger), &annas, "x").await.is_err());
    }
    assert_eq!(
        refusal(views::delete(&desk.work, &desk.anna, &by(&desk.anna), &shared).await),
        Refusal::NotAllowed(Permission::LeadTeam)
    );
    assert_eq!(names_of(&desk, &desk.anna).await, ["Anna's", "For all"]);
    views::delete(&desk.work, &desk.anna, &by(&desk.anna), &annas).await.expect("deletes");
    views::delete(&desk.work, &desk.sofia, &by(&desk.sofia), &shared).await.expect("deletes");
    assert_eq!(
        names_of(&desk, &desk.anna).await,
        Vec::<String>::new(),
        "at once, though the list is remembered"
    );
    assert_eq!(actions(&desk.work, &shared).await, ["view_saved", "view_deleted"]);
});

on_both!(looking_at_the_queue_reads_the_views_once_in_two_seconds, |desk| async {
    save(&desk, &desk.anna, "One", false).await.expect("saves");
    assert_eq!(names_of(&desk, &desk.anna).await, ["One"]);
    run_sql(&desk.work.db, "UPDATE saved_views SET name = 'Two'").await.expect("changes");
    assert_eq!(names_of(&desk, &desk.anna).await, ["One"], "remembered");
    desk.work.clock.advance(2_001);
    assert_eq!(names_of(&desk, &desk.anna).await, ["Two"]);
});

on_both!(a_text_that_names_one_thing_leads_to_it, |desk| async {
    let check = desk.reviewed("Ana Popović").await;
    let customer = desk.review(&check).await.customer.reference;
    let number = desk.check(&check).await.provider_ref.expect("a task");
    let named =
        async |text: &str| named::named(&desk.work, &desk.anna.id, text).await.expect("answers");
    let leads = Some(Named::Check(check.to_string()));
    assert_eq!(named(&format!(" {check} ")).await, leads);
    assert_eq!(named(&check.to_string().to_uppercase()).await, leads);
    assert_eq!(named(&number).await, leads);
    assert_eq!(named(&customer).await, Some(Named::Customer(customer.clone())));
    for nothing in ["", "Popović", &customer[..customer.len() - 1], "\0", "'; DROP TABLE checks"] {
        assert_eq!(named(nothing).await, None, "{nothing:?}");
    }
    // Another customer's reference holds the provider's number: it may have been meant.
    let mut form = desk.form("Ana Popović");
    form.customer_reference = format!("C-{number}");
    desk.launch_form(&form).await;
    assert_eq!(named(&number).await, None);
    // Two connections may give the same number.
    let (other, other_number) = (desk.reviewed("Test Null Report").await, "number-777");
    run_sql(
        &desk.work.db,
        &format!(
            "UPDATE checks SET provider_ref = '{other_number}' WHERE id IN ('{check}', '{other}')"
        ),
    )
    .await
    .expect("sets");
    assert_eq!(named(other_number).await, None);
});

async fn take(desk: &Desk, who: &Caller, check: &CheckId) -> Result<(), casework::Error> {
    claims::take(&desk.work, who, &by(who), check).await
}

async fn holder(desk: &Desk, check: &CheckId) -> Option<String> {
    desk.review(check).await.claimed_by.map(|(id, _)| id)
}

on_both!(a_free_check_is_taken_and_a_held_one_only_taken_over, |desk| async {
    let (check, other) =
        (desk.reviewed("Ana Popović").await, desk.reviewed("Test Null Report").await);
    take(&desk, &desk.anna, &other).await.expect("takes");
    take(&desk, &desk.anna, &check).await.expect("takes");
    assert_eq!(
        (holder(&desk, &check).await, holder(&desk, &other).await),
        (Some(desk.anna.id.to_string()), None),
        "one at a time"
    );
    assert_eq!(refusal(take(&desk, &desk.ben, &check).await), Refusal::Held);
    assert_eq!(
        refusal(take(&desk, &desk.adam, &check).await),
        Refusal::NotAllowed(Permission::DecideChecks)
    );
    take(&desk, &desk.sofia, &check).await.expect("takes over");
    assert_eq!(holder(&desk, &check).await, Some(desk.sofia.id.to_string()));
    desk.work.clock.advance(CLAIM_TIME);
    assert_eq!(holder(&desk, &check).await, None, "what has run out is free");
    take(&desk, &desk.ben, &check).await.expect("takes what ran out");
    let told: Vec<_> = actions(&desk.work, check.as_str())
        .await
        .into_iter()
        .filter(|a| a.starts_with("check_claimed") || a.starts_with("check_taken"))
        .collect();
    assert_eq!(told, ["check_claimed", "check_taken_over", "check_claimed"]);
    desk.decide(&desk.ben, &check, Outcome::Reject).await;
    assert_eq!(refusal(take(&desk, &desk.anna, &check).await), Refusal::CannotTake);
    assert!(matches!(
        take(&desk, &desk.anna, &"nothing".into()).await,
        Err(casework::Error::NotFound)
    ));
    assert_journal_intact(&desk.work).await;
});

on_both!(two_who_take_the_same_check_at_once_do_not_both_get_it, |desk| async {
    let check = desk.reviewed("Ana Popović").await;
    for _ in 0..8 {
        run_sql(&desk.work.db, "UPDATE checks SET claimed_by = NULL, claim_until_ms = 0")
            .await
            .expect("frees");
        let (one, two) =
            tokio::join!(take(&desk, &desk.anna, &check), take(&desk, &desk.ben, &check));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    }
});

async fn hand(
    desk: &Desk,
    who: &Caller,
    check: &CheckId,
    to: &str,
    note: &str,
) -> Result<(), casework::Error> {
    claims::hand_over(&desk.work, who, &by(who), check, to, note).await
}

on_both!(who_holds_a_check_hands_it_to_a_colleague_with_a_note, |desk| async {
    let check = desk.reviewed("Ana Popović").await;
    let ben = desk.ben.id.as_str();
    let refused = form_of(hand(&desk, &desk.anna, &check, ben, "Look at page 2").await);
    assert_eq!(
        (refused.error("colleague").is_some(), refused.value("hand_note")),
        (true, "Look at page 2"),
        "nobody holds it"
    );
    take(&desk, &desk.anna, &check).await.expect("takes");
    for unfit in ["", "nobody", desk.adam.id.as_str(), desk.anna.id.as_str()] {
        assert!(
            form_of(hand(&desk, &desk.anna, &check, unfit, "").await).error("colleague").is_some(),
            "{unfit}"
        );
    }
    assert!(
        form_of(hand(&desk, &desk.anna, &check, ben, &"x".repeat(1_001)).await)
            .error("hand_note")
            .is_some()
    );
    assert!(
        form_of(hand(&desk, &desk.sofia, &check, ben, "").await).error("colleague").is_some(),
        "a supervisor takes it over first"
    );
    hand(&desk, &desk.anna, &check, ben, " Look at page 2. ").await.expect("hands over");

    let review = desk.review(&check).await;
    assert_eq!(review.claimed_by.as_ref().map(|(id, _)| id.as_str()), Some(ben));
    assert_eq!(review.assignee.as_ref().map(|(id, _)| id.as_str()), Some(ben));
    assert_eq!(
        (review.handed_by.as_deref(), review.check.handed_note.as_deref()),
        (Some("Anna Berg"), Some("Look at page 2."))
    );
    let handed = claims::handed_to(&desk.work, &desk.ben.id).await.expect("reads");
    assert_eq!(
        (handed.len(), handed[0].from_name.as_str(), handed[0].note.as_deref()),
        (1, "Anna Berg", Some("Look at page 2."))
    );
    assert!(claims::handed_to(&desk.work, &desk.anna.id).await.expect("reads").is_empty());
    let mine = queue::list(
        &desk.work,
        &desk.ben.id,
        &Filter { tab: Some(Tab::Mine), ..Filter::default() },
        &Page::First,
    )
    .await
    .expect("lists");
    assert_eq!(mine.rows.iter().map(|r| r.handed).collect::<Vec<_>>(), [1], "its row says so");
    assert!(actions(&desk.work, check.as_str()).await.contains(&"check_handed_over".to_owned()));

    // The hold ends, the check stays his and comes first.
    desk.work.clock.advance(CLAIM_TIME);
    assert_eq!(
        checks::take_next(&desk.work, &desk.anna, &by(&desk.anna), None).await.expect("answers"),
        None
    );
    assert_eq!(
        checks::take_next(&desk.work, &desk.ben, &by(&desk.ben), None).await.expect("answers"),
        Some(check.clone())
    );
    assert_eq!(claims::handed_to(&desk.work, &desk.ben.id).await.expect("reads").len(), 1);
    // Assigned anew, it is handed over by nobody.
    checks::assign(&desk.work, &by(&desk.sofia), std::slice::from_ref(&check), Some(&desk.anna.id))
        .await
        .expect("assigns");
    assert!(claims::handed_to(&desk.work, &desk.anna.id).await.expect("reads").is_empty());
    assert_eq!(desk.check(&check).await.handed_note, None);
    assert_journal_intact(&desk.work).await;
});

on_both!(a_note_goes_with_the_customer_and_with_the_decision, |desk| async {
    const SECRET: &str = "Her brother Xaverius is on the list";
    let (check, other) =
        (desk.reviewed("Ana Popović").await, desk.reviewed("Test Null Report").await);
    for check in [&check, &other] {
        take(&desk, &desk.anna, check).await.expect("takes");
        hand(&desk, &desk.anna, check, desk.ben.id.as_str(), SECRET).await.expect("hands over");
    }
    desk.decide(&desk.ben, &other, Outcome::Reject).await;
    assert_eq!(
        desk.check(&other).await.handed_note,
        None,
        "decided: nothing is handed over any more"
    );
    let customer = desk.review(&check).await.customer.id;
    customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked for")
        .await
        .expect("erases");
    let left = texts(
        &desk.work.db,
        &format!("SELECT COALESCE(handed_note, '') FROM checks WHERE id = '{check}'"),
    )
    .await;
    assert_eq!(left, [""]);
    let told = texts(
        &desk.work.db,
        &format!("SELECT d.details FROM journal j JOIN journal_details d ON d.seq = j.seq WHERE j.subject_id = '{check}'"),
    )
    .await;
    assert!(!told.join("\n").contains("Xaverius"));
    assert_journal_intact(&desk.work).await;
});

on_both!(a_hold_lasts_while_its_holder_works_and_no_longer, |desk| async {
    let check = desk.reviewed("Ana Popović").await;
    take(&desk, &desk.anna, &check).await.expect("takes");
    let stay = async |who: &Caller| {
        let known = desk.check(&check).await;
        claims::stay(&desk.work, who, &known).await.expect("answers")
    };
    assert_eq!(stay(&desk.anna).await, None, "there is time enough");
    desk.work.clock.advance(CLAIM_TIME / 2 + 1);
    assert_eq!(stay(&desk.ben).await, None, "it is not his");
    let before = desk.work.now();
    let until = stay(&desk.anna).await.expect("is extended");
    assert_eq!(desk.check(&check).await.claim_until_ms, until);
    assert!((before + CLAIM_TIME..=desk.work.now() + CLAIM_TIME).contains(&until));
    let stale = desk.check(&check).await;
    desk.work.clock.advance(CLAIM_TIME - MINUTE);
    take(&desk, &desk.sofia, &check).await.expect("takes over");
    assert_eq!(
        claims::stay(&desk.work, &desk.anna, &stale).await.expect("answers"),
        None,
        "it was taken over meanwhile"
    );
    assert_eq!(holder(&desk, &check).await, Some(desk.sofia.id.to_string()));
    desk.work.clock.advance(CLAIM_TIME);
    assert_eq!(stay(&desk.sofia).await, None, "what has run out is free, not extended");
    workers::reap(&desk.work).await.expect("reaps");
    assert_eq!(desk.check(&check).await.claimed_by, None);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'check_claimed'").await,
        1,
        "extending is quiet"
    );
});

async fn seen(desk: &Desk, check: &CheckId) -> Vec<String> {
    let around = present::around(&desk.work, check).await.expect("reads");
    assert_eq!(
        around.present,
        desk.review(check).await.present,
        "the page and what it asks for later agree"
    );
    around.present.into_iter().map(|(_, name)| name).collect()
}

on_both!(who_opened_a_check_is_looking_at_it_until_nothing_is_heard, |desk| async {
    let (check, other) =
        (desk.reviewed("Ana Popović").await, desk.reviewed("Test Null Report").await);
    assert_eq!(seen(&desk, &check).await, Vec::<String>::new());
    let viewed = |who: &Caller| {
        let (work, actor, check) = (desk.work.clone(), by(who), check.clone());
        async move {
            use domain::journal::{Action, Subject};
            checks::viewed(
                &work,
                &actor,
                Action::CheckViewed,
                Subject::Check,
                check.as_str(),
                serde_json::json!({}),
            )
            .await
            .expect("records");
            work.views.flush().await;
        }
    };
    viewed(&desk.ben).await;
    viewed(&desk.anna).await;
    viewed(&desk.anna).await;
    assert_eq!(seen(&desk, &check).await, ["Anna Berg", "Ben Berg"], "with the entry of the view");
    assert_eq!(seen(&desk, &other).await, Vec::<String>::new());
    desk.work.clock.advance(PRESENT_TIME - 1);
    present::is_here(&desk.work, &desk.anna, &check).await.expect("says so");
    desk.work.clock.advance(1);
    assert_eq!(seen(&desk, &check).await, ["Anna Berg"]);
    let another = desk.another(pace()).await;
    another.clock.advance(desk.work.now() - another.now());
    assert_eq!(
        present::around(&another, &check).await.expect("reads").present.len(),
        1,
        "another instance knows too"
    );
    another.close().await;
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM present").await, 2);
    workers::reap(&desk.work).await.expect("reaps");
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM present").await,
        1,
        "the reaper deletes who is gone"
    );
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'check_viewed'").await,
        3,
        "signs of presence are no entries"
    );
});

on_both!(the_teams_load_counts_what_the_queue_shows, |desk| async {
    // At noon, so that today does not end meanwhile.
    desk.work.clock.advance(DAY + DAY / 2 - desk.work.now().rem_euclid(DAY));
    let names = ["Ana Popović", "Test Null Report", "Test Callback None", "Jane Doe"];
    let mut ids = Vec::new();
    for name in names {
        ids.push(desk.reviewed(name).await);
    }
    let [late, decided, held, nobodys] = &ids[..] else { panic!("four checks") };
    let now = desk.work.now();
    run_sql(
        &desk.work.db,
        &format!(
            "UPDATE checks SET due_at_ms = {}, due_from_ms = {} WHERE id = '{late}'",
            now - 1,
            now - 3 * HOUR
        ),
    )
    .await
    .expect("is late");
    run_sql(
        &desk.work.db,
        &format!("UPDATE checks SET due_at_ms = {} WHERE id IN ('{held}', '{nobodys}')", now - 1),
    )
    .await
    .expect("is late");
    for id in [late, decided, held] {
        checks::assign(&desk.work, &by(&desk.sofia), std::slice::from_ref(id), Some(&desk.anna.id))
            .await
            .expect("assigns");
    }
    desk.decide(&desk.anna, decided, Outcome::Reject).await;
    take(&desk, &desk.anna, held).await.expect("takes");
    let load = load::get(&desk.work).await.expect("reads");
    let of = |who: &Caller| load.members.iter().find(|m| m.id == who.id.as_str()).cloned();
    let anna = of(&desk.anna).expect("is listed");
    assert_eq!(
        (anna.open, anna.overdue, anna.held, anna.decided_today, anna.decided_week),
        (2, 2, 1, 1, 1)
    );
    assert_eq!(anna.oldest_ms, Some(now - 3 * HOUR));
    let sofia = of(&desk.sofia).expect("is listed");
    assert_eq!((sofia.open, sofia.held, sofia.decided_week, sofia.oldest_ms), (0, 0, 0, None));
    assert!(of(&desk.adam).is_none(), "who reviews nothing is not listed");
    let kyc = load.unassigned.iter().find(|u| u.kind == "dd_kyc").expect("is listed");
    assert_eq!((kyc.waiting, kyc.overdue), (1, 1));
    assert_eq!(load.unassigned.iter().map(|u| u.waiting).sum::<i64>(), 1);
    // The numbers lead to as many rows.
    let theirs = Filter { assignee: Some(desk.anna.id.to_string()), ..Filter::default() };
    for (filter, count) in [
        (Filter { tab: Some(Tab::All), open: true, ..theirs.clone() }, 2),
        (Filter { tab: Some(Tab::ToReview), due: Some(DueBy::Past), ..theirs }, 2),
        (
            Filter {
                assignee: Some("none".into()),
                due: Some(DueBy::Past),
                kind: Some(Kind::DdKyc),
                ..Filter::default()
            },
            1,
        ),
        (
            Filter {
                assignee: Some("none".into()),
                due: Some(DueBy::Day),
                kind: Some(Kind::DdKyb),
                ..Filter::default()
            },
            0,
        ),
    ] {
        assert_eq!(
            queue::list(&desk.work, &desk.sofia.id, &filter, &Page::First)
                .await
                .expect("lists")
                .rows
                .len(),
            count,
            "{filter:?}"
        );
    }
    // Who was disabled is listed as long as something is theirs.
    run_sql(
        &desk.work.db,
        &format!(
            "UPDATE people SET state = 'disabled' WHERE id IN ('{}', '{}')",
            desk.anna.id, desk.ben.id
        ),
    )
    .await
    .expect("disables");
    let left: Vec<_> =
        load::get(&desk.work).await.expect("reads").members.into_iter().map(|m| m.name).collect();
    assert_eq!(left, ["Anna Berg", "Sofia Berg"]);
    // What was decided long ago is not this week's, and a hold that ran out is none.
    desk.work.clock.advance(8 * DAY);
    let load = load::get(&desk.work).await.expect("reads");
    let anna = load.members.iter().find(|m| m.id == desk.anna.id.as_str()).expect("is listed");
    assert_eq!((anna.held, anna.decided_today, anna.decided_week), (0, 0, 0));
});

async fn plan(db: &Db, sql: &Sql) -> Vec<String> {
    let Db::Sqlite { readers, .. } = db else { unreachable!("this is SQLite") };
    let mut query = sqlx::query_as::<_, (i64, i64, i64, String)>(sqlx::AssertSqlSafe(format!(
        "EXPLAIN QUERY PLAN {}",
        sql.text
    )));
    for value in &sql.values {
        query = match value {
            Value::Text(text) => query.bind(text.clone()),
            Value::Int(int) => query.bind(*int),
            Value::Bytes(_) | Value::Nothing => unreachable!("a load has neither"),
        };
    }
    query.fetch_all(readers).await.expect("a plan").into_iter().map(|(.., step)| step).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_teams_load_scans_neither_checks_nor_decisions() {
    on_sqlite(|desk| async move {
        let of_people = [
            "checks_by_assignee (assignee_id=? AND state=?",
            "checks_by_claim (claimed_by=? AND claim_until_ms>?",
            "decisions_by_person (decided_by=? AND decided_at_ms>?",
        ];
        let of_nobody = ["checks_unassigned (kind=? AND state=?)", "checks_unassigned (kind=? AND state=? AND due_at_ms<?)"];
        let now = desk.work.now();
        for (what, sql, indexes) in [("people", load::members(now), &of_people[..]), ("nobody's", load::unassigned(now), &of_nobody[..])] {
            let steps = plan(&desk.work.db, &sql).await;
            for step in steps.iter().filter(|s| s.starts_with("SCAN") || s.contains("TEMP B-TREE")) {
                // The people themselves, in order; a constant row; and what a bounded subquery
                // gave.
                assert!(
                    ["SCAN p", "SCAN x", "SCAN (subquery", "SCAN CONSTANT ROW", "USE TEMP B-TREE FOR ORDER BY"]
                        .iter()
                        .any(|ok| step.starts_with(ok)),
                    "{what}: {step}\n{steps:#?}"
                );
            }
            for index in indexes {
                assert!(steps.iter().any(|s| s.contains(index)), "{what}: {index}\n{steps:#?}");
            }
        }
        // Ending holds reads those that are held, not all that wait.
        let mut reap = Sql::default();
        reap.push("UPDATE checks SET claimed_by = NULL WHERE claimed_by IS NOT NULL AND claim_until_ms <= ").int(1);
        let steps = plan(&desk.work.db, &reap).await;
        assert!(steps.iter().any(|s| s.contains("checks_by_claim")), "{steps:#?}");
    })
    .await;
}
