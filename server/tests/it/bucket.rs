//! Files of evidence in a bucket, with a real server of the S3 protocol: kept, read back, copied,
//! restored, erased, and an honest sentence while the store is out of reach.

use crate::{
    address::own_address,
    support::{PASSWORD, launch_with_pictures, quick},
};
use casework::{
    Clock, Error,
    checks::review,
    connections, customers,
    journal::Actor,
    objects::SMALL,
    people::{self, NewPerson},
};
use domain::people::Caller;
use server::{Desk, config::Config};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use zeroize::Zeroizing;

const KEY: &str = "S3RVER";
const LONG: Duration = Duration::from_secs(60);

/// The server while it runs, with a bucket `evidence` in a folder of its own; killed when it is
/// dropped.
struct Store {
    child: Child,
    folder: TempDir,
    endpoint: String,
}

impl Store {
    fn start() -> Self {
        // Not known when this is compiled: several clones may share what is built.
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this");
        let program = Path::new(&here).join("../end2end/node_modules/s3rver/bin/s3rver.js");
        assert!(
            program.exists(),
            "The S3 server for tests is missing: run `npm ci` in end2end (cargo xtask test does it)."
        );
        let folder = tempfile::tempdir().expect("a folder");
        let free = own_address();
        let (child, endpoint) =
            (Self::run(&program, folder.path(), free), format!("http://{free}"));
        let (store, started) = (Self { child, folder, endpoint }, Instant::now());
        while std::net::TcpStream::connect(free).is_err() {
            assert!(started.elapsed() < LONG, "it never listened");
            std::thread::sleep(Duration::from_millis(20));
        }
        store
    }

    fn run(program: &Path, folder: &Path, at: SocketAddr) -> Child {
        let mut node = Command::new("node");
        node.arg(program).arg("--directory").arg(folder).args([
            "--address",
            &at.ip().to_string(),
            "--port",
            &at.port().to_string(),
            "--silent",
        ]);
        node.args(["--configure-bucket", "evidence"])
            .stdout(Stdio::null())
            .spawn()
            .expect("Node.js runs it")
    }

    /// The settings that name a prefix in the bucket.
    fn settings(&self, prefix: &str) -> Config {
        Config {
            objects: Some(format!("s3://evidence/{prefix}")),
            s3_endpoint: Some(self.endpoint.clone()),
            s3_key_id: Some(KEY.into()),
            s3_secret: Some(KEY.into()),
            site: Some("no-site".into()),
            allowed_private: Some(vec!["127.0.0.0/8".into()]),
            ..Config::default()
        }
    }

    /// The files in which the server keeps what lies under a prefix.
    fn files(&self, prefix: &str) -> Vec<PathBuf> {
        let mut files = files_under(&self.folder.path().join("evidence").join(prefix));
        files.retain(|file| file.to_string_lossy().ends_with("_object"));
        files
    }

    fn end(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.end();
    }
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() { all.extend(files_under(&path)) } else { all.push(path) }
    }
    all
}

/// A desk over these settings, with anna, and a connection at which nobody answers: what is
/// launched stays here.
async fn desk(config: &Config) -> (Desk, Caller, String) {
    let desk = Desk::open_with(config, Clock::default(), quick()).await.expect("opens");
    let new = NewPerson {
        account: "anna".into(),
        name: "Anna Berg".into(),
        role: "analyst".into(),
        password: Zeroizing::new(PASSWORD.into()),
    };
    let anna = people::add(&desk.work, &Actor::operator(), &new).await.expect("a person");
    let form = connections::Form {
        name: "KryptoGO".into(),
        provider: "kryptogo".into(),
        base_url: "http://127.0.0.1:9".into(),
        search_settings: "1 = Precise".into(),
        allow_private: true,
        secret: Zeroizing::new("sandbox".into()),
        ..connections::Form::default()
    };
    let connection = connections::add(&desk.work, &Actor::operator(), &form)
        .await
        .expect("a connection")
        .to_string();
    let anna =
        people::get(&desk.work, &anna).await.and_then(|person| person.caller()).expect("anna");
    (desk, anna, connection)
}

