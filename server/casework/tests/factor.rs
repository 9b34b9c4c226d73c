//! Second factors: each code once, recovery codes, guessing, and showing a factor again. Codes come
//! from another program.

use crate::{on_both, support::*};
use casework::{
    Error, SealError, Work,
    people::{
        self, SignIn, SignedIn, Visitor, Welcome,
        factor::{self, Fresh, OFFER_TIME, RECOVERY_CODES, Standing},
    },
    policies,
    store::Conn,
};
use domain::{
    Moment, PersonId,
    people::{Caller, Role},
    policy::{FactorRoles, Policy},
    time::{HOUR, MINUTE, SECOND},
};
use sqlx::AssertSqlSafe;
use std::{process::Command, time::Duration};
use tower_sessions::SessionStore;
use zeroize::Zeroizing;

const STEP: i64 = 30 * SECOND;

/// The code of a key at a moment, as another program makes it.
fn code(secret: &str, at: Moment) -> Zeroizing<String> {
    let made = Command::new("oathtool")
        .args(["--totp", "-b", secret, "-N", &format!("@{}", at / SECOND)])
        .output()
        .expect("oathtool is installed (on Debian and Ubuntu: apt-get install oathtool)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Zeroizing::new(String::from_utf8_lossy(&made.stdout).trim().to_owned())
}

fn typed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// Moves the clock to the start of a step, so that none begins while a test looks.
fn align(work: &Work) {
    work.clock.advance(STEP - work.now() % STEP + 100);
}

/// Somebody's key and recovery codes.
struct Enrolled {
    secret: String,
    recovery: Vec<String>,
}

/// Sets up a second factor; its first code was used a step ago.
async fn enrol(work: &Work, person: &Caller) -> Enrolled {
    align(work);
    factor::offer(work, &person.id).await.expect("offers");
    let secret = factor::offered(work, person)
        .await
        .expect("reads")
        .expect("is there")
        .secret
        .replace(' ', "");
    let recovery =
        factor::confirm(work, &by(person), &code(&secret, work.now())).await.expect("confirms");
    work.clock.advance(STEP);
    Enrolled { secret, recovery }
}

/// The first half of a sign-in.
async fn ticket(work: &Work, account: &str) -> String {
    match people::sign_in(work, &Visitor::default(), account, &typed(PASSWORD))
        .await
        .expect("answers")
    {
        SignIn::Code(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

async fn give(work: &Work, ticket: &str, code: &str) -> SignIn {
    people::sign_in_with_code(work, &Visitor::default(), ticket, &typed(code))
        .await
        .expect("answers")
}

async fn welcome(work: &Work, account: &str, code: &str) -> Welcome {
    match give(work, &ticket(work, account).await, code).await {
        SignIn::Welcome(welcome) => welcome,
        other => panic!("{other:?}"),
    }
}

async fn signed_in(work: &Work, session: &str) -> Option<SignedIn> {
    let sessions = people::Sessions::new(work.db.clone(), work.clock.clone());
    let record = sessions.load(&session.parse().expect("an id")).await.expect("reads")?;
    serde_json::from_value(record.data.get(SignedIn::KEY)?.clone()).ok()
}

/// The session of somebody who signs in with their password alone.
async fn session(work: &Work, account: &str) -> String {
    match people::sign_in(work, &Visitor::default(), account, &typed(PASSWORD))
        .await
        .expect("answers")
    {
        SignIn::Welcome(welcome) => welcome.session,
        other => panic!("{other:?}"),
    }
}

/// Whether the next request of a session is answered with the page that sets up a second factor.
async fn is_asked(work: &Work, session: &str) -> bool {
    factor::must_enrol(work, &signed_in(work, session).await.expect("signed in"))
}

/// A second supervisor.
async fn boris(desk: &Desk) -> Caller {
    let boris = Caller {
        id: PersonId::from(casework::new_id()),
        account: "boris".into(),
        name: "Boris Berg".into(),
        role: Role::Supervisor,
    };
    add_person(&desk.work, &boris).await;
    boris
}

/// Sofia proposes a policy that asks a second factor of these roles; gives its number.
async fn propose(desk: &Desk, roles: &[Role]) -> u32 {
    let in_force = policies::in_force(&desk.work).await.expect("reads");
    let policy = Policy {
        second_factor: FactorRoles::each(|role| roles.contains(&role)),
        ..in_force.clone()
    };
    policies::propose(
        &desk.work,
        &desk.sofia,
        &by(&desk.sofia),
        in_force.version,
        &policy,
        "The auditor asks for it.",
    )
    .await
    .expect("proposes")
}

/// The same, and another supervisor confirms it.
async fn put_in_force(desk: &Desk, confirmer: &Caller, roles: &[Role]) {
    let version = propose(desk, roles).await;
    policies::confirm(&desk.work, confirmer, &by(confirmer), version).await.expect("confirms");
}

on_both!(s_22_a_policy_that_two_confirmed_makes_a_role_set_a_second_factor_up, |desk| async {
    let boris = boris(&desk).await;
    let work = &desk.work;
    let (sofia, anna, adam) =
        (session(work, "sofia").await, session(work, "anna").await, session(work, "adam").await);
    let all = async || {
        [is_asked(work, &sofia).await, is_asked(work, &anna).await, is_asked(work, &adam).await]
    };
    assert_eq!(all().await, [false; 3], "the first policy asks nobody");
    let version = propose(&desk, &[Role::Supervisor]).await;
    assert_eq!(all().await, [false; 3], "nor does a proposal");
    policies::confirm(work, &boris, &by(&boris), version).await.expect("confirms");
    assert_eq!(
        all().await,
        [true, false, false],
        "at the next request, of sessions that were open"
    );
    let other = desk.another(pace()).await;
    other.clock.advance(work.now() - other.now());
    assert!(is_asked(&other, &sofia).await && !is_asked(&other, &anna).await, "on every instance");
    other.close().await;

    put_in_force(&desk, &boris, &[]).await;
    assert_eq!(all().await, [false; 3], "a newer policy ends it");
    put_in_force(&desk, &boris, &[Role::Supervisor, Role::Admin]).await;
    assert_eq!(all().await, [true, false, true]);
    enrol(work, &desk.sofia).await;
    assert_eq!(all().await, [false, false, true], "who has one is asked for none");
    assert_journal_intact(work).await;
});

on_both!(
    s_22_the_operators_setting_asks_for_more_than_the_policy_and_never_for_less,
    |desk| async {
        let boris = boris(&desk).await;
        let work = &desk.work;
        let (sofia, anna, adam) = (
            session(work, "sofia").await,
            session(work, "anna").await,
            session(work, "adam").await,
        );
        let all = async || {
            [is_asked(work, &sofia).await, is_asked(work, &anna).await, is_asked(work, &adam).await]
        };
        work.factor_roles.set([Role::Analyst]);
        assert_eq!(all().await, [false, true, false], "the setting alone");
        put_in_force(&desk, &boris, &[Role::Supervisor]).await;
        assert_eq!(all().await, [true, true, false], "both together");
        put_in_force(&desk, &boris, &[]).await;
        assert_eq!(all().await, [false, true, false], "no policy takes the setting back");
        put_in_force(&desk, &boris, &[Role::Supervisor, Role::Analyst]).await;
        work.factor_roles.set([]);
        assert_eq!(all().await, [true, true, false], "nor does the setting take the policy back");
    }
);

on_both!(
    s_22_a_policy_that_cannot_be_read_asks_a_second_factor_of_whoever_works_on_checks,
    |desk| async {
        let boris = boris(&desk).await;
        let work = &desk.work;
        let (sofia, anna, adam) = (
            session(work, "sofia").await,
            session(work, "anna").await,
            session(work, "adam").await,
        );
        let all = async || {
            [is_asked(work, &sofia).await, is_asked(work, &anna).await, is_asked(work, &adam).await]
        };
        // Somebody with the database and two accounts; another program may leave such rules, too.
        for (version, more, asked) in [
            (
                2,
                "\"second_factor\":{\"analyst\":false,\"supervisor\":false,\"admin\":true}",
                [false, false, true],
            ),
            (3, "\"second_factor\":{\"admin\":true}", [true, true, false]),
            (4, "\"later\":true", [true, true, false]),
        ] {
            let numbered = format!("replace(rules, '\"version\":1', '\"version\":{version}')");
            let rules =
                format!("replace({numbered}, '\"window_days\":90', '\"window_days\":90,{more}')");
            for statement in [
                format!(
                    "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT {version}, {rules}, 'x', '{}', 1 FROM policies WHERE version = 1",
                    desk.sofia.id
                ),
                format!(
                    "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES ({version}, 'confirmed', '{}', 1)",
                    boris.id
                ),
            ] {
                run_sql(&work.db, &statement).await.expect("writes");
            }
            assert_eq!(all().await, asked, "{more}");
        }
        put_in_force(&desk, &boris, &[]).await;
        assert_eq!(all().await, [false; 3], "and is mended as any other is changed");
    }
);

on_both!(s_22_a_code_signs_in_and_is_used_up_on_every_instance, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    let now = code(&key.secret, desk.work.now());
    let session = welcome(&desk.work, "anna", &now).await.session;
    assert!(
        signed_in(&desk.work, &session)
            .await
            .is_some_and(|s| s.has_factor && s.caller == desk.anna)
    );
    let other = desk.another(pace()).await;
    other.clock.advance(desk.work.now() - other.now());
    for work in [&desk.work, &other] {
        assert!(
            matches!(give(work, &ticket(work, "anna").await, &now).await, SignIn::CodeRefused),
            "a replay"
        );
        let earlier = code(&key.secret, desk.work.now() - STEP);
        assert!(
            matches!(give(work, &ticket(work, "anna").await, &earlier).await, SignIn::CodeRefused),
            "nor an earlier one"
        );
    }
    welcome(&other, "anna", &code(&key.secret, desk.work.now() + STEP)).await;
    let fresh = code(&key.secret, desk.work.now() + STEP);
    let session = signed_in(&desk.work, &session).await.expect("signed in").session_hash;
    assert!(
        matches!(
            factor::freshen(&desk.work, &by(&desk.anna), &session, &fresh).await,
            Ok(Fresh::Wrong)
        ),
        "not for step-up either"
    );
    other.close().await;
});

on_both!(s_22_of_many_who_give_one_code_at_once_one_is_let_in, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    let other = desk.another(pace()).await;
    other.clock.advance(desk.work.now() - other.now());
    for round in 0..6 {
        let now = code(&key.secret, desk.work.now());
        let ticket = ticket(&desk.work, "anna").await;
        let tries = [&desk.work, &other, &desk.work, &other].map(|work| {
            let (work, ticket, now) = (work.clone(), ticket.clone(), now.clone());
            tokio::spawn(async move { give(&work, &ticket, &now).await })
        });
        let answers = futures::future::join_all(tries).await;
        let let_in = answers.iter().filter(|a| matches!(a, Ok(SignIn::Welcome(_)))).count();
        assert_eq!(let_in, 1, "round {round}: {answers:?}");
        // Forgotten tries, and the next code.
        desk.work.clock.advance(2 * HOUR);
        other.clock.advance(2 * HOUR);
    }
    let code = &key.recovery[0];
    let ticket = ticket(&desk.work, "anna").await;
    let answers =
        futures::future::join(give(&desk.work, &ticket, code), give(&other, &ticket, code)).await;
    let let_in =
        [&answers.0, &answers.1].into_iter().filter(|a| matches!(a, SignIn::Welcome(_))).count();
    assert_eq!(let_in, 1, "{answers:?}");
    other.close().await;
});

on_both!(a_telephone_may_be_one_step_early_or_late, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    desk.work.clock.advance(10 * STEP);
    for (off, taken) in
        [(-3, false), (-2, false), (2, false), (3, false), (-1, true), (0, true), (1, true)]
    {
        desk.work.clock.advance(2 * HOUR);
        align(&desk.work);
        let answer = give(
            &desk.work,
            &ticket(&desk.work, "anna").await,
            &code(&key.secret, desk.work.now() + off * STEP),
        )
        .await;
        assert_eq!(matches!(answer, SignIn::Welcome(_)), taken, "{off}: {answer:?}");
    }
});

on_both!(s_22_a_recovery_code_lets_in_once_and_ends_what_was_open, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    assert_eq!(key.recovery.len(), RECOVERY_CODES);
    let before = welcome(&desk.work, "anna", &code(&key.secret, desk.work.now())).await.session;
    let spelled = key.recovery[3].to_uppercase().replace('-', " ");
    let after = welcome(&desk.work, "anna", &spelled).await.session;
    assert!(
        signed_in(&desk.work, &before).await.is_none(),
        "whoever has the telephone may have a session"
    );
    assert!(signed_in(&desk.work, &after).await.is_some());
    assert!(matches!(
        give(&desk.work, &ticket(&desk.work, "anna").await, &key.recovery[3]).await,
        SignIn::CodeRefused
    ));
    let standing =
        factor::standing(&desk.work, &desk.anna.id).await.expect("reads").expect("active");
    assert_eq!(standing.recovery_left, 9);
    assert!(
        actions(&desk.work, desk.anna.id.as_str()).await.contains(&"recovery_code_used".to_owned())
    );
    // Those of somebody else, and those of before, are worth nothing.
    let ben = enrol(&desk.work, &desk.ben).await;
    assert!(matches!(
        give(&desk.work, &ticket(&desk.work, "anna").await, &ben.recovery[0]).await,
        SignIn::CodeRefused
    ));
    let fresh = factor::new_recovery_codes(&desk.work, &by(&desk.anna)).await.expect("makes");
    assert!(matches!(
        give(&desk.work, &ticket(&desk.work, "anna").await, &key.recovery[4]).await,
        SignIn::CodeRefused
    ));
    welcome(&desk.work, "anna", &fresh[0]).await;
});

