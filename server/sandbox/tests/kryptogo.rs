//! Speaks KryptoGO's HTTP to a sandbox that runs in this process: due diligence tasks.

mod support;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, routing::post};
use reqwest::Method;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use support::{ANYWHERE, Bodies, Desk, StateFile, count, quick, receiver, until};

impl Desk {
    async fn create(&self, name: &str) -> i64 {
        let (status, answer) = self.post("/kryptogo/task", task(name, json!({}))).await;
        assert_eq!(status, 200, "{answer}");
        answer[0]["task_id"].as_i64().unwrap()
    }

    /// Creates a task and waits until it is complete.
    async fn complete(&self, name: &str) -> i64 {
        let id = self.create(name).await;
        until(|| async { self.control(id).await["progress"] == 100 }).await;
        id
    }

    /// The task as the control page's JSON shows it.
    async fn control(&self, id: i64) -> Value {
        let tasks = self.get("/control/tasks").await;
        tasks
            .as_array()
            .unwrap()
            .iter()
            .find(|task| task["task_id"] == id)
            .cloned()
            .unwrap_or_default()
    }

    async fn accept(&self, id: i64) -> u16 {
        self.post(
            &format!("/kryptogo/task/{id}/accepted"),
            json!({"accepted": true, "comment": "fine"}),
        )
        .await
        .0
    }
}

fn task(name: &str, more: Value) -> Value {
    let mut task = json!({
        "search_setting_id": 1,
        "target": {"type": 1, "name": name, "birthday": "1990-06-21", "citizenship": "TWN"},
        "search_source": [0, 1, 2, 3, 4],
        "customer_reference": "C-1",
    });
    for (key, value) in more.as_object().unwrap() {
        task[key] = value.clone();
    }
    json!([task])
}

fn progresses(bodies: &Bodies) -> Vec<Value> {
    bodies.lock().unwrap().iter().map(|body| body["progress"].clone()).collect()
}

#[tokio::test]
async fn without_the_key_there_is_nothing() {
    let desk = Desk::open(quick()).await;
    for path in ["/kryptogo/tasks?page_size=1&page_number=1", "/kryptogo/nowhere"] {
        let url = format!("{}{path}", desk.sandbox.base_url());
        let bare = desk.client.get(&url).send().await.unwrap();
        assert_eq!(bare.status(), 401);
        assert_eq!(bare.json::<Value>().await.unwrap()["code"], 401);
        assert_eq!(
            desk.client
                .get(&url)
                .header("GOFACT-API-TOKEN", "Sandbox")
                .send()
                .await
                .unwrap()
                .status(),
            401
        );
    }
    let unknown = desk.send(Method::GET, "/kryptogo/nowhere", None).await;
    assert_eq!(
        (unknown.status().as_u16(), unknown.json::<Value>().await.unwrap()["code"].clone()),
        (404, json!(404))
    );
    assert_eq!(desk.send(Method::DELETE, "/kryptogo/tasks", None).await.status(), 405);
}

#[tokio::test]
async fn a_task_grows_and_then_tells_what_was_found() {
    let desk = Desk::open(Options { step_ms: 150, ..quick() }).await;
    let id = desk.create("王又曾").await;
    let early = desk.get(&format!("/kryptogo/task/{id}/summary")).await;
    assert!(early["progress"].as_i64().unwrap() < 100, "{early}");
    assert_eq!((&early["report"], &early["metadata"]), (&Value::Null, &json!([])));
    assert_eq!(desk.accept(id).await, 400, "nobody decides what is not complete");
    until(|| async { desk.control(id).await["progress"] == 100 }).await;

    let summary = desk.get(&format!("/kryptogo/task/{id}/summary")).await;
    assert_eq!(summary["report"]["potential_risk"], 100);
    assert_eq!(summary["report"]["accepted"], Value::Null);
    assert_eq!(
        (&summary["task_origin"], &summary["customer_reference"]),
        (&json!(2), &json!("C-1"))
    );
    let detail = desk.get(&format!("/kryptogo/task/{id}")).await;
    assert_eq!(detail, desk.get(&format!("/kryptogo/task/{id}/detail")).await);
    assert_eq!(
        (&detail["sanction_matched"], &detail["completed_source"]),
        (&json!(true), &json!(5))
    );
    assert_eq!((&detail["metadata"], &detail["callback_url"]), (&json!({}), &Value::Null));
    assert_eq!(detail["search_source"], json!([0, 1, 2, 3, 4]));
    let hit = &detail["result"]["sanction_list"];
    assert_eq!(
        (&hit["status"], &hit["count"], &hit["items"][0]["score"]),
        (&json!("done"), &json!(1), &json!(100))
    );
    assert_eq!(desk.send(Method::GET, "/kryptogo/task/1/summary", None).await.status(), 404);
}

