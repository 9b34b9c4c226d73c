//! Fills a new database with demo accounts, a connection to the sandbox and a day's worth of
//! checks.
//!
//! Everything goes through the actions that the desk itself uses and through the real client
//! against the sandbox; nothing is written past them. `cargo xtask run` calls it before the first
//! start.

// Views are types that contain each other; an optimised build looks deeper into them than the usual
// limit.
#![recursion_limit = "256"]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod instant;
mod video;

use casework::{
    Clock, Error, Pace, Work,
    checks::{self, decide::Act, review},
    connections,
    idv::{self, Sent, pictures::Upload},
    journal::Actor,
    people::{self, NewPerson},
    webhooks, workers,
};
use clap::Parser;
use domain::{
    CheckId, PersonId,
    checks::{Kind, State},
    decisions::{Outcome, Reason, Verdict},
    findings::Judgement,
    idv::{FollowUp, Form as IdvForm, Slot},
    launch::DueDiligenceForm,
    people::Caller,
};
use server::{Desk, config::Config, private, say};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

#[derive(Parser)]
struct Cli {
    /// The sandbox's address.
    #[arg(long, default_value = "http://127.0.0.1:3999")]
    sandbox: String,
    /// Make up this many checks past the providers instead, in the names of those who are there (or
    /// of the demo accounts).
    #[arg(long, value_name = "CHECKS")]
    generate: Option<usize>,
    /// What is made up: the same seed makes the same checks.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Account, name, role.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("anna", "Anna Berg", "analyst"),
    ("ben", "Ben Okafor", "analyst"),
    ("sofia", "Sofia Lindqvist", "supervisor"),
    ("adam", "Adam Novák", "admin"),
];

/// What becomes of a check after its outcome is here.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// It waits for review.
    Wait,
    /// It waits, assigned to Anna.
    Mine,
    /// It waits with a comment and one judgement made.
    Begun,
    Accept,
    Reject,
    /// Accepted where two people are needed: it waits for approval.
    Propose,
    /// Accepted, then overturned by the supervisor.
    Overturn,
    Withdraw,
    /// No outcome is waited for.
    Leave,
}

/// Name, birth date, country, kind (p person, c company), what follows. Names are the sandbox's
/// own.
const CHECKS: [(&str, &str, &str, char, Then); 30] = [
    ("王又曾", "1927-03-13", "TWN", 'p', Then::Wait),
    ("Viktor Anatoljewitsch Sawenkow", "1968-11-02", "BLR", 'p', Then::Reject),
    ("محمود عبد الرحمن الكاظمي", "1974-05-19", "SYR", 'p', Then::Wait),
    ("Thomas Müller-Brandt", "1988-07-14", "DEU", 'p', Then::Propose),
    ("Ahmed Hassan", "1990-04-04", "EGY", 'p', Then::Begun),
    ("Kestrel Meridian Shipping FZE", "", "ARE", 'c', Then::Mine),
    ("Søren Ødegård", "1979-03-22", "NOR", 'p', Then::Accept),
    ("Chen Wei-Ming", "1991-02-17", "TWN", 'p', Then::Wait),
    ("Ljubica Horvat-Šimunović", "1963-05-27", "HRV", 'p', Then::Wait),
    ("Kwabena Osei-Tutu Boakye", "1957-12-12", "GHA", 'p', Then::Mine),
    ("黒田 誠一郎", "1955-11-23", "JPN", 'p', Then::Wait),
    ("Łukasz Źdźbłowski", "1986-04-11", "POL", 'p', Then::Accept),
    ("Giulia Ferraris-Colonna", "1983-12-19", "ITA", 'p', Then::Reject),
    ("林志豪", "1975-07-07", "TWN", 'p', Then::Wait),
    ("Blaue Lagune Krypto Handels GmbH", "", "AUT", 'c', Then::Reject),
    ("紅葉數位資產有限公司", "", "TWN", 'c', Then::Wait),
    (
        "Maximilian Freiherr von und zu Hohenlohe-Schwarzenfels-Waldburg-Oettingen genannt von der Tannenhöhe",
        "1948-02-29",
        "LIE",
        'p',
        Then::Wait,
    ),
    (
        "Compañía Internacional de Transportes, Almacenamiento y Servicios Logísticos Integrados del Pacífico Sur S.A. de C.V.",
        "",
        "MEX",
        'c',
        Then::Wait,
    ),
    ("Anna-Lena Bergström", "1993-06-06", "SWE", 'p', Then::Accept),
    ("José Ángel Muñoz Peñalver", "1969-01-25", "ESP", 'p', Then::Wait),
    ("Ngozi Adaeze Okonkwo", "1985-09-15", "NGA", 'p', Then::Accept),
    ("فاطمة الزهراء بن يوسف", "1988-10-02", "MAR", 'p', Then::Wait),
    ("Smörgås & Söner AB", "", "SWE", 'c', Then::Overturn),
    ("Grüne Wiese Bäckerei eG", "", "DEU", 'c', Then::Withdraw),
    ("Test Decide Conflict", "1980-01-01", "DEU", 'p', Then::Accept),
    ("Test Decide 503", "1981-01-01", "FRA", 'p', Then::Reject),
    ("Test Null Report", "1982-01-01", "ITA", 'p', Then::Wait),
    ("Test Unknown Values", "1983-01-01", "ESP", 'p', Then::Wait),
    ("Test Stuck", "1984-01-01", "NLD", 'p', Then::Leave),
    ("Test Create 402", "1985-01-01", "BEL", 'p', Then::Leave),
];

