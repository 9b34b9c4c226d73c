//! Erasing a customer: nothing of them can be read any more, in any kind of check, and what stays
//! still opens.

use crate::{on_both, support::*};
use casework::{
    Error, checks, checks::decide::Act, checks::many, customers, customers::ERASED, journal::Actor,
    team::views, workers,
};
use domain::{
    CheckId,
    checks::State,
    decisions::Outcome,
    findings::Judgement,
    people::{Caller, Permission},
    queue::Filter,
};

const PID: &str = "9208-2002-2-577168596796";
const CPR: &str = "150609-3330";

/// A check of every kind, each about a customer of its own, as far as it comes by itself.
async fn one_of_each(desk: &Desk) -> Vec<CheckId> {
    let (operator, zignsec, solaris) =
        (desk.operator("camara", |_| {}).await, desk.zignsec().await, desk.solaris().await);
    let wallet = desk.wallet("eth", "sanctioned").await;
    let mut company = desk.form("Kestrel Meridian Shipping FZE");
    company.kind = "dd_kyb".into();
    company.registration_number = "HRB4711X".into();
    let mut person = desk.form("Viktor Anatoljewitsch Sawenkow");
    person.birth_date = "1968-11-02".into();
    person.country = "BLR".into();
    vec![
        desk.launch_form(&person).await,
        desk.launch_form(&company).await,
        desk.upload("Test Idv Review 501").await,
        desk.launch_idv(desk.idv_form("link", "Link Person")).await,
        desk.ask(number_form(
            &operator,
            "+34629255833",
            &[("givenName", "Federica"), ("birthdate", "1978-08-22")],
        ))
        .await,
        desk.ask(pid_form(&zignsec, PID, CPR)).await,
        desk.ask(rofus_form(&zignsec, CPR)).await,
        desk.ask(wallet_form(&desk.connection, &wallet)).await,
        desk.video_of(&solaris, "1cper", "1cidt", State::ToReview).await,
    ]
}

async fn erase(desk: &Desk, check: &CheckId) {
    let customer = desk.check(check).await.customer_id;
    customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
}

/// What must not be left anywhere in clear.
const TRACES: [&str; 16] = [
    "Sawenkow",
    "sawenkow",
    "1968-11-02",
    "Kestrel",
    "HRB4711X",
    "Idv Review",
    "Link Person",
    "1984-09-05",
    "L01X00T47",
    "Federica",
    "1978-08-22",
    "Tika",
    "klaussen",
    "Wallet owner",
    "Jane Doe",
    "canary",
];

