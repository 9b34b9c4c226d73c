//! Requests, answers, states, points, tasks that follow, and what survives a restart.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use sandbox::Options;
use serde_json::{Value, json};

use super::{
    link, now_ms,
    support::{Desk, StateFile, count, quick, receiver, until},
    upload, with,
};

#[tokio::test]
async fn an_upload_is_pending_and_then_accepted() {
    let desk = Desk::open(Options { step_ms: 300, ..quick() }).await;
    let (status, answer) = desk.post("/kryptogo/idv", upload("王又曾", json!({}))).await;
    assert_eq!((status, &answer["idv_task_id"]), (200, &json!(1)));
    assert!((answer["timestamp"].as_i64().unwrap() - now_ms() / 1_000).abs() < 5, "{answer}");

    let pending = desk.idv(1).await;
    assert_eq!(
        (&pending["state"], &pending["full_name"], &pending["birthday"]),
        (&json!(3), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&pending["expected_name"], &pending["expected_country"]),
        (&json!("王又曾"), &json!("TWN"))
    );
    let ended = desk.ended(1).await;
    assert_eq!(
        (&ended["state"], &ended["first_name"], &ended["last_name"]),
        (&json!(0), &json!("又曾"), &json!("王"))
    );
    assert_eq!(
        (&ended["birthday"], &ended["id_number"]),
        (&json!("1990-06-11"), &json!("A123456789"))
    );
    assert_eq!(
        (&ended["audit_status"], &ended["audit_timestamp"]),
        (&json!("Pending"), &Value::Null)
    );
}

#[tokio::test]
async fn without_the_key_or_with_a_wrong_number_there_is_nothing() {
    let desk = Desk::open(quick()).await;
    let id = desk.upload("Ana", json!({})).await;
    for (method, path) in [
        (Method::POST, "/idv"),
        (Method::POST, "/idv/init"),
        (Method::POST, "/idv/account"),
        (Method::GET, "/idv/1"),
    ] {
        let bare = desk
            .client
            .request(method, format!("{}/kryptogo{path}", desk.sandbox.base_url()))
            .send()
            .await
            .unwrap();
        assert_eq!(bare.status(), 401, "{path}");
    }
    for (path, status) in [
        (format!("/kryptogo/idv/{}", id + 1), 404),
        ("/kryptogo/idv/abc".into(), 400),
        ("/kryptogo/idv/0".into(), 404),
    ] {
        let answer = desk.send(Method::GET, &path, None).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], status);
    }
    assert_eq!(desk.send(Method::DELETE, "/kryptogo/idv/1", None).await.status(), 405);
}

