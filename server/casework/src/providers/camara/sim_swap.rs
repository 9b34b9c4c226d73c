//! SIM swap at an operator, version 2.1: `POST {base}/sim-swap/v2/check` and `…/retrieve-date`, one
//! of them for a check.

use super::{
    client::{Client, taken},
    endpoint::Endpoint,
};
use crate::providers::{
    Answer, CallError,
    json::{object, word},
};
use domain::{
    operators::Truth,
    services::sim_swap::{self, Ask, LastChange, Period, SimSwap},
};
use serde_json::{Map, Value};

/// Where it is asked whether the card was changed within so many hours.
pub const CHECK: Endpoint = Endpoint {
    path: ["sim-swap", "v2", "check"],
    permission: Some("sim-swap:check"),
    joined: Some("sim-swap"),
    explain: sim_swap::explain,
};
/// Where it is asked when it was changed last.
pub const DATE: Endpoint = Endpoint {
    path: ["sim-swap", "v2", "retrieve-date"],
    permission: Some("sim-swap:retrieve-date"),
    joined: Some("sim-swap"),
    explain: sim_swap::explain,
};

/// Where a question goes.
#[must_use]
pub const fn endpoint(ask: Ask) -> Endpoint {
    match ask {
        Ask::Within(_) => CHECK,
        Ask::Date => DATE,
    }
}

impl Client {
    /// Asks whether or when the SIM card of a number was changed: the bytes as received, and what
    /// they say.
    ///
    /// # Errors
    /// [`CallError`]; refusals of the question and of its tokens carry what they mean and what
    /// comes next.
    pub async fn check_sim_swap(
        &self,
        question: &SimSwap,
    ) -> Result<(Answer, sim_swap::Answer), CallError> {
        let ask = question.ask;
        let mut members = Map::new();
        if let Ask::Within(hours) = ask {
            members.insert("maxAge".to_owned(), Value::from(hours));
        }
        let came = self
            .put(&endpoint(ask), &question.phone, &self.about(&question.phone, members))
            .await?;
        taken(came.answer, |body| read(body, ask))
    }
}

/// Reads an answer to what was asked, also one that was kept.
///
/// # Errors
/// Bytes that are not a JSON object.
pub fn read(body: &[u8], ask: Ask) -> Result<sim_swap::Answer, String> {
    let said = object(body)?;
    Ok(match ask {
        Ask::Within(_) => sim_swap::Answer::Within(Truth::of(word(&said["swapped"]).as_deref())),
        Ask::Date => sim_swap::Answer::Last {
            change: last_change(said.get("latestSimChange")),
            period: Period::of(word(&said["monitoredPeriod"]).as_deref()),
        },
    })
}

