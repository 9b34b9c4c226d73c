//! The policy over HTTP: everybody reads it, one supervisor proposes, another confirms.

use crate::support::{PASSWORD, Running, location};
use casework::{journal::Actor, people::NewPerson};
use domain::{
    people::Role,
    policy::{Policy, form::values},
};
use zeroize::Zeroizing;

/// The fields of the form as the page fills them, with some changed.
fn fields(change: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = values(&Policy::default_first());
    for (name, value) in change {
        fields.insert((*name).into(), (*value).into());
    }
    fields.into_iter().collect()
}

async fn send(desk: &Running, cookie: &str, change: &[(&str, &str)]) -> reqwest::Response {
    let fields = fields(change);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.post("/api/policies/propose", Some(cookie), &fields).await
}

async fn read(desk: &Running, address: &str, cookie: &str) -> (u16, String) {
    let page = desk.get(address.split('#').next().unwrap_or_default(), Some(cookie)).await;
    (page.status().as_u16(), page.text().await.expect("text"))
}

/// A second supervisor.
async fn add_boris(desk: &Running) {
    let boris = NewPerson {
        account: "boris".into(),
        name: "Boris Ivanov".into(),
        role: "supervisor".into(),
        password: Zeroizing::new(PASSWORD.into()),
    };
    casework::people::add(&desk.work, &Actor::operator(), &boris)
        .await
        .expect("a second supervisor");
}

#[tokio::test]
async fn a_policy_is_proposed_by_one_supervisor_and_confirmed_by_another() {
    let desk = Running::start().await;
    add_boris(&desk).await;
    let (anna, adam) = (desk.sign_in("anna").await, desk.sign_in("adam").await);
    let (sofia, boris) = (desk.sign_in("sofia").await, desk.sign_in("boris").await);

    for cookie in [&anna, &adam] {
        let (status, text) = read(&desk, "/policies", cookie).await;
        assert_eq!(status, 200);
        assert!(text.contains("In force: version 1") && text.contains("from very high risk"));
        assert!(
            !text.contains("/api/policies/propose") && !text.contains("Versions of the policy"),
            "they only read what holds"
        );
        assert_eq!(send(&desk, cookie, &[("after", "1"), ("note", "x")]).await.status(), 403);
    }

    // What it would mean is shown before anything is proposed, and what was chosen is kept.
    let always = ("rules[idv-accept-from]", "always");
    let looked = send(
        &desk,
        &sofia,
        &[("after", "1"), ("what", "look"), always, ("note", "Our auditor asks.")],
    )
    .await;
    let (status, text) = read(&desk, location(&looked), &sofia).await;
    assert_eq!(status, 200);
    assert!(
        text.contains("What it would change")
            && text.contains("ID verification: accepting takes two people")
    );
    assert!(
        text.contains("Nothing was decided in the last 90 days.")
            && text.contains("Our auditor asks.")
    );

    // Without a reason nothing is proposed, and what was chosen is kept.
    let refused = send(&desk, &sofia, &[("after", "1"), ("what", "propose"), always]).await;
    let (status, text) = read(&desk, location(&refused), &sofia).await;
    assert_eq!(status, 422);
    assert!(
        text.contains("Write why: it is recorded with the policy.")
            && text.contains("What it would change")
    );

    let proposed = send(
        &desk,
        &sofia,
        &[("after", "1"), ("what", "propose"), always, ("note", "Our auditor asks.")],
    )
    .await;
    assert_eq!(location(&proposed), "/policies?done=policy-proposed");
    let (_, text) = read(&desk, "/policies", &sofia).await;
    assert!(
        text.contains("Proposed: version 2")
            && text.contains("You proposed this; another supervisor has to confirm it.")
    );
    let (_, text) = read(&desk, "/policies", &anna).await;
    assert!(!text.contains("Proposed: version 2"));

    let own = desk.post("/api/policies/confirm", Some(&sofia), &[("version", "2")]).await;
    let (status, text) = read(&desk, location(&own), &sofia).await;
    assert!(status == 422 && text.contains("You proposed this policy yourself."), "{status}");
    let confirmed = desk.post("/api/policies/confirm", Some(&boris), &[("version", "2")]).await;
    assert_eq!(location(&confirmed), "/policies?done=policy-confirmed");
    let (_, text) = read(&desk, "/policies", &anna).await;
    assert!(
        text.contains("In force: version 2")
            && text.contains("Sofia Lindqvist")
            && text.contains("Boris Ivanov")
    );
    let late = desk.post("/api/policies/withdraw", Some(&boris), &[("version", "2")]).await;
    let (status, text) = read(&desk, location(&late), &boris).await;
    assert!(status == 422 && text.contains("does not wait any more"));
    desk.stop().await;
}

