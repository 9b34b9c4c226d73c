//! People: passwords, throttling, setup, roles.

use crate::{on_both, support::*};
use casework::{
    Casework, Clock, Db, Error, MasterKey, Sealer, Work,
    journal::Actor,
    people::{self, Network, NewPerson, SETUP_TIME, SignIn, Visitor, Welcome},
};
use domain::{
    people::{Caller, Role},
    time,
};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

fn newcomer(account: &str) -> NewPerson {
    NewPerson {
        account: account.into(),
        name: "New Person".into(),
        role: "analyst".into(),
        password: Zeroizing::new(PASSWORD.into()),
    }
}

const WRONG: &str = "not the password at all";

async fn sign_in(work: &Work, account: &str, password: &str) -> SignIn {
    sign_in_from(work, &Visitor::default(), account, password).await
}

async fn sign_in_from(work: &Work, visitor: &Visitor, account: &str, password: &str) -> SignIn {
    people::sign_in(work, visitor, account, &Zeroizing::new(password.to_owned()))
        .await
        .expect("answers")
}

/// Somebody at the n-th of many places.
fn at(place: u8) -> Visitor {
    Visitor { network: Some(Network::V4([192, 0, 2, place])), ..Visitor::default() }
}

async fn welcome(work: &Work, visitor: &Visitor, account: &str, password: &str) -> Welcome {
    match sign_in_from(work, visitor, account, password).await {
        SignIn::Welcome(welcome) => welcome,
        other => panic!("{other:?}"),
    }
}

on_both!(the_right_password_signs_in_and_everything_else_gets_one_answer, |desk| async {
    let welcome = sign_in(&desk.work, " Anna ", PASSWORD).await;
    assert!(
        matches!(&welcome, SignIn::Welcome(welcome) if welcome.caller == desk.anna),
        "{welcome:?}"
    );
    people::change(&desk.work, &by(&desk.adam), &desk.ben.id, Role::Analyst, false)
        .await
        .expect("disables");
    let long = "x".repeat(300_000);
    let wrong = [
        ("anna", "another phrase here"),
        ("nobody", PASSWORD),
        ("ben", PASSWORD),
        ("a\0b", PASSWORD),
        ("", ""),
    ];
    for (account, password) in
        wrong.into_iter().chain([(long.as_str(), PASSWORD), ("anna", long.as_str())])
    {
        assert!(
            matches!(sign_in(&desk.work, account, password).await, SignIn::Refused),
            "{account:?}"
        );
    }
    desk.work.clock.advance(time::MINUTE);
    people::sweep_tries(&desk.work).await.expect("sweeps");
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'sign_in_failed'").await,
        3,
        "anna, ben and nobody"
    );
    assert_eq!(actions(&desk.work, desk.anna.id.as_str()).await, ["signed_in"]);
});

on_both!(a_password_is_kept_as_an_argon2id_phc_string, |desk| async {
    let id = people::add(&desk.work, &Actor::operator(), &newcomer("nina")).await.expect("adds");
    let stored =
        texts(&desk.work.db, &format!("SELECT password_hash FROM people WHERE id = '{id}'"))
            .await
            .remove(0);
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    let dump =
        texts(&desk.work.db, "SELECT COALESCE(details, '') FROM journal_details").await.join("\n");
    assert!(!dump.contains(PASSWORD) && !dump.contains("argon2"), "the journal holds no password");
});

on_both!(s_23_a_hundred_wrong_passwords_keep_the_owner_out_nowhere_else, |desk| async {
    desk.work.clock.stop();
    let browser = Visitor {
        device: Some(welcome(&desk.work, &at(1), "anna", PASSWORD).await.device),
        ..at(1)
    };
    let mut heard = 0;
    for n in 0..100 {
        match sign_in_from(&desk.work, &at(1), "anna", WRONG).await {
            SignIn::Refused => heard += 1,
            SignIn::Wait(ms) => assert!((1..=60_000).contains(&ms), "try {n}: {ms}"),
            other => panic!("{other:?}"),
        }
        desk.work.clock.advance(600);
    }
    assert!((8..=12).contains(&heard), "a guesser hears ever less: {heard} of 100 in a minute");
    assert!(
        matches!(sign_in_from(&desk.work, &at(1), "anna", PASSWORD).await, SignIn::Wait(_)),
        "nor is the right one heard there"
    );
    welcome(&desk.work, &browser, "anna", PASSWORD).await;
    welcome(&desk.work, &at(2), "anna", PASSWORD).await;
    assert!(
        matches!(sign_in_from(&desk.work, &at(2), "anna", WRONG).await, SignIn::Refused),
        "success forgets the failures"
    );
    welcome(&desk.work, &at(2), "anna", PASSWORD).await;
});