#[tokio::main]
async fn main() -> std::process::ExitCode {
    private::mask();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    match fill(&Cli::parse()).await {
        Ok(words) => {
            say::line(words);
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            say::complaint(format_args!("The demo could not be made: {error}"));
            std::process::ExitCode::FAILURE
        }
    }
}

async fn fill(cli: &Cli) -> Result<String, Error> {
    let config = Config::read(None, |name| std::env::var(name).ok())?;
    let pace = Pace { poll_base_ms: 300, retry_base_ms: 200, ..Pace::default() };
    let desk = Desk::open_with(&config, Clock::default(), pace).await?;
    let work = desk.work.clone();
    if let Some(count) = cli.generate {
        return generate(&work, count, cli.seed).await;
    }
    if !people::is_empty(&work).await? {
        return Ok("There are people already; the demo changes nothing.".into());
    }
    let served = answer_callbacks(&desk, &config).await?;
    let demo = Demo::begin(work, cli).await?;
    let ids = demo.launch_all().await?;
    demo.wait(&ids).await?;
    let idvs = demo.verify_all().await?;
    let asked = demo.ask_all().await? + demo.identify_all().await?;
    demo.follow_up(&ids).await?;
    demo.settle(Duration::from_secs(6)).await?;
    demo.leave_open().await?;
    served.abort();
    demo.work.close().await;
    Ok(format!(
        "Made {} demo accounts and {} checks.",
        PEOPLE.len(),
        CHECKS.len() + idvs + asked + 2
    ))
}

/// Makes up checks in a database that has none or some.
async fn generate(work: &Work, count: usize, seed: u64) -> Result<String, Error> {
    if people::is_empty(work).await? {
        add_people(work).await?;
    }
    let staff: Vec<PersonId> =
        checks::queue::assignees(work).await?.into_iter().map(|(id, _)| id.into()).collect();
    let started = std::time::Instant::now();
    let mut next = Duration::from_secs(10);
    casework::generate::fill(work, &staff, count, seed, |made| {
        if started.elapsed() >= next {
            say::line(format_args!("{made} of {count} checks"));
            next = started.elapsed() + Duration::from_secs(10);
        }
    })
    .await?;
    work.close().await;
    Ok(format!("Made up {count} checks (seed {seed}) in {:.0} s.", started.elapsed().as_secs_f64()))
}

async fn add_people(work: &Work) -> Result<Vec<PersonId>, Error> {
    let password = Zeroizing::new(
        std::env::var("PROBITY_DEMO_PASSWORD")
            .unwrap_or_else(|_| "correct horse desk staple".into()),
    );
    let mut ids = Vec::new();
    for (account, name, role) in PEOPLE {
        let new = NewPerson {
            account: account.into(),
            name: name.into(),
            role: role.into(),
            password: password.clone(),
        };
        ids.push(people::add(work, &Actor::operator(), &new).await?);
    }
    Ok(ids)
}

