//! What is compared with whom, and the scores.

use serde_json::{Value, json};

use crate::{MOCK_TOKEN, PERSONA, code, open};

#[tokio::test]
async fn the_persona_matches_in_every_attribute_whatever_the_number() {
    let desk = open().await;
    let persona = desk.subscribers().await[0].clone();
    assert_eq!(persona["phoneNumber"], PERSONA);
    for (version, count) in [("v0.2", 19), ("v0.4", 24)] {
        let mut body = persona.clone();
        body["phoneNumber"] = json!("+4930123456");
        let (status, answer) = desk.ask(version, MOCK_TOKEN, body).await;
        assert_eq!(status, 200, "{answer}");
        let results = answer.as_object().unwrap();
        assert_eq!(results.len(), count, "{answer}");
        assert!(results.values().all(|value| value == "true"), "{answer}");
    }
    assert_eq!(
        desk.ask("v0.2", MOCK_TOKEN, json!({"givenName": "federica"})).await,
        (200, json!({"givenNameMatch": "true"}))
    );
}

#[tokio::test]
async fn scores_stand_beside_false_only_and_their_keys_follow_the_version() {
    let desk = open().await;
    let body = json!({
        "name": "Federico Sanchez Arjona", "middleNames": "Sanches", "email": "abd@example.com", "givenName": "FEDERICA",
        "country": "ES", "postalCode": "1028461", "gender": "FEMALE", "birthdate": "1978-08-23", "houseNumberExtension": "V",
    });
    let (_, v02) = desk.ask("v0.2", MOCK_TOKEN, body.clone()).await;
    let expected = json!({
        "nameMatch": "false", "nameMatchScore": 91, "middleNamesMatch": "false", "middleNamesScore": 94, "emailMatch": "false",
        "emailMatchScore": 96, "givenNameMatch": "true", "countryMatch": "false", "postalCodeMatch": "false", "genderMatch": "false",
        "birthdateMatch": "false", "houseNumberExtensionMatch": "false",
    });
    assert_eq!(v02, expected);
    let (_, v04) = desk.ask("v0.4", MOCK_TOKEN, body).await;
    assert_eq!((&v04["middleNamesMatchScore"], v04.get("middleNamesScore")), (&json!(94), None));
    let (_, long) = desk
        .ask("v0.4", MOCK_TOKEN, json!({"address": "tokyo-to chiyoda-ku iidabashi 3-10-1"}))
        .await;
    assert_eq!(long["addressMatchScore"], 99);
}

#[tokio::test]
async fn operators_have_their_own_way_with_scores() {
    let desk = open().await;
    let body = json!({"familyNameAtBirth": "YYYX", "email": "abc@example.net", "familyName": "Sanchez", "locality": "zzzz"});
    let at = async |operator: &str| desk.ask_at(operator, "v0.2", MOCK_TOKEN, body.clone()).await.1;
    let scores = |answer: &Value| {
        let keys = answer.as_object().unwrap().keys().filter(|key| key.ends_with("Score")).cloned();
        keys.collect::<Vec<_>>()
    };
    assert_eq!(
        scores(&at("").await),
        ["emailMatchScore", "familyNameAtBirthMatchScore", "familyNameMatchScore"]
    );
    assert_eq!(scores(&at("scores-off").await), [""; 0]);
    assert_eq!(
        scores(&at("some-scores").await),
        ["emailMatchScore", "familyNameAtBirthMatchScore"]
    );
    let much = at("talks-too-much").await;
    assert_eq!(
        (&much["localityMatch"], &much["localityMatchScore"]),
        (&json!("true"), &json!(100))
    );
    assert_eq!(
        (&much["idDocumentMatch"], &much["nameMatch"], &much["tariffMatch"]),
        (&json!("true"), &json!("true"), &json!("true"))
    );
    assert!(at("").await.get("idDocumentMatch").is_none());
}

