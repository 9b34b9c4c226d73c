//! People: passwords, throttling, setup, roles.

use crate::{on_both, support::*};
use casework::{
    Casework, Clock, Db, Error, MasterKey, Sealer, Work,
    journal::Actor,
    new_id,
    people::{self, NewPerson, SETUP_TIME, SignIn},
};
use domain::{
    PersonId,
    people::{Caller, Role},
    time,
};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

fn newcomer(account: &str) -> NewPerson {
    NewPerson { account: account.into(), name: "New Person".into(), role: "analyst".into(), password: Zeroizing::new(PASSWORD.into()) }
}

async fn sign_in(work: &Work, account: &str, password: &str) -> SignIn {
    people::sign_in(work, account, password, "r").await.expect("answers")
}

on_both!(the_right_password_signs_in_and_everything_else_gets_one_answer, |desk| async {
    let welcome = sign_in(&desk.work, " Anna ", PASSWORD).await;
    assert!(matches!(&welcome, SignIn::Welcome(caller) if *caller == desk.anna), "{welcome:?}");
    people::change(&desk.work, &by(&desk.adam), &desk.ben.id, Role::Analyst, false).await.expect("disables");
    for (account, password) in [("anna", "another phrase here"), ("nobody", PASSWORD), ("ben", PASSWORD), ("a\0b", PASSWORD), ("", "")] {
        assert!(matches!(sign_in(&desk.work, account, password).await, SignIn::Refused), "{account:?}");
    }
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'sign_in_failed'").await, 5);
    assert_eq!(actions(&desk.work, desk.anna.id.as_str()).await, ["signed_in"]);
});

on_both!(a_password_is_kept_as_an_argon2id_phc_string, |desk| async {
    let id = people::add(&desk.work, &by(&desk.adam), &newcomer("nina")).await.expect("adds");
    let stored = texts(&desk.work.db, &format!("SELECT password_hash FROM people WHERE id = '{id}'")).await.remove(0);
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    let dump = texts(&desk.work.db, "SELECT COALESCE(details, '') FROM journal_details").await.join("\n");
    assert!(!dump.contains(PASSWORD) && !dump.contains("argon2"), "the journal holds no password");
});

