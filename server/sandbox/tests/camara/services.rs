//! Tenure, age verification and SIM swap: what is asked, answered and refused, with the published
//! documents as the judge.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{MOCK_TOKEN, PERSONA, code, judge::Contract, open, read, support::Desk, word};

const TENURE: &str = "/kyc-tenure/v0.2/check-tenure";
const AGE: &str = "/kyc-age-verification/v0.2/verify";
const DATE: &str = "/sim-swap/v2/retrieve-date";
const CHECK: &str = "/sim-swap/v2/check";
const ALL: [(&str, &str); 4] = [
    (TENURE, "kyc-tenure:check-tenure"),
    (AGE, "kyc-age-verification:verify"),
    (DATE, "sim-swap:retrieve-date"),
    (CHECK, "sim-swap:check"),
];

impl Desk {
    fn service(&self, operator: &str, path: &str, token: &str) -> RequestBuilder {
        self.to(operator, path).bearer_auth(token)
    }

    async fn call(&self, path: &str, token: &str, body: Value) -> (u16, Value) {
        read(self.service("", path, token).json(&body).send().await.unwrap()).await
    }

    /// Client credentials with this scope: a token without a number.
    async fn token_for(&self, operator: &str, scope: &str) -> String {
        let (status, answer) = self
            .form(operator, "/token", &[("grant_type", "client_credentials"), ("scope", scope)])
            .await;
        assert_eq!((status, &answer["scope"]), (200, &json!(scope)), "{answer}");
        word(&answer, "access_token")
    }

    /// CIBA with this scope: a token about the number.
    async fn bound_for(&self, number: &str, scope: &str) -> String {
        let scope = format!("dpv:FraudPreventionAndDetection {scope}");
        let (_, asked) = self
            .form(
                "",
                "/bc-authorize",
                &[("login_hint", &format!("tel:{number}")), ("scope", &scope)],
            )
            .await;
        let (status, answer) = self.poll("", &word(&asked, "auth_req_id")).await;
        assert_eq!(status, 200, "{answer}");
        word(&answer, "access_token")
    }
}

/// A request that asks for everything; `number` may be null for none.
fn whole(path: &str, number: Value) -> Value {
    let mut body = match path {
        TENURE => json!({"tenureDate": "2024-01-01"}),
        AGE => {
            json!({"ageThreshold": 18, "name": "Federica Sanchez Arjona", "includeContentLock": true, "includeParentalControl": true})
        }
        CHECK => json!({"maxAge": 240}),
        _ => json!({}),
    };
    if !number.is_null() {
        body["phoneNumber"] = number;
    }
    assert_eq!(Contract::of(path).request(path, &body), Ok(()));
    body
}

