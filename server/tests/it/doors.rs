//! What stands before every handler: origins, headers, limits, permissions, honest errors.

use crate::support::{PASSWORD, Running, location};
use app::pages::{API, Need, ROUTES};
use domain::people::Role;
use reqwest::{Method, header};
use server::routes::declared;
use std::collections::BTreeSet;

#[tokio::test]
async fn no_foreign_page_reaches_any_handler() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let cases: [(&str, Option<&str>, bool); 9] = [
        ("same-origin", None, true),
        ("none", None, true),
        ("cross-site", None, false),
        ("same-site", None, false),
        ("cross-site", Some("own"), false),
        ("", Some("own"), true),
        ("", Some("https://evil.example"), false),
        ("", Some("null"), false),
        ("", None, false),
    ];
    let mut passed = 0;
    for (path, _) in API.iter() {
        for (site, origin, passes) in cases {
            for content_type in [
                "application/x-www-form-urlencoded",
                "text/plain",
                "multipart/form-data; boundary=x",
                "application/json",
            ] {
                let mut request = desk
                    .client
                    .post(format!("{}{path}", desk.base))
                    .header(header::CONTENT_TYPE, content_type)
                    .header("cookie", format!("__Host-probity={anna}"));
                if !site.is_empty() {
                    request = request.header("sec-fetch-site", site);
                }
                if let Some(origin) = origin {
                    request = request.header(
                        "origin",
                        if origin == "own" { desk.base.as_str() } else { origin },
                    );
                }
                // What passes is carried out: it is asked of one function that without fields
                // changes nothing.
                if passes && *path != "/api/checks/judge" {
                    continue;
                }
                let status = request.body("").send().await.expect("an answer").status();
                assert_eq!(status == 403, !passes, "{path} {site:?} {origin:?} {content_type}");
                passed += usize::from(passes);
            }
        }
    }
    assert_eq!(passed, 3 * 4, "each case that passes was sent, in each content type");
    assert_eq!(desk.get("/account", Some(&anna)).await.status(), 200, "nothing signed anna out");
    // The same request passes from our own page.
    let own = desk
        .client
        .post(format!("{}/api/session/end", desk.base))
        .header("origin", &desk.base)
        .header("cookie", format!("__Host-probity={anna}"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(own.status(), 303);
    let cleared = own.headers().get("clear-site-data").and_then(|v| v.to_str().ok());
    assert_eq!(cleared, Some("\"cache\", \"storage\""), "signing out empties the browser");
    desk.stop().await;
}

#[tokio::test]
async fn nothing_is_written_by_a_get() {
    let desk = Running::start().await;
    let adam = desk.sign_in("adam").await;
    for (path, _) in API.iter() {
        assert_eq!(desk.get(path, Some(&adam)).await.status(), 405, "{path}");
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert_eq!(method, http::Method::POST, "{path}");
    }
    desk.stop().await;
}

#[tokio::test]
async fn every_server_function_is_declared_and_no_other() {
    let desk = Running::start().await;
    let registered: BTreeSet<&str> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    let declared: BTreeSet<&str> = API.iter().map(|(path, _)| *path).collect();
    assert_eq!(registered, declared);
    let answer = desk.post("/api/not-declared", None, &[]).await;
    assert_eq!(answer.status(), 404);
    desk.stop().await;
}

/// A path with something in each of its places.
fn filled(path: &str) -> String {
    path.replace("{id}", "00000000-0000-7000-8000-000000000000")
        .replace("{batch}", "b")
        .replace("{evidence}", "e")
        .replace("{picture}", "p")
        .replace("{decision}", "d")
        .replace("{document}", "d")
        .replace("{person}", "p")
        .replace("{reference}", "C-1")
        .replace("{provider}", "kryptogo")
        .replace("{token}", "t")
        .replace("{check}", "c")
        .replace("{*file}", "x")
}

#[tokio::test]
async fn each_role_reaches_what_it_may_and_nothing_else() {
    let desk = Running::start().await;
    let mut cookies = Vec::new();
    for (role, account) in
        [(Role::Analyst, "anna"), (Role::Supervisor, "sofia"), (Role::Admin, "adam")]
    {
        cookies.push((role, desk.sign_in(account).await));
    }
    for (method, path, need) in declared() {
        // Signing out and the like would end the test's own sessions.
        if path.contains("session") || path.contains("password") || path == "/api/setup" {
            continue;
        }
        let ask = async |cookie: Option<&str>| {
            if method == "GET" {
                desk.get(&filled(path), cookie).await
            } else {
                desk.post(&filled(path), cookie, &[]).await
            }
        };
        let stranger = ask(None).await;
        match need {
            Need::Nobody => assert!(stranger.status() != 401 && stranger.status() != 403, "{path}"),
            _ if path.starts_with("/api/") || path == "/checks/fresh" => {
                assert_eq!(stranger.status(), 401, "{path}")
            }
            _ => assert!(
                location(&stranger).starts_with("/login"),
                "{path} sends a stranger to the door"
            ),
        }
        for (role, cookie) in &cookies {
            let status = ask(Some(cookie)).await.status();
            let allowed = match need {
                Need::Nobody | Need::SignedIn | Need::Fresh => true,
                Need::Permission(permission) => role.grants(permission),
            };
            assert_eq!(status != 403, allowed, "{method} {path} as {role:?}: {status}");
            assert!(!status.is_server_error(), "{method} {path} as {role:?}: {status}");
        }
    }
    desk.stop().await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let paths: Vec<String> = ROUTES
        .iter()
        .map(|r| filled(r.path))
        .chain(
            [
                "/nothing-here",
                "/healthz",
                "/favicon.svg",
                "/robots.txt",
                "/pkg/none.js",
                "/pkg",
                "/pkg/",
                "/checks/fresh",
            ]
            .map(String::from),
        )
        .collect();
    for path in paths {
        for cookie in [None, Some(anna.as_str())] {
            let answer = desk.get(&path, cookie).await;
            let value = |name: &str| {
                answer
                    .headers()
                    .get(name)
                    .and_then(|v| v.to_str().ok())
                    .unwrap_or_default()
                    .to_owned()
            };
            assert_eq!(value("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(value("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(value("cross-origin-opener-policy"), "same-origin", "{path}");
            assert_eq!(value("cross-origin-resource-policy"), "same-origin", "{path}");
            assert!(
                value("strict-transport-security").contains("max-age=31536000; includeSubDomains"),
                "{path}"
            );
            assert!(value("permissions-policy").contains("camera=()"), "{path}");
            let policy = value("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'")
                    && policy.contains("frame-ancestors 'none'")
                    && !policy.contains("unsafe-inline")
                    && !policy.contains("'unsafe-eval'"),
                "{path}: {policy}"
            );
            // There is no site in this test: what is missing now may be there in a moment.
            assert_eq!(value("cache-control"), "no-store", "{path}");
        }
    }
    let refused =
        desk.client.post(format!("{}/api/session/end", desk.base)).send().await.expect("an answer");
    assert_eq!(
        (refused.status().as_u16(), refused.headers().contains_key("content-security-policy")),
        (403, true)
    );
    desk.stop().await;
}

#[tokio::test]
async fn no_nonce_is_used_twice() {
    let desk = Running::start().await;
    let mut nonces = BTreeSet::new();
    let rounds = 1_000;
    for _ in 0..rounds / 50 {
        let answers = futures::future::join_all((0..50).map(|_| desk.get("/keys", None))).await;
        for answer in answers {
            let policy =
                answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
            let nonce = policy
                .split("'nonce-")
                .nth(1)
                .and_then(|rest| rest.split('\'').next())
                .expect("a nonce")
                .to_owned();
            assert!(nonce.len() >= 32);
            let page = answer.text().await.expect("text");
            assert!(page.contains(&format!("nonce=\"{nonce}\"")), "the page uses its own nonce");
            assert!(
                !page.contains(&format!("crossorigin=\"{nonce}\"")),
                "the nonce stands nowhere that style or markup could read"
            );
            nonces.insert(nonce);
        }
    }
    assert_eq!(nonces.len(), rounds);
    desk.stop().await;
}

#[tokio::test]
async fn s_10_redirects_stay_here_whatever_the_referring_page_or_form_says() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    for to in [
        "https://evil.example/x",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\n/evil.example",
        "\t//evil.example",
        "/\u{b}/evil.example",
        "/\u{a0}/evil.example",
    ] {
        let answer = desk
            .post(
                "/api/session/start",
                None,
                &[("account", "anna"), ("password", PASSWORD), ("to", to)],
            )
            .await;
        assert_eq!(location(&answer), "/", "{to}");
        let assigned = desk.post("/api/checks/assign", Some(&anna), &[("back", to)]).await;
        assert!(location(&assigned).starts_with("/checks"), "{to} -> {}", location(&assigned));
        // The page before it keeps no such goal either, and a link back leads nowhere else.
        let typed = url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>();
        let door = desk.get(&format!("/login?to={typed}"), None).await.text().await.expect("text");
        assert!(door.contains("name=\"to\" value=\"\""), "{to:?} stands on the door");
        let several = desk
            .get(&format!("/checks/decide-many?back={typed}"), Some(&anna))
            .await
            .text()
            .await
            .expect("text");
        assert!(
            several.contains("href=\"/checks\"") && !several.contains("evil"),
            "{to:?} is a way back"
        );
    }
    let referred = desk
        .client
        .post(format!("{}/api/account/look", desk.base))
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .header("referer", "https://evil.example/x")
        .header("cookie", format!("__Host-probity={anna}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("theme=dark")
        .send()
        .await
        .expect("an answer");
    assert_eq!(location(&referred), "/account?done=look");
    desk.stop().await;
}

#[tokio::test]
async fn an_unreadable_form_says_so_and_leaks_nothing() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    for body in [
        "check_id[][]=1",
        "sources=%FF%FE",
        "sources[0][x]=y&canary-input=1",
        "%",
        "judgement=nonsense",
    ] {
        for path in ["/api/checks/launch", "/api/checks/judge", "/api/checks/decide"] {
            let answer = desk
                .client
                .post(format!("{}{path}", desk.base))
                .header("sec-fetch-site", "same-origin")
                .header("accept", "text/html")
                .header("referer", format!("{}/checks/new", desk.base))
                .header("cookie", format!("__Host-probity={anna}"))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body)
                .send()
                .await
                .expect("an answer");
            let (status, to) = (answer.status(), location(&answer).to_owned());
            assert!(!status.is_server_error(), "{path} {body}: {status}");
            assert!(!to.contains("__err") && !to.contains("canary"), "{path} {body}: {to}");
            let text = answer.text().await.expect("text");
            for leak in [
                "sqlx",
                "SELECT ",
                "no such table",
                "panicked",
                "server_fn",
                "src/",
                ".rs:",
                "Deserialization",
                "missing field",
            ] {
                assert!(!text.contains(leak), "{path} {body} says {leak}");
            }
        }
    }
    desk.stop().await;
}

#[tokio::test]
async fn a_broken_database_is_a_page_with_a_number_and_nothing_else() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let casework::Db::Sqlite { writer, .. } = &desk.work.db else { panic!("SQLite") };
    writer.close().await;
    let answer = desk.post("/api/checks/next", Some(&anna), &[]).await;
    assert!(answer.status().is_server_error());
    let text = answer.text().await.expect("text");
    assert!(text.contains("Request <code>"), "the page names the request");
    for leak in ["sqlx", "pool", "Pool", "closed", "UPDATE", "probity.db"] {
        assert!(!text.contains(leak), "{leak} in {text}");
    }
    desk.begin_stop();
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    for (size, status) in [(200 * 1024, 303), (256 * 1024 + 1, 413), (20 * 1024 * 1024, 413)] {
        let answer = desk
            .post(
                "/api/checks/comment",
                Some(&anna),
                &[("check_id", "x"), ("body", &"a".repeat(size))],
            )
            .await;
        assert_eq!(answer.status(), status, "{size} bytes");
    }
    let streamed = reqwest::Body::wrap_stream(futures::stream::iter(
        (0..40).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 64 * 1024])),
    ));
    let answer = desk
        .client
        .post(format!("{}/api/checks/comment", desk.base))
        .header("sec-fetch-site", "same-origin")
        .header("cookie", format!("__Host-probity={anna}"))
        .body(streamed)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 413, "without a length too");
    let connection = desk.connect("http://127.0.0.1:9").await;
    let address = casework::connections::callback_url(
        &desk.work,
        &casework::connections::get(&desk.work, &connection.as_str().into()).await.expect("it"),
        "c",
    )
    .expect("an address");
    let big = desk
        .client
        .post(&address)
        .body(vec![b'a'; 1024 * 1024 + 1])
        .send()
        .await
        .expect("an answer");
    assert_eq!(big.status(), 413);
    let wrong = desk
        .client
        .post(format!("{}/callbacks/kryptogo/{}", desk.base, "0".repeat(48)))
        .body("{}")
        .send()
        .await
        .expect("an answer");
    assert_eq!(wrong.status(), 404);
    let right = desk.client.post(&address).body("{}").send().await.expect("an answer");
    assert_eq!(right.status(), 204);
    desk.stop().await;
}