on_both!(s_23_a_browser_is_known_for_whoever_signed_in_with_it_and_for_nobody_else, |desk| async {
    desk.work.clock.stop();
    let bens = Visitor {
        device: Some(welcome(&desk.work, &at(1), "ben", PASSWORD).await.device),
        ..at(1)
    };
    for _ in 0..5 {
        assert!(matches!(sign_in_from(&desk.work, &at(1), "anna", WRONG).await, SignIn::Refused));
    }
    let answer = sign_in_from(&desk.work, &bens, "anna", PASSWORD).await;
    assert!(
        matches!(answer, SignIn::Wait(_)),
        "a colleague's browser opens no turn of hers: {answer:?}"
    );
    welcome(&desk.work, &bens, "ben", PASSWORD).await;
});

// S-23: whoever guesses from everywhere slows down those who are new here, and nobody else.
on_both!(s_23_guesses_from_everywhere_do_not_reach_the_owners_browser, |desk| async {
    desk.work.clock.stop();
    let browser = Visitor {
        device: Some(welcome(&desk.work, &at(1), "anna", PASSWORD).await.device),
        ..at(1)
    };
    let mut heard = 0;
    for n in 0..200 {
        if matches!(sign_in_from(&desk.work, &at(n), "anna", WRONG).await, SignIn::Refused) {
            heard += 1;
        }
        desk.work.clock.advance(300);
    }
    assert!((25..=40).contains(&heard), "of 200 guesses in a minute {heard} were heard");
    match sign_in_from(&desk.work, &at(201), "anna", PASSWORD).await {
        SignIn::Welcome(_) => {}
        SignIn::Wait(ms) => {
            assert!(ms <= 5_000, "{ms}");
            desk.work.clock.advance(ms);
            welcome(&desk.work, &at(201), "anna", PASSWORD).await;
        }
        other => panic!("{other:?}"),
    }
    welcome(&desk.work, &browser, "anna", PASSWORD).await;
    for _ in 0..20 {
        sign_in_from(&desk.work, &browser, "anna", WRONG).await;
    }
    assert!(
        matches!(sign_in_from(&desk.work, &browser, "anna", PASSWORD).await, SignIn::Wait(_)),
        "the browser has a limit of its own"
    );
});

on_both!(s_23_guesses_side_by_side_are_no_more_than_one_after_the_other, |desk| async {
    let tries = (0..24).map(|_| {
        let work = desk.work.clone();
        tokio::spawn(async move { sign_in_from(&work, &at(1), "anna", WRONG).await })
    });
    let answers = futures::future::join_all(tries).await;
    let heard = answers.iter().filter(|answer| matches!(answer, Ok(SignIn::Refused))).count();
    assert_eq!(heard, 5, "{answers:?}");
    let anna = by(&desk.anna);
    let own = || people::change_password(&desk.work, &anna, WRONG, new_password());
    let words: Vec<String> = futures::future::join_all((0..24).map(|_| own()))
        .await
        .into_iter()
        .map(|answer| form_of(answer).error("old").expect("the old one is to blame").to_owned())
        .collect();
    assert_eq!(
        words.iter().filter(|words| words.as_str() == "This is not your current password.").count(),
        5,
        "{words:?}"
    );
});

fn new_password() -> &'static Zeroizing<String> {
    static NEW: std::sync::LazyLock<Zeroizing<String>> =
        std::sync::LazyLock::new(|| Zeroizing::new("nine green herons sing".into()));
    &NEW
}