on_both!(s_22_guessing_codes_is_limited_and_stands_in_the_journal, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    let mut heard = 0;
    for _ in 0..100 {
        // Whoever guesses knows the password.
        match give(&desk.work, &ticket(&desk.work, "anna").await, "000000").await {
            SignIn::CodeRefused => heard += 1,
            SignIn::Wait(ms) => assert!((1..=15 * MINUTE).contains(&ms), "{ms}"),
            other => panic!("{other:?}"),
        }
        desk.work.clock.advance(36 * SECOND);
    }
    assert!((10..=22).contains(&heard), "of 100 guesses in an hour {heard} were heard");
    people::sweep_tries(&desk.work).await.expect("sweeps");
    let entries =
        "SELECT COUNT(*) FROM journal WHERE action = 'sign_in_code_refused' AND actor = 'stranger'";
    assert!(number(&desk.work.db, entries).await > 0, "somebody has the password");
    desk.work.clock.advance(15 * MINUTE);
    welcome(&desk.work, "anna", &code(&key.secret, desk.work.now())).await;
    // On an open session as well.
    let session =
        signed_in(&desk.work, &welcome(&desk.work, "anna", &key.recovery[0]).await.session)
            .await
            .expect("signed in");
    let mut heard = 0;
    for _ in 0..40 {
        match factor::freshen(&desk.work, &by(&desk.anna), &session.session_hash, &typed("000000"))
            .await
            .expect("answers")
        {
            Fresh::Wrong => heard += 1,
            Fresh::Wait(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!((5..=6).contains(&heard), "with no time between {heard} were heard");
});

on_both!(s_22_a_clock_that_goes_back_brings_no_code_back_and_locks_nobody_out, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    let then = code(&key.secret, desk.work.now());
    let session = welcome(&desk.work, "anna", &then).await.session;
    assert!(matches!(
        give(&desk.work, &ticket(&desk.work, "anna").await, "000000").await,
        SignIn::CodeRefused
    ));
    let open = ticket(&desk.work, "anna").await;
    desk.work.clock.advance(-HOUR);
    assert!(
        matches!(give(&desk.work, &open, &then).await, SignIn::Expired),
        "a password of a time to come"
    );
    for replayed in [&then, &code(&key.secret, desk.work.now())] {
        assert!(matches!(
            give(&desk.work, &ticket(&desk.work, "anna").await, replayed).await,
            SignIn::CodeRefused
        ));
    }
    assert!(
        signed_in(&desk.work, &session).await.is_none(),
        "nor is a session of a time to come one"
    );
    let found = signed_in(&desk.work, &welcome(&desk.work, "anna", &key.recovery[0]).await.session)
        .await
        .expect("recovery codes know no time");
    assert!(factor::is_fresh(found.fresh_at, desk.work.now()));
    assert!(
        !factor::is_fresh(found.fresh_at, desk.work.now() - MINUTE),
        "what was shown in a time to come is not fresh"
    );
    desk.work.clock.advance(HOUR + STEP);
    welcome(&desk.work, "anna", &code(&key.secret, desk.work.now())).await;
});

on_both!(a_right_password_alone_opens_nothing_and_waits_five_minutes, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    let other = ticket(&desk.work, "anna").await;
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM sessions").await,
        0,
        "no session before the code"
    );
    let mut flipped = other.clone().into_bytes();
    let last = flipped.len() - 1;
    flipped[last] = if flipped[last] == b'0' { b'1' } else { b'0' };
    let flipped = String::from_utf8(flipped).expect("text");
    let now = code(&key.secret, desk.work.now());
    for wrong in ["", "00", "zz", flipped.as_str()] {
        assert!(matches!(give(&desk.work, wrong, &now).await, SignIn::Expired), "{wrong}");
    }
    desk.work.clock.advance(people::CODE_TIME + SECOND);
    assert!(
        matches!(
            give(&desk.work, &other, &code(&key.secret, desk.work.now())).await,
            SignIn::Expired
        ),
        "too late"
    );
    let before = ticket(&desk.work, "anna").await;
    people::change_password(
        &desk.work,
        &by(&desk.anna),
        PASSWORD,
        &typed("nine green bottles hang"),
    )
    .await
    .expect("changes");
    assert!(
        matches!(
            give(&desk.work, &before, &code(&key.secret, desk.work.now())).await,
            SignIn::Expired
        ),
        "another password by now"
    );
    people::change_password(
        &desk.work,
        &by(&desk.anna),
        "nine green bottles hang",
        &typed(PASSWORD),
    )
    .await
    .expect("changes");
    let before = ticket(&desk.work, "anna").await;
    people::change(&desk.work, &by(&desk.adam), &desk.anna.id, Role::Analyst, false)
        .await
        .expect("disables");
    assert!(
        matches!(
            give(&desk.work, &before, &code(&key.secret, desk.work.now())).await,
            SignIn::Expired
        ),
        "disabled by now"
    );
});