#[tokio::test]
async fn what_was_typed_into_an_ended_session_comes_back() {
    let desk = Running::start().await;
    let answer = desk
        .client
        .request(Method::POST, format!("{}/api/checks/decide", desk.base))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("comment=Twenty+careful+lines&decision_id=secret-id")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 401);
    let text = answer.text().await.expect("text");
    assert!(text.contains("Twenty careful lines") && !text.contains("secret-id"));
    let sign_in = desk
        .client
        .post(format!("{}/api/account/password", desk.base))
        .header("sec-fetch-site", "same-origin")
        .body("old=canary-old&new=canary-new")
        .send()
        .await
        .expect("an answer");
    assert!(!sign_in.text().await.expect("text").contains("canary"), "passwords never come back");
    desk.stop().await;
}

/// A form that is sent without a session.
async fn sent_signed_out(desk: &Running, path: &str, form: &[(&str, &str)]) -> String {
    let answer = desk.post(path, None, form).await;
    assert_eq!(answer.status(), 401, "{path}");
    answer.text().await.expect("text")
}

#[tokio::test]
async fn s_31_no_secret_comes_back_from_a_session_that_ended() {
    let desk = Running::start().await;
    for field in domain::fields::SECRETS.iter().chain(domain::fields::NATIONAL_NUMBERS) {
        let in_a_row = format!("rows[7][{field}]");
        for name in [*field, in_a_row.as_str()] {
            for path in
                ["/api/admin/connections/save", "/api/pid-cpr/launch", "/api/account/password"]
            {
                let text = sent_signed_out(
                    &desk,
                    path,
                    &[(name, "canary-0609"), ("name", "Typed with care")],
                )
                .await;
                assert!(!text.contains("canary"), "{path} hands back {name}");
                assert!(text.contains("Typed with care"), "what is no secret is not lost");
            }
        }
    }
    // Nor is it kept with a form that was refused, whoever would have put it there.
    let names =
        domain::fields::SECRETS.iter().map(|name| ((*name).to_owned(), "canary".to_owned()));
    let form = domain::fields::Refused {
        values: names.chain([("name".into(), "kept".into())]).collect(),
        ..Default::default()
    };
    let id = casework::refused::keep(&desk.work, "somebody", &form).await.expect("keeps");
    let kept = casework::refused::find(&desk.work, "somebody", &id)
        .await
        .expect("reads")
        .expect("is there");
    assert_eq!(
        kept.values.into_iter().collect::<Vec<_>>(),
        [("name".to_owned(), "kept".to_owned())]
    );
    desk.stop().await;
}