on_both!(s_23_the_password_on_an_open_session_has_a_limit_and_an_entry, |desk| async {
    let change = async |old: &str| {
        people::change_password(&desk.work, &by(&desk.anna), old, new_password()).await
    };
    let mut waits = 0;
    for _ in 0..40 {
        let form = form_of(change(WRONG).await);
        waits += usize::from(
            form.error("old")
                .is_some_and(|words| words.starts_with("Too many wrong tries. Try again in ")),
        );
        desk.work.clock.advance(1_000);
    }
    assert!(waits > 25, "{waits}");
    desk.work.clock.advance(time::MINUTE);
    people::sweep_tries(&desk.work).await.expect("sweeps");
    assert_eq!(actions(&desk.work, desk.anna.id.as_str()).await, ["password_refused"]);
    change(PASSWORD).await.expect("the right one, a minute later");
    welcome(&desk.work, &Visitor::default(), "anna", new_password()).await;
});

on_both!(s_23_a_clock_that_goes_back_locks_nobody_out, |desk| async {
    let browser = Visitor {
        device: Some(welcome(&desk.work, &at(1), "anna", PASSWORD).await.device),
        ..at(1)
    };
    for visitor in [&browser, &at(1), &at(2), &at(3), &at(4)] {
        for _ in 0..12 {
            while let SignIn::Wait(ms) = sign_in_from(&desk.work, visitor, "anna", WRONG).await {
                desk.work.clock.advance(ms);
            }
        }
    }
    assert!(matches!(
        sign_in_from(&desk.work, &browser, "anna", WRONG).await,
        SignIn::Refused | SignIn::Wait(_)
    ));
    desk.work.clock.advance(-2 * time::HOUR);
    welcome(&desk.work, &browser, "anna", PASSWORD).await;
    welcome(&desk.work, &at(1), "anna", PASSWORD).await;
    desk.work.clock.advance(5_000);
    assert!(matches!(sign_in_from(&desk.work, &at(2), "anna", WRONG).await, SignIn::Refused));
});

// Row 3: what strangers cause is bounded, and goes.
on_both!(failed_tries_leave_one_entry_a_minute_and_no_rows_for_long, |desk| async {
    desk.work.clock.stop();
    let entries = async || {
        texts(
            &desk.work.db,
            "SELECT d.details FROM journal j JOIN journal_details d ON d.seq = j.seq WHERE j.action = 'sign_in_failed' ORDER BY j.seq",
        )
        .await
    };
    let tries = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).expect("JSON")["tries"]
            .as_i64()
            .expect("a number")
    };
    for n in 0..30 {
        sign_in_from(&desk.work, &at(n), &format!("{n}{}", "nobody".repeat(10)), WRONG).await;
        sign_in_from(&desk.work, &at(n), "ben", WRONG).await;
    }
    let heard = number(&desk.work.db, "SELECT CAST(SUM(tries) AS BIGINT) FROM failed_tries").await;
    assert!(heard >= 50, "{heard}");
    people::sweep_tries(&desk.work).await.expect("sweeps");
    assert!(entries().await.is_empty(), "not before the minute is over");
    desk.work.clock.advance(time::MINUTE);
    people::sweep_tries(&desk.work).await.expect("sweeps");
    let all = entries().await;
    assert_eq!(
        (all.len(), all.iter().map(|text| tries(text)).sum::<i64>()),
        (2, heard),
        "one of ben, one of nobody: {all:?}"
    );
    assert!(
        all.iter().all(|text| !text.contains("nobody")),
        "what a stranger typed is not written down: {all:?}"
    );
    assert!(number(&desk.work.db, "SELECT COUNT(*) FROM sign_in_turns").await > 50);
    desk.work.clock.advance(time::HOUR);
    people::sweep_tries(&desk.work).await.expect("sweeps");
    for table in ["sign_in_turns", "sign_in_failures", "failed_tries", "refused_forms", "sessions"]
    {
        assert_eq!(
            number(&desk.work.db, &format!("SELECT COUNT(*) FROM {table}")).await,
            0,
            "{table}"
        );
    }
    assert_eq!(entries().await.len(), 2, "nothing twice");
    assert_journal_intact(&desk.work).await;
});