#[tokio::test]
async fn mistakes_in_a_creation_are_refused_and_make_nothing() {
    let desk = Desk::open(quick()).await;
    for body in [
        json!({}),
        json!([]),
        task(" ", json!({})),
        task("Ana", json!({"search_setting_id": 9})),
        json!([task("Ana", json!({}))[0], {"search_setting_id": 1}]),
    ] {
        let (status, answer) = desk.post("/kryptogo/task", body.clone()).await;
        assert_eq!((status, &answer["code"]), (400, &json!(400)), "{body}");
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    assert_eq!(desk.get("/control/tasks").await, json!([]));
}

#[tokio::test]
async fn points_run_out() {
    let desk = Desk::open(Options { points: 25, ..quick() }).await;
    let two = json!([task("Ana", json!({}))[0], task("Bo", json!({}))[0]]);
    let (status, answer) = desk.post("/kryptogo/task", two.clone()).await;
    assert_eq!((status, answer.as_array().unwrap().len()), (200, 2));
    assert_eq!(desk.post("/kryptogo/task", task("Cy", json!({}))).await.0, 402);
    assert_eq!(desk.post("/control/points", json!({"points": 10})).await.0, 200);
    assert_eq!(desk.post("/kryptogo/task", two).await.0, 402, "all or none");
    assert_eq!(desk.post("/kryptogo/task", task("Cy", json!({}))).await.0, 200);
}

#[tokio::test]
async fn a_decision_is_final() {
    let desk = Desk::open(quick()).await;
    let id = desk.complete("Ana").await;
    let path = format!("/kryptogo/task/{id}/accepted");
    for body in [json!({"accepted": true}), json!({"accepted": 1, "comment": "x"}), json!([])] {
        assert_eq!(desk.post(&path, body).await.0, 400);
    }
    let body = json!({"accepted": false, "comment": "no"});
    assert_eq!(
        desk.post(&path, body.clone()).await,
        (200, json!({"task_id": id, "accepted": false, "comment": "no"}))
    );
    assert_eq!(desk.post(&path, body).await.0, 409);
    assert_eq!(desk.accept(id).await, 409);
    let detail = desk.get(&format!("/kryptogo/task/{id}")).await;
    assert_eq!((&detail["audit_status"], &detail["comment"]), (&json!(2), &json!("no")));
    assert_eq!(detail["comment_logs"][0]["comment"], "no");
    assert_eq!(
        (&desk.control(id).await["effects"], &desk.control(id).await["decided_by"]),
        (&json!(1), &json!("api"))
    );
}

#[tokio::test]
async fn metadata_is_an_array_in_the_summary_and_an_object_in_the_details() {
    let desk = Desk::open(quick()).await;
    let id = desk.create("Ana").await;
    let path = format!("/kryptogo/task/{id}/metadata");
    let set = async |body| desk.send(Method::PUT, &path, Some(body)).await;
    let answer = set(json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"code": 0}));
    set(json!([{"key": "b", "value": "3"}])).await;
    let summary = desk.get(&format!("/kryptogo/task/{id}/summary")).await;
    assert_eq!(
        summary["metadata"],
        json!([{"key": "a", "value": "1"}, {"key": "b", "value": "3"}])
    );
    assert_eq!(
        desk.get(&format!("/kryptogo/task/{id}")).await["metadata"],
        json!({"a": "1", "b": "3"})
    );
    assert_eq!(set(json!({"a": "1"})).await.status(), 400);
}