/// Each rule has its own test beside the code; here each endpoint refuses, in the provider's shape.
#[tokio::test]
async fn mistakes_are_refused_make_nothing_and_cost_nothing() {
    let desk = Desk::open(Options { points: 100, ..quick() }).await;
    for (path, body, words) in [
        ("/idv", upload("Ana", json!({"id_back_image": null})), "id_back_image is required"),
        (
            "/idv",
            upload("Ana", json!({"face_mime_type": "image/png"})),
            "face_image is not image/png",
        ),
        ("/idv", json!([]), "object"),
        ("/idv/init", link("Ana", json!({"success_url": "http://localhost/"})), "success_url"),
        ("/idv/init", link("Ana", json!({"workflow_id": null})), "workflow_id is required"),
        ("/idv/account", json!({"workflow_id": 3}), "country is required"),
    ] {
        let (status, answer) = desk.post(&format!("/kryptogo{path}"), body).await;
        assert_eq!((status, &answer["code"]), (400, &json!(400)), "{words}");
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(desk.get("/control/idvs").await, json!([]));
    desk.upload("Ana", json!({})).await;
}

#[tokio::test]
async fn a_link_and_an_app_wait_for_the_customer() {
    let desk = Desk::open(quick()).await;
    let (status, answer) =
        desk.post("/kryptogo/idv/init", link("Ana", json!({"locale": "zh-HK"}))).await;
    assert_eq!(
        (status, answer.as_object().unwrap().len(), &answer["idv_task_id"]),
        (200, 3, &json!(1))
    );
    let timestamp = answer["timestamp"].as_str().expect("text, although the page says number");
    assert!(
        timestamp.len() == 20 && timestamp.ends_with('Z') && timestamp.contains('T'),
        "{timestamp}"
    );
    assert!(
        answer["url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}/customer/", desk.sandbox.base_url()))
    );

    let (status, answer) = desk
        .post(
            "/kryptogo/idv/account",
            json!({"workflow_id": 3, "country": "TWN", "customer_reference": "C-2"}),
        )
        .await;
    assert_eq!(
        (status, answer.as_object().unwrap().len(), &answer["idv_task_id"]),
        (200, 3, &json!(2))
    );
    let timestamp = answer["timestamp"].as_i64().expect("a number");
    let parts: Vec<_> = answer["sdk_token"]
        .as_str()
        .unwrap()
        .split('.')
        .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
        .collect();
    let json = |part: &[u8]| serde_json::from_slice::<Value>(part).unwrap();
    assert_eq!((parts.len(), &json(&parts[0])["alg"], parts[2].len()), (3, &json!("HS512"), 64));
    let payload = json(&parts[1]);
    assert_eq!((&payload["iat"], &payload["exp"]), (&json!(timestamp), &json!(timestamp + 1_800)));

    for id in [1, 2] {
        let body = desk.idv(id).await;
        assert_eq!(
            (&body["state"], &body["id_type"], &body["id_image_url"]),
            (&json!(4), &json!("ID_CARD"), &Value::Null)
        );
    }
    let sumsub = json!({"country": "DEU", "customer_reference": "C-3"});
    assert_eq!(desk.post("/kryptogo/idv/init", sumsub).await.0, 200);
    assert_eq!(desk.idv(3).await["id_type"], Value::Null);
    assert_eq!(
        desk.post("/control/idvs/3/complete", json!({})).await,
        (200, json!({"idv_task_id": 3, "state": 0}))
    );
    assert_eq!(desk.idv(3).await["id_type"], "ID_CARD");
}

#[tokio::test]
async fn each_fifth_number_is_text_in_the_document_and_a_number_in_the_answer() {
    let desk = Desk::open(quick()).await;
    for expected in 1..=6 {
        assert_eq!(desk.link("Ana", json!({})).await.0, expected);
        let shown = desk.idv(expected).await["idv_task_id"].clone();
        assert_eq!(shown, if expected == 5 { json!("5") } else { json!(expected) });
    }
}

#[tokio::test]
async fn points_are_spent_when_the_pictures_come() {
    let desk = Desk::open(Options { points: 500, ..quick() }).await;
    for (path, body) in [
        ("/kryptogo/idv/init", link("Ana", json!({}))),
        ("/kryptogo/idv/account", json!({"workflow_id": 3, "country": "TWN"})),
    ] {
        let (status, answer) = desk.post(path, body).await;
        assert_eq!(status, 402, "exactly 500 are not more than 500");
        assert!(answer["message"].as_str().unwrap().contains("More than 500 points"), "{answer}");
    }
    desk.post("/control/points", json!({"points": 501})).await;
    let (id, url) = desk.link("Ana", json!({})).await;
    let (second, _) = desk.link("Ana", json!({})).await;
    assert_eq!(desk.control_idv(id).await["points_spent"], 0);
    assert_eq!(desk.form(&url, "action=finish").await.status(), 200);
    assert_eq!(
        (
            &desk.control_idv(id).await["points_spent"],
            &desk.control_idv(second).await["points_spent"]
        ),
        (&json!(100), &json!(0))
    );
    assert_eq!(
        desk.post("/kryptogo/idv/init", link("Ana", json!({}))).await.0,
        402,
        "401 are left"
    );

    desk.post("/control/points", json!({"points": 199})).await;
    desk.upload("Ana", json!({})).await;
    assert_eq!(desk.post("/kryptogo/idv", upload("Ana", json!({}))).await.0, 402, "99 are left");
}

#[tokio::test]
async fn the_callback_is_the_document() {
    let desk = Desk::open(quick()).await;
    let (url, bodies) = receiver().await;
    let id = desk
        .upload(
            "Jörg Müller",
            json!({"callback_url": url, "country": "DEU", "id_type": "PASSPORT"}),
        )
        .await;
    until(|| async { count(&bodies) == 1 }).await;
    let sent = bodies.lock().unwrap()[0].clone();
    assert_eq!(sent, desk.idv(id).await);
    until(|| async { desk.control_idv(id).await["callbacks"] == 1 }).await;
}

