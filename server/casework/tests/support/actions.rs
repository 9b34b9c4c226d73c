//! What people do, in one line each.

use super::{Desk, LONG, number};
use casework::{
    Error, Work,
    checks::{
        self, Check, Launched,
        decide::{self, Act, Decided},
        review::{self, Review},
    },
    journal::Actor,
    new_id, workers,
};
use domain::{
    CheckId, DecisionId, Refusal,
    checks::{State, Telling},
    decisions::{Outcome, Reason, Verdict},
    findings::Judgement,
    launch::DueDiligenceForm,
    people::Caller,
};
use serde_json::Value;
use std::{future::Future, time::Duration};

/// The actor of a person.
#[must_use]
pub fn by(person: &Caller) -> Actor {
    Actor::new(person.id.as_str(), "request-1")
}

/// A verdict that the rules take.
#[must_use]
pub fn verdict(outcome: Outcome, seen_version: i64, comment: &str) -> Verdict<'_> {
    let reason = match outcome {
        // It says nothing of the findings, whatever they are.
        Outcome::Accept => Reason::Other,
        Outcome::Reject => Reason::AdverseMedia,
        Outcome::Withdraw => Reason::CustomerLeft,
    };
    Verdict { seen_version, outcome: Some(outcome), reason: Some(reason), comment }
}

impl Desk {
    /// A launch form that is good as it stands.
    pub fn form(&self, name: &str) -> DueDiligenceForm {
        DueDiligenceForm {
            kind: "dd_kyc".into(),
            connection: self.connection.to_string(),
            customer_reference: format!("C-{}", new_id()),
            name: name.into(),
            search_setting: "1".into(),
            ..DueDiligenceForm::default()
        }
    }

    pub async fn try_launch(
        &self,
        id: &CheckId,
        form: &DueDiligenceForm,
    ) -> Result<Launched, Error> {
        checks::launch(&self.work, &self.anna, &by(&self.anna), id, form, false, None).await
    }

    pub async fn launch_form(&self, form: &DueDiligenceForm) -> CheckId {
        let id = CheckId::from(new_id());
        self.try_launch(&id, form).await.expect("launches");
        id
    }

    pub async fn launch(&self, name: &str) -> CheckId {
        self.launch_form(&self.form(name)).await
    }

    pub async fn check(&self, id: &CheckId) -> Check {
        checks::get(&self.work, id).await.expect("the check is there")
    }

    pub async fn review(&self, id: &CheckId) -> Review {
        review::get(&self.work, id).await.expect("the review reads")
    }

    /// Works until the predicate holds; says what it waited for when it never does.
    pub async fn settle<F: Future<Output = bool>>(&self, what: &str, done: impl FnMut() -> F) {
        assert!(self.settles(LONG, done).await, "waited in vain for: {what}");
    }

    /// Works until the predicate holds or the time is over.
    pub async fn settles<F: Future<Output = bool>>(
        &self,
        at_most: Duration,
        mut done: impl FnMut() -> F,
    ) -> bool {
        workers::settle(&self.work, at_most, async || done().await).await.expect("the workers work")
    }

    /// Until no callback that arrived waits to be sorted in.
    pub async fn sort_in(&self) {
        let waiting = "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_arrivals";
        while number(&self.work.db, waiting).await > 0 {
            casework::inbox::work_off(&self.work, 16).await.expect("works");
        }
    }

    /// Works for a while, whatever happens.
    pub async fn work_for(&self, ms: u64) {
        self.settles(Duration::from_millis(ms), || async { false }).await;
    }

    pub async fn until_state(&self, id: &CheckId, state: State) -> Check {
        self.settle(&format!("{id} is {state}"), || async {
            self.check(id).await.state == state.code()
        })
        .await;
        self.check(id).await
    }

