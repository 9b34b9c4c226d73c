//! A copy made while people work, restored elsewhere: everything in it is whole, and nothing wrong
//! is restored.

use crate::support::{Running, launch_with_pictures};
use casework::{checks::review, idv, people};
use server::{Desk, config::Config};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

fn probity(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
    command
        .env("PROBITY_DATA", folder)
        .env("PROBITY_LOG", "warn")
        .env_remove("DATABASE_URL")
        .env_remove("PROBITY_CONFIG");
    command.args(arguments).output().expect("runs")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn a_file(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path());
    let first = entries.next().expect("an entry");
    if first.is_dir() { a_file(&first) } else { first }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_during_writes_is_restored_whole_or_not_at_all() {
    let desk = Running::start().await;
    // Nobody answers there: what is launched stays here.
    let connection = desk.connect("http://127.0.0.1:9").await;
    let person = people::list(&desk.work)
        .await
        .expect("lists")
        .into_iter()
        .find(|p| p.account == "anna")
        .expect("anna");
    let anna = person.caller().expect("a role");
    let before = [
        launch_with_pictures(&desk.work, &anna, &connection).await.expect("launches"),
        launch_with_pictures(&desk.work, &anna, &connection).await.expect("launches"),
    ];
    let over = Arc::new(AtomicBool::new(false));
    let writing = {
        let (work, over) = (desk.work.clone(), over.clone());
        tokio::spawn(async move {
            let mut launched = 0;
            while !over.load(Ordering::Relaxed) {
                launch_with_pictures(&work, &anna, &connection).await.expect("launches");
                launched += 1;
            }
            launched
        })
    };
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (copy, data) = (elsewhere.path().join("copy"), elsewhere.path().join("data"));
    let source = desk.folder.path().to_owned();
    let to = copy.to_str().expect("text").to_owned();
    let copied = {
        let (source, to) = (source.clone(), to.clone());
        tokio::task::spawn_blocking(move || probity(&source, &["backup", &to]))
            .await
            .expect("no panic")
    };
    over.store(true, Ordering::Relaxed);
    assert!(writing.await.expect("no panic") > 0, "somebody wrote meanwhile");
    assert!(
        copied.status.success() && said(&copied).contains("does not hold the master key"),
        "{}",
        said(&copied)
    );
    assert!(!said(&copied).contains("Missing"), "{}", said(&copied));
    assert!(!copy.join("master.key").exists());

    // An altered file is noticed, and nothing stays.
    let file = a_file(&copy.join("objects"));
    let good = std::fs::read(&file).expect("reads");
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    std::fs::write(&file, bad).expect("writes");
    std::fs::create_dir(&data).expect("a folder");
    let refused = probity(&data, &["restore", &to]);
    assert!(
        !refused.status.success() && said(&refused).contains("SHA-256 differs"),
        "{}",
        said(&refused)
    );
    assert_eq!(
        std::fs::read_dir(&data).expect("a folder").count(),
        0,
        "nothing stays of a copy that is not whole"
    );
    std::fs::write(&file, good).expect("writes");

    // The key may be there already; anything else may not.
    std::fs::copy(source.join("master.key"), data.join("master.key")).expect("the key");
    let restored = probity(&data, &["restore", &to]);
    assert!(
        restored.status.success() && said(&restored).contains("journal is intact"),
        "{}",
        said(&restored)
    );
    let refused = probity(&data, &["restore", &to]);
    assert!(
        !refused.status.success() && said(&refused).contains("where nothing is yet"),
        "{}",
        said(&refused)
    );
    assert!(said(&probity(&data, &["journal", "verify"])).contains("The journal is intact"));

    let config = Config { data: Some(data), site: Some("no-site".into()), ..Config::default() };
    let again = Desk::open(&config).await.expect("opens");
    for check in &before {
        let review = review::get(&again.work, check).await.expect("reads");
        assert_eq!(review.pictures.len(), 2);
        for evidence in &review.evidence {
            assert!(
                review::evidence_body(&again.work, check, &evidence.id)
                    .await
                    .expect("opens")
                    .intact,
                "{}",
                evidence.source
            );
        }
    }
    let [picture, _] = &before;
    let evidence = review::get(&again.work, picture).await.expect("reads").pictures[0]
        .evidence_id
        .clone()
        .expect("kept");
    assert!(idv::pictures::shown(&again.work, picture, &evidence).await.is_ok(), "a picture opens");
    again.work.close().await;
    desk.stop().await;
}