#[tokio::test]
async fn s_31_every_field_that_hides_what_is_typed_stands_in_the_list_of_secrets() {
    let desk = Running::start().await;
    let (anna, adam) = (desk.sign_in("anna").await, desk.sign_in("adam").await);
    let connection = desk.connect("http://127.0.0.1:9").await;
    let mut found = BTreeSet::new();
    for (path, cookie) in [
        ("/login".to_owned(), None),
        ("/account".to_owned(), Some(&anna)),
        ("/admin/people".to_owned(), Some(&adam)),
        ("/admin/connections".to_owned(), Some(&adam)),
        (format!("/admin/connections/{connection}"), Some(&adam)),
    ] {
        let page = desk.get(&path, cookie.map(String::as_str)).await.text().await.expect("text");
        for tag in page
            .split('<')
            .filter(|tag| tag.starts_with("input") && tag.contains("type=\"password\""))
        {
            let name = tag
                .split("name=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .expect("a name");
            assert!(domain::fields::is_secret(name), "{path}: {name}");
            assert!(tag.contains("value=\"\"") || !tag.contains("value="), "{path}: {tag}");
            found.insert(name.to_owned());
        }
    }
    assert_eq!(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        ["new", "old", "password", "secret"]
    );
    desk.stop().await;
}

#[tokio::test]
async fn s_01_a_cookie_that_is_taken_away_has_all_its_attributes() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    for (path, cookie) in
        [("/api/session/end", anna.as_str()), ("/api/account/look", "AAAAAAAAAAAAAAAAAAAAAA")]
    {
        let answer = desk.post(path, Some(cookie), &[]).await;
        let set =
            answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
        let gone: Vec<_> = set.filter(|c| c.starts_with("__Host-probity=;")).collect();
        assert_eq!(gone.len(), 1, "{path}: {gone:?}");
        for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=0"] {
            assert!(
                gone[0].split("; ").any(|a| a == attribute),
                "{path}: {attribute} in {}",
                gone[0]
            );
        }
    }
    desk.stop().await;
}