fn about(path: &str, number: &str, more: Value) -> Value {
    let mut body = whole(path, json!(number));
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// `YYYY-MM-DD`, so many days before today in UTC, by the calendar of the sandbox's own lines.
fn days_ago(days: u64) -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut left = seconds / 86_400 - days;
    let leap = |year: u64| {
        (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
    };
    let mut year = 1970;
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    format!("{year:04}-{:02}-{:02}", month + 1, left + 1)
}

/// Numbers whose answers break a contract on purpose, with the services that do.
const WRONG: [(&str, &[&str]); 34] = [
    ("+99900000110", &[TENURE]),
    ("+99900000111", &[TENURE]),
    ("+99900000112", &[TENURE]),
    ("+99900000113", &[TENURE]),
    ("+99900000114", &[TENURE]),
    ("+99900000115", &[TENURE]),
    ("+99900000116", &[TENURE]),
    ("+99900000117", &[TENURE]),
    ("+99900000118", &[TENURE]),
    ("+99900000220", &[AGE]),
    ("+99900000221", &[AGE]),
    ("+99900000222", &[AGE]),
    ("+99900000223", &[AGE]),
    ("+99900000224", &[AGE]),
    ("+99900000225", &[AGE]),
    ("+99900000226", &[AGE]),
    ("+99900000227", &[AGE]),
    ("+99900000228", &[AGE]),
    ("+99900000229", &[AGE]),
    ("+99900000230", &[AGE]),
    ("+99900000231", &[AGE]),
    ("+99900000232", &[AGE]),
    ("+99900000320", &[CHECK, DATE]),
    ("+99900000321", &[CHECK, DATE]),
    ("+99900000322", &[CHECK, DATE]),
    ("+99900000323", &[CHECK, DATE]),
    ("+99900000324", &[CHECK, DATE]),
    ("+99900000325", &[DATE]),
    ("+99900000327", &[DATE]),
    ("+99900000329", &[DATE]),
    // Triggers that say something else, and one that says nothing.
    ("+99900000011", &[TENURE, AGE, CHECK, DATE]),
    ("+99900000013", &[TENURE, AGE, CHECK, DATE]),
    ("+99900000016", &[TENURE, AGE, CHECK, DATE]),
    ("+99900000026", &[TENURE, AGE, CHECK, DATE]),
];
/// Whose answers cannot be read, or have a status or a code that not every contract documents.
const UNDOCUMENTED: [&str; 11] = [
    "+99900000001",
    "+99900000002",
    "+99900000003",
    "+99900000004",
    "+99900000005",
    "+99900000008",
    "+99900000009",
    "+99900000010",
    "+99900000020",
    "+99900000024",
    "+99900000021",
];

#[tokio::test]
async fn every_well_known_number_answers_within_the_contract_or_breaks_it_where_it_says_so() {
    let desk = open().await;
    let lines = desk.get("/control/camara/lines").await;
    let numbers: Vec<_> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["phoneNumber"].as_str().unwrap())
        .collect();
    let known: Vec<_> = numbers
        .iter()
        .copied()
        .filter(|number| number.starts_with("+999") && !UNDOCUMENTED.contains(number))
        .collect();
    assert_eq!(known.len(), 64 + 45 - UNDOCUMENTED.len());
    let mut broken: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, scope) in ALL {
        let contract = Contract::of(path);
        assert!(contract.scopes(path).contains(scope));
        // Limits are documented for SIM Swap only.
        let limited = ["+99900000006", "+99900000007", "+99900000029"];
        for number in numbers[..40]
            .iter()
            .chain(&known)
            .filter(|number| contract_knows_limits(path) || !limited.contains(number))
        {
            // One of them ends its token.
            let own = desk.token_for("", scope).await;
            let (status, answer) = desk.call(path, &own, whole(path, json!(number))).await;
            if let Err(wrong) = contract.response(path, status, &answer) {
                assert!(number.starts_with("+999"), "{number} {wrong} {answer}");
                broken.entry(*number).or_default().push(path);
            }
        }
    }
    let floats =
        [("+99900000014", vec![AGE]), ("+99900000027", vec![AGE]), ("+99900000028", vec![AGE])];
    let mut expected: BTreeMap<&str, Vec<&str>> =
        WRONG.into_iter().map(|(number, paths)| (number, paths.to_vec())).chain(floats).collect();
    for paths in broken.values_mut().chain(expected.values_mut()) {
        paths.sort_unstable();
    }
    assert_eq!(broken, expected);
}

fn contract_knows_limits(path: &str) -> bool {
    path.starts_with("/sim-swap")
}

