//! The real program, more than once: on SQLite the second one is refused, on PostgreSQL two share
//! everything and are restarted in turn without a failed request.

use crate::{address::own_address, schema::Schema};
use reqwest::{Client, Method, Response};
use sandbox::{Options, Sandbox};
use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const PASSWORD: &str = "correct horse desk staple";
/// The longest that a test waits for something that must happen.
const LONG: Duration = Duration::from_secs(60);

fn free_address() -> String {
    own_address().to_string()
}

fn probity(folder: &Path, listen: &str, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
    command
        .env("PROBITY_DATA", folder)
        .env("PROBITY_LISTEN", listen)
        .env("PROBITY_SITE", "no-site")
        .env("PROBITY_LOG", "warn");
    command
        .env_remove("PROBITY_CONFIG")
        .env_remove("DATABASE_URL")
        .env("PROBITY_DRAIN_SECONDS", "1")
        .env("PROBITY_ALLOWED_PRIVATE", "127.0.0.0/8");
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
    command
}

/// Runs a command of the program with a secret on its standard input.
fn told(mut command: Command, arguments: &[&str], secret: &str) -> Output {
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("a pipe").write_all(secret.as_bytes()).ok();
    child.wait_with_output().expect("ends")
}

fn client() -> Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client")
}

/// The program while it serves; killed when it is dropped.
struct Served(Child);