on_both!(an_offered_key_is_turned_on_once_in_time_and_by_its_own_code, |desk| async {
    align(&desk.work);
    let (work, anna) = (&desk.work, by(&desk.anna));
    let refused = |result: Result<Vec<String>, Error>| matches!(result, Err(Error::Form(_)));
    assert!(refused(factor::confirm(work, &anna, "000000").await), "nothing was offered");
    factor::offer(work, &desk.anna.id).await.expect("offers");
    let first = factor::offered(work, &desk.anna).await.expect("reads").expect("is there");
    assert!(
        first.address.starts_with("otpauth://totp/Probity%20127.0.0.1:anna?secret="),
        "{}",
        first.address.as_str()
    );
    assert!(
        matches!(
            people::sign_in(work, &Visitor::default(), "anna", &typed(PASSWORD)).await,
            Ok(SignIn::Welcome(_))
        ),
        "not on yet"
    );
    factor::offer(work, &desk.anna.id).await.expect("offers another");
    let second = factor::offered(work, &desk.anna).await.expect("reads").expect("is there");
    let (old, new) = (first.secret.replace(' ', ""), second.secret.replace(' ', ""));
    assert_ne!(old, new);
    assert!(
        refused(factor::confirm(work, &anna, &code(&old, work.now())).await),
        "of the key before"
    );
    work.clock.advance(OFFER_TIME + SECOND);
    assert!(factor::offered(work, &desk.anna).await.expect("reads").is_none());
    assert!(refused(factor::confirm(work, &anna, &code(&new, work.now())).await), "too late");
    enrol(work, &desk.anna).await;
    assert!(
        matches!(factor::offer(work, &desk.anna.id).await, Err(Error::Form(_))),
        "one that is on is not replaced"
    );
    assert!(factor::offered(work, &desk.anna).await.expect("reads").is_none(), "nor shown again");
});