/// Answers at the desk's own address while the demo is made: Solaris subscribes nobody whom it
/// cannot reach.
async fn answer_callbacks(
    desk: &Desk,
    config: &Config,
) -> Result<tokio::task::JoinHandle<()>, Error> {
    let listener = server::desk::bind(config.listen()).await?;
    let stop = CancellationToken::new();
    let router = server::routes::router(
        &desk.work,
        &desk.assets,
        &config.site(),
        config.listen(),
        &stop,
        &Arc::from([]),
    );
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::warn!(%error, "callbacks are not answered any more");
        }
    }))
}

/// Name, the sandbox's specimen, birth date, country, way, what follows the launch.
const IDVS: [(&str, &str, &str, &str, &str, Then); 8] = [
    ("Jörg Müller", "joerg-mueller", "1984-09-05", "DEU", "upload", Then::Wait),
    ("Test Idv Review 501", "emily-clarke", "1972-03-30", "GBR", "upload", Then::Mine),
    ("Test Idv Reject Many", "taras-hrytsenko", "1996-02-29", "UKR", "upload", Then::Wait),
    ("林雅婷", "lin-yating", "1991-04-18", "TWN", "upload", Then::Accept),
    ("佐藤遥", "sato-haruka", "1994-12-24", "JPN", "upload", Then::Reject),
    ("陳志明", "chen-chihming", "1978-11-02", "TWN", "link", Then::Wait),
    ("Олена Коваленко", "olena-kovalenko", "1989-07-12", "UKR", "link", Then::Leave),
    ("Łukasz Wójcik", "lukasz-wojcik", "1987-05-06", "POL", "token", Then::Leave),
];

struct Demo {
    sandbox: String,
    work: Work,
    connection: String,
    unreachable: String,
    anna: Caller,
    ben: Caller,
    sofia: Caller,
}

impl Demo {
    async fn begin(work: Work, cli: &Cli) -> Result<Self, Error> {
        let ids = add_people(&work).await?;
        let form = |name: &str, base_url: String| connections::Form {
            name: name.into(),
            provider: "kryptogo".into(),
            base_url,
            search_settings:
                "1 = Precise, five years\n2 = Fuzzy, all years\n3 = Precise, Chinese sources".into(),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            ..connections::Form::default()
        };
        let connection = connections::add(
            &work,
            &Actor::operator(),
            &form("KryptoGO sandbox", format!("{}/kryptogo", cli.sandbox)),
        )
        .await?;
        // Nothing listens on the discard port: what is launched here waits, honestly, to be sent.
        let unreachable = connections::add(
            &work,
            &Actor::operator(),
            &form("KryptoGO, line down", "http://127.0.0.1:9".into()),
        )
        .await?;
        Self::connect_solaris(&work, &cli.sandbox).await?;
        let caller = async |id: &PersonId| people::get(&work, id).await?.caller();
        let (anna, ben, sofia) =
            (caller(&ids[0]).await?, caller(&ids[1]).await?, caller(&ids[2]).await?);
        Ok(Self {
            connection: connection.to_string(),
            unreachable: unreachable.to_string(),
            anna,
            ben,
            sofia,
            work,
            sandbox: cli.sandbox.clone(),
        })
    }

    /// A connection to Solaris that is told of all events that something follows from.
    async fn connect_solaris(work: &Work, sandbox: &str) -> Result<(), Error> {
        let form = connections::Form {
            name: "Solaris (sandbox)".into(),
            provider: "solaris".into(),
            base_url: format!("{sandbox}/solaris"),
            token_url: format!("{sandbox}/solaris/oauth2/token"),
            client_id: "sandbox".into(),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            ..connections::Form::default()
        };
        let id = connections::add(work, &Actor::operator(), &form).await?;
        for event in webhooks::EVENTS {
            webhooks::subscribe(work, &Actor::operator(), &id, event).await.map_err(|error| {
                match error {
                    Error::Form(refused) => {
                        Error::Start(refused.errors.into_values().collect::<Vec<_>>().join(" "))
                    }
                    other => other,
                }
            })?;
        }
        Ok(())
    }

