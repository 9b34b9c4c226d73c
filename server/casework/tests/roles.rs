//! Roles: whoever gives one does not confirm it, and nobody learns another's password.

use crate::{on_both, support::*};
use casework::{
    Casework, Clock, Db, Error, MasterKey, Sealer,
    checks::{self, decide::Act},
    journal::Actor,
    people::{self, LINK_TIME, Link, NewPerson, SignIn, Visitor, watch},
};
use domain::{
    CheckId, PersonId, Refusal,
    decisions::Outcome,
    people::{Caller, Role},
};
use zeroize::Zeroizing;

fn newcomer(account: &str, role: &str) -> NewPerson {
    NewPerson {
        account: account.into(),
        name: format!("New {account}"),
        role: role.into(),
        ..NewPerson::default()
    }
}

fn code(link: &Link) -> String {
    link.address.split_once('#').expect("a code behind #").1.to_owned()
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// Uses a link as its holder would; gives the person as they sign in with it.
async fn joined(work: &Casework, link: &Link) -> Caller {
    people::join(work, "r", &code(link), &secret(PASSWORD)).await.expect("sets the password");
    welcome(work, &link.account).await
}

async fn welcome(work: &Casework, account: &str) -> Caller {
    match people::sign_in(work, &Visitor::default(), account, &secret(PASSWORD))
        .await
        .expect("answers")
    {
        SignIn::Welcome(welcome) => welcome.caller,
        other => panic!("{other:?}"),
    }
}

async fn given_at(work: &Casework, id: &PersonId) -> i64 {
    people::get(work, id).await.expect("is there").role_given_at_ms
}

async fn confirms(work: &Casework, who: &Caller, whom: &PersonId) -> Result<(), Error> {
    people::confirm(work, &by(who), whom, given_at(work, whom).await).await
}

async fn waits(work: &Casework, id: &PersonId) -> bool {
    people::get(work, id).await.expect("is there").waits()
}

/// A check whose acceptance takes two people.
async fn very_high(desk: &Desk) -> CheckId {
    let check = desk.reviewed("Rahimullah Darwesh Khan").await;
    desk.clear_sanctions(&check).await;
    check
}

fn said(answer: Result<(), Error>) -> String {
    form_of(answer).error("").expect("a sentence").to_owned()
}

on_both!(s_26_an_admin_makes_nobody_with_a_password_that_he_knows, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    let known = NewPerson { password: secret(PASSWORD), ..newcomer("mallory", "supervisor") };
    assert!(form_of(people::add(work, &adam, &known).await).error("password").is_some());
    assert_eq!(number(&work.db, "SELECT COUNT(*) FROM people WHERE account = 'mallory'").await, 0);

    let link = people::invite(work, &adam, &known).await.expect("invites");
    assert!(
        matches!(
            people::sign_in(work, &Visitor::default(), "mallory", &secret(PASSWORD)).await,
            Ok(SignIn::Refused)
        ),
        "not even an empty one"
    );
    let code = code(&link);
    assert!(
        code.len() == 64 && !all_text(&work.db).await.contains(&code),
        "only a hash of the code is kept, and no entry has it"
    );
    let weak = people::join(work, "r", &code, &secret("short")).await;
    assert!(form_of(weak).error("password").is_some());
    for wrong in ["", "0000", &code[1..], PASSWORD] {
        assert!(
            form_of(people::join(work, "r", wrong, &secret(PASSWORD)).await)
                .error("token")
                .is_some()
        );
    }
    let newer = people::reset(work, &adam, &link.person).await.expect("a newer link");
    assert!(!newer.is_reset, "nobody came yet");
    assert!(
        form_of(people::join(work, "r", &code, &secret(PASSWORD)).await).error("token").is_some(),
        "the older one ended"
    );
    work.clock.advance(LINK_TIME);
    assert!(
        form_of(people::join(work, "r", &newer.address, &secret(PASSWORD)).await)
            .error("token")
            .is_some(),
        "a day is over"
    );
    let last = people::reset(work, &adam, &link.person).await.expect("another link");
    let (one, two) = (secret(PASSWORD), secret("nine green herons sing"));
    let (a, b) = tokio::join!(
        people::join(work, "r", &last.address, &one),
        people::join(work, "r", &last.address, &two)
    );
    assert!(a.is_ok() != b.is_ok(), "a link works once: {a:?} {b:?}");
    let entries = actions(work, link.person.as_str()).await;
    assert_eq!(
        entries,
        ["person_added", "person_invited", "person_invited", "person_invited", "password_set"]
    );
    assert_journal_intact(work).await;
});

