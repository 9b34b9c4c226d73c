//! F-43: what PostgreSQL undoes because transactions stand in each other's way is carried out
//! again, whole, three times at most.

use crate::{on_both, support::*};
use casework::{
    Db, Error, checks,
    checks::decide::{Act, Decided},
    new_id,
    team::claims,
};
use domain::{
    CheckId, DecisionId, PersonId,
    decisions::Outcome,
    people::{Caller, Role},
};

/// Makes who claims a check wait, before it changes a row, until a second one is as far: both hold
/// what the other one wants.
const MEET: [&str; 3] = [
    "CREATE SEQUENCE meeting",
    "CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE waited integer := 0;
     BEGIN
       PERFORM nextval('meeting');
       WHILE waited < 3000 AND (SELECT last_value FROM meeting) < 2 LOOP
         PERFORM pg_sleep(0.01);
         waited := waited + 1;
       END LOOP;
       RETURN NEW;
     END $$",
    "CREATE TRIGGER meet BEFORE UPDATE OF claimed_by ON checks FOR EACH ROW WHEN (NEW.claimed_by IS NOT NULL) EXECUTE FUNCTION meet()",
];

async fn run_all(db: &Db, statements: &[&str]) {
    for statement in statements {
        run_sql(db, statement).await.expect("runs");
    }
}

on_both!(two_who_take_over_from_each_other_at_once_both_do, |desk| async {
    let susan = Caller {
        id: PersonId::from(new_id()),
        account: "susan".into(),
        name: "Susan Berg".into(),
        role: Role::Supervisor,
    };
    add_person(&desk.work, &susan).await;
    let (first, second) = (desk.reviewed("Ana Popović").await, desk.reviewed("Bo Ek").await);
    let take =
        async |who: &Caller, check: &CheckId| claims::take(&desk.work, who, &by(who), check).await;
    take(&desk.sofia, &first).await.expect("takes");
    take(&susan, &second).await.expect("takes");
    if desk.work.db.is_postgres() {
        run_all(&desk.work.db, &MEET).await;
    }
    let (sofias, susans) = futures::join!(take(&desk.sofia, &second), take(&susan, &first));
    sofias.expect("takes over");
    susans.expect("takes over, or what was given back by then");
    assert_eq!(desk.check(&second).await.claimed_by.as_deref(), Some(desk.sofia.id.as_str()));
    assert_eq!(desk.check(&first).await.claimed_by.as_deref(), Some(susan.id.as_str()));
    for check in [&first, &second] {
        let taken = actions(&desk.work, check.as_str())
            .await
            .iter()
            .filter(|a| a.starts_with("check_claimed") || *a == "check_taken_over")
            .count();
        assert_eq!(taken, 2, "each of them once, however often it was tried");
    }
    if desk.work.db.is_postgres() {
        assert!(
            number(&desk.work.db, "SELECT last_value FROM meeting").await >= 3,
            "one of them was undone and came again"
        );
    }
    assert_journal_intact(&desk.work).await;
});

/// Makes PostgreSQL undo transactions with a decision so many times, where it is written or where
/// it is committed.
async fn undo(db: &Db, times: i64, code: &str, deferred: &str) {
    let function = format!(
        "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('undone') <= {times} THEN RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END IF; RETURN NULL; END $$"
    );
    let trigger = format!(
        "CREATE CONSTRAINT TRIGGER undo AFTER INSERT ON decisions DEFERRABLE INITIALLY {deferred} FOR EACH ROW EXECUTE FUNCTION undo()"
    );
    run_all(db, &["CREATE SEQUENCE undone", &function, &trigger]).await;
}

async fn decide(desk: &Desk, check: &CheckId, id: &DecisionId) -> Result<Decided, Error> {
    let version = desk.check(check).await.version;
    let verdict = verdict(Outcome::Reject, version, "Looked at all of it.");
    checks::decide::act(&desk.work, &desk.anna, &by(&desk.anna), check, id, Act::Decide, &verdict)
        .await
}

/// What there is of a decision: rows, promises, journal entries.
type Traces = (i64, i64, usize);
const ONCE: Traces = (1, 1, 1);
const NOTHING: Traces = (0, 0, 0);