    /// Waits for workers that run by themselves.
    pub async fn seen_in(&self, id: &CheckId, state: State) -> Check {
        let started = std::time::Instant::now();
        loop {
            let check = self.check(id).await;
            if check.state == state.code() {
                return check;
            }
            assert!(started.elapsed() < LONG, "{id} never is {state}, but {}", check.state);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Launches while real workers run, and waits until it can be reviewed.
    pub async fn reviewed_by_workers(&self, name: &str) -> CheckId {
        let (stop, tasks) =
            (tokio_util::sync::CancellationToken::new(), tokio_util::task::TaskTracker::new());
        workers::start(&self.work, &stop, &tasks);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let id = self.launch(name).await;
        self.seen_in(&id, State::ToReview).await;
        stop.cancel();
        id
    }

    pub async fn until_telling(&self, id: &CheckId, telling: Telling) -> Check {
        self.settle(&format!("{id} is told: {telling}"), || async {
            self.check(id).await.telling == telling.code()
        })
        .await;
        self.check(id).await
    }

    /// A check about somebody of this name, ready for review.
    pub async fn reviewed(&self, name: &str) -> CheckId {
        let id = self.launch(name).await;
        self.until_state(&id, State::ToReview).await;
        id
    }

    /// Opens the page of a check, as its page records that.
    pub async fn looks_at(&self, who: &Caller, id: &CheckId) {
        let review = self.review(id).await;
        checks::seen::page_opened(
            &self.work,
            &by(who),
            &review.check,
            &review.customer.reference,
            &[],
        )
        .await
        .expect("is recorded");
    }

    /// Judges all sanction findings as being about somebody else. Nobody does that about themself.
    pub async fn clear_sanctions(&self, id: &CheckId) {
        let review = self.review(id).await;
        let who =
            if review.facts.standing(None).is_about(&self.anna) { &self.ben } else { &self.anna };
        for finding in review.findings.iter().filter(|f| f.source().must_be_judged()) {
            let finding_id = finding.id.as_str().into();
            checks::judge(
                &self.work,
                &by(who),
                id,
                &finding_id,
                Judgement::FalsePositive,
                "Another person.",
            )
            .await
            .expect("judges");
        }
    }

    pub async fn act(
        &self,
        who: &Caller,
        check: &CheckId,
        id: &DecisionId,
        act: Act,
        verdict: &Verdict<'_>,
    ) -> Result<Decided, Error> {
        decide::act(&self.work, who, &by(who), check, id, act, verdict).await
    }

    /// One step on a check as it stands now.
    pub async fn step(
        &self,
        who: &Caller,
        check: &CheckId,
        act: Act,
        outcome: Outcome,
    ) -> Result<Decided, Error> {
        let version = self.check(check).await.version;
        self.act(
            who,
            check,
            &new_id().into(),
            act,
            &verdict(outcome, version, "Looked at all of it."),
        )
        .await
    }

    /// One more person who approves.
    pub async fn another_supervisor(&self, account: &str) -> Caller {
        let name = format!("{}{} Berg", account[..1].to_uppercase(), &account[1..]);
        let person = Caller {
            id: new_id().into(),
            account: account.into(),
            name,
            role: domain::people::Role::Supervisor,
        };
        super::add_person(&self.work, &person).await;
        person
    }

    pub async fn decide(&self, who: &Caller, check: &CheckId, outcome: Outcome) -> Decided {
        self.step(who, check, Act::Decide, outcome).await.expect("decides")
    }

    /// What the stand-in's books say of the tasks with this name, newest first.
    pub async fn tasks(&self, name: &str) -> Vec<Value> {
        let url = format!("{}/control/tasks", self.sandbox.base_url());
        let tasks: Vec<Value> =
            reqwest::get(url).await.expect("answers").json().await.expect("JSON");
        tasks.into_iter().filter(|t| t["name"] == name).collect()
    }

    /// The only task of this name.
    pub async fn task(&self, name: &str) -> Value {
        let mut tasks = self.tasks(name).await;
        assert_eq!(tasks.len(), 1, "tasks of {name}");
        tasks.remove(0)
    }

    /// Requests that the provider got about this name: method, path, status.
    pub async fn requests(&self, name: &str) -> Vec<(String, String, i64)> {
        let url = format!("{}/control/requests", self.sandbox.base_url());
        let lines: Vec<Value> =
            reqwest::get(url).await.expect("answers").json().await.expect("JSON");
        let of =
            |l: &Value| (text(&l["method"]), text(&l["path"]), l["status"].as_i64().unwrap_or(0));
        lines.iter().filter(|l| l["name"] == name).map(of).collect()
    }

    /// How many requests of this method and path's end the provider got about a name.
    pub async fn count(&self, name: &str, method: &str, ending: &str) -> usize {
        self.requests(name)
            .await
            .iter()
            .filter(|(m, path, _)| m == method && path.ends_with(ending))
            .count()
    }

    /// Does something in the stand-in's books.
    pub async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/control{path}", self.sandbox.base_url());
        let status =
            reqwest::Client::new().post(url).json(&body).send().await.expect("answers").status();
        assert!(status.is_success(), "{path}: {status}");
    }

    /// A body straight from the provider.
    pub async fn direct(&self, path: &str) -> Vec<u8> {
        let url = format!("{}/kryptogo{path}", self.sandbox.base_url());
        let request = reqwest::Client::new().get(url).header("gofact-api-token", super::TOKEN);
        request.send().await.expect("answers").bytes().await.expect("a body").to_vec()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The rule's refusal in an answer.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> Refusal {
    match answer {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The refused form in an answer.
pub fn form_of<T: std::fmt::Debug>(answer: Result<T, Error>) -> domain::fields::Refused {
    match answer {
        Err(Error::Form(form)) => *form,
        other => panic!("expected a refused form, got {other:?}"),
    }
}

/// Whether the chain is whole.
pub async fn assert_journal_intact(work: &Work) {
    let verified = casework::journal::verify_with_key(work, None).await.expect("reads");
    assert!(matches!(verified, casework::journal::Verified::Intact { .. }), "{verified:?}");
}