#[tokio::test]
async fn every_subscriber_is_found_and_what_is_not_on_file_is_not_available() {
    let desk = open().await;
    let subscribers = desk.subscribers().await;
    let own = desk.own_token("").await;
    assert!(subscribers.len() > 300);
    let mut countries = std::collections::BTreeSet::new();
    for subscriber in subscribers.iter().skip(1).take(60) {
        countries.insert(subscriber["countryOfBirth"].as_str().unwrap_or_default().to_owned());
        let (status, answer) = desk.ask("v0.4", &own, subscriber.clone()).await;
        assert_eq!(status, 200, "{answer}");
        assert!(
            answer.as_object().unwrap().values().all(|value| value == "true"),
            "{subscriber} {answer}"
        );
    }
    assert!(countries.len() >= 8, "{countries:?}");
    let without = subscribers.iter().find(|subscriber| subscriber.get("email").is_none()).unwrap();
    let body = json!({"phoneNumber": without["phoneNumber"], "email": "ana@example.com", "name": "Nobody Of That Name"});
    let (_, answer) = desk.ask("v0.2", &own, body).await;
    assert_eq!(
        (&answer["emailMatch"], answer.get("emailMatchScore"), &answer["nameMatch"]),
        (&json!("not_available"), None, &json!("false"))
    );
    let one = without["phoneNumber"].as_str().unwrap().replace('+', "%2B");
    assert_eq!(
        desk.get(&format!("/control/camara/subscribers?number={one}")).await,
        json!([without])
    );
    assert_eq!(desk.get("/control/camara/subscribers?n=20").await.as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn letters_with_marks_and_kana_compare_as_readers_would() {
    let desk = open().await;
    let own = desk.own_token("").await;
    let subscribers = desk.subscribers().await;
    let marked = subscribers.iter().find(|one| one["locality"] == "Gdańsk").unwrap();
    let ask = async |subscriber: &Value, name: &str, value: &str| {
        let (_, answer) = desk
            .ask("v0.2", &own, json!({"phoneNumber": subscriber["phoneNumber"], name: value}))
            .await;
        answer[format!("{name}Match")].clone()
    };
    assert_eq!(ask(marked, "locality", "GDANSK").await, "true");
    let japanese = subscribers
        .iter()
        .find(|one| one.get("nameKanaZenkaku").is_some() && one.get("nameKanaHankaku").is_some());
    let japanese = japanese.unwrap();
    let (full, half) = (
        japanese["nameKanaZenkaku"].as_str().unwrap(),
        japanese["nameKanaHankaku"].as_str().unwrap(),
    );
    assert_ne!(full, half);
    assert_eq!(ask(japanese, "nameKanaZenkaku", half).await, "true");
    assert_eq!(ask(japanese, "nameKanaHankaku", full).await, "true");
}

#[tokio::test]
async fn the_control_page_counts_what_was_asked_about_whom() {
    let desk = open().await;
    let token = desk.token(PERSONA).await;
    let body = json!({"name": "Ana", "phoneNumber": PERSONA});
    desk.ask("v0.2", &token, body.clone()).await;
    desk.ask("v0.2", &token, json!({"name": "Ana"})).await;
    desk.ask("v0.2", &token, json!({"name": "Bo"})).await;
    desk.ask("v0.2", &token, json!({"gender": "male"})).await;
    desk.ask("v0.2", "nonsense", body).await;
    desk.ask("v0.2", MOCK_TOKEN, json!({"phoneNumber": "+99900000005", "name": "Cy"})).await;
    let matches = desk.get("/control/camara/matches").await;
    let shown: Vec<_> = matches
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["attributes"]["name"], &one["received"], &one["answered"]))
        .collect();
    let (one, two, none) = (json!(1), json!(2), json!(0));
    let (ana, bo, cy) = (json!("Ana"), json!("Bo"), json!("Cy"));
    assert_eq!(shown, [(&ana, &two, &two), (&bo, &one, &one), (&cy, &one, &none)]);
    assert_eq!(
        (&matches[0]["number"], &matches[0]["version"], &matches[0]["operator"]),
        (&json!(PERSONA), &json!("v0.2"), &json!(""))
    );

    let lines = desk.get("/control/requests").await;
    let lines: Vec<_> = lines
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["path"] == "/camara/kyc-match/v0.2/match")
        .collect();
    assert_eq!(
        (lines.len(), &lines[0]["name"], &lines[3]["status"]),
        (6, &json!(PERSONA), &json!(400))
    );
    desk.post("/control/reset", json!({})).await;
    assert_eq!(desk.get("/control/camara/matches").await, json!([]));
    assert_eq!(
        desk.ask("v0.2", &token, json!({"name": "Ana"})).await.0,
        200,
        "tokens outlive a reset"
    );
}

#[tokio::test]
async fn the_slow_operator_takes_five_a_second() {
    let desk = open().await;
    let ask = || async {
        desk.matching("slow", "v0.2", MOCK_TOKEN)
            .json(&json!({"name": "Ana"}))
            .send()
            .await
            .unwrap()
    };
    let all = futures::future::join_all((0..8).map(|_| ask())).await;
    let (fine, refused): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|response| response.status() == 200);
    assert_eq!((fine.len(), refused.len()), (5, 3));
    for response in refused {
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(code(&crate::read(response).await), (429, "TOO_MANY_REQUESTS"));
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    assert_eq!(ask().await.status(), 200);
}

#[tokio::test]
async fn the_first_page_lists_operators_people_and_numbers() {
    let desk = open().await;
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
        ["/camara/op/requires-id", "+99900000017", PERSONA, MOCK_TOKEN, "Federica Sanchez Arjona"]
    {
        assert!(page.contains(part), "{part}");
    }
}