#[tokio::test]
async fn refusals_are_those_of_the_contracts_in_their_words() {
    let desk = open().await;
    for (path, scope) in ALL {
        let contract = Contract::of(path);
        let own = desk.token_for("", scope).await;
        let bound = desk.bound_for(PERSONA, scope).await;
        let other = desk.own_token("").await;
        let mut cases = vec![
            ("nonsense", whole(path, json!(PERSONA)), (401, "UNAUTHENTICATED")),
            (&other, json!([]), (403, "PERMISSION_DENIED")),
            (&own, json!([]), (400, "INVALID_ARGUMENT")),
            (&own, about(path, PERSONA, json!({"phoneNumber": null})), (400, "INVALID_ARGUMENT")),
            (
                &own,
                about(path, PERSONA, json!({"phoneNumber": "34629255833"})),
                (400, "INVALID_ARGUMENT"),
            ),
            (&own, whole(path, json!("+34600000001")), (404, "IDENTIFIER_NOT_FOUND")),
            (&own, whole(path, Value::Null), (422, "MISSING_IDENTIFIER")),
            (&bound, whole(path, json!(PERSONA)), (422, "UNNECESSARY_IDENTIFIER")),
            (&bound, whole(path, json!("+99900000101")), (422, "UNNECESSARY_IDENTIFIER")),
            (&own, whole(path, json!("+99900000018")), (401, "UNAUTHENTICATED")),
            (&own, whole(path, json!("+99900000019")), (403, "PERMISSION_DENIED")),
            (&own, whole(path, json!("+99900000022")), (404, "IDENTIFIER_NOT_FOUND")),
            (&own, whole(path, json!("+99900000023")), (422, "SERVICE_NOT_APPLICABLE")),
        ];
        if contract_knows_limits(path) {
            cases.push((&own, whole(path, json!("+99900000007")), (429, "TOO_MANY_REQUESTS")));
            cases.push((&own, whole(path, json!("+99900000029")), (429, "QUOTA_EXCEEDED")));
            cases.push((&own, whole(path, json!("+99900000021")), (404, "NOT_FOUND")));
        }
        for (token, body, expected) in cases {
            let answer = desk.call(path, token, body.clone()).await;
            assert_eq!(code(&answer), expected, "{path} {body}");
            assert_eq!(contract.response(path, answer.0, &answer.1), Ok(()), "{path} {body}");
        }
        assert_eq!(
            desk.call(path, &bound, whole(path, Value::Null)).await.0,
            200,
            "the token says whom it is about"
        );
        let text = desk
            .service("", path, &own)
            .header("Content-Type", "text/plain")
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(code(&read(text).await), (415, "UNSUPPORTED_MEDIA_TYPE"));
        let get = desk
            .client
            .get(format!("{}/camara{path}", desk.sandbox.base_url()))
            .send()
            .await
            .unwrap();
        assert_eq!(code(&read(get).await), (405, "METHOD_NOT_ALLOWED"));
    }
}

#[tokio::test]
async fn what_a_contract_does_not_allow_is_refused_with_its_code() {
    let desk = open().await;
    let (invalid, out) = ("INVALID_ARGUMENT", "OUT_OF_RANGE");
    for (path, member, value, expected) in [
        (TENURE, "tenureDate", json!(null), invalid),
        (TENURE, "tenureDate", json!(20_240_101), invalid),
        (TENURE, "tenureDate", json!("2023-02-29"), invalid),
        (TENURE, "tenureDate", json!("2024-01-01T00:00:00Z"), invalid),
        (TENURE, "tenureDate", json!("2999-01-01"), out),
        (AGE, "ageThreshold", json!(null), invalid),
        (AGE, "ageThreshold", json!("18"), invalid),
        (AGE, "ageThreshold", json!(17.5), invalid),
        (AGE, "ageThreshold", json!(-1), out),
        (AGE, "ageThreshold", json!(121), out),
        (AGE, "includeContentLock", json!("true"), invalid),
        (AGE, "includeParentalControl", json!(null), invalid),
        (AGE, "birthdate", json!("22.08.1978"), invalid),
        (AGE, "email", json!("nobody"), invalid),
        (AGE, "idDocument", json!(1), invalid),
        (CHECK, "maxAge", json!(null), invalid),
        (CHECK, "maxAge", json!("240"), invalid),
        (CHECK, "maxAge", json!(1.5), invalid),
        (CHECK, "maxAge", json!(0), out),
        (CHECK, "maxAge", json!(2_401), out),
    ] {
        let answer =
            desk.call(path, MOCK_TOKEN, about(path, PERSONA, json!({member: value}))).await;
        assert_eq!(code(&answer), (400, expected), "{path} {member} {value}");
        assert!(answer.1["message"].as_str().unwrap().contains(member), "{}", answer.1);
        assert_eq!(Contract::of(path).response(path, 400, &answer.1), Ok(()));
    }
    for path in [TENURE, AGE] {
        assert_eq!(
            code(&desk.call(path, MOCK_TOKEN, json!({})).await),
            (400, invalid),
            "what is required is missing"
        );
        assert_eq!(
            desk.call(path, MOCK_TOKEN, about(path, PERSONA, json!({"shoeSize": 44}))).await.0,
            200,
            "unknown members are ignored"
        );
    }
    for threshold in [0, 120] {
        assert_eq!(desk.call(AGE, MOCK_TOKEN, json!({"ageThreshold": threshold})).await.0, 200);
    }
    for hours in [1, 2_400] {
        assert_eq!(desk.call(CHECK, MOCK_TOKEN, json!({"maxAge": hours})).await.0, 200);
    }
}

