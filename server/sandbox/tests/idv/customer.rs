//! The customer's pages.

use std::time::Duration;

use reqwest::Method;
use sandbox::Options;
use serde_json::{Value, json};

use super::support::{Desk, StateFile, count, quick, receiver, until};

impl Desk {
    async fn page(&self, url: &str) -> (u16, String) {
        let page = self.client.get(url).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    }
}

#[tokio::test]
async fn a_customer_takes_the_pictures_and_comes_back() {
    let desk = Desk::open(quick()).await;
    let (hook, bodies) = receiver().await;
    let form = json!({
        "success_url": "https://desk.example/done?a=1&b=2", "error_url": "https://desk.example/sorry",
        "locale": "de", "callback_url": hook, "workflow_id": 100,
    });
    let (id, url) = desk.link("<b>Jörg</b> Müller", form).await;
    let (status, html) = desk.page(&url).await;
    assert_eq!(status, 200);
    for part in [
        "Sandbox Desk",
        "&lt;b&gt;Jörg",
        "TWN",
        "ID_CARD",
        "C-1",
        "<dd>de</dd>",
        "Take the pictures",
        "Give up",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("<script") && !html.contains("<img"));

    let (_, html) = desk.page(&format!("{url}?pictures=taken&outcome=Test+Idv+Review+501")).await;
    assert!(
        html.contains("value=\"Test Idv Review 501\"")
            && html.contains("/id_back_image\"")
            && !html.contains("/face_image\"")
    );
    let preview = desk.client.get(format!("{url}/id_image")).send().await.unwrap();
    assert_eq!(
        (preview.status().as_u16(), preview.headers()["content-type"].to_str().unwrap()),
        (200, "image/png")
    );
    assert_eq!(desk.idv(id).await["state"], 4, "looking changes nothing");

    let done = desk.form(&url, "action=finish&outcome=Test+Idv+Review+501").await;
    assert_eq!(
        (done.status().as_u16(), done.headers()["location"].to_str().unwrap()),
        (303, "https://desk.example/done?a=1&b=2")
    );
    until(|| async { count(&bodies) == 1 }).await;
    let body = bodies.lock().unwrap()[0].clone();
    assert_eq!((&body["state"], &body["review_reasons"][0]["code"]), (&json!(1), &json!(501)));
    assert_eq!(desk.control_idv(id).await["outcome_name"], "Test Idv Review 501");
}

#[tokio::test]
async fn the_policy_lets_the_browser_go_back_to_the_desk() {
    let desk = Desk::open(quick()).await;
    let (_, url) = desk.link("Ana", json!({})).await;
    let page = desk.client.get(&url).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("form-action http: https:"),
        "{policy}"
    );
}

#[tokio::test]
async fn giving_up_is_a_rejection_without_pictures_or_points() {
    let desk = Desk::open(quick()).await;
    let (hook, bodies) = receiver().await;
    let (id, url) = desk
        .link("Ana", json!({"error_url": "https://desk.example/sorry", "callback_url": hook}))
        .await;
    let gone = desk.form(&url, "action=give+up").await;
    assert_eq!(
        (gone.status().as_u16(), gone.headers()["location"].to_str().unwrap()),
        (303, "https://desk.example/sorry")
    );
    until(|| async { count(&bodies) == 1 }).await;
    let body = desk.idv(id).await;
    assert_eq!(
        (&body["state"], &body["reject_reasons"][0]["code"], &body["id_image_url"]),
        (&json!(2), &json!(702), &Value::Null)
    );
    assert_eq!(desk.control_idv(id).await["points_spent"], 0);
}

#[tokio::test]
async fn a_link_opens_once_and_only_the_right_one() {
    let desk = Desk::open(quick()).await;
    let (id, url) = desk.link("Ana", json!({})).await;
    let (status, html) =
        desk.page(&format!("{}/customer/0123456789abcdef", desk.sandbox.base_url())).await;
    assert_eq!((status, html.contains("not known")), (404, true));
    assert_eq!(desk.form(&url, "action=dance").await.status(), 400);
    let done = desk.form(&url, "action=finish").await;
    assert_eq!(done.status(), 200);
    assert!(done.text().await.unwrap().contains("Thank you"), "there is no address to go back to");
    let (status, html) = desk.page(&url).await;
    assert_eq!((status, html.contains("cannot be used again")), (410, true));
    assert_eq!(
        (
            desk.form(&url, "action=finish").await.status(),
            desk.form(&url, "action=give+up").await.status()
        ),
        (http::StatusCode::GONE, http::StatusCode::GONE)
    );
    assert_eq!(desk.control_idv(id).await["points_spent"], 100, "paid once");
    let other =
        desk.client.post(&url).header("origin", "http://elsewhere.example").send().await.unwrap();
    assert_eq!(other.status(), 403, "another site's page must not");
}

