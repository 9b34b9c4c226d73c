//! What a determined insider tries through the desk's own forms, on both databases.

use crate::{
    schema::Schema,
    support::{Running, location},
};
use casework::checks;
use domain::{
    CheckId,
    findings::{Judgement, judge_field},
};
use sandbox::{Options, Sandbox};
use std::time::{Duration, Instant};

/// Somebody whom a sanction list names. Very high risk.
const SANCTIONED: &str = "Rahimullah Darwesh Khan";

struct Insider {
    desk: Running,
    sandbox: Sandbox,
    connection: String,
    anna: String,
    sofia: String,
}

impl Insider {
    async fn begin(database_url: Option<String>) -> Self {
        let options = Options { step_ms: 20, hang_ms: 1_500, ..Options::default() };
        let sandbox =
            Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the sandbox");
        let desk = Running::start_on(database_url).await;
        let connection = desk.connect(&format!("{}/kryptogo", sandbox.base_url())).await;
        let (anna, sofia) = (desk.sign_in("anna").await, desk.sign_in("sofia").await);
        Self { desk, sandbox, connection, anna, sofia }
    }

    async fn end(self) {
        self.desk.stop().await;
        self.sandbox.stop().await;
    }

    /// Launches a check about the customer of this reference, and waits for its outcome.
    async fn launch(
        &self,
        who: &str,
        reference: &str,
        sources: &[&str],
        after: Option<&CheckId>,
    ) -> CheckId {
        let id = CheckId::from(casework::new_id());
        let mut form = vec![
            ("check_id", id.as_str()),
            ("kind", "dd_kyc"),
            ("connection", self.connection.as_str()),
            ("customer_reference", reference),
            ("name", SANCTIONED),
            ("search_setting", "1"),
            ("then", "launch"),
            ("relaunch_of", after.map_or("", CheckId::as_str)),
        ];
        form.extend(sources.iter().map(|source| ("sources[]", *source)));
        let answer = self.desk.post("/api/checks/launch", Some(who), &form).await;
        assert!(location(&answer).ends_with("?done=launched"), "{}", location(&answer));
        let until = Instant::now() + Duration::from_secs(30);
        while self.state(&id).await != "to_review" {
            assert!(Instant::now() < until, "no outcome came");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        id
    }

    async fn state(&self, id: &CheckId) -> String {
        checks::get(&self.desk.work, id).await.expect("it is there").state
    }

    /// Waits until a decision is applied there and nothing more arrives of it: new evidence voids
    /// what is proposed.
    async fn told(&self, id: &CheckId) {
        let until = Instant::now() + Duration::from_secs(30);
        let bodies =
            async || checks::review::get(&self.desk.work, id).await.expect("reads").evidence.len();
        let (mut seen, mut quiet) = (bodies().await, 0);
        while quiet < 10 {
            assert!(Instant::now() < until, "it is never told");
            tokio::time::sleep(Duration::from_millis(50)).await;
            let now = bodies().await;
            let is_applied =
                checks::get(&self.desk.work, id).await.expect("it is there").telling == "applied";
            quiet = if is_applied && now == seen { quiet + 1 } else { 0 };
            seen = now;
        }
    }

    async fn judge_all(&self, who: &str, id: &CheckId) {
        for finding in checks::findings(&self.desk.work, id).await.expect("reads") {
            let field = judge_field(&finding.id);
            let form =
                [("check_id", id.as_str()), (field.as_str(), Judgement::FalsePositive.code())];
            assert_eq!(self.desk.post("/api/checks/judge", Some(who), &form).await.status(), 303);
        }
    }

    /// Sends a form of the panel as it stands now; gives the page that it leads to.
    async fn send(&self, who: &str, path: &str, id: &CheckId, fields: &[(&str, &str)]) -> String {
        let version =
            checks::get(&self.desk.work, id).await.expect("it is there").version.to_string();
        let decision = casework::new_id();
        let mut form = vec![
            ("check_id", id.as_str()),
            ("decision_id", decision.as_str()),
            ("version", version.as_str()),
            ("comment", "x"),
        ];
        form.extend_from_slice(fields);
        let answer = self.desk.post(path, Some(who), &form).await;
        let to = location(&answer).to_owned();
        assert!(to.starts_with("/checks/"), "{path}: {} {to}", answer.status());
        self.desk.get(&to, Some(who)).await.text().await.expect("text")
    }
}

/// Tells a story on SQLite, then on PostgreSQL.
async fn on_both(story: impl AsyncFn(&Insider)) {
    let insider = Insider::begin(None).await;
    story(&insider).await;
    insider.end().await;
    let Some(schema) = Schema::make().await else { return };
    let insider = Insider::begin(Some(schema.url.clone())).await;
    story(&insider).await;
    insider.end().await;
    schema.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_26_a_supervisor_does_not_reject_and_overturn_to_accepted_alone() {
    on_both(async |insider| {
        let reject = [("outcome", "reject"), ("reason_reject", "risk_too_high")];
        let overturn = [("outcome", "accept"), ("reason", "other")];
        let id = insider.launch(&insider.sofia, "C-1", &[], None).await;
        insider.send(&insider.sofia, "/api/checks/decide", &id, &reject).await;
        assert_eq!(insider.state(&id).await, "rejected");
        let page = insider.send(&insider.sofia, "/api/checks/overturn", &id, &overturn).await;
        assert!(page.contains("findings of a decided check can no longer be judged"), "{page}");
        assert_eq!(insider.state(&id).await, "rejected");
        // Judged, it takes somebody else all the same.
        let id = insider.launch(&insider.sofia, "C-2", &[], None).await;
        insider.judge_all(&insider.sofia, &id).await;
        insider.send(&insider.sofia, "/api/checks/decide", &id, &reject).await;
        insider.told(&id).await;
        let page = insider.send(&insider.sofia, "/api/checks/overturn", &id, &overturn).await;
        assert_eq!(insider.state(&id).await, "proposed", "{page}");
        let page =
            insider.send(&insider.sofia, "/api/checks/approve", &id, &[("approved", "yes")]).await;
        assert!(
            page.contains("You proposed this decision yourself.")
                && page.contains("This check stays rejected until somebody approves.")
        );
        assert_eq!(insider.state(&id).await, "proposed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_26_an_analyst_does_not_withdraw_and_run_again_with_one_harmless_source() {
    on_both(async |insider| {
        let first = insider.launch(&insider.anna, "C-1", &[], None).await;
        let page = insider.send(&insider.anna, "/api/checks/withdraw", &first, &[]).await;
        assert!(page.contains("withdrawing takes a reason and a comment"), "{page}");
        let page = insider
            .send(&insider.anna, "/api/checks/decide", &first, &[("outcome", "withdraw")])
            .await;
        assert!(page.contains("Choose the reason that fits best."), "{page}");
        assert_eq!(insider.state(&first).await, "to_review");
        let withdraw = [("outcome", "withdraw"), ("reason_withdraw", "customer_left")];
        insider.send(&insider.anna, "/api/checks/decide", &first, &withdraw).await;
        assert_eq!(insider.state(&first).await, "proposed");
        // Sent back, it is not withdrawn alone either.
        insider.send(&insider.sofia, "/api/checks/approve", &first, &[("approved", "no")]).await;
        insider.send(&insider.anna, "/api/checks/decide", &first, &withdraw).await;
        assert_eq!(insider.state(&first).await, "proposed");
        insider.send(&insider.sofia, "/api/checks/approve", &first, &[("approved", "yes")]).await;
        assert_eq!(insider.state(&first).await, "withdrawn");

        let second = insider.launch(&insider.anna, "C-1", &["tw_company"], Some(&first)).await;
        insider.judge_all(&insider.anna, &second).await;
        let page = insider
            .desk
            .get(&format!("/checks/{second}"), Some(&insider.anna))
            .await
            .text()
            .await
            .expect("text");
        assert!(
            page.contains("Earlier checks of this kind")
                && page.contains("An earlier check also asked these sources, and this one did not"),
            "{page}"
        );
        let accept = [("outcome", "accept"), ("reason_accept", "other")];
        insider.send(&insider.anna, "/api/checks/decide", &second, &accept).await;
        assert_eq!(insider.state(&second).await, "proposed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_26_a_supervisor_who_launched_and_judged_does_not_approve_what_an_analyst_pressed() {
    on_both(async |insider| {
        let id = insider.launch(&insider.sofia, "C-1", &[], None).await;
        insider.judge_all(&insider.sofia, &id).await;
        insider
            .send(
                &insider.anna,
                "/api/checks/decide",
                &id,
                &[("outcome", "accept"), ("reason_accept", "false_positives_only")],
            )
            .await;
        assert_eq!(insider.state(&id).await, "proposed");
        let page =
            insider.send(&insider.sofia, "/api/checks/approve", &id, &[("approved", "yes")]).await;
        assert!(page.contains("You judged findings of this check"), "{page}");
        assert_eq!(insider.state(&id).await, "proposed");
    })
    .await;
}