#[tokio::test]
async fn an_accepted_one_gets_its_task_and_others_do_not() {
    let desk = Desk::open(quick()).await;
    let (url, bodies) = receiver().await;
    let wish = json!({"auto_create_dd_task": true, "dd_task_search_setting_id": 2, "dd_task_callback_url": url});
    let review = desk.upload("Test Idv Review 400", wish.clone()).await;
    let id = desk.upload("王又曾", wish).await;
    let ended = desk.ended(id).await;
    let task = ended["created_search_task_id"].as_i64().expect("a task");
    assert_eq!(
        (&ended["dd_tasks"][0]["id"], &ended["dd_tasks"][0]["audit_status"]),
        (&json!(task), &json!(0))
    );
    assert!(ended["dd_tasks"][0]["creation_timestamp"].is_i64());
    let none = desk.ended(review).await;
    assert_eq!(
        (&none["state"], &none["created_search_task_id"], &none["dd_tasks"]),
        (&json!(1), &Value::Null, &json!([]))
    );

    let detail = desk.get(&format!("/kryptogo/task/{task}")).await;
    assert_eq!(
        (&detail["from_idv_id"], &detail["customer_reference"]),
        (&json!(id), &json!("C-1"))
    );
    assert_eq!(
        detail["target"],
        json!({"type": 1, "name": "王又曾", "birthday": "1990-06-11", "citizenship": "TWN"})
    );
    assert_eq!(detail["search_setting"]["mode"], 2);
    until(|| async { count(&bodies) == 1 }).await;
    assert_eq!(bodies.lock().unwrap()[0]["task_id"], task);
    desk.post(
        &format!("/kryptogo/task/{task}/accepted"),
        json!({"accepted": false, "comment": "no"}),
    )
    .await;
    assert_eq!(desk.idv(id).await["dd_tasks"][0]["audit_status"], 2);
    assert_eq!(
        desk.get("/control/tasks").await.as_array().unwrap().len(),
        1,
        "one, however often it is read"
    );
}

#[tokio::test]
async fn its_task_is_made_although_nobody_looks() {
    let desk = Desk::open(Options { step_ms: 100, ..quick() }).await;
    let (url, bodies) = receiver().await;
    desk.upload("Ana", json!({"auto_create_dd_task": true, "dd_task_search_setting_id": 1, "dd_task_callback_url": url})).await;
    until(|| async { count(&bodies) == 1 }).await;
}

#[tokio::test]
async fn a_task_that_follows_an_idv_gets_its_data() {
    let desk = Desk::open(quick()).await;
    let (url, bodies) = receiver().await;
    let with_url =
        desk.upload("Ana", json!({"callback_url": url, "customer_reference": "C-7"})).await;
    let without_url = desk.upload("Ana", json!({"customer_reference": null})).await;
    desk.ended(with_url).await;
    let task = |idv: i64| {
        json!([{
            "search_setting_id": 1, "search_source": [0], "from_idv_id": idv, "customer_reference": "other", "callback_url": "http://127.0.0.1:1/own",
            "target": {"type": 1, "name": "Ana", "birthday": "1970-01-01", "citizenship": "DEU"},
        }])
    };
    let detail = async |idv: i64| {
        let (status, answer) = desk.post("/kryptogo/task", task(idv)).await;
        assert_eq!(status, 200, "{answer}");
        desk.get(&format!("/kryptogo/task/{}", answer[0]["task_id"])).await
    };
    let copied = detail(with_url).await;
    assert_eq!(
        (&copied["target"]["birthday"], &copied["target"]["citizenship"]),
        (&json!("1990-06-11"), &json!("TWN"))
    );
    assert_eq!(
        (&copied["customer_reference"], &copied["callback_url"], &copied["from_idv_id"]),
        (&json!("C-7"), &json!(url), &json!(with_url))
    );
    until(|| async { count(&bodies) == 2 }).await;
    assert_eq!(desk.idv(with_url).await["dd_tasks"][0]["id"], copied["task_id"]);

    let copied = detail(without_url).await;
    assert_eq!(
        (&copied["customer_reference"], &copied["callback_url"]),
        (&Value::Null, &json!("http://127.0.0.1:1/own"))
    );
    let (status, answer) = desk.post("/kryptogo/task", task(99)).await;
    assert_eq!(
        (status, answer["message"].as_str().unwrap()),
        (400, "Task 0: from_idv_id 99 does not exist.")
    );
}