on_both!(s_26_an_admin_alone_is_not_both_people, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    let check = very_high(&desk).await;
    let mut own = Vec::new();
    for (account, role) in [("first", "analyst"), ("second", "supervisor"), ("third", "admin")] {
        let link = people::invite(work, &adam, &newcomer(account, role)).await.expect("invites");
        let person = joined(work, &link).await;
        assert!(waits(work, &person.id).await, "{account}");
        own.push(person);
    }
    let (first, second, third) = (&own[0], &own[1], &own[2]);
    let refused = refusal(desk.step(first, &check, Act::Decide, Outcome::Accept).await);
    assert!(matches!(refused, Refusal::NotAllowed(_)), "{refused:?}");
    assert!(said(confirms(work, &desk.adam, &first.id).await).contains("You gave this role"));
    for other in [second, third, &desk.anna] {
        assert!(
            said(confirms(work, other, &first.id).await)
                .contains("an admin or a supervisor whose own role is confirmed")
        );
    }
    assert!(said(confirms(work, second, &second.id).await).contains("their own role"));
    // Nor when whoever could confirm is put away before, or is taken over by a link.
    people::change(work, &adam, &desk.sofia.id, Role::Supervisor, false).await.expect("disables");
    let fourth =
        people::invite(work, &adam, &newcomer("fourth", "supervisor")).await.expect("invites");
    assert!(waits(work, &joined(work, &fourth).await.id).await);
    people::change(work, &adam, &desk.sofia.id, Role::Supervisor, true).await.expect("enables");
    let taken = people::reset(work, &adam, &desk.sofia.id).await.expect("a link");
    let sofia = joined(work, &taken).await;
    assert!(
        taken.is_reset && waits(work, &sofia.id).await,
        "what an admin's link opened is confirmed anew"
    );
    assert!(confirms(work, &sofia, &first.id).await.is_err());
    assert_eq!(desk.check(&check).await.state, "to_review");

    // The operator knows who is who; then she confirms, and each does their own part.
    people::confirm(work, &Actor::operator(), &sofia.id, given_at(work, &sofia.id).await)
        .await
        .expect("the operator confirms");
    confirms(work, &sofia, &first.id).await.expect("confirms");
    assert!(said(confirms(work, &sofia, &first.id).await).contains("already"));
    assert!(!waits(work, &first.id).await);
    desk.step(first, &check, Act::Decide, Outcome::Accept).await.expect("proposes");
    assert!(matches!(
        refusal(desk.step(second, &check, Act::Approve, Outcome::Accept).await),
        Refusal::NotAllowed(_)
    ));
    assert_eq!(desk.check(&check).await.state, "proposed");
    assert_journal_intact(work).await;
});