#[tokio::test]
async fn the_history_comes_in_pages_newest_first() {
    let desk = Desk::open(quick()).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(desk.create(name).await);
    }
    desk.post("/kryptogo/task", task("D", json!({"customer_reference": "C-2"}))).await;
    let page = desk.get("/kryptogo/tasks?page_size=2&page_number=1&customer_reference=C-1").await;
    let shown: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["task_id"].as_i64().unwrap())
        .collect();
    assert_eq!(shown, [ids[2], ids[1]]);
    assert_eq!(
        page["paging"],
        json!({"page_size": 2, "page_number": 1, "total_count": 3, "total_pages": 2})
    );
    assert_eq!(desk.get("/kryptogo/tasks?page_size=2&page_number=3").await["data"], json!([]));
    for query in ["", "?page_size=2", "?page_size=0&page_number=1", "?page_size=x&page_number=1"] {
        assert_eq!(
            desk.send(Method::GET, &format!("/kryptogo/tasks{query}"), None).await.status(),
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn callbacks_tell_of_the_completion_and_of_the_decision() {
    let desk = Desk::open(quick()).await;
    let (url, bodies) = receiver().await;
    desk.post("/kryptogo/task", task("Ana", json!({"callback_url": url}))).await;
    until(|| async { count(&bodies) == 1 }).await;
    let first = bodies.lock().unwrap()[0].clone();
    let id = first["task_id"].as_i64().unwrap();
    assert_eq!((&first["progress"], &first["report"]["accepted"]), (&json!(100), &Value::Null));
    assert_eq!(desk.accept(id).await, 200);
    until(|| async { count(&bodies) == 2 }).await;
    assert_eq!(bodies.lock().unwrap()[1]["report"]["accepted"], true);
    until(|| async { desk.control(id).await["callbacks"] == 2 }).await;
}

#[tokio::test]
async fn a_callback_that_fails_is_tried_again() {
    let desk = Desk::open(quick()).await;
    let tries = Arc::new(Mutex::new(0));
    let listener = tokio::net::TcpListener::bind(ANYWHERE).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let counted = tries.clone();
    let refuse_first = move || async move {
        let mut tries = counted.lock().unwrap();
        *tries += 1;
        if *tries == 1 { http::StatusCode::BAD_GATEWAY } else { http::StatusCode::NO_CONTENT }
    };
    tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/", post(refuse_first))).await
    });
    desk.post("/kryptogo/task", task("Ana", json!({"callback_url": url}))).await;
    until(|| async { desk.get("/control/tasks").await[0]["callbacks"] == 1 }).await;
    assert_eq!(*tries.lock().unwrap(), 2);
}

#[tokio::test]
async fn names_ask_for_strange_callbacks() {
    let desk = Desk::open(quick()).await;
    for (name, expected) in [
        ("Test Callback Duplicate", vec![json!(100); 5]),
        ("test callback out of order", vec![json!(100), json!(40)]),
        ("Test Callback Early", vec![json!(0), json!(100)]),
    ] {
        let (url, bodies) = receiver().await;
        desk.post("/kryptogo/task", task(name, json!({"callback_url": url}))).await;
        if name == "Test Callback Early" {
            assert_eq!(progresses(&bodies).first(), Some(&json!(0)), "it came before the answer");
        }
        until(|| async { count(&bodies) == expected.len() }).await;
        assert_eq!(progresses(&bodies), expected, "{name}");
    }
    let (late_url, late) = receiver().await;
    let (none_url, none) = receiver().await;
    desk.post("/kryptogo/task", task("Test Callback None", json!({"callback_url": none_url})))
        .await;
    let launched = std::time::Instant::now();
    desk.post("/kryptogo/task", task("Test Callback Late", json!({"callback_url": late_url})))
        .await;
    until(|| async { count(&late) == 1 }).await;
    assert!(
        launched.elapsed() >= Duration::from_millis(quick().late_ms),
        "it came early: {:?}",
        launched.elapsed()
    );
    assert_eq!(count(&none), 0);
}

