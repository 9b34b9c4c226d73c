//! Hostile texts in every text area and everywhere else that people and providers write, read by a
//! real HTML parser: what somebody wrote is text, and nothing else.

use crate::support::{Running, location};
use domain::CheckId;
use html5ever::{ParseOpts, parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use reqwest::header;
use sandbox::{Options, Sandbox};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// What the hostile texts try to become: an element, an attribute or a comment of this name.
const MARK: &str = "x-planted";

/// Ways out of a text area, an attribute, a title, a script, a comment and an option, after two
/// line breaks that must stay.
const HOSTILE: &str = "\n\n</textarea></form><form method=post action=/api/checks/approve x-planted><button x-planted>Approve</button></form>\
     </TEXTAREA\t><meta http-equiv=refresh content=0 x-planted>\"><img src=/x-planted x-planted onerror=alert(1)> ' x-planted='1\" \
     x-planted=\"2` x-planted=`3 </title></style></script></noscript></xmp><svg><x-planted/></svg></option></select></bdi><x-planted> \
     &lt;x-planted&gt; &#60;x-planted&#62; <![CDATA[<x-planted>]]> {{7*7}} <!-- x-planted";

/// A name that passes for one: on one line.
const NAME: &str = "</title></textarea></option></bdi><x-planted a=\"O'Neil\"> & <!-- x-planted";

/// A page as a browser reads it.
#[derive(Default)]
struct Read {
    elements: Vec<(String, Vec<(String, String)>)>,
    /// What stands in text areas, by their ids.
    areas: BTreeMap<String, String>,
    comments: Vec<String>,
}

impl Read {
    fn of(html: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        let mut read = Self::default();
        read.walk(&dom.document);
        read
    }

    fn walk(&mut self, node: &Handle) {
        match &node.data {
            NodeData::Element { name, attrs, template_contents, .. } => {
                let attributes: Vec<_> = attrs
                    .borrow()
                    .iter()
                    .map(|a| (a.name.local.to_string(), a.value.to_string()))
                    .collect();
                if &*name.local == "textarea" {
                    let id = attributes
                        .iter()
                        .find(|(n, _)| n == "id")
                        .map(|(_, id)| id.clone())
                        .unwrap_or_default();
                    self.areas.insert(id, text_in(node));
                }
                self.elements.push((name.local.to_string(), attributes));
                if let Some(contents) = &*template_contents.borrow() {
                    self.walk(contents);
                }
            }
            NodeData::Comment { contents } => self.comments.push(contents.to_string()),
            _ => {}
        }
        for child in node.children.borrow().iter() {
            self.walk(child);
        }
    }

    /// The id of the finding that is judged first on a check's page.
    fn first_finding(&self) -> String {
        let names = self
            .elements
            .iter()
            .flat_map(|(_, attributes)| attributes)
            .filter(|(name, _)| name == "name");
        let judged =
            names.filter_map(|(_, value)| value.strip_prefix("judge[f-")?.strip_suffix(']'));
        judged.map(str::to_owned).next().expect("a finding that can be judged")
    }

    /// Nothing of the page's markup came from a text.
    fn holds_nothing_planted(&self, page: &str) {
        for (name, attributes) in &self.elements {
            assert!(!name.contains(MARK), "{page}: an element <{name}>");
            for (attribute, value) in attributes {
                assert!(!attribute.contains(MARK), "{page}: <{name} {attribute}>");
                assert!(!attribute.starts_with("on"), "{page}: <{name} {attribute}>");
                assert!(
                    (name, attribute.as_str()) != (&"meta".to_owned(), "http-equiv"),
                    "{page}: <meta http-equiv>"
                );
                if ["src", "srcset", "srcdoc", "action", "formaction", "poster", "data", "style"]
                    .contains(&attribute.as_str())
                {
                    assert!(!value.contains(MARK), "{page}: <{name} {attribute}={value}>");
                }
                if attribute == "href" {
                    assert!(
                        !value.contains(MARK) || value.starts_with(['/', '#', '?']),
                        "{page}: a link to {value}"
                    );
                }
            }
        }
        assert!(self.comments.iter().all(|c| !c.contains(MARK)), "{page}: a comment");
        let ends = self
            .elements
            .iter()
            .filter(|(n, a)| n == "footer" && a.iter().any(|(n, v)| n == "class" && v == "foot"))
            .count();
        assert_eq!(ends, 1, "{page} is read to its end");
    }
}

fn text_in(node: &Handle) -> String {
    let children = node.children.borrow();
    let texts = children.iter().filter_map(|child| match &child.data {
        NodeData::Text { contents } => Some(contents.borrow().to_string()),
        _ => None,
    });
    texts.collect()
}

struct Walk {
    desk: Running,
    sandbox: Sandbox,
    connection: String,
    cookies: BTreeMap<&'static str, String>,
    pages: usize,
    areas: usize,
}

impl Walk {
    async fn begin() -> Self {
        let options = Options { step_ms: 20, ..Options::default() };
        let sandbox =
            Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the sandbox");
        let desk = Running::start().await;
        let connection = desk.connect(&format!("{}/kryptogo", sandbox.base_url())).await;
        let mut cookies = BTreeMap::new();
        for account in ["anna", "sofia", "adam"] {
            cookies.insert(account, desk.sign_in(account).await);
        }
        Self { desk, sandbox, connection, cookies, pages: 0, areas: 0 }
    }

    async fn launched(&self, name: &str, reference: &str) -> String {
        let id = casework::new_id();
        let form = [
            ("check_id", id.as_str()),
            ("kind", "dd_kyc"),
            ("connection", &self.connection),
            ("customer_reference", reference),
            ("name", name),
            ("birth_date", "1990-04-04"),
            ("country", "EGY"),
            ("search_setting", "1"),
            ("then", "launch"),
        ];
        let answer = self.desk.post("/api/checks/launch", Some(&self.cookies["anna"]), &form).await;
        assert!(location(&answer).ends_with("?done=launched"), "{}", location(&answer));
        let until = std::time::Instant::now() + Duration::from_secs(20);
        while casework::checks::get(&self.desk.work, &CheckId::from(id.as_str()))
            .await
            .expect("there")
            .state
            != "to_review"
        {
            assert!(std::time::Instant::now() < until, "{name} is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        id
    }

    async fn version(&self, id: &str) -> String {
        casework::checks::get(&self.desk.work, &CheckId::from(id))
            .await
            .expect("there")
            .version
            .to_string()
    }

    /// Sends a form, and gives the address that it leads to.
    async fn sent(&self, account: &str, path: &str, form: &[(&str, &str)]) -> String {
        let answer = self.desk.post(path, Some(&self.cookies[account]), form).await;
        assert_eq!(answer.status(), 303, "{path}");
        location(&answer).split('#').next().unwrap_or_default().to_owned()
    }

    /// Opens a page and reads it; a text area with this id holds this text.
    async fn open(&mut self, account: &str, path: &str, area: Option<(&str, &str)>) -> Read {
        let answer = self.desk.get(path, Some(&self.cookies[account])).await;
        assert!(answer.status() == 200 || answer.status() == 422, "{path}: {}", answer.status());
        self.read(path, &answer.text().await.expect("text"), area)
    }

    fn read(&mut self, page: &str, html: &str, area: Option<(&str, &str)>) -> Read {
        let read = Read::of(html);
        read.holds_nothing_planted(page);
        if let Some((id, text)) = area {
            assert_eq!(
                read.areas.get(id).map(String::as_str),
                Some(text),
                "{page}: what stands in the text area {id}, of {:?}",
                read.areas.keys()
            );
        }
        self.pages += 1;
        self.areas += read.areas.len();
        read
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_43_nothing_that_somebody_wrote_becomes_markup_of_any_page_with_a_text_area() {
    let mut walk = Walk::begin().await;
    let (named, found) =
        (walk.launched(NAME, "C-1").await, walk.launched("Ahmed Hassan", "C-2").await);
    let page = format!("/checks/{found}");

    // What an analyst writes about a finding stands on the supervisor's page.
    let review = walk.open("anna", &page, None).await;
    let finding = review.first_finding();
    let (judge, notes) = (format!("judge[f-{finding}]"), format!("notes[f-{finding}]"));
    let note =
        [("check_id", found.as_str()), (judge.as_str(), "relevant"), (notes.as_str(), HOSTILE)];
    walk.sent("anna", "/api/checks/judge", &note).await;
    walk.sent("anna", "/api/checks/comment", &[("check_id", &found), ("body", HOSTILE)]).await;
    let metadata =
        [("check_id", found.as_str()), ("key", "x-planted=1 onclick=\"2\""), ("value", NAME)];
    walk.sent("anna", "/api/checks/metadata", &metadata).await;
    for account in ["anna", "sofia"] {
        walk.open(account, &page, Some(("note-1", HOSTILE.trim_start()))).await;
    }

    // Refused forms: the text as it was typed, its line breaks at the start too.
    let long = format!("{HOSTILE}{}", "w".repeat(4_000));
    let to =
        walk.sent("anna", "/api/checks/comment", &[("check_id", &found), ("body", &long)]).await;
    walk.open("anna", &to, Some(("body", &long))).await;
    let (decision, version) = (casework::new_id(), walk.version(&found).await);
    let verdict = [
        ("check_id", found.as_str()),
        ("decision_id", &decision),
        ("version", &version),
        ("comment", HOSTILE),
    ];
    let to = walk.sent("anna", "/api/checks/decide", &verdict).await;
    walk.open("anna", &to, Some(("comment", HOSTILE))).await;
    walk.sent("anna", "/api/checks/take", &[("check_id", &found)]).await;
    let to = walk
        .sent(
            "anna",
            "/api/checks/hand-over",
            &[("check_id", &found), ("colleague", ""), ("hand_note", HOSTILE)],
        )
        .await;
    walk.open("anna", &to, Some(("hand_note", HOSTILE))).await;
    let row = casework::new_id();
    let version = walk.version(&named).await;
    let many = [
        ("rows[00][check_id]", named.as_str()),
        ("rows[00][decision_id]", &row),
        ("rows[00][version]", &version),
        ("rows[00][outcome]", "accept"),
        ("rows[00][comment]", HOSTILE),
        ("back", HOSTILE),
    ];
    let to = walk.sent("anna", "/api/checks/decide-many", &many).await;
    walk.open("anna", &to, Some(("rows[0][comment]", HOSTILE))).await;

    // Somebody else was faster: the text is handed back on both pages that decide.
    let verdict = [
        ("check_id", named.as_str()),
        ("decision_id", &decision),
        ("version", &version),
        ("outcome", "reject"),
        ("reason_reject", "risk_too_high"),
        ("comment", HOSTILE),
    ];
    walk.sent("sofia", "/api/checks/decide", &verdict).await;
    let state = casework::checks::get(&walk.desk.work, &CheckId::from(named.as_str()))
        .await
        .expect("there")
        .state;
    assert_eq!(state, "rejected", "the check is decided meanwhile");
    let late = casework::new_id();
    let verdict = [verdict.as_slice(), &[]]
        .concat()
        .into_iter()
        .map(|(n, v)| if n == "decision_id" { (n, late.as_str()) } else { (n, v) });
    let to = walk.sent("anna", "/api/checks/decide", &verdict.collect::<Vec<_>>()).await;
    walk.open("anna", &to, Some(("kept", HOSTILE))).await;
    let to = walk.sent("anna", "/api/checks/decide-many", &many).await;
    walk.open("anna", &to, Some(("kept-0", HOSTILE))).await;

    // A table, which is answered with the page itself.
    let table = format!("{HOSTILE}\nname,customer_reference\n{HOSTILE},C-9");
    let batch = casework::new_id();
    let parts = [
        ("batch", batch.as_str()),
        ("connection", &walk.connection),
        ("search_setting", "1"),
        ("table", &table),
        ("then", "look"),
    ];
    let body: String = parts
        .iter()
        .map(|(n, v)| format!("--b\r\nContent-Disposition: form-data; name=\"{n}\"\r\n\r\n{v}\r\n"))
        .collect();
    let request = walk
        .desk
        .client
        .post(format!("{}/api/checks/many", walk.desk.base))
        .header("sec-fetch-site", "same-origin");
    let request =
        request.header(header::COOKIE, format!("__Host-probity={}", walk.cookies["anna"]));
    let answer = request
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
        .body(format!("{body}--b--\r\n"))
        .send()
        .await;
    let html = answer.expect("an answer").text().await.expect("text");
    walk.read("a table", &html, Some(("table", &table)));

    // An admin's form, whose secrets are not handed back at all.
    let form = [
        ("name", NAME),
        ("provider", "kryptogo"),
        ("search_settings", HOSTILE),
        ("private_key", HOSTILE),
        ("secret", HOSTILE),
    ];
    let to = walk.sent("adam", "/api/admin/connections/save", &form).await;
    let read = walk.open("adam", &to, Some(("search_settings", HOSTILE))).await;
    assert_eq!(read.areas.get("private_key").map(String::as_str), Some(""));

    // Whoever is signed out gets back what they typed, under the names that their form gave.
    let form =
        [("body", HOSTILE), ("</textarea><x-planted>", HOSTILE), ("\" x-planted=\"", HOSTILE)];
    let html = walk.desk.post("/api/checks/comment", None, &form).await.text().await.expect("text");
    walk.read("signed out", &html, Some(("body", HOSTILE)));

    // Lists and searches repeat what was written and what is looked for.
    let typed = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>();
    for (account, path) in [
        ("anna", "/".to_owned()),
        ("anna", "/checks?tab=all".to_owned()),
        ("anna", format!("/checks?tab=all&q={typed}&assignee={typed}&batch={typed}")),
        ("anna", format!("/checks/{named}")),
        ("anna", format!("/checks/new?customer=C-1&done={typed}")),
        ("anna", format!("/checks/new?again={named}")),
        ("anna", format!("/checks/decide-many?checks[0]={found}&back={typed}")),
        ("anna", "/customers".to_owned()),
        ("anna", format!("/customers?q={typed}")),
        ("anna", "/customers/C-1".to_owned()),
        ("sofia", "/decisions".to_owned()),
        ("sofia", "/policies".to_owned()),
        ("sofia", "/roles".to_owned()),
        ("sofia", "/".to_owned()),
        ("sofia", "/team".to_owned()),
        ("sofia", "/journal".to_owned()),
        ("sofia", format!("/journal?about={typed}&person={typed}&from={typed}")),
        ("anna", "/account".to_owned()),
        ("anna", "/account/factor".to_owned()),
        ("adam", "/".to_owned()),
        ("adam", "/admin/people".to_owned()),
        ("adam", "/admin/sessions".to_owned()),
        ("adam", "/admin/journal".to_owned()),
        ("adam", "/admin/connections".to_owned()),
        ("adam", "/admin/deliveries".to_owned()),
        ("adam", format!("/login?again=1&to={typed}")),
    ] {
        walk.open(account, &path, None).await;
    }
    assert!(
        walk.pages >= 28 && walk.areas >= 20,
        "{} pages with {} text areas were read",
        walk.pages,
        walk.areas
    );
    walk.desk.stop().await;
    walk.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_43_what_turns_a_line_round_is_shown_by_its_number_and_kept_as_it_came() {
    const TURNED: &str = "Reviewed \u{202E}tsil snoitcnas no\u{2066}";
    let mut walk = Walk::begin().await;
    let id = walk.launched("Ahmed Hassan", "C-1").await;
    walk.sent("anna", "/api/checks/comment", &[("check_id", &id), ("body", TURNED)]).await;
    let page = walk
        .desk
        .get(&format!("/checks/{id}"), Some(&walk.cookies["anna"]))
        .await
        .text()
        .await
        .expect("text");
    assert!(
        page.contains("Reviewed [U+202E]tsil snoitcnas no[U+2066]"),
        "it is named where it stands"
    );
    assert!(!page.contains(['\u{202E}', '\u{2066}']), "and turns nothing");
    // A form that comes back holds what was typed.
    let long = format!("{TURNED}{}", "w".repeat(4_000));
    let to = walk.sent("anna", "/api/checks/comment", &[("check_id", &id), ("body", &long)]).await;
    walk.open("anna", &to, Some(("body", &long))).await;
    walk.desk.stop().await;
    walk.sandbox.stop().await;
}

/// What only these places may write, since the framework or the browser does not escape what stands
/// in it.
const RAW: [(&str, &[&str]); 8] = [
    ("<textarea", &["pages/area.rs"]),
    ("textarea()", &[]),
    ("<script", &["pages/shell.rs"]),
    ("<style", &[]),
    ("<noscript", &[]),
    ("<iframe", &[]),
    // A QR code is drawn by its library, of squares alone: nothing of what it says is written.
    (
        "inner_html=",
        &[
            "pages/shell.rs",
            "pages/qr.rs",
            "pages/services/wallet/review.rs",
            "pages/people/factor.rs",
        ],
    ),
    ("InertElement::new(", &["pages/html.rs"]),
];

#[test]
fn s_43_no_element_that_is_not_escaped_is_written_but_where_it_is_known() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in [here.join("src"), here.join("../app/src")] {
        sources(&folder, &mut files);
    }
    assert!(files.len() > 80, "{} files were found", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("reads");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (nth, line) in
            code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for (raw, places) in RAW {
                let known = places.iter().any(|place| file.ends_with(place));
                assert!(
                    known || !line.contains(raw),
                    "{}:{}: {raw}: use a component that escapes",
                    file.display(),
                    nth + 1
                );
            }
        }
    }
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}