#[tokio::test]
async fn an_apps_token_opens_the_same_page_when_it_is_pasted() {
    let desk = Desk::open(quick()).await;
    let request = json!({"workflow_id": 3, "country": "TWN", "expected_name": "王又曾"});
    let (_, answer) = desk.post("/kryptogo/idv/account", request).await;
    let token = answer["sdk_token"].as_str().unwrap();
    let sdk = format!("{}/customer/sdk", desk.sandbox.base_url());
    assert!(desk.page(&sdk).await.1.contains("SDK token"));
    assert_eq!(desk.form(&sdk, "sdk_token=nonsense").await.status(), 404);
    let opened = desk.form(&sdk, &format!("sdk_token=%20{token}%0A")).await;
    assert_eq!(opened.status(), 303);
    let url =
        format!("{}{}", desk.sandbox.base_url(), opened.headers()["location"].to_str().unwrap());
    assert!(desk.page(&url).await.1.contains("王又曾"));
    assert_eq!(desk.form(&url, "action=finish").await.status(), 200);
    assert_eq!(desk.ended(1).await["state"], 0);
}

#[tokio::test]
async fn a_token_expires_after_its_half_hour() {
    let file = StateFile::new("idv-expired");
    let desk = Desk::open(file.options()).await;
    desk.post("/kryptogo/idv/account", json!({"workflow_id": 3, "country": "TWN"})).await;
    let before = desk.control_idv(1).await;
    let path = before["customer_url"].as_str().unwrap().replace(&desk.sandbox.base_url(), "");
    desk.sandbox.stop().await;
    // Half an hour passes in the file.
    let text = std::fs::read_to_string(&file.0).unwrap();
    let created = before["created_ms"].as_i64().unwrap();
    std::fs::write(
        &file.0,
        text.replace(&created.to_string(), &(created - 31 * 60 * 1_000).to_string()),
    )
    .unwrap();

    let desk = Desk::open(file.options()).await;
    let url = format!("{}{path}", desk.sandbox.base_url());
    let (status, html) = desk.page(&url).await;
    assert_eq!((status, html.contains("expired")), (410, true));
    assert_eq!(desk.form(&url, "action=finish").await.status(), 410);
    assert_eq!(desk.idv(1).await["state"], 4);
}

#[tokio::test]
async fn the_control_plays_the_customer() {
    let desk = Desk::open(Options { step_ms: 60_000, ..quick() }).await;
    let (hook, bodies) = receiver().await;
    let (id, _) = desk.link("Test Idv Reject 407", json!({"callback_url": hook})).await;
    assert_eq!(
        desk.send(Method::POST, &format!("/control/idvs/{id}/complete"), None).await.status(),
        200
    );
    let body = desk.idv(id).await;
    assert_eq!((&body["state"], body["face_image_url"].is_string()), (&json!(2), true));
    until(|| async { count(&bodies) == 1 }).await;
    assert_eq!(desk.control_idv(id).await["points_spent"], 100);
    assert_eq!(
        desk.post(&format!("/control/idvs/{id}/complete"), json!({})).await.0,
        200,
        "again changes nothing"
    );
    assert_eq!(count(&bodies), 1);
}

#[tokio::test]
async fn an_end_that_is_called_for_takes_the_place_of_the_later_one() {
    let desk = Desk::open(Options { step_ms: 150, ..quick() }).await;
    let (hook, bodies) = receiver().await;
    let (id, _) = desk.link("Ana", json!({"callback_url": hook})).await;
    desk.post(&format!("/control/idvs/{id}/complete"), json!({})).await;
    until(|| async { count(&bodies) == 1 }).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(count(&bodies), 1);
}