#[tokio::test]
async fn tasks_decisions_and_owed_callbacks_survive_a_restart() {
    let file = StateFile::new("restart");
    let (url, bodies) = receiver().await;
    let desk = Desk::open(file.options()).await;
    let decided = desk.complete("Ana").await;
    assert_eq!(desk.accept(decided).await, 200);
    // Its callback comes due while the program is down.
    let (_, made) =
        desk.post("/kryptogo/task", task("Test Callback Late", json!({"callback_url": url}))).await;
    let late = made[0]["task_id"].as_i64().unwrap();
    desk.sandbox.stop().await;
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert_eq!(count(&bodies), 0);

    let desk = Desk::open(file.options()).await;
    until(|| async { count(&bodies) == 1 }).await;
    assert_eq!(bodies.lock().unwrap()[0]["task_id"], late);
    assert_eq!(desk.get(&format!("/kryptogo/task/{decided}")).await["audit_status"], 1);
    assert_eq!(desk.accept(decided).await, 409);
    assert!(desk.create("Bo").await > late);
}

#[tokio::test]
async fn the_state_file_is_written_soon_and_a_broken_one_is_refused() {
    let file = StateFile::new("soon");
    let desk = Desk::open(file.options()).await;
    desk.create("Ana").await;
    until(|| async { std::fs::read_to_string(&file.0).is_ok_and(|text| text.contains("Ana")) })
        .await;
    desk.sandbox.stop().await;
    std::fs::write(&file.0, "{\"version\":1,").unwrap();
    let error =
        Sandbox::start(ANYWHERE, file.options()).await.err().expect("it must not start over");
    assert!(error.to_string().contains("not understood"), "{error}");
}

#[tokio::test]
async fn an_array_misbehaves_as_a_whole_by_the_tries_of_the_task_that_asks_for_it() {
    let desk = Desk::open(quick()).await;
    let array = |names: &[&str]| {
        Value::Array(names.iter().map(|name| task(name, json!({}))[0].clone()).collect())
    };
    let post = async |names: &[&str]| desk.post("/kryptogo/task", array(names)).await;
    assert_eq!(post(&["Ana", "Test Create 429"]).await.0, 429);
    // In other company the second time: the one that asks for it has had its first try.
    assert_eq!(post(&["Test Create 429", "Bo", "Cy"]).await.0, 200);
    let (status, refused) = post(&["Ana", "Bo", "Test Create 400"]).await;
    assert!(
        status == 400 && refused["message"].as_str().is_some_and(|m| m.starts_with("Task 2:")),
        "{refused}"
    );
    assert_eq!(
        desk.get("/control/tasks").await.as_array().map(Vec::len),
        Some(3),
        "all of an array or nothing"
    );
}

#[tokio::test]
async fn creations_misbehave_as_asked() {
    let desk = Desk::open(quick()).await;
    let create = async |name: &str| desk.post("/kryptogo/task", task(name, json!({}))).await.0;
    let made = async |name: &str| {
        let tasks = desk.get("/control/tasks").await;
        tasks.as_array().unwrap().iter().filter(|task| task["name"] == name).count()
    };
    for (name, answers, tasks) in [
        ("Test Create 503", vec![503, 503, 200], 1),
        ("Test Create 429", vec![429, 200], 1),
        ("Test Create 402", vec![402, 402], 0),
        ("Test Create 400", vec![400, 400], 0),
        ("Test Create Timeout Lost", vec![504, 200], 1),
        ("Test Create Timeout Applied", vec![504], 1),
    ] {
        for answer in answers {
            assert_eq!(create(name).await, answer, "{name}");
        }
        assert_eq!(made(name).await, tasks, "{name}");
    }
    let bad = desk
        .send(Method::POST, "/kryptogo/task", Some(task("Test Create Bad Answer", json!({}))))
        .await;
    assert_eq!(bad.status(), 200);
    assert!(bad.text().await.unwrap().starts_with("<!doctype html>"));
    assert_eq!(made("Test Create Bad Answer").await, 1);
    // Tries start over with a reset, and another customer has tries of its own.
    assert_eq!(
        desk.post("/kryptogo/task", task("Test Create 429", json!({"customer_reference": "C-9"})))
            .await
            .0,
        429
    );
    assert_eq!(desk.post("/control/reset", json!({})).await.0, 200);
    assert_eq!(
        (create("Test Create 503").await, desk.get("/control/tasks").await),
        (503, json!([]))
    );
}