#[tokio::test]
async fn large_pictures_are_taken_where_they_belong() {
    use base64::engine::general_purpose::STANDARD;
    let desk = Desk::open(quick()).await;
    let mut large = STANDARD.decode(super::specimen("face")).unwrap();
    large.resize(5 * 1024 * 1024, 0);
    let text = STANDARD.encode(&large);
    let id = desk.upload("Ana", json!({"face_image": text, "id_and_face_image": text})).await;
    assert_eq!(desk.control_idv(id).await["images"]["id_and_face_image"]["bytes"], large.len());
    assert_eq!(
        desk.post("/kryptogo/idv/init", with(link("Ana", json!({})), json!({"padding": text})))
            .await
            .0,
        413
    );
}

#[tokio::test]
async fn verifications_survive_a_restart_without_their_bytes() {
    let file = StateFile::new("idv-restart");
    let (url, bodies) = receiver().await;
    let desk = Desk::open(file.options()).await;
    let ended = desk
        .upload("Ana", json!({"auto_create_dd_task": true, "dd_task_search_setting_id": 1}))
        .await;
    let before = desk.ended(ended).await;
    let late = desk.upload("Test Callback Late", json!({"callback_url": url})).await;
    let (waiting, page) = desk.link("Bo", json!({})).await;
    desk.sandbox.stop().await;
    let text = std::fs::read_to_string(&file.0).unwrap();
    assert!(!text.contains(&super::specimen("face")[..60]) && text.contains("sha256"));

    let desk = Desk::open(file.options()).await;
    let after = desk.idv(ended).await;
    assert_eq!(
        (&after["full_name"], &after["created_search_task_id"]),
        (&before["full_name"], &before["created_search_task_id"])
    );
    until(|| async { count(&bodies) == 1 }).await;
    assert_eq!(bodies.lock().unwrap()[0]["idv_task_id"], late);
    let picture = page_of(&desk, after["id_image_url"].as_str().unwrap()).await;
    let picture = desk.client.get(picture).send().await.unwrap();
    assert_eq!(
        (picture.status().as_u16(), picture.headers()["content-type"].to_str().unwrap()),
        (200, "image/png")
    );
    assert_ne!(picture.bytes().await.unwrap().len(), 0);
    let page = page_of(&desk, &page).await;
    assert_eq!(desk.form(&page, "action=finish").await.status(), 200);
    assert_eq!(desk.ended(waiting).await["state"], 0);
    assert_eq!(desk.link("Cy", json!({})).await.0, waiting + 1);
}

/// The same path at the port of this run.
async fn page_of(desk: &Desk, url: &str) -> String {
    let path = url.splitn(4, '/').nth(3).unwrap();
    format!("{}/{path}", desk.sandbox.base_url())
}

#[tokio::test]
async fn a_state_file_from_before_id_verification_still_loads() {
    let file = StateFile::new("idv-old");
    let old = json!({"version": 1, "kryptogo": {
        "next_id": 1_001, "next_owed": 1, "points": 700, "tasks": {}, "creations": {},
        "owed": [{"id": 1, "task_id": 1_000, "due_ms": 0, "pretend": null}],
    }});
    std::fs::write(&file.0, old.to_string()).unwrap();
    let desk = Desk::open(file.options()).await;
    assert_eq!(desk.get("/control/idvs").await, json!([]));
    assert_eq!(desk.upload("Ana", json!({})).await, 1);
}

#[tokio::test]
async fn a_reset_forgets_them_and_their_numbers_go_on() {
    let desk = Desk::open(quick()).await;
    let id = desk.upload("Ana", json!({})).await;
    assert_eq!(desk.post("/control/reset", json!({})).await.0, 200);
    assert_eq!(desk.get("/control/idvs").await, json!([]));
    assert_eq!(desk.send(Method::GET, &format!("/kryptogo/idv/{id}"), None).await.status(), 404);
    assert_eq!(desk.upload("Ana", json!({})).await, id + 1);
}