    async fn launch_all(&self) -> Result<Vec<CheckId>, Error> {
        let mut ids = Vec::new();
        for (at, (name, birth_date, country, kind, _)) in CHECKS.into_iter().enumerate() {
            let caller = if at % 3 == 0 { &self.ben } else { &self.anna };
            ids.push(
                self.launch(caller, &self.connection, at + 101, name, birth_date, country, kind)
                    .await?,
            );
        }
        Ok(ids)
    }

    #[allow(clippy::too_many_arguments)] // the columns of the table above
    async fn launch(
        &self,
        caller: &Caller,
        connection: &str,
        number: usize,
        name: &str,
        birth_date: &str,
        country: &str,
        kind: char,
    ) -> Result<CheckId, Error> {
        let form = DueDiligenceForm {
            kind: if kind == 'c' { "dd_kyb" } else { "dd_kyc" }.into(),
            connection: connection.into(),
            customer_reference: format!("C-{number:06}"),
            name: name.into(),
            birth_date: birth_date.into(),
            country: country.into(),
            registration_number: String::new(),
            search_setting: "1".into(),
            sources: String::new(),
        };
        let id = CheckId::from(casework::new_id());
        checks::launch(&self.work, caller, &Self::actor(caller), &id, &form, true, None).await?;
        Ok(id)
    }

    fn actor(caller: &Caller) -> Actor {
        Actor::new(caller.id.as_str(), "")
    }

    async fn wait(&self, ids: &[CheckId]) -> Result<(), Error> {
        let expected: Vec<&CheckId> =
            ids.iter().zip(CHECKS).filter(|(_, c)| c.4 != Then::Leave).map(|(id, _)| id).collect();
        let all_here = async || {
            for id in &expected {
                if checks::get(&self.work, id)
                    .await
                    .map_or(true, |c| matches!(c.state.as_str(), "queued" | "running"))
                {
                    return false;
                }
            }
            true
        };
        if workers::settle(&self.work, Duration::from_secs(50), all_here).await? {
            Ok(())
        } else {
            Err(Error::Start(
                "the sandbox did not answer all checks within 50 s; is it running?".into(),
            ))
        }
    }

    async fn settle(&self, time: Duration) -> Result<(), Error> {
        workers::settle(&self.work, time, async || false).await.map(|_| ())
    }

    async fn follow_up(&self, ids: &[CheckId]) -> Result<(), Error> {
        for (at, (id, check)) in ids.iter().zip(CHECKS).enumerate() {
            let reviewer = if at % 2 == 0 { &self.anna } else { &self.ben };
            let actor = Self::actor(reviewer);
            match check.4 {
                Then::Wait | Then::Leave => {}
                Then::Mine => {
                    checks::assign(&self.work, &Self::actor(&self.sofia), std::slice::from_ref(id), Some(&self.anna.id)).await?;
                }
                Then::Begun => {
                    self.judge_first(id, &actor).await?;
                    checks::comment(
                        &self.work,
                        &actor,
                        id,
                        "Birth date and country differ on the first entry. Please have a second look at the other one.",
                    )
                    .await?;
                }
                Then::Accept => {
                    self.decide(id, reviewer, Outcome::Accept, "All findings are about other people or not material; see the judgements.")
                        .await?
                }
                Then::Reject => {
                    self.decide(id, reviewer, Outcome::Reject, "The findings are about this customer and outside our risk appetite.")
                        .await?
                }
                Then::Propose => {
                    self.decide(
                        id,
                        reviewer,
                        Outcome::Accept,
                        "The listed person was born in 1951 and is a citizen of Paraguay; ours was born in 1988 in Germany.",
                    )
                    .await?
                }
                Then::Overturn => {
                    self.decide(id, reviewer, Outcome::Accept, "No adverse findings.").await?;
                    self.act(
                        id,
                        &self.sofia,
                        Act::Overturn,
                        Outcome::Reject,
                        "The owners were disclosed after the decision; two of them are outside our risk appetite.",
                    )
                    .await?;
                }
                Then::Withdraw => {
                    self.act(id, reviewer, Act::Withdraw, Outcome::Withdraw, "The customer went to another house.").await?;
                }
            }
        }
        Ok(())
    }