/// `null` says that there was none in the monitored period; a member that is not there says
/// nothing.
fn last_change(said: Option<&Value>) -> LastChange {
    let Some(said) = said else { return LastChange::Missing };
    if said.is_null() {
        return LastChange::NotInPeriod;
    }
    let Some(shown) = word(said) else { return LastChange::Missing };
    // With its time zone, as the contract has it: without one it could be half a day before or
    // after.
    let at = said.as_str().and_then(|text| text.trim().parse::<jiff::Timestamp>().ok());
    at.map_or_else(|| LastChange::unknown(&shown), |at| LastChange::at(at.as_millisecond(), &shown))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Flow,
            client::tests::{client_of, operator},
        },
        *,
    };
    use crate::providers::{
        fuzz::{bent, said},
        served::told,
    };
    use domain::Moment;
    use proptest::prelude::*;
    use serde_json::json;

    const CAME: Moment = 1_795_000_000_000;

    fn question(ask: Ask) -> SimSwap {
        SimSwap {
            customer_reference: "C-1".into(),
            name: "F".into(),
            phone: "+346661113334".into(),
            ask,
        }
    }

    fn change(body: Value) -> LastChange {
        match read(body.to_string().as_bytes(), Ask::Date) {
            Ok(sim_swap::Answer::Last { change, .. }) => change,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn hours_and_date_are_asked_at_their_own_places_with_scopes_of_their_own() {
        let served = operator(|seen| match seen.path.as_str() {
            "/sim-swap/v2/check" => told(200, r#"{"swapped":true}"#),
            _ => told(200, r#"{"latestSimChange":null,"monitoredPeriod":120}"#),
        })
        .await;
        let ours = client_of(&served, Flow::ClientCredentials);
        let (_, within) =
            ours.check_sim_swap(&question(Ask::Within(120))).await.expect("an answer");
        assert_eq!(within, sim_swap::Answer::Within(Truth::Yes));
        let (_, date) = ours.check_sim_swap(&question(Ask::Date)).await.expect("an answer");
        assert_eq!(
            date,
            sim_swap::Answer::Last { change: LastChange::NotInPeriod, period: Period::Days(120) }
        );
        assert_eq!(
            served.paths(),
            ["/token", "/sim-swap/v2/check", "/token", "/sim-swap/v2/retrieve-date"],
            "one question each"
        );
        let seen = served.seen();
        assert_eq!(
            [&seen[0].form()["scope"], &seen[2].form()["scope"]],
            ["sim-swap:check", "sim-swap:retrieve-date"]
        );
        assert_eq!(seen[1].json(), json!({ "phoneNumber": "+346661113334", "maxAge": 120 }));
        assert_eq!(seen[3].json(), json!({ "phoneNumber": "+346661113334" }));

        let theirs = client_of(&served, Flow::Ciba);
        theirs.check_sim_swap(&question(Ask::Within(1))).await.expect("an answer");
        assert_eq!(served.seen().pop().expect("the question").json(), json!({ "maxAge": 1 }));
        theirs.check_sim_swap(&question(Ask::Date)).await.expect("an answer");
        assert_eq!(
            served.seen().pop().expect("the question").json(),
            json!({}),
            "the token says whose it is"
        );
    }

    #[tokio::test]
    async fn the_errors_of_the_contract_are_explained_or_may_pass() {
        for (status, code, words) in [
            (400, "OUT_OF_RANGE", "so many hours"),
            (403, "PERMISSION_DENIED", "this service"),
            (404, "NOT_FOUND", "this service"),
            (404, "IDENTIFIER_NOT_FOUND", "does not know this phone number"),
            (422, "UNNECESSARY_IDENTIFIER", "from the access token"),
            (429, "QUOTA_EXCEEDED", ""),
            (429, "TOO_MANY_REQUESTS", ""),
        ] {
            let served = operator(move |_| {
                told(
                    status,
                    &format!(r#"{{"status":{status},"code":"{code}","message":"+346661113334"}}"#),
                )
            })
            .await;
            let client = client_of(&served, Flow::ClientCredentials);
            let error = client.check_sim_swap(&question(Ask::Within(2_400))).await.expect_err(code);
            assert_eq!(error.may_pass(), words.is_empty(), "{error}");
            let sentence = error.sentence("The operator");
            assert!(
                words.is_empty() || sentence.contains(words) && sentence.contains(code),
                "{sentence}"
            );
            assert!(!sentence.contains("6661113334"), "{sentence}");
        }
    }

    #[test]
    fn moments_are_read_with_their_time_zone_and_not_without() {
        let at = |text: &str| change(json!({ "latestSimChange": text }));
        assert_eq!(at("2023-07-03T14:27:08.312+02:00"), LastChange::At(1_688_387_228_312));
        assert_eq!(at("2024-09-18T07:37:53.471829447Z"), LastChange::At(1_726_645_073_471));
        for odd in [
            "2024-09-18T07:37:53",
            "2024-09-18",
            "yesterday",
            "null",
            "1970-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
        ] {
            assert_eq!(at(odd), LastChange::Unknown(odd.to_owned()));
        }
        for odd in [
            json!(1_726_645_073),
            json!(["2024-09-18T07:37:53Z"]),
            json!([null]),
            json!(false),
            json!({}),
        ] {
            assert!(matches!(change(json!({ "latestSimChange": odd })), LastChange::Unknown(_)));
        }
    }

    #[test]
    fn null_is_none_in_the_period_and_what_is_not_there_is_missing() {
        assert_eq!(change(json!({ "latestSimChange": null })), LastChange::NotInPeriod);
        assert_eq!(change(json!({ "monitoredPeriod": 120 })), LastChange::Missing);
        assert_eq!(change(json!({ "latestSimChange": " " })), LastChange::Missing);
        let doubled = read(
            br#"{"latestSimChange":null,"latestSimChange":"2026-11-18T07:37:53Z"}"#,
            Ask::Date,
        )
        .expect("an object");
        assert!(
            matches!(doubled, sim_swap::Answer::Last { change: LastChange::Unknown(_), .. }),
            "a doubled key is no answer"
        );
        let swapped = |body: &[u8]| read(body, Ask::Within(1)).expect("an object");
        assert_eq!(swapped(br#"{"swapped":null}"#), sim_swap::Answer::Within(Truth::Missing));
        assert!(matches!(
            swapped(br#"{"swapped":true,"swapped":false}"#),
            sim_swap::Answer::Within(Truth::Unknown(_))
        ));
    }

    proptest! {
        #[test]
        fn s_52_no_bent_swap_is_clean(bytes in bent(json!({ "swapped": false }))) {
            let Ok(read) = read(&bytes, Ask::Within(240)) else {
                prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()));
                return Ok(());
            };
            let v = said(&bytes).expect("read");
            if sim_swap::signs(&read, &question(Ask::Within(240)), CAME).is_empty() {
                prop_assert!(v["swapped"] == json!(false) || v["swapped"] == json!("false"), "{}", v);
            }
            let words = sim_swap::summary(&read, &question(Ask::Within(240)));
            prop_assert!(!words.contains('\0') && words.chars().count() < 700, "{}", words);
        }

        #[test]
        fn s_52_no_bent_date_is_clean(bytes in bent(json!({ "latestSimChange": null, "monitoredPeriod": 120 }))) {
            let Ok(read) = read(&bytes, Ask::Date) else {
                prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()));
                return Ok(());
            };
            let v = said(&bytes).expect("read");
            if sim_swap::signs(&read, &question(Ask::Date), CAME).is_empty() {
                let change = v.get("latestSimChange");
                let period = &v["monitoredPeriod"];
                let is_none = period.is_null() || period.as_str().is_some_and(|text| text.trim().is_empty());
                let days = period.as_f64().or_else(|| period.as_str()?.trim().parse::<f64>().ok());
                let is_long = is_none || days.is_some_and(|days| days >= 7.0);
                prop_assert!(change.is_some_and(|c| c.is_null() && is_long || c.is_string()), "{}", v);
            }
            let words = sim_swap::summary(&read, &question(Ask::Date));
            prop_assert!(!words.contains('\0') && words.chars().count() < 700, "{}", words);
        }

        #[test]
        fn s_52_no_bent_moment_is_another_one(bytes in bent(json!({ "latestSimChange": "2024-09-18T07:37:53Z" }))) {
            if let Ok(sim_swap::Answer::Last { change: LastChange::At(at), .. }) = read(&bytes, Ask::Date) {
                let v = said(&bytes).expect("read");
                let literal = v["latestSimChange"].as_str().and_then(|text| text.trim().parse::<jiff::Timestamp>().ok());
                prop_assert_eq!(literal.map(jiff::Timestamp::as_millisecond), Some(at), "{}", v);
            }
        }
    }
}