#[tokio::test]
async fn s_22_a_policy_leads_a_role_to_its_second_factor_once_another_supervisor_confirmed_it() {
    let desk = Running::start().await;
    add_boris(&desk).await;
    desk.work.factor_roles.set([Role::Admin]);
    let (anna, sofia, boris) =
        (desk.sign_in("anna").await, desk.sign_in("sofia").await, desk.sign_in("boris").await);
    let tick = ("rules[second_factor-supervisor]", "1");

    let looked = send(&desk, &sofia, &[("after", "1"), ("what", "look"), tick]).await;
    let (status, text) = read(&desk, location(&looked), &sofia).await;
    assert_eq!(status, 200);
    let mut rows = text.split("</tr>").filter_map(|before| before.rsplit("<tr>").next());
    let row = rows
        .find(|row| row.starts_with("<th") && row.contains("A second factor is needed by"))
        .expect("it is compared");
    assert!(row.contains("no role") && row.contains("Supervisor"), "{row}");
    let field = text
        .split('<')
        .find(|tag| tag.contains("name=\"rules[second_factor-supervisor]\""))
        .expect("a tick");
    assert!(
        field.contains("checkbox") && field.contains("checked"),
        "what was chosen is kept: {field}"
    );
    let field = text
        .split('<')
        .find(|tag| tag.contains("name=\"rules[second_factor-analyst]\""))
        .expect("another");
    assert!(field.contains("checkbox") && !field.contains("checked"), "{field}");
    assert!(
        text.contains("setting asks a second factor of: Admin."),
        "the page says what counts beside it"
    );

    let proposed = send(
        &desk,
        &sofia,
        &[("after", "1"), ("what", "propose"), tick, ("note", "Our auditor asks.")],
    )
    .await;
    assert_eq!(location(&proposed), "/policies?done=policy-proposed");
    for cookie in [&anna, &sofia, &boris] {
        assert_eq!(desk.get("/checks", Some(cookie)).await.status(), 200, "a proposal asks nobody");
    }
    let confirmed = desk.post("/api/policies/confirm", Some(&boris), &[("version", "2")]).await;
    assert_eq!(location(&confirmed), "/policies?done=policy-confirmed");
    for cookie in [&sofia, &boris] {
        assert_eq!(location(&desk.get("/checks", Some(cookie)).await), "/account/factor");
        assert_eq!(
            send(&desk, cookie, &[("after", "2"), ("note", "As before.")]).await.status(),
            403
        );
    }
    let (status, text) = read(&desk, "/policies", &anna).await;
    assert_eq!(status, 200, "nor another role");
    let fact = text
        .split("A second factor is needed by")
        .nth(1)
        .and_then(|rest| rest.split("</dd>").next())
        .expect("it says so");
    assert!(fact.contains("Supervisor") && !fact.contains("no role"), "{fact}");
    desk.stop().await;
}

#[tokio::test]
async fn a_supervisor_who_is_alone_is_warned() {
    let desk = Running::start().await;
    let sofia = desk.sign_in("sofia").await;
    let (_, text) = read(&desk, "/policies", &sofia).await;
    assert!(text.contains("Only Sofia Lindqvist could approve."), "the page warns");
    desk.stop().await;
}