    async fn judge_first(&self, id: &CheckId, actor: &Actor) -> Result<(), Error> {
        let found = review::get(&self.work, id).await?;
        if let Some(first) = found.findings.first() {
            checks::judge(
                &self.work,
                actor,
                id,
                &first.id.as_str().into(),
                Judgement::FalsePositive,
                "Other birth date, other country.",
            )
            .await?;
        }
        Ok(())
    }

    async fn decide(
        &self,
        id: &CheckId,
        reviewer: &Caller,
        outcome: Outcome,
        comment: &str,
    ) -> Result<(), Error> {
        let judgement =
            if outcome == Outcome::Accept { Judgement::FalsePositive } else { Judgement::Relevant };
        for finding in review::get(&self.work, id).await?.findings {
            checks::judge(
                &self.work,
                &Self::actor(reviewer),
                id,
                &finding.id.as_str().into(),
                judgement,
                "",
            )
            .await?;
        }
        self.act(id, reviewer, Act::Decide, outcome, comment).await
    }

    async fn act(
        &self,
        id: &CheckId,
        caller: &Caller,
        act: Act,
        outcome: Outcome,
        comment: &str,
    ) -> Result<(), Error> {
        let found = review::get(&self.work, id).await?;
        let check = &found.check;
        let reason = match (check.kind()?, outcome) {
            (Kind::Idv | Kind::VideoIdent, Outcome::Accept) => Reason::IdentityConfirmed,
            (Kind::NumberMatch | Kind::PidCprMatch | Kind::AgeVerification, Outcome::Accept) => {
                Reason::DataAgree
            }
            (Kind::Rofus, Outcome::Accept) => Reason::NotExcluded,
            (Kind::Idv | Kind::VideoIdent, Outcome::Reject) => Reason::InformationRefused,
            (_, Outcome::Accept) if found.findings.is_empty() => Reason::NoFindings,
            (_, Outcome::Accept) => Reason::FalsePositivesOnly,
            (_, Outcome::Reject) => Reason::RiskTooHigh,
            (_, Outcome::Withdraw) => Reason::CustomerLeft,
        };
        let verdict = Verdict {
            seen_version: check.version,
            outcome: Some(outcome),
            reason: Some(reason),
            comment,
        };
        checks::decide::act(
            &self.work,
            caller,
            &Self::actor(caller),
            id,
            &casework::new_id().into(),
            act,
            &verdict,
        )
        .await
        .map(|_| ())
    }

    /// ID verifications in each way; gives how many checks came of them.
    async fn verify_all(&self) -> Result<usize, Error> {
        let mut ids = Vec::new();
        for (at, idv) in IDVS.iter().enumerate() {
            ids.push(self.verify(at + 201, idv).await?);
        }
        let known = async |id: &CheckId| {
            checks::get(&self.work, id).await.is_ok_and(|c| c.provider_ref.is_some())
        };
        let all_known = async || {
            for id in &ids {
                if !known(id).await {
                    return false;
                }
            }
            true
        };
        workers::settle(&self.work, Duration::from_secs(20), all_known).await?;
        for (id, idv) in
            ids.iter().zip(IDVS).filter(|(_, idv)| idv.4 == "link" && idv.5 != Then::Leave)
        {
            self.play_customer(id, idv.0).await?;
        }
        let expected: Vec<&CheckId> = ids
            .iter()
            .zip(IDVS)
            .filter(|(_, idv)| idv.5 != Then::Leave)
            .map(|(id, _)| id)
            .collect();
        let all_here = async || {
            for id in &expected {
                if checks::get(&self.work, id)
                    .await
                    .map_or(true, |c| matches!(c.state.as_str(), "queued" | "running"))
                {
                    return false;
                }
            }
            true
        };
        workers::settle(&self.work, Duration::from_secs(30), all_here).await?;
        for (id, idv) in ids.iter().zip(IDVS) {
            match idv.5 {
                Then::Mine => {
                    checks::assign(
                        &self.work,
                        &Self::actor(&self.sofia),
                        std::slice::from_ref(id),
                        Some(&self.anna.id),
                    )
                    .await?;
                }
                Then::Accept => {
                    self.decide(id, &self.anna, Outcome::Accept, "Document, face and data agree.")
                        .await?
                }
                Then::Reject => {
                    self.decide(
                        id,
                        &self.ben,
                        Outcome::Reject,
                        "The customer asked to verify in the branch instead.",
                    )
                    .await?
                }
                _ => {}
            }
        }
        // One of them has its due diligence made by the provider, one launches it when it is
        // accepted.
        Ok(ids.len() + 2)
    }