#[tokio::test]
async fn a_token_opens_what_it_was_asked_for_and_nothing_else() {
    let desk = open().await;
    let scopes =
        ALL.iter().map(|(_, scope)| *scope).chain(["kyc-match:match", "sim-swap", "kyc-tenure"]);
    for scope in scopes {
        let own = desk.token_for("", scope).await;
        for (path, _) in ALL {
            // The short word for the tenure is Telefonica's, and in no contract.
            let opens = Contract::of(path).scopes(path).contains(scope)
                || (scope, path) == ("kyc-tenure", TENURE);
            let status = desk.call(path, &own, whole(path, json!(PERSONA))).await.0;
            assert_eq!(status, if opens { 200 } else { 403 }, "{scope} {path}");
        }
        let matched =
            desk.ask("v0.4", &own, json!({"phoneNumber": PERSONA, "gender": "MALE"})).await.0;
        assert_eq!(matched, if scope == "kyc-match:match" { 200 } else { 403 }, "{scope}");
    }
    let (path, scope) = ALL[0];
    let elsewhere = desk.token_for("scores-off", scope).await;
    assert_eq!(
        desk.call(path, &elsewhere, whole(path, json!(PERSONA))).await.0,
        401,
        "another operator's"
    );
    for (path, _) in ALL {
        assert_eq!(
            desk.call(path, MOCK_TOKEN, whole(path, Value::Null)).await.0,
            200,
            "the published one opens everything"
        );
    }
}