/// Asks something while a factor is being turned on for a person: what was asked finds none at
/// first, and waits for their row.
async fn turned_on_meanwhile<T>(desk: &Desk, person: &Caller, asked: impl Future<Output = T>) -> T {
    let nothing = if desk.work.db.is_postgres() { "''::bytea" } else { "x''" };
    let mut tx = desk.work.db.begin().await.expect("begins");
    for statement in [
        format!("UPDATE people SET name = name WHERE id = '{}'", person.id),
        format!(
            "INSERT INTO second_factors (person_id, sealed, state, last_step, made_at_ms) VALUES ('{}', {nothing}, 'active', 0, 0)",
            person.id
        ),
    ] {
        let text = AssertSqlSafe(statement);
        let changed = match tx.conn() {
            Conn::Sqlite(mut line) => {
                sqlx::query(text).execute(&mut *line).await.map(|done| done.rows_affected())
            }
            Conn::Postgres(mut line) => {
                sqlx::query(text).execute(&mut *line).await.map(|done| done.rows_affected())
            }
        };
        assert_eq!(changed.expect("writes"), 1);
    }
    let ended = async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        tx.commit().await.expect("ends");
    };
    tokio::join!(asked, ended).0
}

on_both!(a_factor_that_is_turned_on_while_a_password_is_looked_at_is_asked_for, |desk| async {
    let (work, password) = (&desk.work, typed(PASSWORD));
    let visitor = Visitor::default();
    let answer =
        turned_on_meanwhile(&desk, &desk.anna, people::sign_in(work, &visitor, "anna", &password))
            .await
            .expect("answers");
    // On a machine so slow that it asks only afterwards, it asks for the code.
    assert!(matches!(answer, SignIn::Refused | SignIn::Code(_)), "{answer:?}");
    assert_eq!(number(&work.db, "SELECT COUNT(*) FROM sessions").await, 0);
    let open = signed_in(work, &session(work, "ben").await).await.expect("signed in").session_hash;
    let ben = by(&desk.ben);
    let answer =
        turned_on_meanwhile(&desk, &desk.ben, factor::freshen(work, &ben, &open, &password)).await;
    assert!(
        matches!(answer, Ok(Fresh::Wrong) | Err(Error::Seal(_))),
        "the password is no fresh factor any more: {answer:?}"
    );
});

