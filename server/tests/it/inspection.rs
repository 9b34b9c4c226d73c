//! What an inspection found is told on the command line, on the journal's page, and to those who
//! must know.

use crate::support::{Running, launch_with_pictures};
use casework::{inspection, journal::Actor, people};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn inspect(folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
    command
        .env("PROBITY_DATA", folder)
        .env("PROBITY_LOG", "warn")
        .env_remove("DATABASE_URL")
        .env_remove("PROBITY_CONFIG");
    command.arg("inspect").output().expect("runs")
}

fn a_file(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path());
    let first = entries.next().expect("an entry");
    if first.is_dir() { a_file(&first) } else { first }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_inspection_found_is_told_to_those_who_must_know() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let person = people::list(&desk.work)
        .await
        .expect("lists")
        .into_iter()
        .find(|p| p.account == "anna")
        .expect("anna");
    let check = launch_with_pictures(&desk.work, &person.caller().expect("a role"), &connection)
        .await
        .expect("launches");
    let (anna, sofia, adam) =
        (desk.sign_in("anna").await, desk.sign_in("sofia").await, desk.sign_in("adam").await);
    let page =
        async |path: &str, who: &str| desk.get(path, Some(who)).await.text().await.expect("a page");
    assert!(page("/journal", &sofia).await.contains("No inspection has ended here yet"));

    let folder = desk.folder.path().to_owned();
    let run = async || {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || inspect(&folder)).await.expect("no panic")
    };
    let whole = run().await;
    let said = String::from_utf8_lossy(&whole.stdout).into_owned();
    let found = inspection::latest(&desk.work).await.expect("reads").expect("one").found;
    assert!(
        whole.status.success()
            && said.contains("are as they were written")
            && said.contains(&found.head),
        "{whole:?}"
    );
    let journal = page("/journal", &sofia).await;
    assert!(
        journal.contains(&format!("{}:{}", found.entries, found.head))
            && !journal.contains("The last inspection found"),
        "{journal}"
    );

    let file = a_file(&folder.join("objects"));
    let mut bytes = std::fs::read(&file).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("writes");
    assert!(!page("/", &sofia).await.contains("inspection"), "nobody has looked yet");
    let damaged = run().await;
    let said = String::from_utf8_lossy(&damaged.stderr).into_owned();
    assert!(
        damaged.status.code() == Some(1)
            && said.contains("1 fault")
            && said.contains(check.as_str()),
        "{damaged:?}"
    );
    let found = inspection::latest(&desk.work).await.expect("reads").expect("one").found;
    let journal = page("/journal", &sofia).await;
    let words = found.named[0].words.replace('\'', "&#x27;");
    assert!(journal.contains(&words) || journal.contains(&found.named[0].words), "{journal}");
    assert!(
        journal.contains(&format!("/checks/{check}")) && journal.contains("1 fault"),
        "{journal}"
    );
    assert!(page("/", &sofia).await.contains("The last inspection found 1 fault"));
    assert!(page("/admin/connections", &adam).await.contains("The last inspection found 1 fault"));
    assert!(
        !page("/", &anna).await.contains("inspection"),
        "nothing for an analyst to do about it"
    );

    // Once it is as it was, the next inspection says so.
    let mut bytes = std::fs::read(&file).expect("reads");
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("writes");
    inspection::inspect(&desk.work, &Actor::operator()).await.expect("inspects").expect("alone");
    assert!(!page("/", &sofia).await.contains("inspection"));
    desk.stop().await;
}
