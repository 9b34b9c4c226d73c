//! Twenty people who press "next" and decide without a pause, on one instance, on two, and while
//! PostgreSQL ends connections.

use crate::{on_both, support::*};
use casework::{Db, Error, Sealer, Work, checks, checks::decide::Act, new_id, workers};
use domain::{
    CheckId, DecisionId, PersonId,
    decisions::Outcome,
    people::{Caller, Role},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const PEOPLE: usize = 20;
/// Checks that wait while others are decided.
const WAITING: i64 = 30;
/// Faults of the provider that some of the checks meet.
const NAMES: [&str; 5] = [
    "Test Decide Timeout Applied",
    "Test Decide Timeout Lost",
    "Test Decide 503",
    "Test Decide 503 Applied",
    "Test Decide 429",
];

fn how_long() -> Duration {
    if is_full() { Duration::from_secs(60) } else { Duration::from_secs(3) }
}

/// What must have happened before a storm is over, however slow the machine is.
const KEPT_LEAST: usize = 40;
/// However slow.
const LONGEST: Duration = Duration::from_secs(120);

/// What everybody looks at to know whether to go on.
#[derive(Default)]
struct Score {
    kept: AtomicUsize,
    refused: AtomicUsize,
    /// Calls that were made again.
    busy: AtomicUsize,
    over: AtomicBool,
}

impl Score {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    async fn until_enough(&self, mut besides: impl FnMut(&Self) -> bool) {
        let started = Instant::now();
        let at_least = |count: &AtomicUsize, least| count.load(Ordering::Relaxed) >= least;
        while started.elapsed() < how_long()
            || !(at_least(&self.kept, KEPT_LEAST) && at_least(&self.refused, 1) && besides(self))
        {
            assert!(started.elapsed() < LONGEST + how_long(), "nothing moves");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.over.store(true, Ordering::Relaxed);
    }
}

async fn reviewers(desk: &Desk) -> Vec<Caller> {
    let mut all = Vec::new();
    for n in 0..PEOPLE {
        let account = format!("reviewer{n}");
        let person = Caller {
            id: PersonId::from(new_id()),
            account: account.clone(),
            name: account,
            role: Role::Analyst,
        };
        add_person(&desk.work, &person).await;
        all.push(person);
    }
    all
}

/// Whether a failed call may be made again as it was: the database was busy, or the line to it
/// broke.
fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Busy(_) | Error::Unsure(_))
}