on_both!(
    the_code_that_turned_a_factor_on_is_used_up_and_the_first_one_is_not_guessed,
    |desk| async {
        desk.work.clock.stop();
        align(&desk.work);
        let (work, anna) = (&desk.work, by(&desk.anna));
        assert!(
            form_of(factor::new_recovery_codes(work, &anna).await).error("").is_some(),
            "there is no factor"
        );
        factor::offer(work, &desk.anna.id).await.expect("offers");
        assert!(
            form_of(factor::new_recovery_codes(work, &anna).await).error("").is_some(),
            "nor while one is on offer"
        );
        assert_eq!(number(&work.db, "SELECT COUNT(*) FROM recovery_codes").await, 0);
        let secret = factor::offered(work, &desk.anna)
            .await
            .expect("reads")
            .expect("is there")
            .secret
            .replace(' ', "");
        let first = code(&secret, work.now());
        factor::confirm(work, &anna, &first).await.expect("confirms");
        assert!(
            matches!(give(work, &ticket(work, "anna").await, &first).await, SignIn::CodeRefused),
            "each code once"
        );

        factor::offer(work, &desk.ben.id).await.expect("offers");
        let mut heard = 0;
        for _ in 0..12 {
            let form = form_of(factor::confirm(work, &by(&desk.ben), "000000").await);
            heard += usize::from(
                !form
                    .error("factor")
                    .expect("beside the field")
                    .starts_with("Too many wrong tries"),
            );
        }
        assert_eq!(heard, 5, "whoever finds an open session sets up no factor by trying");
    }
);