on_both!(of_turns_without_end_those_with_the_fewest_tries_are_forgotten, |desk| async {
    let now = desk.work.now();
    let numbers = if desk.work.db.is_postgres() {
        "SELECT generate_series(1, 50100) AS n".to_owned()
    } else {
        "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 50100) SELECT n FROM s".to_owned()
    };
    let insert = format!(
        "INSERT INTO sign_in_turns (key_hash, tries, wait_until_ms, last_at_ms) SELECT 'k' || n, CASE WHEN n <= 50 THEN 9 ELSE 1 END, 0, {now} + n FROM ({numbers}) x"
    );
    run_sql(&desk.work.db, &insert).await.expect("inserts");
    people::sweep_tries(&desk.work).await.expect("sweeps");
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM sign_in_turns").await, 50_000);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM sign_in_turns WHERE tries = 9").await,
        50
    );
});

// Row 7: the session is made in the transaction that still finds the password that was verified.
on_both!(no_session_of_the_old_password_outlives_its_change, |desk| async {
    desk.work.clock.stop();
    let (old, new) = (Zeroizing::new(PASSWORD.to_owned()), new_password());
    for round in 0..6 {
        let (from, to) = if round % 2 == 0 { (&old, new) } else { (new, &old) };
        let signing = (0..8).map(|n| {
            let (work, from) = (desk.work.clone(), from.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(u64::from(n) * 15)).await;
                people::sign_in(&work, &at(n), "anna", &from).await
            })
        });
        let signing: Vec<_> = signing.collect();
        people::change_password(&desk.work, &by(&desk.anna), from, to).await.expect("changes");
        let answers = futures::future::join_all(signing).await;
        assert!(
            answers.iter().all(|answer| matches!(
                answer,
                Ok(Ok(SignIn::Welcome(_) | SignIn::Refused | SignIn::Wait(_)))
            )),
            "{answers:?}"
        );
        assert_eq!(
            number(&desk.work.db, "SELECT COUNT(*) FROM sessions").await,
            0,
            "round {round}: {answers:?}"
        );
        run_sql(&desk.work.db, "DELETE FROM sign_in_turns").await.expect("from the beginning");
    }
});

on_both!(of_two_who_change_a_password_at_once_one_is_told, |desk| async {
    let (work, anna) = (desk.work.clone(), by(&desk.anna));
    let newer = Zeroizing::new("ten amber larks whistle".to_owned());
    let (one, two) = tokio::join!(
        people::change_password(&work, &anna, PASSWORD, new_password()),
        people::change_password(&work, &anna, PASSWORD, &newer)
    );
    let told = form_of(if one.is_ok() { two } else { one });
    assert!(told.error("old").is_some());
});

on_both!(a_person_has_a_few_known_browsers_and_a_new_password_forgets_them, |desk| async {
    let first = welcome(&desk.work, &at(1), "anna", PASSWORD).await.device;
    let again =
        welcome(&desk.work, &Visitor { device: Some(first.clone()), ..at(1) }, "anna", PASSWORD)
            .await
            .device;
    assert_eq!(again, first, "a browser keeps what it shows");
    let bens =
        welcome(&desk.work, &Visitor { device: Some(first.clone()), ..at(1) }, "ben", PASSWORD)
            .await
            .device;
    assert_eq!(bens, first, "whoever else uses it");
    let planted =
        welcome(&desk.work, &Visitor { device: Some("ab".repeat(32)), ..at(2) }, "anna", PASSWORD)
            .await
            .device;
    assert_ne!(planted, "ab".repeat(32), "what somebody made up is never taken over");
    assert!(
        texts(&desk.work.db, "SELECT token_hash FROM devices")
            .await
            .iter()
            .all(|hash| !hash.contains(&first)),
        "only hashes are kept"
    );
    for n in 3..20 {
        desk.work.clock.advance(1_000);
        welcome(&desk.work, &at(n), "anna", PASSWORD).await;
    }
    let of_anna = format!("SELECT COUNT(*) FROM devices WHERE person_id = '{}'", desk.anna.id);
    assert_eq!(number(&desk.work.db, &of_anna).await, 10);
    people::change_password(&desk.work, &by(&desk.anna), PASSWORD, new_password())
        .await
        .expect("changes");
    assert_eq!(number(&desk.work.db, &of_anna).await, 0);
    desk.work.clock.advance(people::DEVICE_TIME);
    people::sweep_tries(&desk.work).await.expect("sweeps");
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM devices").await,
        0,
        "nor is one remembered for ever"
    );
});