async fn traces(desk: &Desk, check: &CheckId) -> Traces {
    let decisions = number(
        &desk.work.db,
        &format!("SELECT COUNT(*) FROM decisions WHERE check_id = '{check}'"),
    )
    .await;
    let promises = format!(
        "SELECT COUNT(*) FROM deliveries WHERE task = 'tell_decision' AND check_id = '{check}'"
    );
    (
        decisions,
        number(&desk.work.db, &promises).await,
        actions(&desk.work, check.as_str()).await.iter().filter(|a| *a == "decision_made").count(),
    )
}

async fn tries(desk: &Desk) -> i64 {
    number(&desk.work.db, "SELECT last_value FROM undone").await
}

/// Where a statement fails and where the commit does; each of the codes means that all of it was
/// undone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_postgres_undoes_three_times_is_kept_once() {
    on_postgres(|desk| async move {
        for (at, (code, deferred)) in
            [("40001", "IMMEDIATE"), ("40P01", "IMMEDIATE"), ("40001", "DEFERRED")]
                .into_iter()
                .enumerate()
        {
            let (check, id) =
                (desk.reviewed(&format!("Person Number {at}")).await, DecisionId::from(new_id()));
            undo(&desk.work.db, 3, code, deferred).await;
            let decided = decide(&desk, &check, &id).await.expect("is kept at the fourth try");
            assert!(!decided.repeated && decided.id == id, "{code} {deferred}");
            assert_eq!(
                (tries(&desk).await, traces(&desk, &check).await),
                (4, ONCE),
                "{code} {deferred}"
            );
            assert!(decide(&desk, &check, &id).await.expect("the same page again").repeated);
            run_all(
                &desk.work.db,
                &["DROP TRIGGER undo ON decisions", "DROP FUNCTION undo", "DROP SEQUENCE undone"],
            )
            .await;
        }
        assert_journal_intact(&desk.work).await;
    })
    .await;
}

/// More than three times is said: nothing of it was kept, and the same page may be sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgres_undoes_each_time_is_said_and_nothing_of_it_is_there() {
    on_postgres(|desk| async move {
        let (check, id) = (desk.reviewed("Ana Popović").await, DecisionId::from(new_id()));
        undo(&desk.work.db, 4, "40P01", "IMMEDIATE").await;
        let refused = decide(&desk, &check, &id).await;
        assert!(matches!(refused, Err(Error::Busy(_))), "{refused:?}");
        assert_eq!((tries(&desk).await, traces(&desk, &check).await), (4, NOTHING));
        assert!(!decide(&desk, &check, &id).await.expect("the same page again").repeated);
        assert_eq!(traces(&desk, &check).await, ONCE);
    })
    .await;
}

/// The end of a line while it commits says nothing about the commit: that is never tried again
/// unasked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_not_answered_is_not_repeated() {
    on_postgres(|desk| async move {
        let (check, id) = (desk.reviewed("Ana Popović").await, DecisionId::from(new_id()));
        undo(&desk.work.db, 1, "57P01", "DEFERRED").await;
        let unsure = decide(&desk, &check, &id).await;
        assert!(matches!(unsure, Err(Error::Unsure(_))), "{unsure:?}");
        assert_eq!(tries(&desk).await, 1);
        decide(&desk, &check, &id).await.expect("the same page again finds out");
        assert_eq!(traces(&desk, &check).await, ONCE);
    })
    .await;
}

/// A server whose transactions are serializable unless told otherwise: the desk tells it otherwise,
/// and holds its rows itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_servers_isolation_is_by_default_rows_are_read_as_they_are_by_then() {
    on_postgres(|desk| async move {
        let url = format!("{}&options[default_transaction_isolation]=serializable", desk.url);
        let db = Db::open(&url).await.expect("opens");
        let work = work_on(
            db,
            casework::Sealer::new(desk.key.clone(), vec![]),
            casework::Clock::default(),
            pace(),
            desk.work.public_url.clone(),
        );
        let forms: Vec<_> = (0..24).map(|n| desk.form(&format!("Person Number {n}"))).collect();
        let launch = async |form: &domain::launch::DueDiligenceForm| {
            checks::launch(
                &work,
                &desk.anna,
                &by(&desk.anna),
                &CheckId::from(new_id()),
                form,
                false,
                None,
            )
            .await
        };
        for launched in futures::future::join_all(forms.iter().map(launch)).await {
            launched.expect("nobody is in another one's way");
        }
        assert_eq!(
            number(&work.db, "SELECT COUNT(*) FROM checks WHERE state = 'queued'").await,
            24
        );
        assert_journal_intact(&work).await;
        work.close().await;
    })
    .await;
}