/// Makes a call again until the database answers it.
macro_rules! answered {
    ($busy:expr, $call:expr) => {
        loop {
            match $call.await {
                Err(error) if is_passing(&error) => {
                    $busy.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                other => break other,
            }
        }
    };
}

/// One person at one instance.
struct Reviewer {
    work: Work,
    me: Caller,
    rival: Caller,
    history: Arc<History>,
    score: Arc<Score>,
    dice: Dice,
}

impl Reviewer {
    async fn work(mut self) {
        let mut skip = None;
        while !self.score.is_over() {
            let asked = Instant::now();
            let taken = checks::take_next(&self.work, &self.me, &by(&self.me), skip.as_ref()).await;
            skip = None;
            match taken {
                Ok(Some(check)) => {
                    let (by, told) = (self.me.name.clone(), Instant::now());
                    self.history.note(Told::Taken {
                        by: by.clone(),
                        check: check.to_string(),
                        asked,
                        told,
                    });
                    let skips = self.dice.roll(10) == 0;
                    if !skips {
                        self.decide(&check).await;
                    }
                    // Whatever is asked for next may end this hold.
                    self.history.note(Told::LetGo {
                        by,
                        check: check.to_string(),
                        at: Instant::now(),
                    });
                    skip = skips.then_some(check);
                }
                Ok(None) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) if is_passing(&error) => {
                    self.score.busy.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => panic!("next: {error}"),
            }
        }
    }

    /// Decides what is shown: sometimes with a double click, sometimes together with somebody else.
    async fn decide(&mut self, check: &CheckId) {
        let Ok(review) = answered!(self.score.busy, checks::review::get(&self.work, check)) else {
            return;
        };
        let must_reject = review.findings.iter().any(|f| f.source().must_be_judged())
            || review.check.risk().is_some_and(|r| r >= 100);
        let outcome =
            if must_reject || self.dice.roll(2) == 0 { Outcome::Reject } else { Outcome::Accept };
        let version = review.check.version;
        // Reading takes a while, and meanwhile nobody else may get it.
        tokio::time::sleep(Duration::from_millis(20 + self.dice.roll(60))).await;
        self.history.note(Told::LetGo {
            by: self.me.name.clone(),
            check: check.to_string(),
            at: Instant::now(),
        });
        let mine = DecisionId::from(new_id());
        let send = |who: Caller, id: DecisionId, outcome: Outcome| {
            let (work, check, score, history) =
                (self.work.clone(), check.clone(), self.score.clone(), self.history.clone());
            history.note(Told::Sent {
                by: who.name.clone(),
                check: check.to_string(),
                decision: id.to_string(),
                outcome: outcome.code().into(),
            });
            async move {
                let verdict = verdict(outcome, version, "Looked at all of it.");
                let actor = by(&who);
                match answered!(
                    score.busy,
                    checks::decide::act(&work, &who, &actor, &check, &id, Act::Decide, &verdict)
                ) {
                    Ok(kept) => {
                        assert_eq!((&kept.id, kept.outcome), (&id, outcome));
                        history.note(Told::Kept { decision: id.to_string() });
                        score.kept.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(Error::Refused(_)) => {
                        history.note(Told::Refused { decision: id.to_string() });
                        score.refused.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => panic!("decide: {error}"),
                }
            }
        };
        match self.dice.roll(10) {
            0 | 1 => drop(futures::join!(
                send(self.me.clone(), mine.clone(), outcome),
                send(self.me.clone(), mine, outcome)
            )),
            2 => drop(futures::join!(
                send(self.me.clone(), mine, outcome),
                send(self.rival.clone(), new_id().into(), Outcome::Reject)
            )),
            _ => send(self.me.clone(), mine, outcome).await,
        }
    }
}

/// Keeps enough checks waiting; each tenth meets a fault of the provider.
async fn launch(desk: Arc<Desk>, score: Arc<Score>) {
    for n in 0.. {
        let open = "SELECT COUNT(*) FROM checks WHERE state IN ('queued', 'running', 'to_review')";
        while !score.is_over() && number(&desk.work.db, open).await >= WAITING {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if score.is_over() {
            return;
        }
        let name = if n % 10 == 3 {
            NAMES[n / 10 % NAMES.len()].to_owned()
        } else {
            format!("Person Number {n}")
        };
        let (id, form) = (CheckId::from(new_id()), desk.form(&name));
        answered!(score.busy, desk.try_launch(&id, &form)).expect("launches");
    }
}

/// What is not told yet.
const UNTOLD: &str = "SELECT telling || ' ' || COALESCE(trouble, '') FROM checks WHERE telling NOT IN ('none', 'applied')";

/// Runs the storm on these instances until enough happened, and compares all of it.
async fn storm(desk: &Arc<Desk>, works: &[Work], besides: impl FnMut(&Score) -> bool) -> Counts {
    let people = reviewers(desk).await;
    let (history, score) = (Arc::new(History::default()), Arc::new(Score::default()));
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    for work in works {
        workers::start(work, &stop, &tasks);
    }
    let launcher = tokio::spawn(launch(desk.clone(), score.clone()));
    let sitting = people.iter().enumerate().map(|(n, me)| {
        let reviewer = Reviewer {
            work: works[n % works.len()].clone(),
            me: me.clone(),
            rival: people[(n + 7) % PEOPLE].clone(),
            history: history.clone(),
            score: score.clone(),
            dice: Dice(0x5eed_0000 + n as u64),
        };
        tokio::spawn(reviewer.work())
    });
    let sitting: Vec<_> = sitting.collect();
    score.until_enough(besides).await;
    for person in sitting {
        person.await.expect("nobody panics");
    }
    launcher.await.expect("no panic");
    let started = Instant::now();
    loop {
        let untold = texts(&desk.work.db, UNTOLD).await;
        if untold.is_empty() {
            break;
        }
        assert!(started.elapsed() < LONGEST, "{untold:?}");
        // A worker that lost its line keeps its lease: as if its time were over.
        for work in works {
            work.clock.advance(200);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    tasks.close();
    tokio::time::timeout(LONGEST, tasks.wait()).await.expect("all stop");
    let counts = history.check(&Found::read(&desk.work, &desk.sandbox.base_url()).await);
    println!("{counts:?}, {} calls made again", score.busy.load(Ordering::Relaxed));
    assert!(
        counts.kept >= KEPT_LEAST / 2 && counts.taken >= KEPT_LEAST / 4 && counts.unanswered == 0,
        "{counts:?}"
    );
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM checks WHERE state = 'failed'").await,
        0
    );
    counts
}

on_both!(twenty_who_decide_without_a_pause_lose_and_double_nothing, |desk| async {
    let counts = storm(&desk, std::slice::from_ref(&desk.work), |_| true).await;
    assert!(counts.refused > 0, "somebody was second: {counts:?}");
});

on_both!(two_instances_on_one_database_lose_and_double_nothing, |desk| async {
    let second = desk.another(pace()).await;
    storm(&desk, &[desk.work.clone(), second.clone()], |_| true).await;
    second.close().await;
});

/// Ends connections of the instance under attack: whatever they are just doing.
async fn end_connections(db: Db, name: &str, ended: &AtomicUsize) {
    let one = format!(
        "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = '{name}' ORDER BY random() LIMIT 2) x"
    );
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        ended.fetch_add(usize::try_from(number(&db, &one).await).unwrap_or(0), Ordering::Relaxed);
    }
}

/// F-43: idle, in a transaction, while it commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_postgres_ends_lose_and_double_nothing() {
    on_postgres(|desk| async move {
        let name = format!("attacked-{}", &new_id()[24..]);
        let url = format!("{}&application_name={name}", desk.url);
        let work = work_on(
            Db::open(&url).await.expect("opens"),
            Sealer::new(desk.key.clone(), vec![]),
            casework::Clock::default(),
            pace(),
            desk.work.public_url.clone(),
        );
        let ended = Arc::new(AtomicUsize::new(0));
        let attack = {
            let (db, ended) = (desk.work.db.clone(), ended.clone());
            tokio::spawn(async move { end_connections(db, &name, &ended).await })
        };
        let enough = |score: &Score| {
            let is_enough =
                ended.load(Ordering::Relaxed) > 10 && score.busy.load(Ordering::Relaxed) > 0;
            if is_enough {
                attack.abort();
            }
            is_enough
        };
        storm(&desk, std::slice::from_ref(&work), enough).await;
        println!("{} connections were ended", ended.load(Ordering::Relaxed));
        work.close().await;
    })
    .await;
}

/// Whoever asked may be gone before the server has answered, as when a browser hangs up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_nobody_waits_for_stays_open_on_no_line() {
    on_postgres(|desk| async move {
        let mut given_up = 0;
        for n in 0..100 {
            let mut begin = std::pin::pin!(desk.work.db.begin());
            let mut has_begun = false;
            for _ in 0..=n % 4 {
                has_begun = has_begun || futures::poll!(begin.as_mut()).is_ready();
                tokio::task::yield_now().await;
            }
            given_up += usize::from(!has_begun);
        }
        assert!(given_up > 20, "{given_up}");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let Db::Postgres(pool) = &desk.work.db else { panic!("PostgreSQL") };
        let mut lines = Vec::new();
        for _ in 0..pool.size() {
            let mut line = pool.acquire().await.expect("a line");
            let open = "SELECT statement_timestamp() - now() > INTERVAL '50 ms'";
            let (is_open,): (bool,) =
                sqlx::query_as(open).fetch_one(&mut *line).await.expect("asks");
            lines.push((line, is_open));
        }
        let open = lines.iter().filter(|(_, is_open)| *is_open).count();
        assert_eq!(open, 0, "of {} lines, after {given_up} who gave up", lines.len());
    })
    .await;
}
