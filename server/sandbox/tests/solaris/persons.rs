//! Tokens, persons, validation, pages.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bank, Hooks, hasty, support::until, token};

fn fields(answer: &Value) -> Vec<&str> {
    answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["source"]["field"].as_str().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn without_a_token_there_is_nothing() {
    let bank = Bank::open().await;
    for (request, code) in [
        (bank.desk.client.get(bank.url("/v1/persons")), "token_required"),
        (
            bank.desk.client.get(bank.url(&format!("/v1/persons?access_token={}", bank.token))),
            "token_required",
        ),
        (bank.desk.client.get(bank.url("/v1/nowhere")), "token_required"),
        (bank.desk.client.get(bank.url("/v1/persons")).bearer_auth("nonsense"), "invalid_token"),
        (
            bank.desk.client.get(bank.url("/v1/persons")).basic_auth("sandbox", Some("sandbox")),
            "token_required",
        ),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let error = response.json::<Value>().await.unwrap()["errors"][0].clone();
        assert_eq!((&error["code"], &error["status"]), (&json!(code), &json!(401)));
        assert!(error["id"].as_str().unwrap().ends_with("ex"));
    }
    assert_eq!(bank.call(Method::GET, "/v1/nowhere", None).await.status(), 404);
    assert_eq!(bank.call(Method::DELETE, "/v1/persons", None).await.status(), 405);
    assert_eq!(bank.command("tokens/expire", json!({})).await.1["tokens"], 1);
    assert_eq!(bank.call(Method::GET, "/v1/persons", None).await.status(), 401);
}

#[tokio::test]
async fn tokens_are_for_the_client_and_its_form_only() {
    let bank = Bank::open().await;
    let url = bank.url("/oauth2/token");
    let (form, json_type) = ("application/x-www-form-urlencoded", "application/json");
    let granting = "grant_type=client_credentials&scope=partners";
    for (secret, kind, body, status, error) in [
        ("Sandbox", form, granting, 401, "invalid_client"),
        ("sandbox", json_type, granting, 400, "invalid_request"),
        ("sandbox", form, "scope=partners", 400, "invalid_request"),
        ("sandbox", form, "grant_type=password", 400, "unsupported_grant_type"),
        ("sandbox", form, "grant_type=client_credentials&scope=all", 400, "invalid_scope"),
    ] {
        let request = bank
            .desk
            .client
            .post(&url)
            .basic_auth("sandbox", Some(secret))
            .header("content-type", kind);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.json::<Value>().await.unwrap()["error"]),
            (status, &json!(error))
        );
    }
    let bare = bank
        .desk
        .client
        .post(&url)
        .header("content-type", form)
        .body(granting)
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 401);
    let request = bank
        .desk
        .client
        .post(&url)
        .basic_auth("sandbox", Some("sandbox"))
        .header("content-type", format!("{form};charset=UTF-8"));
    let granted: Value =
        request.body("grant_type=client_credentials").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&granted["expires_in"], &granted["token_type"], &granted["scope"]),
        (&json!(3_599), &json!("bearer"), &json!("partners"))
    );
}

#[tokio::test]
async fn a_token_ends() {
    let mut options = hasty();
    options.solaris.token_ms = 200;
    let mut bank = Bank::with(options, "/solaris").await;
    assert_eq!(bank.call(Method::GET, "/v1/persons", None).await.status(), 200);
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    assert_eq!(bank.call(Method::GET, "/v1/persons", None).await.status(), 401);
    bank.token = token(&bank.desk).await;
    assert_eq!(bank.call(Method::GET, "/v1/persons", None).await.status(), 200);
}