#[tokio::test]
async fn a_hanging_creation_is_made_before_the_client_gives_up() {
    let desk = Desk::open(Options { hang_ms: 60_000, ..quick() }).await;
    let url = format!("{}/kryptogo/task", desk.sandbox.base_url());
    let request = desk
        .client
        .post(url)
        .header("GOFACT-API-TOKEN", "sandbox")
        .json(&task("Test Create Timeout Applied", json!({})));
    assert!(request.timeout(Duration::from_millis(300)).send().await.unwrap_err().is_timeout());
    assert_eq!(desk.get("/control/tasks").await[0]["name"], "Test Create Timeout Applied");
    let log = desk.get("/control/requests").await;
    assert_eq!(
        (&log[0]["status"], &log[0]["name"]),
        (&Value::Null, &json!("Test Create Timeout Applied"))
    );
}

#[tokio::test]
async fn it_stops_within_three_seconds_whatever_hangs() {
    let desk = Desk::open(Options { hang_ms: 60_000, ..quick() }).await;
    let url = format!("{}/kryptogo/task", desk.sandbox.base_url());
    let hanging = desk
        .client
        .post(url)
        .header("GOFACT-API-TOKEN", "sandbox")
        .json(&task("Test Create Timeout Lost", json!({})))
        .send();
    let hanging = tokio::spawn(hanging);
    until(|| async {
        desk.get("/control/requests").await[0]["name"] == "Test Create Timeout Lost"
    })
    .await;
    let start = Instant::now();
    desk.sandbox.stop().await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(hanging.await.unwrap().is_ok_and(|answer| answer.status() == 504));
}