on_both!(nothing_about_an_erased_customer_is_left_in_any_kind_of_check, |desk| async {
    let all = one_of_each(&desk).await;
    let under_review = [0, 1, 2, 4, 5, 6, 7];
    for at in under_review {
        desk.until_state(&all[at], State::ToReview).await;
    }
    desk.until_state(&all[3], State::Running).await;
    for id in &all {
        checks::comment(&desk.work, &by(&desk.anna), id, "canary comment").await.expect("comments");
        let review = desk.review(id).await;
        if let Some(finding) = review.findings.first() {
            checks::judge(
                &desk.work,
                &by(&desk.anna),
                id,
                &finding.id.as_str().into(),
                Judgement::Relevant,
                "canary note",
            )
            .await
            .expect("judges");
        }
    }
    checks::set_metadata(&desk.work, &by(&desk.anna), &all[0], "case", Some("canary value"))
        .await
        .expect("sets");
    let before = everything(&desk).await;
    for trace in TRACES {
        assert!(before.contains(trace), "{trace} would not show that anything was erased");
    }
    let versions =
        futures::future::join_all(all.iter().map(async |id| desk.check(id).await.version)).await;
    for id in &all {
        erase(&desk, id).await;
    }
    let after = everything(&desk).await;
    for trace in TRACES {
        let found = after.lines().find(|line| line.contains(trace));
        assert_eq!(found, None, "{trace} is left");
    }
    for (at, id) in all.iter().enumerate() {
        let review = desk.review(id).await;
        assert_eq!(review.customer.name, ERASED);
        assert!(
            review.details.is_none()
                && review.summary.is_none()
                && review.idv.is_none()
                && review.said.is_none()
                && review.question.is_none()
        );
        assert!(
            review
                .findings
                .iter()
                .all(|f| f.title == ERASED && f.facts().is_empty() && f.compared().is_empty())
        );
        match review.check.state.as_str() {
            "to_review" => assert!(
                review.check.version > versions[at]
                    && review
                        .check
                        .trouble
                        .as_deref()
                        .is_some_and(|t| t.contains("The customer was erased")),
                "who has the page open is told"
            ),
            "failed" => assert!(
                at == 3
                    && review
                        .check
                        .trouble
                        .as_deref()
                        .is_some_and(|t| t.contains("The customer was erased"))
            ),
            other => panic!("{other}"),
        }
        // It still reads as what its kind stores.
        let kind = review.check.kind().expect("a kind");
        match at {
            0 | 1 => assert_eq!(review.check.launch().expect("parses").target.name, ERASED),
            2 | 3 => assert_eq!(
                review.check.idv().expect("parses").expected.name.as_deref(),
                Some(ERASED),
                "{kind}"
            ),
            _ => assert_eq!(review.check.asked().expect("parses").name, ERASED, "{kind}"),
        }
        for evidence in &review.evidence {
            assert!(matches!(
                checks::review::evidence_body(&desk.work, id, &evidence.id).await,
                Err(Error::NotFound)
            ));
        }
        assert!(
            desk.check(id).await.poll_at_ms > desk.work.now() + domain::time::DAY,
            "it is not read any more"
        );
    }
    assert_journal_intact(&desk.work).await;
    // Nothing more is sent or read, and nothing stumbles over it.
    desk.work_for(300).await;
    workers::reap(&desk.work).await.expect("reaps");
    assert_eq!(
        everything(&desk).await.lines().find(|line| TRACES.iter().any(|t| line.contains(t))),
        None
    );
    assert!(desk.check(&all[3]).await.state == "failed");
    desk.step(&desk.anna, &all[0], Act::Withdraw, Outcome::Withdraw)
        .await
        .expect("what is open can be withdrawn, by two where it must");
});

/// All texts that stand in clear.
async fn everything(desk: &Desk) -> String {
    let mut all = vec![all_text(&desk.work.db).await];
    for query in [
        "SELECT COALESCE(url, '') || ' ' || COALESCE(snippet, '') || ' ' || COALESCE(note, '') FROM findings",
        "SELECT body FROM comments",
        "SELECT name || '=' || value FROM metadata",
        "SELECT COALESCE(identification, '') || COALESCE(supported, '') || complaints FROM video_sessions",
        "SELECT complaints FROM provider_persons",
    ] {
        all.extend(texts(&desk.work.db, query).await);
    }
    all.join("\n")
}

