//! The HTTP of ZignSec's endpoints.
//!
//! The access key stands bare in `Authorization`, without a word before it. Base addresses are
//! `https://test.zignsec.com` and `https://api.zignsec.com`. Both calls only read a register, so
//! the same question may be asked again. Neither request nor answer is ever logged here: both carry
//! CPR numbers.

use super::wire::{self, PidCprAnswer, RofusAnswer};
use crate::providers::{
    CallError,
    guard::{Answer, BODY_MAX, Bounds, Target, exchange},
    overheard,
};
use domain::registers::{PidCprMatch, RofusCheck};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A client for one connection.
pub struct Client {
    http: reqwest::Client,
    target: Target,
    key: Zeroizing<String>,
}

impl Client {
    #[must_use]
    pub const fn new(http: reqwest::Client, target: Target, key: Zeroizing<String>) -> Self {
        Self { http, target, key }
    }

    /// `POST /v2/ekyc/matchpidcpr`: whether both numbers are of one person; the bytes as received,
    /// and what they say.
    ///
    /// Complaints may come with status 200 too: they are in the answer, which then says nothing of
    /// the person.
    ///
    /// # Errors
    /// [`CallError`]; a refusal carries the provider's complaints, with CPR numbers masked.
    pub async fn match_pid_cpr(
        &self,
        launch: &PidCprMatch,
    ) -> Result<(Answer, PidCprAnswer), CallError> {
        let answer = self
            .send("matchpidcpr", &json!({ "Pid": launch.pid.as_str(), "Cpr": launch.cpr.digits() }))
            .await?;
        let read =
            taken(&answer, PidCprAnswer::read(&answer.body), |read| read.complaints.is_empty())?;
        Ok((answer, read))
    }

    /// `POST /v2/ekyc/checkdkrofus`: whether the person is in the register; the bytes as received,
    /// and what they say.
    ///
    /// # Errors
    /// As [`Client::match_pid_cpr`].
    pub async fn check_rofus(
        &self,
        launch: &RofusCheck,
    ) -> Result<(Answer, RofusAnswer), CallError> {
        let mut body = json!({ "personalnumber": launch.cpr.digits() });
        if launch.mock {
            body["Environment"] = json!("Mock");
        }
        let answer = self.send("checkdkrofus", &body).await?;
        let read =
            taken(&answer, RofusAnswer::read(&answer.body), |read| read.complaints.is_empty())?;
        Ok((answer, read))
    }