/// The program with the same place for its files. `serve` ends by itself where it is refused, and
/// else after a minute.
fn probity(config: &Config, data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.arg(LONG.as_secs().to_string()).arg(env!("CARGO_BIN_EXE_probity"));
    let set = |value: &Option<String>| value.clone().unwrap_or_default();
    command
        .env("PROBITY_DATA", data)
        .env("PROBITY_LOG", "error")
        .env_remove("DATABASE_URL")
        .env_remove("PROBITY_CONFIG");
    command
        .env("PROBITY_OBJECTS", set(&config.objects))
        .env("PROBITY_S3_ENDPOINT", set(&config.s3_endpoint));
    command
        .env("PROBITY_S3_KEY_ID", set(&config.s3_key_id))
        .env("PROBITY_S3_SECRET", set(&config.s3_secret));
    command
        .env("PROBITY_LISTEN", "127.0.0.1:0")
        .env("PROBITY_SITE", "no-site")
        .args(arguments)
        .output()
        .expect("runs")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_in_a_bucket_are_read_back_copied_restored_and_erased() {
    let store = Store::start();
    let home = tempfile::tempdir().expect("a folder");
    let config = Config { data: Some(home.path().join("desk")), ..store.settings("desk") };
    let (first, anna, connection) = desk(&config).await;
    let check = launch_with_pictures(&first.work, &anna, &connection).await.expect("launches");
    let all = review::get(&first.work, &check).await.expect("reads").evidence;
    let large = all.iter().filter(|e| e.size > SMALL as i64).count();
    assert!(large > 0);
    assert_eq!(store.files("desk").len(), large);
    assert!(!home.path().join("desk/objects").exists(), "nothing lies in a folder");

    // Another instance with the same settings reads them.
    let second = Desk::open(&config).await.expect("opens");
    for evidence in &all {
        assert!(
            review::evidence_body(&second.work, &check, &evidence.id).await.expect("opens").intact,
            "{}",
            evidence.source
        );
    }
    second.work.close().await;

    let copy = home.path().join("copy");
    let to = copy.to_str().expect("text");
    let copied = probity(&config, &home.path().join("desk"), &["backup", to]);
    assert!(
        copied.status.success() && said(&copied).contains(&format!("{large} files of evidence")),
        "{}",
        said(&copied)
    );

    // Where something lies already nothing is put; elsewhere the copy is whole.
    let data = home.path().join("restored");
    let refused = probity(&config, &data, &["restore", to]);
    assert!(
        !refused.status.success() && said(&refused).contains("a prefix of its own"),
        "{}",
        said(&refused)
    );
    let elsewhere = Config { data: Some(data.clone()), ..store.settings("restored") };
    let restored = probity(&elsewhere, &data, &["restore", to]);
    assert!(
        restored.status.success() && said(&restored).contains("journal is intact"),
        "{}",
        said(&restored)
    );
    assert_eq!(store.files("restored").len(), large);
    std::fs::copy(home.path().join("desk/master.key"), data.join("master.key")).expect("the key");
    let again = Desk::open(&elsewhere).await.expect("opens");
    for evidence in &all {
        assert!(
            review::evidence_body(&again.work, &check, &evidence.id).await.expect("opens").intact,
            "{}",
            evidence.source
        );
    }

    // One that was altered there is named; those of an erased customer go.
    let file = &store.files("restored")[0];
    let mut bytes = std::fs::read(file).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).expect("writes");
    let mut altered = 0;
    for evidence in &all {
        if let Err(Error::Unreadable { why, .. }) =
            review::evidence_body(&again.work, &check, &evidence.id).await
        {
            assert!(why.ends_with("was altered"), "{why}");
            altered += 1;
        }
    }
    assert_eq!(altered, 1);
    let customer = casework::checks::get(&again.work, &check).await.expect("there").customer_id;
    customers::erase_now(&again.work, &Actor::worker(), &customer, "a test").await.expect("erases");
    assert_eq!(store.files("restored").len(), 0);
    assert_eq!(store.files("desk").len(), large, "the other desk's are its own");

    // What no row names is swept after a day.
    let place = again.work.objects.place().expect("a place");
    place.write(&"ab".repeat(16), b"sealed".to_vec()).await.expect("writes");
    let now = again.work.now();
    assert_eq!(casework::objects::sweep(&again.work, now).await.expect("sweeps"), 0);
    assert_eq!(
        casework::objects::sweep(&again.work, now + domain::time::DAY + 60_000)
            .await
            .expect("sweeps"),
        1
    );
    assert_eq!(store.files("restored").len(), 0);
    again.work.close().await;
    first.work.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_says_no_is_said_at_start_and_one_out_of_reach_when_it_is_needed() {
    let mut store = Store::start();
    let home = tempfile::tempdir().expect("a folder");
    // This server tells keys apart by their ids.
    let wrong_key = Config { s3_key_id: Some("wrong".into()), ..store.settings("desk") };
    let wrong_bucket = Config { objects: Some("s3://nowhere".into()), ..store.settings("desk") };
    for (config, why) in [(wrong_key, "does not let us in"), (wrong_bucket, "no such thing")] {
        let refused = probity(&config, &home.path().join("other"), &["serve"]);
        let sentence = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && sentence.contains(why), "{sentence}");
        assert_eq!(sentence.trim().lines().count(), 1, "{sentence}");
    }

    let config = Config { data: Some(home.path().join("desk")), ..store.settings("desk") };
    let (desk, anna, connection) = desk(&config).await;
    let check = launch_with_pictures(&desk.work, &anna, &connection).await.expect("launches");
    store.end();
    let refused = launch_with_pictures(&desk.work, &anna, &connection).await;
    assert!(
        matches!(&refused, Err(Error::Files(why)) if why.contains("the bucket evidence")),
        "{refused:?}"
    );
    let review = review::get(&desk.work, &check).await.expect("the page has all the rest");
    let large = review.evidence.iter().find(|e| e.size > SMALL as i64).expect("one");
    let unread = review::evidence_body(&desk.work, &check, &large.id).await;
    assert!(matches!(unread, Err(Error::Files(_))), "out of reach is not lost");
    // A copy without its files is no copy.
    let copy = home.path().join("copy");
    let copied =
        probity(&config, &home.path().join("desk"), &["backup", copy.to_str().expect("text")]);
    assert!(
        !copied.status.success() && said(&copied).contains("cannot be reached"),
        "{}",
        said(&copied)
    );
    desk.work.close().await;
}