on_both!(what_was_decided_stays_decided, |desk| async {
    let decided = desk.reviewed("Anna-Lena Bergström").await;
    desk.clear_sanctions(&decided).await;
    desk.decide(&desk.anna, &decided, domain::decisions::Outcome::Reject).await;
    desk.until_telling(&decided, domain::checks::Telling::Applied).await;
    let before = desk.review(&decided).await;
    erase(&desk, &decided).await;
    erase(&desk, &decided).await;
    let after = desk.review(&decided).await;
    assert_eq!(
        (after.check.state.as_str(), after.check.version, after.check.telling.as_str()),
        ("rejected", before.check.version, "applied")
    );
    assert_eq!(after.decisions.len(), before.decisions.len());
    assert_eq!(
        actions(&desk.work, &after.customer.id).await,
        ["customer_erased"],
        "erasing again changes nothing"
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(an_erased_customer_gets_no_other_check_and_others_are_left_alone, |desk| async {
    let mut form = desk.form("Ana Popović");
    form.customer_reference = "C-erased".into();
    let erased = desk.launch_form(&form).await;
    let other = desk.reviewed("Anna-Lena Bergström").await;
    let draft = CheckId::from(casework::new_id());
    checks::save_draft(&desk.work, &desk.anna, &by(&desk.anna), &draft, &form)
        .await
        .expect("saves");
    let customer = desk.check(&erased).await.customer_id;
    customers::erase_now(&desk.work, &Actor::worker(), &customer, "a test").await.expect("erases");
    assert!(matches!(checks::get(&desk.work, &draft).await, Err(Error::NotFound)), "a draft goes");
    let refused = form_of(desk.try_launch(&casework::new_id().into(), &form).await);
    assert!(
        refused.error("customer_reference").is_some_and(|m| m.contains("was erased")),
        "{refused:?}"
    );
    assert!(matches!(
        customers::erase_now(&desk.work, &Actor::worker(), "nobody", "a test").await,
        Err(Error::NotFound)
    ));
    let left = desk.review(&other).await;
    assert!(left.customer.name == "Anna-Lena Bergström" && left.details.is_some());
    let timeline = casework::journal::timeline(&desk.work, other.as_str()).await.expect("reads");
    assert!(timeline.iter().all(|e| e.details.is_some()));
    assert_eq!(customers::list(&desk.work, "Popović", None).await.expect("searches").len(), 0);
    assert_eq!(customers::list(&desk.work, "Bergström", None).await.expect("searches").len(), 1);
});

/// Saves a view of the queue that looks for a text.
async fn look_for(desk: &Desk, who: &Caller, name: &str, text: &str) {
    let filter = Filter { text: text.into(), ..Filter::default() };
    views::save(&desk.work, who, &by(who), name, who.may(Permission::LeadTeam), &filter)
        .await
        .expect("saves");
}

on_both!(views_and_files_that_name_an_erased_customer_name_them_no_more, |desk| async {
    let table = |reference: &str, name: &str| {
        format!("customer_reference,subject,name\n{reference},person,{name}\n")
    };
    let mut batches = Vec::new();
    for (file, text) in [
        ("Sawenkow, Viktor.csv", table("C-1", "Viktor Sawenkow")),
        ("new customers.csv", table("C-2", "Anna Bergström")),
    ] {
        let search = many::Search {
            connection: desk.connection.to_string(),
            search_setting: "1".into(),
            sources: "sanction_list".into(),
        };
        let page = casework::new_id();
        let sent = casework::many::Sent { page: &page, name: file, text: &text, leave_out: false };
        batches.push(
            many::launch(&desk.work, &desk.anna, &by(&desk.anna), &search, &sent)
                .await
                .expect("launches")
                .batch,
        );
    }
    let other = desk.launch("Viktor Popović").await;
    for (who, name, text) in [
        (&desk.anna, "Sawenkow", "sawenkow"),
        (&desk.anna, "Both Viktors", "viktor"),
        (&desk.anna, "By reference", "C-1"),
        (&desk.ben, "All of Sawenkow", "Viktor SAWENK"),
        (&desk.sofia, "For all: Sawenkow", "sawenkow"),
        (&desk.sofia, "Without a text", ""),
    ] {
        look_for(&desk, who, name, text).await;
    }
    let customer =
        texts(&desk.work.db, "SELECT id FROM customers WHERE reference = 'C-1'").await.remove(0);
    customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    let mut left = Vec::new();
    for view in views::list(&desk.work, &desk.anna).await.expect("lists").iter() {
        left.push(view.name.clone());
    }
    assert_eq!(
        left,
        ["Both Viktors", "By reference", "Without a text"],
        "somebody else is found by the one, our reference stays"
    );
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM saved_views").await, 3);
    let (named, general) = (
        casework::many::get(&desk.work, &batches[0]).await,
        casework::many::get(&desk.work, &batches[1]).await,
    );
    assert_eq!(named.expect("there").0.name, ERASED);
    assert_eq!(general.expect("there").0.name, "new customers.csv");
    let told = texts(&desk.work.db, "SELECT details FROM journal_details").await.join("\n");
    assert!(
        !told.contains("Sawenkow")
            && told.contains("new customers.csv")
            && told.contains("It looked for a customer"),
        "{told}"
    );
    assert_journal_intact(&desk.work).await;
    // Erasing the last one whom it finds takes the view, too.
    erase(&desk, &other).await;
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM saved_views").await, 2);
});