on_both!(removing_and_resetting_leave_entries_and_nobody_resets_their_own, |desk| async {
    let key = enrol(&desk.work, &desk.anna).await;
    let session = welcome(&desk.work, "anna", &code(&key.secret, desk.work.now())).await.session;
    let browsers = format!("SELECT COUNT(*) FROM devices WHERE person_id = '{}'", desk.anna.id);
    assert_eq!(number(&desk.work.db, &browsers).await, 1);
    assert!(matches!(
        factor::reset(&desk.work, &by(&desk.anna), &desk.anna.id).await,
        Err(Error::Form(_))
    ));
    factor::reset(&desk.work, &by(&desk.adam), &desk.anna.id).await.expect("resets");
    assert!(signed_in(&desk.work, &session).await.is_none(), "their sessions end");
    assert_eq!(number(&desk.work.db, &browsers).await, 0, "and no browser is known any more");
    assert_eq!(factor::standing(&desk.work, &desk.anna.id).await.expect("reads"), None::<Standing>);
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM recovery_codes").await, 0);
    let reset =
        "SELECT COUNT(*) FROM journal WHERE action = 'factor_reset' AND actor <> subject_id";
    assert_eq!(number(&desk.work.db, reset).await, 1);
    assert!(
        matches!(
            factor::reset(&desk.work, &by(&desk.adam), &desk.anna.id).await,
            Err(Error::Form(_))
        ),
        "there is none"
    );
    assert!(matches!(
        people::sign_in(&desk.work, &Visitor::default(), "anna", &typed(PASSWORD)).await,
        Ok(SignIn::Welcome(_))
    ));
    enrol(&desk.work, &desk.ben).await;
    factor::remove(&desk.work, &by(&desk.ben)).await.expect("removes");
    let done = actions(&desk.work, desk.ben.id.as_str()).await;
    assert!(
        done.contains(&"factor_added".to_owned()) && done.contains(&"factor_removed".to_owned()),
        "{done:?}"
    );
    let noticed = people::watch::noticed(&desk.work, desk.sofia.id.as_str()).await.expect("reads");
    let noticed: Vec<_> = noticed
        .rows
        .iter()
        .map(|row| row.action.as_str())
        .filter(|action| action.starts_with("factor"))
        .collect();
    assert_eq!(
        noticed,
        ["factor_removed", "factor_reset"],
        "supervisors see it on their start page"
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(
    s_02_a_factor_that_is_shown_again_gives_the_session_another_id_and_no_longer_life,
    |desk| async {
        let plain = match people::sign_in(&desk.work, &Visitor::default(), "ben", &typed(PASSWORD))
            .await
            .expect("answers")
        {
            SignIn::Welcome(welcome) => welcome.session,
            other => panic!("{other:?}"),
        };
        let key = enrol(&desk.work, &desk.anna).await;
        let with_code =
            welcome(&desk.work, "anna", &code(&key.secret, desk.work.now())).await.session;
        desk.work.clock.advance(6 * MINUTE);
        let now = code(&key.secret, desk.work.now());
        for (person, session, right, wrong) in [
            (&desk.ben, &plain, PASSWORD, now.as_str()),
            (&desk.anna, &with_code, now.as_str(), PASSWORD),
        ] {
            let before = signed_in(&desk.work, session).await.expect("signed in");
            assert!(!factor::is_fresh(before.fresh_at, desk.work.now()));
            let freshen = async |text: &str| {
                factor::freshen(&desk.work, &by(person), &before.session_hash, &typed(text))
                    .await
                    .expect("answers")
            };
            assert!(matches!(freshen(wrong).await, Fresh::Wrong), "{}", person.account);
            let Fresh::Right(renewed) = freshen(right).await else { panic!("{}", person.account) };
            let after = signed_in(&desk.work, &renewed.session).await.expect("signed in");
            assert_eq!(
                (after.session_hash.as_str(), &after.caller),
                (renewed.session_hash.as_str(), person)
            );
            assert!(
                factor::is_fresh(after.fresh_at, desk.work.now())
                    && after.ends_at == before.ends_at
            );
            assert!(signed_in(&desk.work, session).await.is_none(), "the id before is dead");
            assert!(matches!(
                freshen(if right == PASSWORD { PASSWORD } else { "000000" }).await,
                Fresh::SignedOut | Fresh::Wrong
            ));
            let done = actions(&desk.work, person.id.as_str()).await;
            assert!(done.contains(&"factor_given".to_owned()), "{done:?}");
        }
        // Somebody else's session is not renewed.
        let anna =
            signed_in(&desk.work, &welcome(&desk.work, "anna", &key.recovery[0]).await.session)
                .await
                .expect("signed in");
        let answer =
            factor::freshen(&desk.work, &by(&desk.ben), &anna.session_hash, &typed(PASSWORD))
                .await
                .expect("answers");
        assert!(matches!(answer, Fresh::SignedOut), "{answer:?}");
        desk.work.clock.advance(MINUTE);
        people::sweep_tries(&desk.work).await.expect("sweeps");
        for person in [&desk.ben, &desk.anna] {
            assert!(
                actions(&desk.work, person.id.as_str())
                    .await
                    .contains(&"factor_refused".to_owned()),
                "wrong ones of {}",
                person.account
            );
        }
    }
);

on_both!(s_22_neither_keys_nor_recovery_codes_can_be_read_in_the_database, |desk| async {
    let (anna, ben) = (enrol(&desk.work, &desk.anna).await, enrol(&desk.work, &desk.ben).await);
    for (place, bytes) in every_value(&desk.work.db).await {
        let text = String::from_utf8_lossy(&bytes).to_uppercase().replace(['-', ' '], "");
        for secret in [&anna.secret, &ben.secret].into_iter().chain(&anna.recovery) {
            assert!(!text.contains(&secret.to_uppercase().replace('-', "")), "{place}");
        }
    }
    let swap = format!(
        "UPDATE second_factors SET sealed = (SELECT o.sealed FROM second_factors o WHERE o.person_id = '{}') WHERE person_id = '{}'",
        desk.anna.id, desk.ben.id
    );
    run_sql(&desk.work.db, &swap).await.expect("writes");
    let ticket = ticket(&desk.work, "ben").await;
    desk.work.clock.advance(STEP);
    let answer = people::sign_in_with_code(
        &desk.work,
        &Visitor::default(),
        &ticket,
        &code(&anna.secret, desk.work.now()),
    )
    .await;
    assert!(
        matches!(answer, Err(Error::Seal(SealError::Damaged))),
        "a key of another row opens nothing"
    );
});
