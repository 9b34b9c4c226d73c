//! Launch forms that a server function takes whole.

use crate::support::{Running, location};
use domain::fields::Refused;

/// Sends a form that cannot be launched, and reads what was kept of it.
async fn kept(desk: &Running, cookie: &str, path: &str, form: &[(&str, &str)]) -> Refused {
    let answer = desk.post(path, Some(cookie), form).await;
    let to = location(&answer);
    let id = to
        .split("refused=")
        .nth(1)
        .unwrap_or_else(|| panic!("{path} is not read: {} {to}", answer.status()));
    let people = casework::people::list(&desk.work).await.expect("people");
    let anna = people.iter().find(|p| p.account == "anna").expect("anna");
    let id = id.split('#').next().unwrap_or_default();
    casework::refused::find(&desk.work, anna.id.as_str(), id)
        .await
        .expect("reads")
        .expect("is kept")
}

#[tokio::test]
async fn what_was_typed_into_a_launch_form_comes_back_as_it_was_typed() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let check = casework::new_id();
    let page = [
        ("check_id", check.as_str()),
        ("relaunch_of", ""),
        ("shown", "t1"),
        ("customer_reference", "C-1"),
        ("connection", ""),
    ];
    let cases: [(&str, &[(&str, &str)]); 8] = [
        (
            "/api/number/launch",
            &[
                ("name", "Anna & Berg"),
                ("phone", ""),
                ("values[birthdate]", "1990-13-45"),
                ("values[given_name]", ""),
            ],
        ),
        ("/api/pid-cpr/launch", &[("name", "Anna=Berg"), ("pid", ""), ("cpr", "1506")]),
        ("/api/rofus/launch", &[("name", ""), ("cpr", "1506"), ("environment_mock", "Mock")]),
        ("/api/wallet/launch", &[("name", "[Anna]"), ("chain", ""), ("address", "0xnope")]),
        ("/api/tenure/launch", &[("name", "Anna Berg"), ("phone", "+34"), ("since", "tomorrow")]),
        (
            "/api/age/launch",
            &[
                ("name", "Anna Berg"),
                ("phone", ""),
                ("age", "121"),
                ("birth_date", "1990-13-45"),
                ("content_lock", "on"),
            ],
        ),
        (
            "/api/sim-swap/launch",
            &[("name", "Anna Berg"), ("phone", "629"), ("way", "within"), ("max_age", "2401")],
        ),
        (
            "/api/video/person",
            &[
                ("first_name", "Ąnna"),
                ("last_name", ""),
                ("country", "DE"),
                ("state", ""),
                ("known", "1"),
            ],
        ),
    ];
    for (path, own) in cases {
        let form: Vec<_> = page.iter().chain(own).copied().collect();
        let kept = kept(&desk, &anna, path, &form).await;
        assert!(!kept.is_clean(), "{path} says what is wrong");
        for (name, text) in form {
            assert_eq!(kept.value(name), text, "{name} of {path}");
        }
    }
    // Nothing at all is no form of ours, and no fault either.
    for path in
        ["/api/number/launch", "/api/wallet/launch", "/api/checks/launch", "/api/video/person"]
    {
        assert_eq!(desk.post(path, Some(&anna), &[]).await.status(), 400, "{path}");
    }
    desk.stop().await;
}