on_both!(s_26_a_link_to_a_role_that_somebody_else_gave_makes_no_second_person, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    let invited = people::invite(work, &adam, &newcomer("nadia", "admin")).await.expect("invites");
    let nadia = joined(work, &invited).await;
    confirms(work, &desk.sofia, &nadia.id).await.expect("a second admin");
    // Whom the first admin invited or has here already, the second admin takes over: what a link
    // opens counts as given with it.
    let invited =
        people::invite(work, &adam, &newcomer("first", "analyst")).await.expect("invites");
    let taken = people::reset(work, &by(&nadia), &invited.person).await.expect("a link of her own");
    let first = joined(work, &taken).await;
    assert!(said(confirms(work, &nadia, &first.id).await).contains("You gave this role"));
    let entries = actions(work, first.id.as_str()).await;
    assert_eq!(
        entries.last().map(String::as_str),
        Some("own_approval_refused"),
        "supervisors hear of the attempt"
    );
    let invited =
        people::invite(work, &adam, &newcomer("second", "supervisor")).await.expect("invites");
    joined(work, &invited).await;
    let taken = people::reset(work, &by(&nadia), &invited.person).await.expect("a link of her own");
    let second = joined(work, &taken).await;
    assert!(said(confirms(work, &nadia, &second.id).await).contains("You gave this role"));
    // Nor does a role that the operator gave stay confirmed where an admin's link opened it.
    let invited = people::invite(work, &Actor::operator(), &newcomer("third", "supervisor"))
        .await
        .expect("invites");
    let taken = people::reset(work, &by(&nadia), &invited.person).await.expect("a link of her own");
    assert!(waits(work, &joined(work, &taken).await.id).await);
    // And nobody is confirmed before they are here, by the operator neither.
    let invited =
        people::invite(work, &adam, &newcomer("fourth", "analyst")).await.expect("invites");
    let early = people::confirm(
        work,
        &Actor::operator(),
        &invited.person,
        given_at(work, &invited.person).await,
    )
    .await;
    assert!(said(early).contains("has not set a password yet"));
    assert!(waits(work, &joined(work, &invited).await.id).await);
    assert_journal_intact(work).await;
});

on_both!(
    s_26_a_role_that_another_admin_changes_is_not_confirmed_by_who_brought_the_person_in,
    |desk| async {
        let (work, adam) = (&desk.work, by(&desk.adam));
        let invited =
            people::invite(work, &adam, &newcomer("nadia", "admin")).await.expect("invites");
        let nadia = joined(work, &invited).await;
        confirms(work, &desk.sofia, &nadia.id).await.expect("a second admin");
        // He sets the password himself, she believes that there is somebody and gives another role.
        let invited =
            people::invite(work, &adam, &newcomer("fifth", "analyst")).await.expect("invites");
        let fifth = joined(work, &invited).await;
        people::change(work, &by(&nadia), &fifth.id, Role::Supervisor, true)
            .await
            .expect("changes");
        assert!(
            said(confirms(work, &desk.adam, &fifth.id).await)
                .contains("has not set a password yet")
        );
        let known = people::sign_in(work, &Visitor::default(), "fifth", &secret(PASSWORD)).await;
        assert!(matches!(known, Ok(SignIn::Refused)), "the password ended: {known:?}");
        let link = people::reset(work, &by(&nadia), &fifth.id).await.expect("a new invitation");
        assert!(!link.is_reset);
        joined(work, &link).await;
        confirms(work, &desk.adam, &fifth.id).await.expect("now it is known to nobody else");
        assert_journal_intact(work).await;
    }
);

on_both!(a_link_is_for_somebody_else_who_is_active_and_ends_what_was_open_before, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    assert!(
        said(people::reset(work, &adam, &desk.adam.id).await.map(|_| ()))
            .contains("on your account's page")
    );
    people::change(work, &adam, &desk.ben.id, Role::Analyst, false).await.expect("disables");
    assert!(
        said(people::reset(work, &adam, &desk.ben.id).await.map(|_| ())).contains("is disabled")
    );
    assert_eq!(number(&work.db, "SELECT COUNT(*) FROM person_links").await, 0);
    welcome(work, "anna").await;
    let browsers = format!("SELECT COUNT(*) FROM devices WHERE person_id = '{}'", desk.anna.id);
    assert_eq!(
        (
            number(&work.db, &browsers).await,
            number(&work.db, "SELECT COUNT(*) FROM sessions").await
        ),
        (1, 1)
    );
    let link = people::reset(work, &adam, &desk.anna.id).await.expect("a link");
    people::join(work, "r", &code(&link), &secret("nine green herons sing"))
        .await
        .expect("sets another password");
    assert_eq!(
        number(&work.db, &browsers).await,
        0,
        "whoever had the password may have had a browser"
    );
    assert_eq!(number(&work.db, "SELECT COUNT(*) FROM sessions").await, 0, "or a session");
});

