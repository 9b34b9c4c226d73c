//! F-02, F-26: the real program under load, killed again and again, and on a disk that fails.
//! Clients write down what they were told; in the end it is held against the database, the journal
//! and the provider's books.

#[path = "../../casework/tests/support/history.rs"]
mod history;

use crate::{
    address::own_address,
    schema::Schema,
    support::{PASSWORD, cookie_of, location, quick},
};
use casework::{
    Clock, Work, checks, connections,
    journal::Actor,
    new_id,
    people::{self, NewPerson},
    workers,
};
use domain::{
    CheckId,
    checks::State,
    launch::DueDiligenceForm,
    people::{Caller, Role},
};
use history::{Counts, Dice, Found, History, Told, is_full};
use reqwest::{Client, Response, header};
use sandbox::{Options, Sandbox};
use server::{Desk, config::Config, guard::COOKIE};
use std::{
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
use zeroize::Zeroizing;

const PEOPLE: usize = 4;
/// Over all kills of a short run, and far beyond any one answer.
const PATIENCE: Duration = Duration::from_secs(240);
/// Decisions without which a run shows nothing.
const KEPT_LEAST: usize = 10;

fn kills() -> usize {
    if is_full() { 1_000 } else { 10 }
}

/// A data folder with people and checks that wait, and where the program listens.
struct Prepared {
    folder: TempDir,
    /// PostgreSQL's address; without one the database is a file in the folder.
    database: Option<String>,
    listen: String,
    sandbox: Sandbox,
    connection: String,
    callback: String,
}

impl Prepared {
    async fn new(waiting: usize, database: Option<&str>) -> Self {
        let options = Options { step_ms: 10, hang_ms: 1_500, ..Options::default() };
        let sandbox =
            Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the stand-in starts");
        let listen = own_address().to_string();
        let folder = tempfile::tempdir().expect("a folder");
        let work = opened(folder.path(), &listen, database).await;
        // Without an admin, each start makes a token to set the desk up with.
        let admin = NewPerson {
            account: "adam".into(),
            name: "Adam".into(),
            role: "admin".into(),
            password: Zeroizing::new(PASSWORD.into()),
        };
        people::add(&work, &Actor::operator(), &admin).await.expect("an admin");
        let mut anna = None;
        for n in 0..PEOPLE {
            let new = NewPerson {
                account: format!("reviewer{n}"),
                name: format!("Reviewer {n}"),
                role: "analyst".into(),
                password: Zeroizing::new(PASSWORD.into()),
            };
            let id = people::add(&work, &Actor::operator(), &new).await.expect("a person");
            anna = Some(Caller {
                id: id.to_string().into(),
                account: new.account,
                name: new.name,
                role: Role::Analyst,
            });
        }
        let form = connections::Form {
            name: "KryptoGO".into(),
            provider: "kryptogo".into(),
            base_url: format!("{}/kryptogo", sandbox.base_url()),
            search_settings: "1 = Precise".into(),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            ..connections::Form::default()
        };
        let connection =
            connections::add(&work, &Actor::operator(), &form).await.expect("a connection");
        let stored = connections::get(&work, &connection).await.expect("there");
        let callback = connections::webhook_url(&work, &stored).expect("an address");
        let anna = anna.expect("somebody");
        let mut ids = Vec::new();
        for n in 0..waiting {
            let form = DueDiligenceForm { connection: connection.to_string(), ..due_diligence(n) };
            let (id, actor) = (CheckId::from(new_id()), Actor::new(anna.id.as_str(), ""));
            checks::launch(&work, &anna, &actor, &id, &form, false, None).await.expect("launches");
            ids.push(id);
        }
        let ready = async || {
            for id in &ids {
                if checks::get(&work, id).await.expect("there").state != State::ToReview.code() {
                    return false;
                }
            }
            true
        };
        assert!(
            workers::settle(&work, Duration::from_secs(60), ready).await.expect("works"),
            "all arrive"
        );
        work.close().await;
        Self {
            folder,
            database: database.map(str::to_owned),
            listen,
            sandbox,
            connection: connection.to_string(),
            callback,
        }
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
        self.settings(&mut command);
        command.arg("serve");
        command
    }

    fn settings(&self, command: &mut Command) {
        command
            .env("PROBITY_DATA", self.folder.path())
            .env("PROBITY_LISTEN", &self.listen)
            .env("PROBITY_SITE", "no-site");
        command
            .env("PROBITY_ALLOWED_PRIVATE", "127.0.0.0/8")
            .env("PROBITY_LOG", "off")
            .env_remove("DATABASE_URL")
            .env_remove("PROBITY_CONFIG");
        command.envs(self.database.as_ref().map(|url| ("DATABASE_URL", url)));
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }

    fn base(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Starts the program and waits until it is ready; gives how long that took.
    async fn start(&self, command: Command) -> (Running, Duration) {
        self.try_start(command)
            .await
            .unwrap_or_else(|status| panic!("it ended before it was ready: {status}"))
    }

    /// The same, or how it ended before it was ready.
    async fn try_start(&self, mut command: Command) -> Result<(Running, Duration), ExitStatus> {
        let started = Instant::now();
        let mut running = Running(command.spawn().expect("starts"));
        let client = client();
        loop {
            let answer = client.get(format!("{}/healthz", self.base())).send().await;
            if answer.is_ok_and(|a| a.status().is_success()) {
                return Ok((running, started.elapsed()));
            }
            if let Some(status) = running.0.try_wait().expect("can be waited for") {
                return Err(status);
            }
            assert!(started.elapsed() < Duration::from_secs(30), "it never answered");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The program; killed when it is dropped.
struct Running(Child);

impl Running {
    /// SIGKILL, and the end of it.
    fn kill(mut self) {
        self.0.kill().expect("kills");
        self.0.wait().expect("ends");
    }

    async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("can be waited for") {
                return status;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "it goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The same data in this process, at a quick pace.
async fn opened(folder: &Path, listen: &str, database: Option<&str>) -> Work {
    let config = Config {
        data: Some(folder.into()),
        database_url: database.map(str::to_owned),
        public_url: Some(format!("http://{listen}")),
        site: Some("no-site".into()),
        allowed_private: Some(vec!["127.0.0.0/8".into()]),
        ..Config::default()
    };
    Desk::open_with(&config, Clock::default(), quick()).await.expect("opens").work
}

fn due_diligence(n: usize) -> DueDiligenceForm {
    // Some meet a fault of the provider, too.
    let name = match n % 10 {
        3 => "Test Decide Timeout Applied".to_owned(),
        6 => "Test Decide 503".to_owned(),
        9 => "Test Decide 503 Applied".to_owned(),
        _ => format!("Person Number {n}"),
    };
    DueDiligenceForm {
        kind: "dd_kyc".into(),
        customer_reference: format!("C-{}", new_id()),
        name,
        search_setting: "1".into(),
        ..DueDiligenceForm::default()
    }
}

fn client() -> Client {
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(20));
    client.build().expect("a client")
}

/// A person at a browser without scripts, who goes on whatever happens to the program.
struct Person {
    base: String,
    name: String,
    client: Client,
    cookie: String,
    history: Arc<History>,
    over: Arc<AtomicBool>,
    dice: Dice,
}

impl Person {
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Option<Response> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.posted(path, body, Duration::from_secs(20)).await.ok()
    }

    async fn posted(
        &self,
        path: &str,
        body: String,
        deadline: Duration,
    ) -> reqwest::Result<Response> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("sec-fetch-site", "same-origin")
            .timeout(deadline);
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("accept", "text/html");
        request.header(header::COOKIE, format!("{COOKIE}={}", self.cookie)).body(body).send().await
    }

    async fn get(&self, path: &str) -> Option<String> {
        let request = self
            .client
            .get(format!("{}{path}", self.base))
            .header(header::COOKIE, format!("{COOKIE}={}", self.cookie));
        let answer = request.send().await.ok().filter(|a| a.status().is_success())?;
        answer.text().await.ok()
    }

    async fn sign_in(&mut self, account: &str) {
        let form = format!("account={account}&password={}", PASSWORD.replace(' ', "+"));
        // Before the first kill, and slow where everything else runs beside it: a password is meant
        // to cost.
        let answer = self
            .posted("/api/session/start", form, Duration::from_secs(120))
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 303);
        self.cookie = cookie_of(&answer).expect("a session");
    }

    async fn work(mut self) {
        while !self.over.load(Ordering::Relaxed) {
            let asked = Instant::now();
            let taken = match self.post("/api/checks/next", &[]).await {
                Some(answer) if answer.status() == 303 => location(&answer).to_owned(),
                _ => String::new(),
            };
            let Some(check) =
                taken.strip_prefix("/checks/").filter(|id| id.len() == 36).map(str::to_owned)
            else {
                tokio::time::sleep(Duration::from_millis(30)).await;
                continue;
            };
            let (by, told) = (self.name.clone(), Instant::now());
            self.history.note(Told::Taken { by: by.clone(), check: check.clone(), asked, told });
            self.decide(&check).await;
            self.history.note(Told::LetGo { by, check, at: Instant::now() });
        }
    }

    /// Sends the panel until there is an answer to it: the same page again after each crash.
    async fn decide(&mut self, check: &str) {
        let Some(page) = self.get(&format!("/checks/{check}")).await else { return };
        let hidden = |name: &str| {
            page.split(&format!("name=\"{name}\" value=\""))
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_default()
        };
        let (decision, version) = (hidden("decision_id").to_owned(), hidden("version").to_owned());
        if decision.is_empty() {
            return;
        }
        let must_reject = page.contains("name=\"judge[") || page.contains("very high");
        let outcome = if must_reject || self.dice.roll(2) == 0 { "reject" } else { "accept" };
        let form = [
            ("check_id", check),
            ("decision_id", &decision),
            ("version", &version),
            ("outcome", outcome),
            ("reason_accept", "other"),
            ("reason_reject", "adverse_media"),
            ("comment", "Looked at all of it."),
        ];
        self.history.note(Told::LetGo {
            by: self.name.clone(),
            check: check.to_owned(),
            at: Instant::now(),
        });
        self.history.note(Told::Sent {
            by: self.name.clone(),
            check: check.to_owned(),
            decision: decision.clone(),
            outcome: outcome.into(),
        });
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            let twice = self.dice.roll(4) == 0;
            let (answer, other) = futures::join!(self.post("/api/checks/decide", &form), async {
                if twice { self.post("/api/checks/decide", &form).await } else { None }
            });
            for answer in [answer, other].into_iter().flatten() {
                let to = location(&answer).to_owned();
                if answer.status() == 303
                    && ["done=decided", "done=repeated"].iter().any(|done| to.contains(done))
                {
                    return self.history.note(Told::Kept { decision });
                }
                if answer.status() == 303 && to.contains("refused=") {
                    return self.history.note(Told::Refused { decision });
                }
                assert_eq!(answer.status(), 503, "{to}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never answered");
    }
}

/// Sends callbacks without a pause, each another one.
async fn call_back(address: String, history: Arc<History>, over: Arc<AtomicBool>) {
    let client = client();
    let mut n = 0;
    while !over.load(Ordering::Relaxed) {
        let body = format!("{{\"task_id\":{},\"progress\":100,\"note\":\"{}\"}}", n % 50, new_id());
        let answer = client.post(format!("{address}/{}", new_id())).body(body.clone()).send().await;
        if answer.is_ok_and(|a| a.status() == 204) {
            history.note(Told::Received { sha256: casework::sha256_hex(body.as_bytes()) });
        }
        n += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Launches over HTTP without a pause; gives the checks that were acknowledged.
async fn launch(person: Person, connection: String) -> Vec<String> {
    let mut launched = Vec::new();
    for n in 1_000.. {
        if person.over.load(Ordering::Relaxed) {
            break;
        }
        let (id, form) = (new_id(), due_diligence(n));
        let fields = [
            ("check_id", id.as_str()),
            ("kind", "dd_kyc"),
            ("connection", &connection),
            ("customer_reference", &form.customer_reference),
            ("name", &form.name),
            ("search_setting", "1"),
            ("then", "launch"),
        ];
        if person
            .post("/api/checks/launch", &fields)
            .await
            .is_some_and(|a| location(&a).ends_with("done=launched"))
        {
            launched.push(id);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    launched
}

/// What everybody still owes each other is carried out here; then all of it is compared.
async fn settled(prepared: &Prepared, history: &History, launched: &[String]) -> Counts {
    let work = opened(prepared.folder.path(), &prepared.listen, prepared.database.as_deref()).await;
    // Leases of whoever was killed are over by then.
    work.clock.advance(10 * domain::time::MINUTE);
    let open = async || {
        let mut open = 0;
        for state in
            [casework::outbox::DeliveryState::Due, casework::outbox::DeliveryState::Unknown]
        {
            open += casework::outbox::list(&work, Some(state)).await.expect("lists").len();
        }
        open
    };
    assert!(
        workers::settle(&work, Duration::from_secs(60), async || open().await == 0)
            .await
            .expect("works"),
        "all comes to its end"
    );
    for check in launched {
        checks::get(&work, &check.as_str().into()).await.expect("what was launched is there");
    }
    assert_eq!(work.db.inspect(true).await.expect("reads"), Vec::<String>::new());
    let counts = history.check(&Found::read(&work, &prepared.sandbox.base_url()).await);
    work.close().await;
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_under_load_it_loses_and_doubles_nothing() {
    killed_again_and_again(None).await;
}

/// The same on PostgreSQL, which goes on while the program is killed: what was under way there is
/// undone or kept as a whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_on_postgres_it_loses_and_doubles_nothing() {
    let Some(schema) = Schema::make().await else { return };
    killed_again_and_again(Some(&schema.url)).await;
    schema.drop().await;
}

async fn killed_again_and_again(database: Option<&str>) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let prepared = Prepared::new(if is_full() { 400 } else { 60 }, database).await;
    let (history, over) = (Arc::new(History::default()), Arc::new(AtomicBool::new(false)));
    let (mut running, _) = prepared.start(prepared.program()).await;
    let mut everybody = Vec::new();
    for n in 0..PEOPLE {
        let mut person = Person {
            base: prepared.base(),
            name: format!("Reviewer {n}"),
            client: client(),
            cookie: String::new(),
            history: history.clone(),
            over: over.clone(),
            dice: Dice(0xdead_0000 + n as u64),
        };
        person.sign_in(&format!("reviewer{n}")).await;
        everybody.push(person);
    }
    let launcher = Person {
        base: prepared.base(),
        name: String::new(),
        client: client(),
        cookie: everybody[0].cookie.clone(),
        history: history.clone(),
        over: over.clone(),
        dice: Dice(1),
    };
    let launcher = tokio::spawn(launch(launcher, prepared.connection.clone()));
    let callbacks =
        tokio::spawn(call_back(prepared.callback.clone(), history.clone(), over.clone()));
    let sitting: Vec<_> = everybody.into_iter().map(|person| tokio::spawn(person.work())).collect();
    let (mut dice, mut ready) = (Dice(0x0dd_ba11), Vec::new());
    for _ in 0..kills() {
        tokio::time::sleep(Duration::from_millis(60 + dice.roll(400))).await;
        running.kill();
        let (again, took) = prepared.start(prepared.program()).await;
        (running, ready) = (again, [ready, vec![took]].concat());
    }
    // On a machine with much else to do few decisions fit between the kills: work goes on until
    // there is enough to compare.
    let enough = Instant::now();
    while history.kept() < KEPT_LEAST && enough.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    over.store(true, Ordering::Relaxed);
    for person in sitting {
        person.await.expect("nobody gives up");
    }
    callbacks.await.expect("no panic");
    let launched = launcher.await.expect("no panic");
    running.kill();
    let counts = settled(&prepared, &history, &launched).await;
    ready.sort();
    println!(
        "{counts:?}, {} launched; ready after {:?} to {:?}",
        launched.len(),
        ready[0],
        ready[ready.len() - 1]
    );
    assert!(
        counts.kept >= KEPT_LEAST && counts.received > 0 && counts.unanswered == 0,
        "{counts:?}"
    );
    // The median: single starts may wait for a machine that is busy with other things.
    assert!(ready[ready.len() / 2] < Duration::from_secs(2), "{ready:?}");
    prepared.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_disk_that_fails_it_acknowledges_nothing_and_ends() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let prepared = Prepared::new(1, None).await;
    let mut person = Person {
        base: prepared.base(),
        name: "Reviewer 0".into(),
        client: client(),
        cookie: String::new(),
        history: Arc::default(),
        over: Arc::default(),
        dice: Dice(7),
    };
    let (running, _) = prepared.start(prepared.program()).await;
    person.sign_in("reviewer0").await;
    running.kill();
    let failing = || {
        let mut strace = Command::new("strace");
        strace.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=fdatasync,fsync",
            "-e",
            "inject=fdatasync,fsync:error=EIO",
        ]);
        strace.arg(env!("CARGO_BIN_EXE_probity")).arg("serve");
        prepared.settings(&mut strace);
        strace
    };
    let begun = Instant::now();
    let mut running = loop {
        let status = match prepared.try_start(failing()).await {
            Ok((running, _)) if person.get("/account").await.is_some() => break running,
            Ok((mut running, _)) => running.ended().await,
            Err(status) => status,
        };
        // Reading needs no write; where much else runs, a worker's first write may have come before
        // it, and was the end.
        assert_eq!(status.code(), Some(1), "it answers nothing and goes on");
        assert!(begun.elapsed() < PATIENCE, "it never answered a page");
    };
    let answer = person.post("/api/checks/next", &[]).await;
    let taken = answer.is_some_and(|a| a.status() == 303 && location(&a).starts_with("/checks/"));
    assert!(!taken, "what could not be kept was acknowledged");
    let status = running.ended().await;
    assert_eq!(status.code(), Some(1), "it ends, for whoever starts it again");
    let (again, _) = prepared.start(prepared.program()).await;
    let answer = person.post("/api/checks/next", &[]).await.expect("an answer");
    assert!(location(&answer).starts_with("/checks/0"), "{}", location(&answer));
    again.kill();
    prepared.sandbox.stop().await;
}