impl Served {
    async fn start(folder: &Path, listen: &str, database: Option<&str>) -> Self {
        let served = Self(
            probity(folder, listen, database)
                .arg("serve")
                .stdout(Stdio::null())
                .spawn()
                .expect("starts"),
        );
        let (client, started) = (client(), Instant::now());
        while client
            .get(format!("http://{listen}/readyz"))
            .send()
            .await
            .ok()
            .is_none_or(|answer| answer.status() != 200)
        {
            assert!(started.elapsed() < LONG, "it never was ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        served
    }

    fn terminate(&self) {
        let ended = Command::new("kill")
            .args(["-TERM", &self.0.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(ended.success());
    }

    /// Waits for its own end.
    async fn ended(&mut self) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(started.elapsed() < LONG, "it never ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sqlite_file_is_served_once_and_a_killed_process_leaves_no_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Served::start(folder.path(), &free_address(), None).await;
    // Another way to write the same path.
    let again = folder.path().join(".");
    let mut second = probity(&again, &free_address(), None);
    second.env("PROBITY_LOG", "error");
    second.env("DATABASE_URL", format!("sqlite://{}", again.join("probity.db").display()));
    let refused = told(second, &["serve"], "");
    let sentence = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && sentence.contains("is served by another probity already"),
        "{sentence}"
    );
    assert_eq!(sentence.trim().lines().count(), 1, "{sentence}");
    assert!(
        !String::from_utf8_lossy(&refused.stdout).contains("token"),
        "it told nobody a setup token"
    );

    let command = |arguments: &[&str], secret: &str| {
        let done = told(probity(folder.path(), "127.0.0.1:9", None), arguments, secret);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    command(
        &["user", "add", "--account", "anna", "--name", "Anna Berg", "--role", "analyst"],
        PASSWORD,
    );
    command(&["journal", "verify"], "");
    command(&["backup", folder.path().join("copy.db").to_str().expect("text")], "");

    drop(first);
    let mut third = Served::start(folder.path(), &free_address(), None).await;
    third.terminate();
    third.ended().await;
}

async fn count(url: &str, query: &'static str) -> i64 {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL answers");
    let (number,): (i64,) =
        sqlx::query_as(query).fetch_one(&mut connection).await.expect("the query runs");
    connection.close().await.ok();
    number
}

/// Takes turns between two instances, as a proxy does: whoever says that it is stopping is not
/// chosen, and a refused connection sends the request to the other one. Whatever else goes wrong is
/// a failed request.
struct Balancer {
    client: Client,
    addresses: [String; 2],
    ready: [AtomicBool; 2],
    turn: AtomicUsize,
    /// How often an instance that answered said that it is stopping.
    stopping: AtomicUsize,
    cookie: String,
    connection: String,
}

impl Balancer {
    async fn probe(&self) {
        for (address, ready) in self.addresses.iter().zip(&self.ready) {
            let answer = self
                .client
                .get(format!("http://{address}/readyz"))
                .send()
                .await
                .ok()
                .map(|a| a.status().as_u16());
            self.stopping.fetch_add(usize::from(answer == Some(503)), Ordering::Relaxed);
            ready.store(answer == Some(200), Ordering::Relaxed);
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
    ) -> Result<Response, String> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut order = [turn % 2, (turn + 1) % 2];
        if !self.ready[order[0]].load(Ordering::Relaxed) {
            order.reverse();
        }
        for at in order {
            let mut request =
                self.client.request(method.clone(), format!("http://{}{path}", self.addresses[at]));
            request =
                request.header("cookie", &self.cookie).header("sec-fetch-site", "same-origin");
            if let Some(form) = form {
                let mut body = url::form_urlencoded::Serializer::new(String::new());
                body.extend_pairs(form);
                request = request
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(body.finish());
            }
            match request.send().await {
                Err(error) if error.is_connect() => {}
                other => {
                    return other.map_err(|error| format!("{method} {path} at {at}: {error:?}"));
                }
            }
        }
        Err(format!("{method} {path}: both refused"))
    }

    async fn read(&self) -> Result<(), String> {
        let answer = self.send(Method::GET, "/checks", None).await?;
        let status = answer.status();
        let page = answer.text().await.map_err(|e| format!("a page broke off: {e:?}"))?;
        if status == 200 && page.ends_with("</html>") {
            Ok(())
        } else {
            Err(format!("the queue: {status}"))
        }
    }

    async fn launch(&self) -> Result<(), String> {
        let id = casework::new_id();
        let form = [
            ("check_id", id.as_str()),
            ("kind", "dd_kyc"),
            ("connection", self.connection.as_str()),
            ("customer_reference", id.as_str()),
            // Without a birth date nobody is taken for one who is known under another reference.
            ("name", "Anna-Lena Bergström"),
            ("country", "SWE"),
            ("search_setting", "1"),
            ("then", "launch"),
        ];
        let answer = self.send(Method::POST, "/api/checks/launch", Some(&form)).await?;
        let to = answer.headers().get("location").and_then(|v| v.to_str().ok()).unwrap_or_default();
        if to.ends_with("done=launched") {
            Ok(())
        } else {
            Err(format!("a launch: {} {to}", answer.status()))
        }
    }
}

async fn sign_in(address: &str) -> String {
    let answer = client()
        .post(format!("http://{address}/api/session/start"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("account=anna&password={}", PASSWORD.replace(' ', "+")))
        .send()
        .await
        .expect("an answer");
    let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|c| c.to_str().ok());
    cookies
        .filter_map(|c| c.split(';').next())
        .find(|c| c.starts_with("__Host-probity="))
        .expect("signed in")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_are_restarted_in_turn_without_a_failed_request() {
    const ROUNDS: usize = 4;
    let Some(schema) = Schema::make().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Options { step_ms: 20, ..Options::default() })
            .await
            .expect("the sandbox");
    let url = Some(schema.url.as_str());
    let setup = |arguments: &[&str], secret: &str| {
        let done = told(probity(folder.path(), "127.0.0.1:9", url), arguments, secret);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    setup(&["setup-token"], "");
    setup(
        &["user", "add", "--account", "anna", "--name", "Anna Berg", "--role", "analyst"],
        PASSWORD,
    );
    let base_url = format!("{}/kryptogo", sandbox.base_url());
    let added = setup(
        &[
            "connection",
            "add",
            "--name",
            "KryptoGO",
            "--base-url",
            &base_url,
            "--search-setting",
            "1=Precise",
            "--allow-private",
        ],
        "sandbox",
    );
    let connection = added.split(['(', ')']).nth(1).expect("an id").to_owned();
    let addresses = [free_address(), free_address()];
    let mut instances = [
        Served::start(folder.path(), &addresses[0], url).await,
        Served::start(folder.path(), &addresses[1], url).await,
    ];
    // Signed in at one, known at both.
    let cookie = sign_in(&addresses[0]).await;
    let balancer = Arc::new(Balancer {
        client: client(),
        addresses: addresses.clone(),
        ready: [AtomicBool::new(true), AtomicBool::new(true)],
        turn: AtomicUsize::new(0),
        stopping: AtomicUsize::new(0),
        cookie,
        connection,
    });

    let (over, answered, launched) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let probing = {
        let (balancer, over) = (balancer.clone(), over.clone());
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                balancer.probe().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    };
    let loads = (0..4).map(|number| {
        let (balancer, over, answered, launched) =
            (balancer.clone(), over.clone(), answered.clone(), launched.clone());
        tokio::spawn(async move {
            let mut failed = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let done =
                    if number == 0 { balancer.launch().await } else { balancer.read().await };
                match done {
                    Ok(()) => {
                        answered.fetch_add(1, Ordering::Relaxed);
                        launched.fetch_add(usize::from(number == 0), Ordering::Relaxed);
                    }
                    Err(why) => failed.push(why),
                }
            }
            failed
        })
    });
    let loads: Vec<_> = loads.collect();

    for round in 0..ROUNDS {
        let (at, before) = (round % 2, answered.load(Ordering::Relaxed));
        instances[at].terminate();
        instances[at].ended().await;
        instances[at] = Served::start(folder.path(), &addresses[at], url).await;
        // The other one goes first only when this one takes its share again.
        let started = Instant::now();
        while !balancer.ready[at].load(Ordering::Relaxed)
            || answered.load(Ordering::Relaxed) < before + 8
        {
            assert!(started.elapsed() < LONG, "round {round}: nothing is answered");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    over.store(true, Ordering::Relaxed);
    let failed: Vec<String> = futures::future::join_all(loads)
        .await
        .into_iter()
        .flat_map(|l| l.expect("no panic"))
        .collect();
    probing.await.expect("no panic");
    assert_eq!(failed, Vec::<String>::new(), "of {} requests", answered.load(Ordering::Relaxed));
    assert!(
        balancer.stopping.load(Ordering::Relaxed) >= ROUNDS,
        "each one said that it is stopping while it still answered"
    );

    // Nothing was launched twice or lost, and the two between them send all of it.
    let wanted = i64::try_from(launched.load(Ordering::Relaxed)).expect("few");
    assert_eq!(count(&schema.url, "SELECT COUNT(*) FROM checks").await, wanted);
    let started = Instant::now();
    while count(&schema.url, "SELECT COUNT(*) FROM checks WHERE provider_ref IS NULL").await > 0 {
        assert!(started.elapsed() < LONG, "not everything is sent");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(setup(&["journal", "verify"], "").contains("intact"));
    for instance in &mut instances {
        instance.terminate();
        instance.ended().await;
    }
    sandbox.stop().await;
    schema.drop().await;
}