#[tokio::test]
async fn s_08_the_desk_answers_under_its_own_names_and_says_so_to_others() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let ask = async |method: Method, path: &str, host: &str| {
        let request =
            desk.client.request(method, format!("{}{path}", desk.base)).header(header::HOST, host);
        let request = request
            .header("sec-fetch-site", "same-origin")
            .header("cookie", format!("__Host-probity={anna}"));
        request.send().await.expect("an answer")
    };
    let port = desk.host.rsplit(':').next().expect("a port").to_owned();
    for host in [
        desk.host.clone(),
        "localhost".into(),
        format!("LOCALHOST:{port}"),
        "127.0.0.1".into(),
        format!("[::1]:{port}"),
    ] {
        assert_eq!(ask(Method::GET, "/account", &host).await.status(), 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "localhost@evil.example",
        "localhost.evil.example",
    ] {
        for path in ["/account", "/login", "/nothing-here", "/pkg/none.js", "/callbacks/kryptogo/x"]
        {
            let answer = ask(Method::GET, path, host).await;
            assert_eq!(answer.status(), 421, "{path} under {host}");
            let text = answer.text().await.expect("text");
            assert!(
                text.contains("The desk has another name") && text.contains("PROBITY_PUBLIC_URL"),
                "{path} under {host}"
            );
            assert!(!text.contains("Anna Berg"), "nothing of anybody is said");
        }
        assert_eq!(ask(Method::POST, "/api/session/end", host).await.status(), 421, "{host}");
        for path in ["/healthz", "/readyz"] {
            assert_eq!(ask(Method::GET, path, host).await.status(), 200, "{path} under {host}");
        }
    }
    assert_eq!(desk.get("/account", Some(&anna)).await.status(), 200, "nothing signed anna out");
    desk.stop().await;
}

