//! What a launch form asks, answered as a browser without scripts does it.

use crate::support::{Running, location};

const FORM: [(&str, &str); 7] = [
    ("kind", "dd_kyc"),
    ("customer_reference", "C-1"),
    ("name", "Anna Berg"),
    ("birth_date", "1980-01-02"),
    ("country", "SWE"),
    ("search_setting", "1"),
    ("then", "launch"),
];

struct Story {
    desk: Running,
    anna: String,
    connection: String,
}

impl Story {
    async fn begin() -> Self {
        let desk = Running::start().await;
        let (anna, connection) =
            (desk.sign_in("anna").await, desk.connect("http://127.0.0.1:9").await);
        Self { desk, anna, connection }
    }

    /// Sends the launch form with changes, and gives where it led to.
    async fn launch(&self, changes: &[(&str, &str)]) -> String {
        let id = casework::new_id();
        let mut form = vec![("check_id", id.as_str()), ("connection", self.connection.as_str())];
        form.extend(FORM);
        for (name, value) in changes {
            form.retain(|(n, _)| n != name);
            form.push((name, value));
        }
        location(&self.desk.post("/api/checks/launch", Some(&self.anna), &form).await).to_owned()
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.desk.get(path, Some(&self.anna)).await;
        assert!(!answer.status().is_server_error(), "{path}");
        answer.text().await.expect("text")
    }

    async fn views_of(&self, customer: &str) -> usize {
        self.desk.work.views.flush().await;
        let filter = casework::journal::Filter {
            action: Some("customer_viewed".into()),
            subject_id: Some(customer.into()),
            limit: 100,
            ..casework::journal::Filter::default()
        };
        casework::journal::list(&self.desk.work, &filter).await.expect("reads").len()
    }
}

/// The value of an input with this name.
fn value(page: &str, name: &str) -> String {
    let tag = page
        .split('<')
        .find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")));
    let value =
        tag.and_then(|tag| tag.split("value=\"").nth(1)).and_then(|rest| rest.split('"').next());
    value.unwrap_or_else(|| panic!("no {name}: {page}")).to_owned()
}

#[tokio::test]
async fn somebody_else_under_a_known_reference_is_asked_about_and_nothing_typed_is_lost() {
    let story = Story::begin().await;
    assert!(story.launch(&[]).await.ends_with("done=launched"));
    let viktor =
        [("name", "Viktor <Sawenkow>"), ("kind", "dd_kyb"), ("registration_number", "HRB 4711")];
    let asked = story.launch(&viktor).await;
    assert!(asked.starts_with("/checks/new?refused="), "{asked}");
    let page = story.page(&asked).await;
    for words in [
        "This reference is known with other data.",
        "Anna Berg",
        "1980-01-02",
        "Sweden",
        "Viktor &lt;Sawenkow&gt;",
        "HRB 4711",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let customer = casework::customers::get(&story.desk.work, "C-1").await.expect("there").id;
    assert_eq!(story.views_of(&customer).await, 1, "who saw the name is in the journal");
    let (changed, shown) = (value(&page, "changed"), value(&page, "shown"));
    // Launching all the same without the tick asks again; with it, the check says whom it asked
    // about.
    assert!(
        story
            .launch(&[viktor.as_slice(), &[("anyway", "1"), ("shown", &shown)]].concat())
            .await
            .contains("refused=")
    );
    let launched = story
        .launch(&[viktor.as_slice(), &[("changed", &changed), ("shown", &shown)]].concat())
        .await;
    assert!(launched.ends_with("done=launched"), "{launched}");
    let check = launched.split('?').next().unwrap_or_default();
    let page = story.page(check).await;
    assert!(page.contains("<h1><bdi>Viktor &lt;Sawenkow&gt;</bdi></h1>"), "{page}");
    assert!(page.contains("data changed with this check.") && page.contains("Anna Berg"), "{page}");
    story.desk.stop().await;
}

#[tokio::test]
async fn one_person_under_two_references_is_shown_before_and_after_and_linked() {
    let story = Story::begin().await;
    assert!(story.launch(&[]).await.ends_with("done=launched"));
    let second = [("customer_reference", "C-2"), ("name", "BERG, Anna")];
    let page = story.page(&story.launch(&second).await).await;
    assert!(
        page.contains("known under another reference")
            && page.contains("Also known as")
            && page.contains("/customers/C-1"),
        "{page}"
    );
    assert!(
        page.contains("same name and birth date") && page.contains("never decided, one check open"),
        "{page}"
    );
    let shown = value(&page, "shown");
    let launched = story.launch(&[second.as_slice(), &[("shown", &shown)]].concat()).await;
    let check = launched.split('?').next().unwrap_or_default().to_owned();
    let page = story.page(&check).await;
    assert!(
        page.contains("Also known as") && page.contains("Say whether this is the same person"),
        "{page}"
    );
    let say = async |who: &str, relation: &str| {
        let cookie = story.desk.sign_in(who).await;
        let form = [
            ("reference", "C-2"),
            ("other", "C-1"),
            ("relation", relation),
            ("link_note", "Same passport."),
            ("back", &check),
        ];
        story.desk.post("/api/customers/relate", Some(&cookie), &form).await
    };
    assert_eq!(say("adam", "same").await.status(), 403);
    let said = say("anna", "same").await;
    assert_eq!(location(&said), format!("{check}?done=linked#also"));
    let page = story.page(&check).await;
    assert!(
        page.contains("Checks of the same person under other references")
            && page.contains("Same passport."),
        "{page}"
    );
    let page = story.page("/customers/C-1").await;
    assert!(
        page.contains("Checks of the same person under other references") && page.contains(&check),
        "{page}"
    );
    say("anna", "other").await;
    assert!(!story.page("/customers/C-1").await.contains("Checks of the same person"));
    story.desk.stop().await;
}

#[tokio::test]
async fn a_form_shows_the_search_settings_of_each_connection() {
    let story = Story::begin().await;
    let page = story.page("/checks/new").await;
    assert!(
        !page.contains("<optgroup") && page.contains(&format!("value=\"{}/1\"", story.connection)),
        "{page}"
    );
    let form = casework::connections::Form {
        name: "Second".into(),
        provider: "kryptogo".into(),
        base_url: "http://127.0.0.1:9".into(),
        search_settings: "1 = Something else\n7 = Everything".into(),
        allow_private: true,
        secret: zeroize::Zeroizing::new("sandbox".into()),
        ..casework::connections::Form::default()
    };
    let second =
        casework::connections::add(&story.desk.work, &casework::journal::Actor::operator(), &form)
            .await
            .expect("adds");
    for path in ["/checks/new", "/checks/new/id", "/checks/new/due-diligence/many"] {
        let page = story.page(path).await;
        assert!(
            page.contains("<optgroup label=\"Second\"")
                && page.contains(&format!("value=\"{second}/7\"")),
            "{path}: {page}"
        );
        assert!(page.contains("Precise (1)") && page.contains("Something else (1)"), "{path}");
    }
    // The same number of another connection is another setting.
    let other = format!("{second}/1");
    let page = story.page(&story.launch(&[("search_setting", &other)]).await).await;
    assert!(page.contains("belongs to another connection"), "{page}");
    story.desk.stop().await;
}