#[tokio::test]
async fn several_mistakes_are_told_at_once_and_make_nothing() {
    let bank = Bank::open().await;
    let (status, answer) = bank
        .post(
            "/v1/persons",
            json!({"first_name": "Jane🙂", "birth_date": "11.12.1992", "nationality": "Germany"}),
        )
        .await;
    assert_eq!(
        (status, fields(&answer)),
        (400, vec!["first_name", "birth_date", "nationality", "last_name"])
    );
    let error = &answer["errors"][0];
    assert_eq!(
        (&error["code"], &error["title"], &error["status"]),
        (&json!("invalid_model"), &json!("Invalid Model"), &json!(400))
    );
    assert_eq!(
        error["detail"],
        json!(format!("first_name {}", error["source"]["message"].as_str().unwrap()))
    );

    let (_, answer) = bank
        .post(
            "/v1/persons",
            json!({"first_name": "Jane", "last_name": "Doe", "address": {"country": "US"}}),
        )
        .await;
    let message = "Residency Country is not allowed for this branch,allowed residency country values for branch \"null\" are [\"DE\", \"FR\"]";
    assert_eq!(answer["errors"][0]["source"], json!({"field": "country", "message": message}));
    assert_eq!(answer["errors"][0]["detail"], json!(format!("country {message}")));

    for (body, code) in [
        ("{", "invalid_json"),
        ("[]", "validation_error"),
        ("{\"first_name\":1,\"last_name\":\"Doe\"}", "type_error"),
    ] {
        let request = bank
            .desk
            .client
            .post(bank.url("/v1/persons"))
            .bearer_auth(&bank.token)
            .header("content-type", "application/json");
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(response.json::<Value>().await.unwrap()["errors"][0]["code"], code);
    }
    assert_eq!(bank.get("/v1/persons").await, json!([]));
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let bank = Bank::open().await;
    let (person, other) = (bank.person("Jane", "Doe").await, bank.person("Joe", "Doe").await);
    let id = bank.identification(&person).await;
    for path in [
        "/v1/persons/nobody".to_owned(),
        "/v1/persons/nobody/identifications".to_owned(),
        format!("/v1/persons/{person}/identifications/nothing"),
        format!("/v1/persons/{other}/identifications/{id}"),
        format!("/v1/persons/{other}/identifications/{id}/idnow_attempts"),
        format!("/v1/persons/{person}/identifications/{id}/idnow_legitimation_data"),
        format!("/v1/persons/{person}/documents/nothing"),
        "/v1/webhooks/nothing".to_owned(),
    ] {
        let response = bank.call(Method::GET, &path, None).await;
        assert_eq!(response.status(), 404, "{path}");
        let error = response.json::<Value>().await.unwrap()["errors"][0].clone();
        assert_eq!(error["code"], "model_not_found");
        assert!(
            error["detail"].as_str().unwrap().starts_with("Couldn't find 'Solaris::"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn updates_obey_the_list_and_tell_subscribers() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("PERSON_CHANGED", &hooks).await;
    let person = bank.person("Jane", "Doe").await;
    let path = format!("/v1/persons/{person}");
    let (status, shown) =
        bank.patch(&path, json!({"email": "jane@example.org", "job_title": "Baker", "title": null, "shoe_size": 41})).await;
    assert_eq!(
        (status, &shown["email"], &shown["job_title"]),
        (200, &json!("jane@example.org"), &json!("Baker"))
    );
    until(|| async { hooks.events().len() == 1 }).await;
    let (status, refused) = bank.patch(&path, json!({"email": "doe@example.org"})).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (403, &json!("authorization_required")));
    let (status, refused) = bank.patch(&path, json!({"last_name": "Roe"})).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (403, &json!("unauthorized_action")));
    assert_eq!(
        bank.patch(&path, json!({"job_title": "Cook"})).await.0,
        200,
        "not everything needs a request"
    );
    assert_eq!(
        bank.patch(&path, json!({"email": "jane@example.org"})).await.0,
        200,
        "nothing changes"
    );
    let (status, refused) = bank.patch(&path, json!({"employment_status": "FREELANCER"})).await;
    assert_eq!((status, fields(&refused)), (400, vec!["nace_code"]));
    assert_eq!(
        bank.patch(&path, json!({"employment_status": "FREELANCER", "nace_code": "A 1.1"})).await.0,
        200
    );

    let develop = format!("{path}/update_for_development");
    let (status, shown) = bank
        .patch(
            &develop,
            json!({"birth_city": "Bonn", "aml_follow_up_date": "2020-01-01", "last_name": "Roe"}),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        (&shown["birth_city"], &shown["aml_follow_up_date"], &shown["last_name"]),
        (&json!("Bonn"), &json!("2020-01-01"), &json!("Doe"))
    );
    until(|| async { hooks.events().len() == 4 }).await;
    assert!(
        hooks
            .events()
            .iter()
            .all(|hook| hook.header("solaris-entity-id") == person && hook.raw == b"{}")
    );
}

#[tokio::test]
async fn lists_come_in_pages_in_an_order() {
    let bank = Bank::open().await;
    for name in ["Cem", "Ana", "Bo"] {
        bank.person(name, "Doe").await;
    }
    let names = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| one["first_name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&bank.get("/v1/persons").await), ["Cem", "Ana", "Bo"]);
    let page = bank
        .call(Method::GET, "/v1/persons?page%5Bnumber%5D=2&page%5Bsize%5D=1&sort=first_name", None)
        .await;
    assert_eq!(
        (&page.headers()["total"], &page.headers()["per-page"]),
        (&"3".parse().unwrap(), &"1".parse().unwrap())
    );
    let links = page.headers()["link"].to_str().unwrap().to_owned();
    assert_eq!(names(&page.json().await.unwrap()), ["Bo"]);
    for (rel, number) in [("first", 1), ("prev", 1), ("next", 3), ("last", 3)] {
        let link =
            links.split(", ").find(|link| link.ends_with(&format!("rel=\"{rel}\""))).unwrap();
        let url = link.split(['<', '>']).nth(1).unwrap();
        let followed: Value = bank
            .desk
            .client
            .get(url)
            .bearer_auth(&bank.token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(names(&followed), [["Ana", "Bo", "Cem"][number - 1]], "{rel}");
    }
    let last = bank.call(Method::GET, "/v1/persons?page[number]=3&page[size]=1", None).await;
    assert!(!last.headers()["link"].to_str().unwrap().contains("next"));
    assert_eq!(
        names(&bank.get("/v1/persons?sort=-created_at&page[size]=1000").await),
        ["Bo", "Ana", "Cem"]
    );
    assert_eq!(bank.get("/v1/persons?page[number]=9").await, json!([]));
    for wrong in
        ["page[size]=1001", "page[size]=0", "page[number]=0", "page[number]=x", "sort=colour"]
    {
        assert_eq!(
            bank.call(Method::GET, &format!("/v1/persons?{wrong}"), None).await.status(),
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn identifications_are_indexed_and_checked() {
    let bank = Bank::open().await;
    let (jane, joe) = (bank.person("Jane", "Doe").await, bank.person("Joe", "Doe").await);
    let mut ids = Vec::new();
    for person in [&jane, &joe, &jane] {
        ids.push(bank.identification(person).await);
    }
    let all = bank.get("/v1/identifications").await;
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_eq!((&all[1]["id"], &all[1]["person_id"]), (&json!(ids[1]), &json!(joe)));
    let of_jane = bank.get(&format!("/v1/persons/{jane}/identifications")).await;
    assert_eq!(
        (&of_jane[0]["id"], &of_jane[1]["id"], of_jane.as_array().unwrap().len()),
        (&json!(ids[0]), &json!(ids[2]), 2)
    );
    let (status, refused) = bank
        .post(
            &format!("/v1/persons/{jane}/identifications"),
            json!({"method": "IDNOW", "language": "FR"}),
        )
        .await;
    assert_eq!((status, fields(&refused)), (400, vec!["method", "language"]));

    let (_, french) = bank
        .post(
            "/v1/persons",
            json!({"first_name": "Jean", "last_name": "Dupont", "address": {"country": "FR"}}),
        )
        .await;
    let path = format!("/v1/persons/{}/identifications", french["id"].as_str().unwrap());
    let (status, refused) = bank.post(&path, json!({"method": "idnow"})).await;
    assert_eq!((status, fields(&refused)), (400, vec!["country"]), "for residents of Germany only");
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_token() {
    let bank = Bank::open().await;
    bank.started("Jane", "Doe").await;
    assert_eq!(bank.desk.post("/control/reset", json!({})).await.0, 200);
    assert_eq!(bank.get("/v1/persons").await, json!([]));
    assert_eq!(bank.control("identifications").await, json!([]));
}