#[tokio::test]
async fn s_35_every_page_that_names_a_customer_is_a_journal_entry_of_its_reader() {
    const NAME: &str = "Canary Wharfinger";
    let desk = Running::start().await;
    let (anna, sofia) = (desk.sign_in("anna").await, desk.sign_in("sofia").await);
    let connection = desk.connect("http://127.0.0.1:9").await;
    let (draft, check) = (casework::new_id(), casework::new_id());
    for (id, then) in [(&draft, "draft"), (&check, "launch")] {
        let form = [
            ("check_id", id.as_str()),
            ("then", then),
            ("kind", "dd_kyc"),
            ("connection", &connection),
            ("customer_reference", "C-1"),
            ("name", NAME),
            ("search_setting", "1"),
        ];
        assert!(
            location(&desk.post("/api/checks/launch", Some(&anna), &form).await)
                .starts_with("/checks/")
        );
    }
    desk.post("/api/checks/take", Some(&anna), &[("check_id", &check)]).await;
    let entries = async || {
        desk.work.views.flush().await;
        match casework::journal::verify(&desk.work.db, None).await.expect("reads") {
            casework::journal::Verified::Intact { entries, .. } => entries,
            broken => panic!("{broken:?}"),
        }
    };
    let pages = [
        format!("/checks/{draft}"),
        format!("/checks/{draft}/edit"),
        format!("/checks/{check}"),
        format!("/checks/new?again={check}"),
        format!("/checks/new/id?again={check}"),
        format!("/checks/decide-many?checks[0]={check}"),
    ];
    let pages = pages.into_iter().chain(ROUTES.iter().map(|r| filled(r.path))).chain(
        [
            "/checks?tab=all",
            "/checks?tab=draft",
            "/checks/new?customer=C-1",
            "/checks/new/id?customer=C-1",
            "/checks/new/number?customer=C-1",
        ]
        .into_iter()
        .chain([
            "/checks/new/rofus?customer=C-1",
            "/checks/new/video?customer=C-1",
            "/customers?q=wharfinger",
            "/journal?about=C-1",
        ])
        .map(String::from),
    );
    let mut named = Vec::new();
    for page in pages {
        for cookie in [&anna, &sofia] {
            let before = entries().await;
            let text = desk.get(&page, Some(cookie)).await.text().await.expect("text");
            if text.contains(NAME) {
                assert!(
                    entries().await > before,
                    "{page} names a customer, and nobody will know who read it"
                );
                named.push(page.clone());
            }
        }
    }
    for page in [
        format!("/checks/{draft}/edit"),
        format!("/checks/{check}"),
        "/customers/C-1".into(),
        "/checks?tab=all".into(),
    ] {
        assert!(named.contains(&page), "{page} names the customer");
    }
    desk.stop().await;
}