on_both!(a_hundred_wrong_passwords_keep_the_owner_out_for_seconds_only, |desk| async {
    let mut waits = 0;
    for n in 0..100 {
        match sign_in(&desk.work, "anna", "not the password at all").await {
            SignIn::Refused => {}
            SignIn::Wait(ms) => {
                waits += 1;
                assert!((1..=4_000).contains(&ms), "try {n}: {ms}");
            }
            other => panic!("{other:?}"),
        }
        desk.work.clock.advance(600);
    }
    assert!(waits > 50, "a guesser is slowed down: {waits}");
    let mut waited = 0;
    loop {
        match sign_in(&desk.work, "anna", PASSWORD).await {
            SignIn::Welcome(_) => break,
            SignIn::Wait(ms) => {
                waited += ms;
                desk.work.clock.advance(ms);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(waited <= 5_000, "the owner waited {waited} ms");
    assert!(matches!(sign_in(&desk.work, "anna", "wrong once more then").await, SignIn::Refused), "success forgets the failures");
    assert!(matches!(sign_in(&desk.work, "anna", PASSWORD).await, SignIn::Welcome(_)));
});

on_both!(throttling_does_not_tell_known_accounts_from_unknown_ones, |desk| async {
    for account in ["anna", "nobody.at.all"] {
        let mut answers = Vec::new();
        for _ in 0..8 {
            answers.push(match sign_in(&desk.work, account, "not the password at all").await {
                SignIn::Refused => "refused",
                SignIn::Wait(_) => "wait",
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(answers, ["refused", "refused", "refused", "refused", "refused", "wait", "wait", "wait"], "{account}");
    }
});

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_account_takes_as_long_as_a_known_one() {
    on_sqlite(|desk| async move {
        let mut ratios = Vec::new();
        // Other tests share the machine: one quiet round is enough, a leak would show in all.
        for _ in 0..6 {
            let (mut known, mut unknown) = (Vec::new(), Vec::new());
            for _ in 0..9 {
                for (account, times) in [("anna", &mut known), ("nobody.at.all", &mut unknown)] {
                    desk.work.clock.advance(2 * time::HOUR);
                    let started = Instant::now();
                    assert!(matches!(sign_in(&desk.work, account, "not the password at all").await, SignIn::Refused));
                    times.push(started.elapsed());
                }
            }
            ratios.push(median(&mut unknown) / median(&mut known));
            if ratios.last().is_some_and(|r| (0.75..1.25).contains(r)) {
                return;
            }
        }
        panic!("unknown to known: {ratios:?}");
    })
    .await;
}

/// A desk where nobody is yet.
async fn empty(url: &str) -> Work {
    let db = Db::open(url).await.expect("opens");
    Casework::new(db, Sealer::new(MasterKey::random(), vec![]), Clock::default(), pace(), "http://desk.invalid".into())
}

async fn each_empty<F: Future<Output = ()>>(body: fn(Work) -> F) {
    with_both_empty(move |sqlite, postgres| async move {
        for url in [sqlite, postgres] {
            let work = empty(&url).await;
            body(work.clone()).await;
            work.db.close().await;
        }
    })
    .await;
}

async fn refused_token(work: &Work, token: &str) -> String {
    let form = form_of(people::set_up(work, "r", token, &newcomer("other")).await);
    assert!(!form.values.values().any(|v| v.contains(PASSWORD)), "a password is never handed back");
    form.error("token").expect("the token is to blame").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_setup_token_makes_one_admin_once() {
    each_empty(|work| async move {
        assert!(people::is_empty(&work).await.expect("reads"));
        let token = people::new_setup_token(&work).await.expect("a token");
        assert!(texts(&work.db, "SELECT token_hash FROM setup_tokens").await.iter().all(|h| !h.contains(&token)), "only its hash is kept");
        for wrong in ["", "0000", &token[1..]] {
            assert!(refused_token(&work, wrong).await.contains("wrong"));
        }
        let weak = NewPerson { password: Zeroizing::new("short".into()), ..newcomer("root") };
        assert!(form_of(people::set_up(&work, "r", &token, &weak).await).error("password").is_some());
        assert!(people::is_empty(&work).await.expect("reads"), "a refused form makes nobody");

        let id = people::set_up(&work, "r", &format!(" {token}\n"), &newcomer("root")).await.expect("the first admin");
        let admin = people::get(&work, &id).await.expect("is there");
        assert_eq!((admin.role.as_str(), admin.is_active()), ("admin", true));
        assert_eq!(actions(&work, id.as_str()).await, ["person_added", "setup_done"]);
        assert!(!refused_token(&work, &token).await.is_empty());
        assert!(people::new_setup_token(&work).await.is_err(), "no token while there are people");
        assert_eq!(people::list(&work).await.expect("lists").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setup_token_ends_after_an_hour_by_a_newer_one_and_when_people_exist() {
    each_empty(|work| async move {
        let old = people::new_setup_token(&work).await.expect("a token");
        let token = people::new_setup_token(&work).await.expect("a newer token");
        refused_token(&work, &old).await;
        work.clock.advance(SETUP_TIME);
        refused_token(&work, &token).await;
        let token = people::new_setup_token(&work).await.expect("a token");
        work.clock.advance(SETUP_TIME - time::MINUTE);
        people::add(&work, &Actor::operator(), &newcomer("early")).await.expect("made on the command line");
        refused_token(&work, &token).await;
        assert_eq!(people::list(&work).await.expect("lists").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_use_the_setup_token_at_once_one_wins() {
    each_empty(|work| async move {
        let token = people::new_setup_token(&work).await.expect("a token");
        let tries = (0..6).map(|n| {
            let (work, token) = (work.clone(), token.clone());
            tokio::spawn(async move { people::set_up(&work, "r", &token, &newcomer(&format!("root{n}"))).await })
        });
        let made = futures::future::join_all(tries).await.into_iter().filter(|t| t.as_ref().is_ok_and(Result::is_ok)).count();
        assert_eq!(made, 1);
        assert_eq!(number(&work.db, "SELECT COUNT(*) FROM people").await, 1, "nobody is left over");
        assert_journal_intact(&work).await;
    })
    .await;
}

async fn second_admin(desk: &Desk) -> Caller {
    let alma = Caller { id: PersonId::from(new_id()), account: "alma".into(), name: "Alma Berg".into(), role: Role::Admin };
    add_person(&desk.work, &alma).await;
    alma
}

on_both!(the_last_admin_stays_and_nobody_changes_themself, |desk| async {
    let adam = &desk.adam;
    let refused = |answer: Result<(), Error>| form_of(answer).error("").expect("a sentence").to_owned();
    let change = |who: &Caller, whom: &Caller, role, active| {
        let (work, actor, whom) = (desk.work.clone(), by(who), whom.id.clone());
        async move { people::change(&work, &actor, &whom, role, active).await }
    };
    assert!(refused(change(adam, adam, Role::Admin, false).await).contains("own role"));
    for (role, active) in [(Role::Admin, false), (Role::Analyst, true), (Role::Supervisor, false)] {
        assert!(refused(change(&desk.anna, adam, role, active).await).contains("last active admin"));
    }
    let alma = second_admin(&desk).await;
    change(&alma, adam, Role::Admin, false).await.expect("there is another one");
    assert_eq!(actions(&desk.work, adam.id.as_str()).await, ["person_disabled"]);
    assert!(refused(change(adam, &alma, Role::Admin, false).await).contains("last active admin"));
    assert!(matches!(change(&alma, &Caller { id: "nobody".into(), ..alma.clone() }, Role::Analyst, true).await, Err(Error::NotFound)));
});

on_both!(two_admins_who_disable_each_other_leave_one, |desk| async {
    for _ in 0..10 {
        run_sql(&desk.work.db, "UPDATE people SET state = 'active', role = 'admin' WHERE account IN ('adam', 'alma')")
            .await
            .expect("both again");
        let alma = match people::list(&desk.work).await.expect("lists").into_iter().find(|p| p.account == "alma") {
            Some(alma) => alma.caller().expect("a caller"),
            None => second_admin(&desk).await,
        };
        let (one, two) = (by(&alma), by(&desk.adam));
        let (a, b) = tokio::join!(
            people::change(&desk.work, &one, &desk.adam.id, Role::Admin, false),
            people::change(&desk.work, &two, &alma.id, Role::Analyst, true)
        );
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM people WHERE role = 'admin' AND state = 'active'").await, 1);
    }
});

on_both!(an_account_name_is_taken_once, |desk| async {
    let adds = (0..6).map(|_| {
        let (work, actor) = (desk.work.clone(), by(&desk.adam));
        tokio::spawn(async move { people::add(&work, &actor, &newcomer("Nina")).await })
    });
    let answers: Vec<_> = futures::future::join_all(adds).await.into_iter().map(|a| a.expect("no panic")).collect();
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    for refused in answers.into_iter().filter(Result::is_err) {
        assert_eq!(form_of(refused).error("account"), Some("This account name is taken."));
    }
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM people WHERE account = 'nina'").await, 1);
});