#[tokio::test]
async fn the_control_shows_what_was_received_and_how_often() {
    let desk = Desk::open(quick()).await;
    desk.upload("Ana", json!({})).await;
    let id = desk.upload("Ana", json!({})).await;
    desk.link("Ana", json!({})).await;
    let idv = desk.control_idv(id).await;
    assert_eq!(
        (&idv["provider"], &idv["way"], &idv["name"], &idv["creates"]),
        (&json!("kryptogo"), &json!("upload"), &json!("Ana"), &json!(2))
    );
    let face = &idv["images"]["face_image"];
    assert_eq!(
        (&face["mime_type"], &face["canary"], &face["width"]),
        (&json!("image/jpeg"), &json!(true), &json!(800))
    );
    assert_eq!(face["sha256"].as_str().unwrap().len(), 64);
    assert_eq!((idv["images"].as_object().unwrap().len(), &idv["customer_url"]), (3, &Value::Null));
    let newest = desk.get("/control/idvs").await[0].clone();
    assert_eq!(
        (&newest["way"], &newest["creates"], &newest["state"]),
        (&json!("link"), &json!(1), &json!(4))
    );
    assert!(newest["customer_url"].is_string());
}

#[tokio::test]
async fn staff_looks_at_a_result_that_is_there() {
    let desk = Desk::open(quick()).await;
    let (id, _) = desk.link("Ana", json!({})).await;
    let audit = format!("/control/idvs/{id}/audit");
    assert_eq!(desk.post(&audit, json!({"accepted": true})).await.0, 400, "there is no result");
    desk.post(&format!("/control/idvs/{id}/complete"), json!({})).await;
    assert_eq!(desk.post(&audit, json!({"accepted": false})).await.0, 200);
    let body = desk.idv(id).await;
    assert_eq!(
        (
            &body["audit_status"],
            body["audit_timestamp"].is_i64(),
            body["auditor_employee_account"].is_string()
        ),
        (&json!("Rejected"), true, true)
    );
    assert_eq!(desk.post("/control/idvs/99/audit", json!({"accepted": true})).await.0, 404);
    assert_eq!(desk.post("/control/idvs/99/complete", json!({})).await.0, 404);
}

#[tokio::test]
async fn the_first_page_lists_them_with_their_triggers_and_buttons() {
    let desk = Desk::open(Options { step_ms: 60_000, ..quick() }).await;
    let (_, url) = desk.link("<script>alert(1)</script>", json!({})).await;
    let id = desk.upload("Test Idv Review 501", json!({})).await;
    let html = desk.send(Method::GET, "/", None).await.text().await.unwrap();
    let complete = format!("/control/idvs/{id}/complete");
    for part in [
        "Test Idv Image Bomb",
        "Test Idv Review &lt;code&gt;",
        "&lt;script&gt;",
        "/specimens",
        &url,
        &complete,
        "pending",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("<script"));
    let done = desk.form(&format!("{}{complete}", desk.sandbox.base_url()), "").await;
    assert_eq!(
        (done.status().as_u16(), done.headers()["location"].to_str().unwrap()),
        (303, &*format!("/#idv-{id}"))
    );
    let html = desk.send(Method::GET, "/", None).await.text().await.unwrap();
    assert!(html.contains("review 501"), "the state with its code");
}

#[tokio::test]
async fn the_log_knows_requests_and_names() {
    let desk = Desk::open(quick()).await;
    let id = desk.upload("Ana", json!({})).await;
    let body = desk.idv(id).await;
    desk.client.get(body["face_image_url"].as_str().unwrap()).send().await.unwrap();
    let log = desk.get("/control/requests").await;
    let lines: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["path"].as_str().unwrap(), line["name"].as_str()))
        .collect();
    assert_eq!(
        (lines[0], lines[1]),
        (("/kryptogo/idv", Some("Ana")), ("/kryptogo/idv/1", Some("Ana")))
    );
    assert!(lines[2].0.starts_with("/kryptogo/files/") && lines[2].1 == Some("Ana"));
}