#[tokio::test]
async fn decisions_misbehave_as_asked() {
    let desk = Desk::open(quick()).await;
    for (name, answers, accepted, by) in [
        ("Test Decide 503", vec![503, 503, 200], true, "api"),
        ("Test Decide 429", vec![429, 200], true, "api"),
        ("Test Decide Timeout Lost", vec![504, 200], true, "api"),
        ("Test Decide Timeout Applied", vec![504, 409], true, "api"),
        ("Test Decide 503 Applied", vec![503, 409], true, "api"),
        ("Test Decide Conflict", vec![409, 409], false, "staff"),
        ("Test Decide Same", vec![409], true, "staff"),
    ] {
        let id = desk.complete(name).await;
        for answer in answers {
            assert_eq!(desk.accept(id).await, answer, "{name}");
        }
        let task = desk.control(id).await;
        assert_eq!(
            (&task["accepted"], &task["decided_by"], &task["effects"]),
            (&json!(accepted), &json!(by), &json!(1)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn reads_misbehave_as_asked() {
    let desk = Desk::open(quick()).await;
    let read = async |id: i64, part: &str| {
        desk.send(Method::GET, &format!("/kryptogo/task/{id}{part}"), None).await
    };

    let id = desk.complete("Test Summary 500").await;
    for status in [500, 500, 500, 200] {
        assert_eq!(read(id, "/summary").await.status(), status);
    }
    let id = desk.complete("Test Bad Json Once").await;
    assert!(read(id, "").await.json::<Value>().await.is_err());
    assert!(read(id, "").await.json::<Value>().await.is_ok());
    let id = desk.complete("Test Bad Json").await;
    for _ in 0..2 {
        assert!(read(id, "").await.json::<Value>().await.is_err());
    }
    let id = desk.complete("Test Redirect").await;
    let redirect = read(id, "/summary").await;
    assert_eq!(
        (redirect.status().as_u16(), redirect.headers()["location"].to_str().unwrap()),
        (302, "/kryptogo/elsewhere")
    );
    let id = desk.complete("Test Huge").await;
    assert!(read(id, "").await.bytes().await.unwrap().len() > 8_000_000);
    let id = desk.complete("Test Slow Loris").await;
    let mut slow = read(id, "").await;
    let start = Instant::now();
    let (first, second) =
        (slow.chunk().await.unwrap().unwrap(), slow.chunk().await.unwrap().unwrap());
    assert_eq!((first.len(), second.len()), (1, 1));
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
    let id = desk.complete("Test Unknown Values").await;
    let summary = read(id, "/summary").await.json::<Value>().await.unwrap();
    assert_eq!((&summary["progress"], &summary["target"]["type"]), (&json!("100"), &json!(7)));
}

#[tokio::test]
async fn the_page_lists_everything_and_serves_the_providers_staff() {
    let desk = Desk::open(quick()).await;
    desk.post("/kryptogo/task", task("<script>alert(1)</script>", json!({}))).await;
    let stuck = desk.create("Test Stuck").await;
    let page = desk.send(Method::GET, "/", None).await;
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let html = page.text().await.unwrap();
    for part in [
        "Test Decide Conflict",
        "GOFACT-API-TOKEN: sandbox",
        "王又曾",
        "Łukasz",
        "&lt;script&gt;",
        "/complete",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("<script"));

    let form = async |path: String, body: &'static str, origin: &str| {
        let request =
            desk.client.post(format!("{}{path}", desk.sandbox.base_url())).header("origin", origin);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let (own, other) = (desk.sandbox.base_url(), "http://elsewhere.example");
    let decide = format!("/control/tasks/{stuck}/decide");
    assert_eq!(
        form(decide.clone(), "accepted=true&comment=ok", &own).await,
        400,
        "it is not complete"
    );
    assert_eq!(form(format!("/control/tasks/{stuck}/complete"), "", &own).await, 303);
    assert_eq!(form(decide.clone(), "accepted=true&comment=ok", other).await, 403);
    assert_eq!(form(decide.clone(), "accepted=true&comment=ok", &own).await, 303);
    assert_eq!(form(decide, "accepted=false&comment=no", &own).await, 409);
    let task = desk.control(stuck).await;
    assert_eq!(
        (&task["accepted"], &task["comment"], &task["decided_by"]),
        (&json!(true), &json!("ok"), &json!("staff"))
    );
    assert_eq!(
        desk.post("/control/tasks/1/decide", json!({"accepted": true, "comment": ""})).await.0,
        404
    );
}

#[tokio::test]
async fn the_log_knows_provider_requests_and_whom_they_were_about() {
    let desk = Desk::open(quick()).await;
    let id = desk.create("Ana").await;
    desk.get(&format!("/kryptogo/task/{id}/summary")).await;
    desk.send(Method::GET, "/kryptogo/tasks?page_size=0", None).await;
    let log = desk.get("/control/requests").await;
    let lines: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["method"].as_str().unwrap(),
                line["path"].as_str().unwrap(),
                line["status"].as_i64().unwrap(),
            )
        })
        .collect();
    let summary = format!("/kryptogo/task/{id}/summary");
    assert_eq!(
        lines,
        [
            ("POST", "/kryptogo/task", 200),
            ("GET", &*summary, 200),
            ("GET", "/kryptogo/tasks?page_size=0", 400)
        ]
    );
    assert_eq!(
        (&log[0]["name"], &log[1]["name"], &log[2]["name"]),
        (&json!("Ana"), &json!("Ana"), &Value::Null)
    );
}