#[tokio::test]
async fn credentials_never_leave_again() {
    let desk = Running::start().await;
    let adam = desk.sign_in("adam").await;
    let secret = "canary-0123456789-abcdef";
    let form = [
        ("name", "K"),
        ("provider", "kryptogo"),
        ("base_url", "https://external-api.kryptogo.com"),
        ("search_settings", "1 = a"),
        ("secret", secret),
    ];
    assert_eq!(
        location(&desk.post("/api/admin/connections/save", Some(&adam), &form).await),
        "/admin/connections?done=connection-saved"
    );
    let list = desk.get("/admin/connections", Some(&adam)).await.text().await.expect("text");
    assert!(list.contains("ends in cdef") && !list.contains(secret));
    let refused = desk
        .post("/api/admin/connections/save", Some(&adam), &[("name", ""), ("secret", secret)])
        .await;
    let page = desk
        .get(location(&refused).split('#').next().expect("a path"), Some(&adam))
        .await
        .text()
        .await
        .expect("text");
    assert!(
        page.contains("fields need a change") && !page.contains(secret),
        "a refused secret is not handed back"
    );
    desk.work.views.flush().await;
    for file in ["probity.db", "probity.db-wal"] {
        let bytes = std::fs::read(desk.folder.path().join(file)).unwrap_or_default();
        assert!(
            !bytes.windows(secret.len()).any(|w| w == secret.as_bytes()),
            "{file} holds no secret in the clear"
        );
    }
    desk.stop().await;
}