    /// Whether the access key is taken: asks with nothing to compare, which the register refuses
    /// only after the key.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn try_key(&self) -> Result<(), CallError> {
        match self.send("matchpidcpr", &json!({ "Pid": "", "Cpr": "" })).await {
            Ok(_) | Err(CallError::Refused(200 | 400 | 422, _)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, service: &str, body: &Value) -> Result<Answer, CallError> {
        let mut url =
            Url::parse(&self.target.base_url).map_err(|e| CallError::NotSent(e.to_string()))?;
        url.path_segments_mut()
            .map_err(|()| CallError::NotSent("the base address takes no path".into()))?
            .pop_if_empty()
            .extend(["v2", "ekyc", service]);
        let headers = [("authorization", self.key.as_str()), ("accept", "application/json")];
        let body = Some(("application/json", body.to_string().into()));
        let answer = exchange(
            &self.http,
            Method::POST,
            url,
            &headers,
            body,
            Bounds { body_max: BODY_MAX, time: None },
        )
        .await?;
        overheard::refused(&answer);
        overheard::not_unpacked(&answer);
        let complaints = wire::complaints_of(answer.shown_body());
        let status = answer.status.as_u16();
        // Which status a complaint comes with is not documented: what it says counts for more than
        // a 400 or 404.
        match answer.settled() {
            Err(CallError::Refused(..) | CallError::NotFound | CallError::Conflict)
                if !complaints.is_empty() =>
            {
                Err(CallError::Refused(status, wire::words(&complaints)))
            }
            // The bare text of an error page may repeat the number that was sent.
            Err(CallError::Refused(status, text)) => {
                Err(CallError::Refused(status, wire::masked(&text).into()))
            }
            other => other,
        }
    }
}

/// What an answer says; one that cannot be read or complains is noted, and is for its reader to
/// refuse.
fn taken<T>(
    answer: &Answer,
    read: Result<T, String>,
    is_answer: impl FnOnce(&T) -> bool,
) -> Result<T, CallError> {
    if !read.as_ref().is_ok_and(is_answer) {
        overheard::not_taken(answer);
    }
    read.map_err(CallError::Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::served::{Served, serve, told};
    use domain::registers::{Cpr, Pid, RofusStatus};

    fn client(served: &Served) -> Client {
        Client::new(
            served.http(),
            served.target.clone(),
            Zeroizing::new("00000000-83d0-43fb-bfe8-22a8addea553".into()),
        )
    }

    fn cpr() -> Cpr {
        Cpr::parse("150609-3330").expect("a number")
    }

    fn pid_cpr() -> PidCprMatch {
        let pid = Pid::parse("PID:9208-2002-2-577168596796").expect("a PID");
        PidCprMatch {
            customer_reference: "C-1".into(),
            name: "Tika Klaussen".into(),
            pid,
            cpr: cpr(),
        }
    }

    fn rofus(mock: bool) -> RofusCheck {
        RofusCheck {
            customer_reference: "C-1".into(),
            name: "Tika Klaussen".into(),
            cpr: cpr(),
            mock,
        }
    }

    #[tokio::test]
    async fn a_match_is_asked_with_the_exact_names_and_the_bare_key() {
        let body =
            r#"{ "id":"1a722876-1b11-444d-8105-69e59671c384", "errors":[], "IsMatch":true }"#;
        let served = serve(move |_| told(200, body)).await;
        let (answer, read) = client(&served).match_pid_cpr(&pid_cpr()).await.expect("an answer");
        assert_eq!(answer.body, body.as_bytes(), "the evidence is what came");
        assert_eq!(read.is_match(), Some(true));
        let seen = &served.seen()[0];
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v2/ekyc/matchpidcpr"));
        assert_eq!(seen.headers["authorization"], "00000000-83d0-43fb-bfe8-22a8addea553");
        assert_eq!(seen.body, r#"{"Cpr":"1506093330","Pid":"9208-2002-2-577168596796"}"#);
    }

    #[tokio::test]
    async fn the_environment_is_named_only_for_a_made_up_answer() {
        let served = serve(|_| {
            told(200, r#"{"id":"x","errors":[],"RofusStatus":"PersonIsRegisteredPermanently"}"#)
        })
        .await;
        let client = client(&served);
        let (_, read) = client.check_rofus(&rofus(false)).await.expect("an answer");
        assert_eq!(read.status(), Some(RofusStatus::Permanently));
        client.check_rofus(&rofus(true)).await.expect("an answer");
        let bodies: Vec<String> = served.seen().into_iter().map(|s| s.body).collect();
        assert_eq!(
            bodies,
            [
                r#"{"personalnumber":"1506093330"}"#,
                r#"{"Environment":"Mock","personalnumber":"1506093330"}"#
            ]
        );
        assert_eq!(served.paths(), ["/v2/ekyc/checkdkrofus"; 2]);
    }

    #[tokio::test]
    async fn complaints_count_whatever_the_status_and_hide_the_number() {
        let body = r#"{"id":"x","errors":[{"code":"INVALID_PERSONALNUMBER","description":"1506093330 is an invalid Danish CPR Number."}],"IsMatch":true}"#;
        let served =
            serve(move |seen| told(if seen.path.ends_with("rofus") { 404 } else { 200 }, body))
                .await;
        let (_, read) = client(&served).match_pid_cpr(&pid_cpr()).await.expect("an answer");
        assert_eq!(read.is_match(), None, "an answer that complains says nothing of the person");
        let said = read.refusal().expect("a refusal").sentence("ZignSec");
        assert!(said.contains("CPR number") && !said.contains("3330"), "{said}");
        let error = client(&served).check_rofus(&rofus(false)).await.expect_err("refused");
        assert!(
            matches!(&error, CallError::Refused(404, text) if !text.contains("3330") && text.contains("INVALID_PERSONALNUMBER")),
            "{error}"
        );
    }

    #[tokio::test]
    async fn statuses_are_sorted_and_no_number_is_repeated() {
        let status = std::sync::atomic::AtomicU16::new(0);
        let statuses = [401, 403, 429, 503, 400];
        let served = serve(move |_| {
            let at = status.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            told(statuses[usize::from(at)], "no such person: 150609-3330")
        })
        .await;
        let client = client(&served);
        let mut errors = Vec::new();
        for _ in statuses {
            errors.push(client.check_rofus(&rofus(false)).await.expect_err("refused"));
        }
        assert_eq!(
            errors,
            [
                CallError::Credentials(401),
                CallError::Credentials(403),
                CallError::TooMany(None),
                CallError::Failed(503, None),
                CallError::Refused(400, "no such person: 150609-••••".into()),
            ]
        );
    }
}