on_both!(a_network_that_tries_many_accounts_runs_out_of_tries, |desk| async {
    desk.work.clock.stop();
    for n in 0..80 {
        let answer = sign_in_from(&desk.work, &at(1), &format!("account-{n}"), WRONG).await;
        assert!(
            if n < 60 {
                matches!(answer, SignIn::Refused)
            } else {
                matches!(answer, SignIn::Wait(_))
            },
            "{n}: {answer:?}"
        );
    }
    desk.work.clock.advance(2 * time::SECOND);
    for refused in [true, false] {
        let answer = sign_in_from(&desk.work, &at(1), "account-81", WRONG).await;
        assert_eq!(
            matches!(answer, SignIn::Refused),
            refused,
            "one more every other second: {answer:?}"
        );
    }
    welcome(&desk.work, &at(2), "anna", PASSWORD).await;
});

on_both!(s_23_an_owner_who_signs_in_elsewhere_forgives_nobody_elses_guesses, |desk| async {
    desk.work.clock.stop();
    for place in 1..=18 {
        let answer = sign_in_from(&desk.work, &at(place), "anna", WRONG).await;
        assert!(matches!(answer, SignIn::Refused), "{place}: {answer:?}");
    }
    welcome(&desk.work, &at(100), "anna", PASSWORD).await;
    for (place, waits) in [(101, false), (102, false), (103, false), (104, true)] {
        let answer = sign_in_from(&desk.work, &at(place), "anna", WRONG).await;
        assert_eq!(matches!(answer, SignIn::Wait(_)), waits, "{place}: {answer:?}");
    }
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
        assert_eq!(
            answers,
            ["refused", "refused", "refused", "refused", "refused", "wait", "wait", "wait"],
            "{account}"
        );
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
                    assert!(matches!(
                        sign_in(&desk.work, account, "not the password at all").await,
                        SignIn::Refused
                    ));
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
    Casework::new(
        db,
        Sealer::new(MasterKey::random(), vec![]),
        Clock::default(),
        pace(),
        "http://desk.invalid".into(),
    )
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
        assert!(
            texts(&work.db, "SELECT token_hash FROM setup_tokens")
                .await
                .iter()
                .all(|h| !h.contains(&token)),
            "only its hash is kept"
        );
        for wrong in ["", "0000", &token[1..]] {
            assert!(refused_token(&work, wrong).await.contains("wrong"));
        }
        let weak = NewPerson { password: Zeroizing::new("short".into()), ..newcomer("root") };
        assert!(
            form_of(people::set_up(&work, "r", &token, &weak).await).error("password").is_some()
        );
        assert!(people::is_empty(&work).await.expect("reads"), "a refused form makes nobody");

        let id = people::set_up(&work, "r", &format!(" {token}\n"), &newcomer("root"))
            .await
            .expect("the first admin");
        let admin = people::get(&work, &id).await.expect("is there");
        assert_eq!((admin.role.as_str(), admin.is_active()), ("admin", true));
        assert_eq!(actions(&work, id.as_str()).await, ["person_added", "setup_done"]);
        assert!(!refused_token(&work, &token).await.is_empty());
        assert!(people::new_setup_token(&work).await.is_err(), "no token once there is an admin");
        assert_eq!(people::list(&work).await.expect("lists").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setup_token_ends_after_an_hour_by_a_newer_one_and_when_an_admin_exists() {
    each_empty(|work| async move {
        let old = people::new_setup_token(&work).await.expect("a token");
        let token = people::new_setup_token(&work).await.expect("a newer token");
        refused_token(&work, &old).await;
        work.clock.advance(SETUP_TIME);
        refused_token(&work, &token).await;
        let token = people::new_setup_token(&work).await.expect("a token");
        work.clock.advance(SETUP_TIME - time::MINUTE);
        let early = NewPerson { role: "admin".into(), ..newcomer("early") };
        people::add(&work, &Actor::operator(), &early).await.expect("made on the command line");
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
            tokio::spawn(async move {
                people::set_up(&work, "r", &token, &newcomer(&format!("root{n}"))).await
            })
        });
        let made = futures::future::join_all(tries)
            .await
            .into_iter()
            .filter(|t| t.as_ref().is_ok_and(Result::is_ok))
            .count();
        assert_eq!(made, 1);
        assert_eq!(number(&work.db, "SELECT COUNT(*) FROM people").await, 1, "nobody is left over");
        assert_journal_intact(&work).await;
    })
    .await;
}

async fn second_admin(desk: &Desk) -> Caller {
    // By the program, so that an entry knows her: nothing goes on from a row that none knows.
    let alma = NewPerson { name: "Alma Berg".into(), role: "admin".into(), ..newcomer("alma") };
    let id = people::add(&desk.work, &Actor::operator(), &alma).await.expect("adds");
    people::get(&desk.work, &id).await.and_then(|alma| alma.caller()).expect("a caller")
}

on_both!(the_last_admin_stays_and_nobody_changes_themself, |desk| async {
    let adam = &desk.adam;
    let refused =
        |answer: Result<(), Error>| form_of(answer).error("").expect("a sentence").to_owned();
    let change = |who: &Caller, whom: &Caller, role, active| {
        let (work, actor, whom) = (desk.work.clone(), by(who), whom.id.clone());
        async move { people::change(&work, &actor, &whom, role, active).await }
    };
    assert!(refused(change(adam, adam, Role::Admin, false).await).contains("own role"));
    for (role, active) in [(Role::Admin, false), (Role::Analyst, true), (Role::Supervisor, false)] {
        assert!(
            refused(change(&desk.anna, adam, role, active).await).contains("last active admin")
        );
    }
    let alma = second_admin(&desk).await;
    change(&alma, adam, Role::Admin, false).await.expect("there is another one");
    assert_eq!(actions(&desk.work, adam.id.as_str()).await, ["person_disabled"]);
    assert!(refused(change(adam, &alma, Role::Admin, false).await).contains("last active admin"));
    assert!(matches!(
        change(&alma, &Caller { id: "nobody".into(), ..alma.clone() }, Role::Analyst, true).await,
        Err(Error::NotFound)
    ));
});

on_both!(two_admins_who_disable_each_other_leave_one, |desk| async {
    for _ in 0..10 {
        run_sql(
            &desk.work.db,
            "UPDATE people SET state = 'active', role = 'admin' WHERE account IN ('adam', 'alma')",
        )
        .await
        .expect("both again");
        let alma = match people::list(&desk.work)
            .await
            .expect("lists")
            .into_iter()
            .find(|p| p.account == "alma")
        {
            Some(alma) => alma.caller().expect("a caller"),
            None => second_admin(&desk).await,
        };
        let (one, two) = (by(&alma), by(&desk.adam));
        let (a, b) = tokio::join!(
            people::change(&desk.work, &one, &desk.adam.id, Role::Admin, false),
            people::change(&desk.work, &two, &alma.id, Role::Analyst, true)
        );
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        assert_eq!(
            number(
                &desk.work.db,
                "SELECT COUNT(*) FROM people WHERE role = 'admin' AND state = 'active'"
            )
            .await,
            1
        );
    }
});

on_both!(an_account_name_is_taken_once, |desk| async {
    let adds = (0..6).map(|_| {
        let (work, actor) = (desk.work.clone(), Actor::operator());
        tokio::spawn(async move { people::add(&work, &actor, &newcomer("Nina")).await })
    });
    let answers: Vec<_> =
        futures::future::join_all(adds).await.into_iter().map(|a| a.expect("no panic")).collect();
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    for refused in answers.into_iter().filter(Result::is_err) {
        assert_eq!(form_of(refused).error("account"), Some("This account name is taken."));
    }
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM people WHERE account = 'nina'").await,
        1
    );
});