on_both!(
    the_operators_link_leaves_a_role_confirmed_and_that_of_who_gave_it_does_not,
    |desk| async {
        let (work, adam) = (&desk.work, by(&desk.adam));
        let link = people::reset(work, &Actor::operator(), &desk.sofia.id).await.expect("a link");
        let sofia = joined(work, &link).await;
        assert!(link.is_reset && !waits(work, &sofia.id).await, "the operator knows who is who");
        let invited =
            people::invite(work, &adam, &newcomer("nina", "analyst")).await.expect("invites");
        let nina = joined(work, &invited).await;
        confirms(work, &sofia, &nina.id).await.expect("confirms");
        let taken = people::reset(work, &adam, &nina.id).await.expect("a link");
        assert!(waits(work, &joined(work, &taken).await.id).await, "he could have used it");
    }
);

on_both!(s_26_the_database_refuses_a_role_that_its_giver_confirms, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    let link =
        people::invite(work, &adam, &newcomer("first", "supervisor")).await.expect("invites");
    let (a, s, f) = (desk.adam.id.as_str(), desk.sofia.id.as_str(), link.person.as_str());
    let early =
        run_sql(&work.db, &format!("UPDATE people SET role_confirmed_by = '{s}' WHERE id = '{f}'"))
            .await;
    assert!(early.is_err(), "nobody is there yet");
    let first = joined(work, &link).await;
    let anna = desk.anna.id.as_str();
    let row = "id, account, name, role, state, password_hash, created_at_ms, role_given_by, role_confirmed_by, role_alone";
    for attempt in [
        format!("UPDATE people SET role_confirmed_by = '{a}' WHERE id = '{f}'"),
        format!("UPDATE people SET role_confirmed_by = '{f}' WHERE id = '{f}'"),
        format!("UPDATE people SET role_confirmed_by = '{anna}' WHERE id = '{f}'"),
        format!("UPDATE people SET role_confirmed_by = 'nobody' WHERE id = '{f}'"),
        format!("UPDATE people SET role_alone = 1 WHERE id = '{f}'"),
        format!("UPDATE people SET role = 'supervisor' WHERE id = '{anna}'"),
        format!(
            "UPDATE people SET role = 'supervisor', role_given_by = '{a}', role_given_at_ms = 7 WHERE id = '{anna}'"
        ),
        format!(
            "UPDATE people SET role = 'supervisor', role_given_by = '{a}', role_given_at_ms = 7, role_confirmed_by = '{s}' WHERE id = '{anna}'"
        ),
        format!("UPDATE people SET role_given_by = '{s}' WHERE id = '{s}'"),
        format!(
            "INSERT INTO people ({row}) VALUES ('m1', 'm1', 'M', 'supervisor', 'active', 'x', 0, '{a}', '{a}', 0)"
        ),
        format!(
            "INSERT INTO people ({row}) VALUES ('m2', 'm2', 'M', 'supervisor', 'active', 'x', 0, '{a}', '{s}', 0)"
        ),
        format!(
            "INSERT INTO people ({row}) VALUES ('m3', 'm3', 'M', 'supervisor', 'active', 'x', 0, '{a}', NULL, 1)"
        ),
    ] {
        let refused = run_sql(&work.db, &attempt).await.expect_err(&attempt).to_string();
        assert!(
            refused.contains("a role is confirmed by another than who gave it"),
            "{attempt}: {refused}"
        );
    }
    assert!(waits(work, &first.id).await);
    // A decision of somebody whose role waits is refused, whatever the program thinks.
    let check = desk.reviewed("Jan Novák").await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let open = desk.reviewed("Jan Novák").await;
    let columns = if work.db.is_postgres() {
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'decisions' ORDER BY ordinal_position"
    } else {
        "SELECT name FROM pragma_table_info('decisions')"
    };
    let columns = texts(&work.db, columns).await;
    let picked: Vec<String> = columns
        .iter()
        .map(|column| match column.as_str() {
            "id" => "'forged'".to_owned(),
            "decided_by" => format!("'{f}'"),
            "check_id" => format!("'{open}'"),
            other => other.to_owned(),
        })
        .collect();
    let forged = format!(
        "INSERT INTO decisions ({}) SELECT {} FROM decisions",
        columns.join(", "),
        picked.join(", ")
    );
    assert!(
        run_sql(&work.db, &forged)
            .await
            .expect_err("refused")
            .to_string()
            .contains("is not confirmed")
    );
    // Nor do they propose a policy.
    let forged = format!(
        "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT 2, rules, note, '{f}', 1 FROM policies WHERE version = 1"
    );
    assert!(
        run_sql(&work.db, &forged)
            .await
            .expect_err("refused")
            .to_string()
            .contains("is not confirmed")
    );
    // And what is right passes.
    run_sql(
        &work.db,
        &format!(
            "UPDATE people SET role_confirmed_by = '{s}', role_confirmed_at_ms = 1 WHERE id = '{f}'"
        ),
    )
    .await
    .expect("passes");
    run_sql(&work.db, &forged).await.expect("a policy of theirs passes, too");
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_desk_with_nobody_else_a_role_counts_and_is_marked() {
    with_both_empty(|sqlite, postgres| async move {
        for url in [sqlite, postgres] {
            let db = Db::open(&url).await.expect("opens");
            let work = Casework::new(
                db,
                Sealer::new(MasterKey::random(), vec![]),
                Clock::default(),
                pace(),
                "http://desk.invalid".into(),
            );
            let token = people::new_setup_token(&work).await.expect("a token");
            let root = NewPerson { password: secret(PASSWORD), ..newcomer("root", "") };
            let root = people::set_up(&work, "r", &token, &root).await.expect("the first admin");
            assert!(
                people::unconfirmed(&work, root.as_str()).await.expect("reads").is_empty(),
                "the operator's token stands for the first"
            );
            let actor = Actor::new(root.as_str(), "r");
            let (mut ids, mut callers) = (Vec::new(), Vec::new());
            for (account, role) in
                [("anna", "analyst"), ("sofia", "supervisor"), ("carl", "analyst")]
            {
                let link =
                    people::invite(&work, &actor, &newcomer(account, role)).await.expect("invites");
                ids.push(link.person.clone());
                callers.push(joined(&work, &link).await);
            }
            assert!(
                !waits(&work, &ids[0]).await
                    && !waits(&work, &ids[1]).await
                    && waits(&work, &ids[2]).await,
                "the third has somebody to ask"
            );
            let marked = people::unconfirmed(&work, ids[1].as_str()).await.expect("reads");
            assert_eq!(marked.len(), 3, "all are marked on the supervisor's page");
            assert!(
                marked
                    .iter()
                    .find(|m| m.person.id == ids[1].as_str())
                    .expect("herself")
                    .why_not
                    .is_some_and(|w| w.contains("own role"))
            );
            assert_eq!(
                people::confirmers(&work, &ids[2]).await.expect("reads"),
                ["New sofia (sofia)"]
            );
            confirms(&work, &callers[1], &ids[2]).await.expect("confirms");
            assert!(!waits(&work, &ids[2]).await);
            assert_journal_intact(&work).await;
            work.db.close().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_adds_people_first_does_not_lock_setup() {
    with_both_empty(|sqlite, postgres| async move {
        for url in [sqlite, postgres] {
            let db = Db::open(&url).await.expect("opens");
            let work = Casework::new(
                db,
                Sealer::new(MasterKey::random(), vec![]),
                Clock::default(),
                pace(),
                "http://desk.invalid".into(),
            );
            let anna = NewPerson { password: secret(PASSWORD), ..newcomer("anna", "analyst") };
            people::add(&work, &Actor::operator(), &anna).await.expect("adds");
            assert!(
                people::needs_setup(&work).await.expect("reads")
                    && !people::is_empty(&work).await.expect("reads")
            );
            let token = people::new_setup_token(&work).await.expect("a token all the same");
            let root = NewPerson { password: secret(PASSWORD), ..newcomer("root", "") };
            people::set_up(&work, "r", &token, &root).await.expect("the first admin");
            assert!(
                !people::needs_setup(&work).await.expect("reads")
                    && people::new_setup_token(&work).await.is_err()
            );
            work.db.close().await;
        }
    })
    .await;
}

on_both!(f_34_an_unchanged_role_changes_nothing_and_a_changed_one_waits, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    welcome(work, "anna").await;
    let before = actions(work, desk.anna.id.as_str()).await;
    let change = |role, active, knows| {
        people::change_asking(work, &adam, &desk.anna.id, role, active, knows)
    };
    assert!(!change(Role::Analyst, true, false).await.expect("nothing"));
    assert_eq!(actions(work, desk.anna.id.as_str()).await, before);
    assert_eq!(number(&work.db, "SELECT COUNT(*) FROM sessions").await, 1, "no session ended");
    assert!(change(Role::Supervisor, true, false).await.expect("changes"));
    assert_eq!(number(&work.db, "SELECT COUNT(*) FROM sessions").await, 0);
    assert!(waits(work, &desk.anna.id).await);
    let opened = given_at(work, &desk.anna.id).await;
    people::change(work, &adam, &desk.anna.id, Role::Analyst, true).await.expect("changes back");
    let late = people::confirm(work, &by(&desk.sofia), &desk.anna.id, opened).await;
    assert!(said(late).contains("changed after you opened"), "what was not seen is not confirmed");
    confirms(work, &desk.sofia, &desk.anna.id).await.expect("confirms");
});

on_both!(what_somebody_held_who_is_disabled_goes_back_to_the_queue, |desk| async {
    let work = &desk.work;
    let check = desk.reviewed("Jan Novák").await;
    checks::take_next(work, &desk.anna, &by(&desk.anna), None).await.expect("takes");
    checks::assign(work, &by(&desk.anna), std::slice::from_ref(&check), Some(&desk.anna.id))
        .await
        .expect("assigns");
    let held = desk.check(&check).await;
    assert_eq!(
        (held.assignee_id.as_deref(), held.claimed_by.as_deref()),
        (Some(desk.anna.id.as_str()), Some(desk.anna.id.as_str()))
    );
    people::change(work, &by(&desk.adam), &desk.anna.id, Role::Analyst, false)
        .await
        .expect("disables");
    let back = desk.check(&check).await;
    assert_eq!((back.assignee_id, back.claimed_by), (None, None));
    assert_eq!(
        actions(work, check.as_str()).await.last().map(String::as_str),
        Some("check_released")
    );
    assert_journal_intact(work).await;
});

on_both!(nobody_puts_away_the_last_who_may_approve_without_knowing_it, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    for (role, active) in [(Role::Supervisor, false), (Role::Analyst, true), (Role::Admin, true)] {
        let asked = people::change_asking(work, &adam, &desk.sofia.id, role, active, false).await;
        let form = form_of(asked);
        assert!(
            form.error("knows").is_some_and(|words| words.contains("last person who may approve")),
            "{role} {active}"
        );
        assert_eq!(form.value("person"), desk.sofia.id.as_str());
    }
    // Whoever comes back through an admin's link waits to be confirmed, and by then nobody may.
    let form = form_of(people::reset_asking(work, &adam, &desk.sofia.id, false).await);
    assert!(form.error("knows").is_some_and(|words| words.contains("last person who may approve")));
    assert_eq!((form.value("person"), form.value("state")), (desk.sofia.id.as_str(), ""));
    assert!(
        !actions(work, desk.sofia.id.as_str()).await.contains(&"reset_made".to_owned()),
        "no link was made"
    );
    assert!(
        people::reset_asking(work, &adam, &desk.sofia.id, true)
            .await
            .expect("it is known")
            .is_reset
    );
    assert!(
        people::reset_asking(work, &adam, &desk.anna.id, false)
            .await
            .expect("she approves nothing")
            .is_reset
    );
    assert!(
        people::change_asking(work, &adam, &desk.sofia.id, Role::Supervisor, false, true)
            .await
            .expect("it is known")
    );
});

on_both!(s_06_sessions_are_listed_with_their_device_and_each_is_ended_by_itself, |desk| async {
    let work = &desk.work;
    let visitor = |agent: &str, address: &str| Visitor {
        agent: agent.into(),
        address: address.into(),
        ..Visitor::default()
    };
    for (agent, address) in [("Firefox on Linux", "192.0.2.1"), ("Safari on iOS", "2001:db8::7")] {
        let answer = people::sign_in(work, &visitor(agent, address), "anna", &secret(PASSWORD))
            .await
            .expect("answers");
        assert!(matches!(answer, SignIn::Welcome(_)));
        work.clock.advance(1_000);
    }
    welcome(work, "ben").await;
    let own = people::open_sessions(work, Some(desk.anna.id.as_str())).await.expect("lists");
    let shown: Vec<_> =
        own.iter().map(|s| (s.device.as_str(), s.address.as_str(), s.account.as_str())).collect();
    assert_eq!(
        shown,
        [("Safari on iOS", "2001:db8::7", "anna"), ("Firefox on Linux", "192.0.2.1", "anna")]
    );
    let entries = texts(
        &work.db,
        "SELECT d.details FROM journal j JOIN journal_details d ON d.seq = j.seq WHERE j.action = 'signed_in' ORDER BY j.seq",
    )
    .await;
    assert!(
        entries[0].contains("Firefox on Linux") && entries[1].contains("2001:db8::7"),
        "{entries:?}"
    );
    let of_ben =
        people::open_sessions(work, Some(desk.ben.id.as_str())).await.expect("lists").remove(0);
    let foreign = people::end_session(work, &by(&desk.anna), &of_ben.name, false).await;
    assert!(matches!(foreign, Err(Error::NotFound)), "another's is not there for her");
    people::end_session(work, &by(&desk.anna), &own[1].name, false).await.expect("ends");
    people::end_session(work, &by(&desk.adam), &of_ben.name, true)
        .await
        .expect("an admin ends any");
    let left: Vec<_> = people::open_sessions(work, None)
        .await
        .expect("lists")
        .into_iter()
        .map(|s| s.name)
        .collect();
    assert_eq!(left, [own[0].name.clone()]);
    assert_eq!(actions(work, desk.ben.id.as_str()).await, ["signed_in", "session_ended"]);
    work.clock.advance(people::IDLE_TIME);
    assert!(
        people::open_sessions(work, None).await.expect("lists").is_empty(),
        "what is over is not listed"
    );
});

on_both!(supervisors_see_what_changed_since_they_last_looked, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    watch::looked(
        work,
        &by(&desk.sofia),
        number(&work.db, "SELECT COALESCE(MAX(seq), 0) FROM journal").await,
    )
    .await
    .expect("looks");
    let link = people::invite(work, &adam, &newcomer("nina", "analyst")).await.expect("invites");
    people::change(work, &adam, &desk.ben.id, Role::Supervisor, true).await.expect("changes");
    let check = very_high(&desk).await;
    desk.decide(&desk.sofia, &check, Outcome::Accept).await;
    let own = desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await;
    assert!(own.is_err(), "nobody approves their own");
    let seen = watch::noticed(work, desk.sofia.id.as_str()).await.expect("reads");
    let seen_actions: Vec<_> = seen.rows.iter().rev().map(|row| row.action.as_str()).collect();
    assert_eq!(
        seen_actions,
        ["person_added", "person_invited", "role_changed", "own_approval_refused"]
    );
    watch::looked(work, &by(&desk.sofia), i64::MAX).await.expect("nothing");
    assert_eq!(
        watch::noticed(work, desk.sofia.id.as_str()).await.expect("reads").rows.len(),
        4,
        "nobody has seen what is to come"
    );
    watch::looked(work, &by(&desk.sofia), seen.until()).await.expect("looks");
    assert!(watch::noticed(work, desk.sofia.id.as_str()).await.expect("reads").rows.is_empty());
    let kept = watch::admin_journal(work, None, 50).await.expect("reads");
    assert!(kept.iter().any(|row| row.subject_id == link.person.as_str()));
    assert!(
        kept.iter()
            .filter(|row| row.subject == "check")
            .all(|row| row.details.as_deref() == Some("{}")),
        "admins read nothing of checks"
    );
    // A name is told apart by its account, and nobody who acted is missing.
    let twin = NewPerson { name: "SOFIA  BERG".into(), ..newcomer("sofia2", "analyst") };
    people::invite(work, &adam, &twin).await.expect("invites");
    let everybody = watch::actors(work).await.expect("reads");
    assert!(
        everybody.iter().any(|(_, words)| words == "Sofia Berg (sofia)")
            && everybody.iter().any(|(id, _)| id == "operator")
    );
    people::change(work, &adam, &desk.sofia.id, Role::Supervisor, false).await.expect("disables");
    let deciders = watch::deciders(work).await.expect("reads");
    assert!(
        deciders.contains(&(desk.sofia.id.to_string(), "Sofia Berg (sofia)".to_owned())),
        "{deciders:?}"
    );
    let list = people::list(work).await.expect("reads");
    let shared = people::shared_names(&list);
    assert_eq!(
        shared.get(desk.sofia.id.as_str()).map(|others| others.join(" ")).as_deref(),
        Some("sofia2")
    );
});

on_both!(many_changes_hide_none_that_a_supervisor_has_not_seen, |desk| async {
    let (work, adam) = (&desk.work, by(&desk.adam));
    watch::looked(
        work,
        &by(&desk.sofia),
        number(&work.db, "SELECT COALESCE(MAX(seq), 0) FROM journal").await,
    )
    .await
    .expect("looks");
    people::change(work, &adam, &desk.ben.id, Role::Supervisor, true).await.expect("changes");
    for ms in 1..=60 {
        casework::connections::set_deadline(work, &adam, &desk.connection, Some(400 + ms))
            .await
            .expect("changes");
    }
    let first = watch::noticed(work, desk.sofia.id.as_str()).await.expect("reads");
    assert_eq!(
        (first.rows.len() as i64, first.newer),
        (watch::NOTICED_MAX, 61 - watch::NOTICED_MAX)
    );
    assert_eq!(
        first.rows.last().map(|row| row.action.as_str()),
        Some("role_changed"),
        "the oldest is shown"
    );
    watch::looked(work, &by(&desk.sofia), first.until()).await.expect("looks");
    let rest = watch::noticed(work, desk.sofia.id.as_str()).await.expect("reads");
    assert_eq!(
        (rest.rows.len() as i64, rest.newer),
        (61 - watch::NOTICED_MAX, 0),
        "what was not shown was not seen"
    );
    assert!(rest.rows.iter().all(|row| row.seq > first.until()));
    watch::looked(work, &by(&desk.sofia), rest.until()).await.expect("looks");
    assert!(watch::noticed(work, desk.sofia.id.as_str()).await.expect("reads").rows.is_empty());
});

on_both!(two_of_one_name_are_told_apart_where_somebody_is_chosen, |desk| async {
    let work = &desk.work;
    let before = checks::queue::assignees(work).await.expect("reads");
    assert!(before.iter().any(|(_, name)| name == "Sofia Berg"), "{before:?}");
    let twin = NewPerson { name: "SOFIA  BERG".into(), ..newcomer("sofia2", "supervisor") };
    let link = people::invite(work, &by(&desk.adam), &twin).await.expect("invites");
    let twin = joined(work, &link).await;
    confirms(work, &desk.sofia, &twin.id).await.expect("confirms");
    let names: Vec<String> = checks::queue::assignees(work)
        .await
        .expect("reads")
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    for told in ["Sofia Berg (sofia)", "SOFIA BERG (sofia2)"] {
        assert!(names.iter().any(|name| name == told), "{told}: {names:?}");
    }
});

on_both!(whoever_left_is_still_found_by_the_checks_that_they_decided, |desk| async {
    let work = &desk.work;
    let check = desk.reviewed("Jan Novák").await;
    checks::assign(work, &by(&desk.anna), std::slice::from_ref(&check), Some(&desk.anna.id))
        .await
        .expect("assigns");
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    people::change(work, &by(&desk.adam), &desk.anna.id, Role::Analyst, false)
        .await
        .expect("disables");
    let has_anna =
        |people: Vec<(String, String)>| people.iter().any(|(id, _)| id == desk.anna.id.as_str());
    assert!(has_anna(checks::queue::once_assigned(work).await.expect("reads")));
    assert!(
        !has_anna(checks::queue::assignees(work).await.expect("reads")),
        "nothing is assigned to her any more"
    );
});
