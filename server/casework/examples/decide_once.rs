//! Carries one decision out on an SQLite database and says how it went; for the test that kills it
//! half-way.
//!
//! `decide_once DATABASE PERSON CHECK VERSION DECISION`. The master key comes in
//! `PROBITY_MASTER_KEY`. It never speaks with a provider.

use casework::{
    Casework, Clock, Db, Error, MasterKey, Pace, Sealer, checks::decide, journal::Actor, people,
};
use domain::decisions::{Outcome, Reason, Verdict};

// One thread besides SQLite's own, so that the order of the system calls is the same each time.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, person, check, version, decision] = &arguments[..] else {
        return Err(Error::Start("decide_once DATABASE PERSON CHECK VERSION DECISION".into()));
    };
    let db = Db::open(&format!("sqlite:{database}")).await?;
    let key = std::env::var("PROBITY_MASTER_KEY")
        .map_err(|_| Error::Start("PROBITY_MASTER_KEY is the key".into()))?;
    let key = MasterKey::parse(&key).map_err(|e| Error::Start(e.to_string()))?;
    let work = Casework::new(
        db,
        Sealer::new(key, vec![]),
        Clock::default(),
        Pace::default(),
        "http://desk.invalid".into(),
    );
    let caller = people::get(&work, &person.as_str().into()).await?.caller()?;
    let verdict = Verdict {
        seen_version: version.parse().map_err(|_| Error::Start("VERSION is a number".into()))?,
        outcome: Some(Outcome::Accept),
        reason: Some(Reason::Other),
        comment: "Decided once.",
    };
    let (check, decision) = (check.as_str().into(), decision.as_str().into());
    let decided = decide::act(
        &work,
        &caller,
        &Actor::new(person, "crash"),
        &check,
        &decision,
        decide::Act::Decide,
        &verdict,
    )
    .await?;
    println!(
        "{} {} {} {}",
        decided.id,
        decided.step,
        decided.outcome,
        if decided.repeated { "repeated" } else { "new" }
    );
    work.db.close().await;
    Ok(())
}