#[tokio::test]
async fn one_client_was_given_the_number_match_only() {
    let desk = open().await;
    let ask = async |rest: &str, values: &[(&str, &str)]| {
        let request = desk.to("", rest).basic_auth("match-only", Some("match-only"));
        let request = request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(crate::encoded(values));
        read(request.send().await.unwrap()).await
    };
    for (_, scope) in ALL {
        let (status, answer) =
            ask("/token", &[("grant_type", "client_credentials"), ("scope", scope)]).await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_scope")));
        let scope = format!("dpv:FraudPreventionAndDetection {scope}");
        let (status, answer) =
            ask("/bc-authorize", &[("login_hint", &format!("tel:{PERSONA}")), ("scope", &scope)])
                .await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_scope")));
    }
    assert_eq!(
        ask("/token", &[("grant_type", "client_credentials"), ("scope", "kyc-match:match")])
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn tenure_is_told_by_the_day() {
    let desk = open().await;
    let ask = async |number: &str, date: &str| {
        desk.call(TENURE, MOCK_TOKEN, json!({"phoneNumber": number, "tenureDate": date})).await.1
    };
    for (number, days, contract) in [
        ("+99900000101", 3_652, json!("PAYM")),
        ("+99900000102", 3, json!("PAYG")),
        ("+99900000103", 0, json!("PAYG")),
        ("+99900000104", 3_652, json!("Business")),
    ] {
        assert_eq!(
            ask(number, &days_ago(days)).await,
            json!({"tenureDateCheck": true, "contractType": contract}),
            "{number}"
        );
        assert_eq!(
            ask(number, &days_ago(days + 1)).await,
            json!({"tenureDateCheck": false, "contractType": contract}),
            "{number}"
        );
    }
    assert_eq!(ask("+99900000105", "2024-01-01").await, json!({"tenureDateCheck": true}));
    assert_eq!(
        ask(PERSONA, "2019-03-01").await,
        json!({"tenureDateCheck": true, "contractType": "PAYM"})
    );
    assert_eq!(ask(PERSONA, "2019-02-28").await["tenureDateCheck"], false);
    for line in desk.get("/control/camara/lines?n=120").await.as_array().unwrap() {
        let number = json!(line["phoneNumber"]);
        let own = desk.token_for("", "kyc-tenure:check-tenure").await;
        let (_, answer) = desk
            .call(TENURE, &own, json!({"phoneNumber": number, "tenureDate": line["since"]}))
            .await;
        assert_eq!(answer["tenureDateCheck"], true, "{line}");
        assert!(
            line["birthdate"].as_str().is_none_or(|born| born < line["since"].as_str().unwrap()),
            "{line}"
        );
    }
}

#[tokio::test]
async fn age_is_told_as_of_today_with_what_was_asked_for() {
    let desk = open().await;
    let ask = async |number: &str, more: Value| {
        desk.call(AGE, MOCK_TOKEN, about(AGE, number, more)).await.1
    };
    let plain = async |number: &str, threshold: i64| {
        desk.call(AGE, MOCK_TOKEN, json!({"phoneNumber": number, "ageThreshold": threshold}))
            .await
            .1["ageCheck"]
            .clone()
    };
    assert_eq!(
        (plain("+99900000201", 18).await, plain("+99900000201", 19).await),
        (json!("true"), json!("false"))
    );
    assert_eq!(
        (plain("+99900000202", 18).await, plain("+99900000202", 17).await),
        (json!("false"), json!("true"))
    );
    assert_eq!(
        (plain("+99900000204", 67).await, plain("+99900000204", 68).await),
        (json!("true"), json!("false"))
    );
    assert_eq!(
        (plain("+99900000205", 0).await, plain(PERSONA, 18).await),
        (json!("not_available"), json!("true"))
    );

    let child = ask("+99900000203", json!({})).await;
    assert_eq!(
        (&child["ageCheck"], &child["contentLock"], &child["parentalControl"]),
        (&json!("false"), &json!("true"), &json!("true"))
    );
    assert_eq!(ask("+99900000206", json!({})).await["verifiedStatus"], false);
    assert_eq!(ask("+99900000207", json!({})).await, json!({"ageCheck": "true"}));
    let unknown = ask("+99900000208", json!({"includeParentalControl": false})).await;
    assert_eq!(
        (&unknown["contentLock"], unknown.get("parentalControl")),
        (&json!("not_available"), None)
    );
    assert!(ask("+99900000209", json!({})).await.get("identityMatchScore").is_none());
    for (threshold, status) in [(17, 400), (18, 200)] {
        assert_eq!(
            desk.call(
                AGE,
                MOCK_TOKEN,
                about(AGE, "+99900000210", json!({"ageThreshold": threshold}))
            )
            .await
            .0,
            status
        );
    }
}

#[tokio::test]
async fn the_overall_score_is_the_mean_of_what_was_given_and_is_on_file() {
    let desk = open().await;
    let at = async |operator: &str, more: Value| {
        let mut body = json!({"ageThreshold": 18});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        read(desk.service(operator, AGE, MOCK_TOKEN).json(&body).send().await.unwrap()).await.1
    };
    let score = async |operator: &str, more: Value| {
        at(operator, more).await.get("identityMatchScore").cloned()
    };
    assert_eq!(score("", json!({})).await, None, "nothing to compare");
    assert_eq!(
        score("", json!({"givenName": "FEDERICA", "birthdate": "1978-08-22"})).await,
        Some(json!(100))
    );
    assert_eq!(
        score("", json!({"givenName": "Federica", "birthdate": "1978-08-23"})).await,
        Some(json!(50))
    );
    assert_eq!(
        score("", json!({"middleNames": "Sanches"})).await,
        Some(json!(94)),
        "as the number match scores it"
    );
    assert_eq!(score("scores-off", json!({"givenName": "Federica"})).await, None);
    assert_eq!(score("some-scores", json!({"givenName": "Federica"})).await, None);
    assert_eq!(
        score("some-scores", json!({"givenName": "Ana", "email": "abc@example.com"})).await,
        Some(json!(100))
    );
    let much = at("talks-too-much", json!({})).await;
    assert_eq!(
        (&much["contentLock"], &much["parentalControl"], &much["tariff"]),
        (&json!("true"), &json!("true"), &json!("unlimited"))
    );
}

#[tokio::test]
async fn a_swap_is_told_by_the_hour() {
    let desk = open().await;
    let check = async |number: &str, hours: i64| {
        desk.call(CHECK, MOCK_TOKEN, json!({"phoneNumber": number, "maxAge": hours})).await.1["swapped"].clone()
    };
    let date =
        async |number: &str| desk.call(DATE, MOCK_TOKEN, json!({"phoneNumber": number})).await.1;
    for (number, hours) in
        [("+99900000301", 3), ("+99900000302", 120), ("+99900000303", 2_000), ("+99900000100", 3)]
    {
        // A moment has passed since the start, so the swap is a little longer ago.
        assert_eq!(
            (check(number, hours).await, check(number, hours + 1).await),
            (json!(false), json!(true)),
            "{number}"
        );
    }
    for number in ["+99900000304", "+99900000305", PERSONA] {
        assert_eq!(check(number, 2_400).await, false, "{number}");
        assert!(date(number).await["latestSimChange"].is_string(), "{number}");
    }
    let usual = desk.call(CHECK, MOCK_TOKEN, json!({"phoneNumber": "+99900000302"})).await.1;
    assert_eq!(usual, json!({"swapped": true}), "240 hours unless something else is said");
    assert!(
        date("+99900000305").await["latestSimChange"]
            .as_str()
            .unwrap()
            .starts_with(&days_ago(3_652)),
        "its activation"
    );
    assert_eq!(date(PERSONA).await, json!({"latestSimChange": "2023-07-03T14:27:08.312+02:00"}));
    assert_eq!(date("+99900000306").await, json!({"latestSimChange": null}));
    assert_eq!(
        date("+99900000307").await,
        json!({"latestSimChange": null, "monitoredPeriod": 120})
    );
    assert_eq!(date("+99900000308").await, json!({"latestSimChange": null, "monitoredPeriod": 30}));
    assert!(date("+99900000309").await.get("monitoredPeriod").is_none(), "there is a date");
    assert!(date("+99900000310").await["latestSimChange"].as_str().unwrap().ends_with("+02:00"));
    assert_eq!(date("+99900000311").await["latestSimChange"].as_str().unwrap().len(), 30);
    for number in ["+99900000308", "+99900000309"] {
        assert_eq!(check(number, 720).await, number.ends_with('9'));
        let answer =
            desk.call(CHECK, MOCK_TOKEN, json!({"phoneNumber": number, "maxAge": 721})).await;
        assert_eq!(code(&answer), (400, "OUT_OF_RANGE"));
        assert_eq!(
            answer.1["message"],
            "Check monitor period could not exceed local regulations (30 days)."
        );
    }
    let new = date("+99900000102").await["latestSimChange"].as_str().unwrap().to_owned();
    assert!(
        new.starts_with(&days_ago(3)) && check("+99900000102", 96).await == true,
        "a new line counts as a swap"
    );
    assert_eq!(check("+99900000330", 2).await, false);
}

#[tokio::test]
async fn failures_pass_or_stay_for_each_service_by_itself() {
    let desk = open().await;
    for (path, _) in ALL {
        let statuses = async |number: &str, times: usize| {
            let mut seen = Vec::new();
            for _ in 0..times {
                seen.push(desk.call(path, MOCK_TOKEN, whole(path, json!(number))).await.0);
            }
            seen
        };
        assert_eq!(statuses("+99900000003", 3).await, [500, 500, 200], "{path}");
        assert_eq!(statuses("+99900000004", 3).await, [503, 503, 200], "{path}");
        assert_eq!(statuses("+99900000006", 2).await, [429, 200], "{path}");
        assert_eq!(statuses("+99900000002", 2).await, [504, 200], "{path}");
        let send = async |number: &str| {
            let request = desk.service("", path, MOCK_TOKEN).header("x-correlator", "mine");
            request.json(&whole(path, json!(number))).send().await.unwrap()
        };
        assert_eq!(send("+99900000007").await.headers()["retry-after"], "2");
        assert!(
            serde_json::from_str::<Value>(&send("+99900000008").await.text().await.unwrap())
                .is_err()
        );
        assert!(send("+99900000009").await.bytes().await.is_err(), "the body must not end well");
        assert!(send("+99900000010").await.text().await.unwrap().starts_with("<!doctype html>"));
        assert_eq!(
            send("+99900000012").await.headers()["x-correlator"],
            "somebody-elses-correlator"
        );
        assert!(!send("+99900000025").await.headers().contains_key("x-correlator"));
        assert_eq!(send(PERSONA).await.headers()["x-correlator"], "mine");
        assert_eq!(
            send("+99900000018").await.headers()["x-correlator"],
            "mine",
            "also with a refusal"
        );
        let bad = desk
            .service("", path, MOCK_TOKEN)
            .header("x-correlator", "with space")
            .json(&whole(path, json!(PERSONA)));
        assert_eq!(code(&read(bad.send().await.unwrap()).await), (400, "INVALID_ARGUMENT"));
    }
    let nothing =
        async |path: &str| desk.call(path, MOCK_TOKEN, whole(path, json!("+99900000015"))).await.1;
    assert_eq!(nothing(AGE).await, json!({"ageCheck": "not_available"}));
    assert_eq!(nothing(DATE).await, json!({"latestSimChange": null}));
}

#[tokio::test]
async fn a_token_that_ends_early_is_replaced() {
    let desk = open().await;
    for (path, scope) in ALL {
        let first = desk.bound_for("+99900000017", scope).await;
        assert_eq!(desk.call(path, &first, whole(path, Value::Null)).await.0, 401);
        assert_eq!(
            desk.call(path, &first, whole(path, Value::Null)).await.0,
            401,
            "that one has ended for good"
        );
        let second = desk.bound_for("+99900000017", scope).await;
        assert_eq!(desk.call(path, &second, whole(path, Value::Null)).await.0, 200);
    }
}

#[tokio::test]
async fn the_slow_operator_counts_all_services_together() {
    let desk = open().await;
    let ask = async |path: &str| {
        desk.service("slow", path, MOCK_TOKEN).json(&whole(path, Value::Null)).send().await.unwrap()
    };
    for (path, _) in ALL {
        assert_eq!(ask(path).await.status(), 200);
    }
    assert_eq!(ask(TENURE).await.status(), 200);
    let limited = ask(CHECK).await;
    assert_eq!(limited.headers()["retry-after"], "1");
    let (status, answer) = read(limited).await;
    assert_eq!(Contract::of(CHECK).response(CHECK, status, &answer), Ok(()));
}

#[tokio::test]
async fn the_control_page_tells_calls_and_the_first_page_numbers() {
    let desk = open().await;
    let body = json!({"phoneNumber": "+99900000301", "maxAge": 24});
    for _ in 0..2 {
        desk.call(CHECK, MOCK_TOKEN, body.clone()).await;
    }
    desk.call(CHECK, MOCK_TOKEN, json!({"phoneNumber": "+99900000005"})).await;
    desk.call(CHECK, "nonsense", body).await;
    let calls = desk.get("/control/camara/calls").await;
    let shown: Vec<_> = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["number"], &one["received"], &one["answered"]))
        .collect();
    assert_eq!(
        shown,
        [
            (&json!("+99900000005"), &json!(1), &json!(0)),
            (&json!("+99900000301"), &json!(2), &json!(2))
        ]
    );
    assert_eq!(
        (&calls[1]["service"], &calls[1]["asked"]),
        (&json!("sim-swap:check"), &json!({"maxAge": 24}))
    );
    desk.post("/control/reset", json!({})).await;
    assert_eq!(desk.get("/control/camara/calls").await, json!([]));

    let page = desk
        .client
        .get(format!("{}/", desk.sandbox.base_url()))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for part in
        [TENURE, AGE, DATE, CHECK, "sim-swap:check", "+99900000100", "+99900000331", "match-only"]
    {
        assert!(page.contains(part), "{part}");
    }
}
