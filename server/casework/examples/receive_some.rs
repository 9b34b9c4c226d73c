//! Takes some callbacks in on an SQLite database and says each that is kept, or takes up those that
//! wait; for the tests that kill it half-way.
//!
//! `receive_some DATABASE CONNECTION COUNT`; 0 takes up. The master key comes in
//! `PROBITY_MASTER_KEY`. It never speaks with a provider.

use casework::{Casework, Clock, Db, Error, MasterKey, Pace, Sealer, connections, inbox};

// One thread besides SQLite's own, so that the order of the system calls is the same each time.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, connection, count] = &arguments[..] else {
        return Err(Error::Start("receive_some DATABASE CONNECTION COUNT".into()));
    };
    let count: usize = count.parse().map_err(|_| Error::Start("COUNT is a number".into()))?;
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
    let connection = connections::get(&work, &connection.as_str().into()).await?;
    // As they come over the network: each is answered for itself.
    let taken = (0..count).map(async |n| {
        inbox::receive(&work, &connection, None, format!("message {n}").as_bytes(), "crash")
            .await?;
        println!("{n}");
        Ok::<_, Error>(())
    });
    futures::future::try_join_all(taken).await?;
    if count == 0 {
        inbox::work_off(&work, 16).await?;
    }
    work.close().await;
    Ok(())
}