    async fn verify(
        &self,
        number: usize,
        idv: &(&str, &str, &str, &str, &str, Then),
    ) -> Result<CheckId, Error> {
        let (name, specimen, birth_date, country, way, _) = *idv;
        let follow_up = match name {
            "陳志明" => FollowUp::Provider,
            "林雅婷" => FollowUp::Accepted,
            _ => FollowUp::None,
        };
        let form = IdvForm {
            way: way.into(),
            connection: self.connection.clone(),
            customer_reference: format!("C-{number:06}"),
            name: name.into(),
            birth_date: birth_date.into(),
            country: country.into(),
            id_type: "ID_CARD".into(),
            workflow: "200".into(),
            locale: "en-GB".into(),
            follow_up: follow_up.code().into(),
            search_setting: "1".into(),
            ..IdvForm::default()
        };
        let mut uploads = Vec::new();
        if way == "upload" {
            for (slot, file) in
                [(Slot::Front, "front.png"), (Slot::Back, "back.png"), (Slot::Face, "face.jpg")]
            {
                let bytes = self
                    .ask(
                        reqwest::Client::new()
                            .get(format!("{}/specimens/{specimen}/{file}", self.sandbox)),
                    )
                    .await?;
                uploads.push(Upload { slot, name: file.into(), bytes, turn: 0 });
            }
        }
        let id = CheckId::from(casework::new_id());
        let sent = Sent { form, uploads, kept: vec![] };
        idv::launch(&self.work, &self.anna, &Self::actor(&self.anna), &id, sent, true, None)
            .await?;
        Ok(id)
    }

    /// The customer opens the link, takes the pictures and is looked at.
    async fn play_customer(&self, id: &CheckId, name: &str) -> Result<(), Error> {
        let number = checks::get(&self.work, id).await?.provider_ref.unwrap_or_default();
        let complete =
            reqwest::Client::new().post(format!("{}/control/idvs/{number}/complete", self.sandbox));
        self.ask(complete).await.map(|_| tracing::info!(name, "the customer took the pictures"))
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Error> {
        let odd = |e: reqwest::Error| {
            Error::Start(format!("the sandbox did not answer as expected: {e}"))
        };
        let answer =
            request.send().await.and_then(reqwest::Response::error_for_status).map_err(odd)?;
        Ok(answer.bytes().await.map_err(odd)?.to_vec())
    }

    /// A check that waits to be sent, and a draft.
    async fn leave_open(&self) -> Result<(), Error> {
        let queued = self
            .launch(
                &self.anna,
                &self.unreachable,
                901,
                "Priya Venkataraman",
                "1990-12-30",
                "IND",
                'p',
            )
            .await?;
        debug_assert_eq!(checks::get(&self.work, &queued).await?.state, State::Queued.code());
        let form = DueDiligenceForm {
            kind: "dd_kyb".into(),
            connection: self.connection.clone(),
            customer_reference: "C-000902".into(),
            name: "株式会社みどり文具".into(),
            ..DueDiligenceForm::default()
        };
        checks::save_draft(
            &self.work,
            &self.anna,
            &Self::actor(&self.anna),
            &casework::new_id().into(),
            &form,
        )
        .await
    }
}
