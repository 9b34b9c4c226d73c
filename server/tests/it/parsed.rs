//! Reads a page as a browser does, and says what in it no page of ours has: an element, an
//! attribute, an address that a value must have brought.

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use std::collections::BTreeMap;

/// What hostile texts call everything that must not come to life.
pub const MARK: &str = "zqx";

/// Every element that our pages are made of.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "aside",
    "b",
    "bdi",
    "body",
    "button",
    "caption",
    "code",
    "dd",
    "defs",
    "desc",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "hr",
    "html",
    "img",
    "input",
    "kbd",
    "label",
    "legend",
    "leptos-island",
    "li",
    "link",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "path",
    "pattern",
    "pre",
    "progress",
    "rect",
    "script",
    "section",
    "select",
    "span",
    "strong",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "textarea",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "ul",
];

/// Attributes that fetch, run, restyle or lead astray, and that our pages never have.
const NEVER: &[&str] = &[
    "background",
    "code",
    "codebase",
    "data",
    "dynsrc",
    "formtarget",
    "http-equiv",
    "integrity",
    "is",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "slot",
    "srcdoc",
    "srcset",
    "style",
    "xlink:href",
];

/// An element with what it says.
#[derive(Debug, Clone, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    /// The text directly in it.
    pub text: String,
}

impl Element {
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// A page, read.
#[derive(Debug, Default)]
pub struct Read {
    pub elements: Vec<Element>,
    pub comments: Vec<String>,
}

/// Reads a page by the rules of HTML.
pub fn read(page: &str) -> Read {
    let dom: RcDom = parse_document(RcDom::default(), ParseOpts::default()).one(page);
    let mut read = Read::default();
    let mut open: Vec<Handle> = vec![dom.document.clone()];
    while let Some(node) = open.pop() {
        match &node.data {
            NodeData::Element { name, attrs, template_contents, .. } => {
                let (attrs, children) = (attrs.borrow(), node.children.borrow());
                let attributes = attrs.iter().map(|a| {
                    let prefix =
                        a.name.prefix.as_ref().map(|p| format!("{p}:")).unwrap_or_default();
                    (format!("{prefix}{}", a.name.local), a.value.to_string())
                });
                let text = children.iter().filter_map(|child| match &child.data {
                    NodeData::Text { contents } => Some(contents.borrow().to_string()),
                    _ => None,
                });
                read.elements.push(Element {
                    name: name.local.to_string(),
                    attributes: attributes.collect(),
                    text: text.collect(),
                });
                open.extend(template_contents.borrow().iter().cloned());
            }
            NodeData::Comment { contents } => read.comments.push(contents.to_string()),
            _ => {}
        }
        open.extend(node.children.borrow().iter().rev().cloned());
    }
    read
}

impl Read {
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |e| e.name == name)
    }

    /// Whether a hostile text stands on the page, as text or as an attribute's value.
    pub fn reflects(&self) -> bool {
        self.elements
            .iter()
            .any(|e| e.text.contains(MARK) || e.attributes.values().any(|v| v.contains(MARK)))
    }

    /// What no page of ours has.
    pub fn faults(&self, nonce: &str, is_endpoint: impl Fn(&str) -> bool) -> Vec<String> {
        let mut faults = Vec::new();
        for comment in self.comments.iter().filter(|c| c.contains(MARK) || c.contains('<')) {
            faults.push(format!("a comment: {comment}"));
        }
        // What swallows the rest of a page, or ends it early, shows in its foot and in what stands
        // once.
        for (name, count) in [
            ("html", 1),
            ("head", 1),
            ("body", 1),
            ("main", 1),
            ("footer", 1),
            ("script", 1),
            ("link", 2),
            ("meta", 3),
        ] {
            let found = self.all(name).count();
            if found != count {
                faults.push(format!("{found} of <{name}>"));
            }
        }
        for element in &self.elements {
            let mut fault = |what: &str| faults.push(format!("{what}: {element:?}"));
            if !ELEMENTS.contains(&element.name.as_str()) {
                fault("an element");
            }
            for (name, value) in &element.attributes {
                if name.contains(MARK)
                    || name.starts_with("on")
                    || NEVER.contains(&name.as_str())
                    || !is_plain(name)
                {
                    fault("an attribute");
                }
                let is_own = is_own_address(value);
                let holds = match (element.name.as_str(), name.as_str()) {
                    ("a", "href") => {
                        is_own
                            || is_web_address(value) && element.get("rel").contains("noopener")
                            || value.starts_with("mailto:?")
                    }
                    ("link", "href") => value.is_empty() || is_own && !value.contains(MARK),
                    ("img", "src") => {
                        is_own && value.starts_with("/checks/") && !value.contains(MARK)
                    }
                    (_, "src") => false,
                    ("form", "action") | (_, "formaction") => is_endpoint(value),
                    (_, "action" | "href") => is_own,
                    ("form" | "button", "method" | "formmethod") => {
                        matches!(value.as_str(), "get" | "post")
                    }
                    ("a", "target") => value == "_blank",
                    (_, "target" | "form") => !value.contains(MARK),
                    ("input", "type") => value != "image",
                    ("script", "nonce") => value == nonce,
                    _ => true,
                };
                if !holds {
                    fault(name);
                }
            }
            if element.name == "script"
                && (element.get("nonce") != nonce || element.text.contains(MARK))
            {
                fault("a script");
            }
        }
        faults
    }
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-:_".contains(&b))
}

/// A path, query or fragment of this server, as a browser understands it.
fn is_own_address(value: &str) -> bool {
    let base = url::Url::parse("https://desk.invalid/checks/1").expect("an address");
    let first = value.chars().next();
    matches!(first, Some('/' | '#' | '?'))
        && base.join(value).is_ok_and(|url| url.origin() == base.origin() && !value.contains('\\'))
}

fn is_web_address(value: &str) -> bool {
    url::Url::parse(value)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

#[test]
fn what_a_value_brought_is_seen() {
    let page = |inside: &str| {
        format!(
            "<!DOCTYPE html><html><head><meta charset=utf-8><meta name=viewport><meta name=color-scheme><title>x</title><link rel=icon href=/favicon.svg>\
             <link rel=stylesheet href=\"\"><script nonce=n></script></head><body><main>{inside}</main><footer></footer></body></html>"
        )
    };
    let faults =
        |inside: &str| read(&page(inside)).faults("n", |action| action == "/api/checks/next");
    assert_eq!(
        faults(
            "<p title='<zqx>'>zqx &lt;zqx></p><a href=/x>x</a><form method=post action=/api/checks/next></form>"
        ),
        [""; 0]
    );
    assert!(
        read(&page("<p>zqx</p>")).reflects()
            && read(&page("<p id=zqx>")).reflects()
            && !read(&page("<p>")).reflects()
    );
    for bad in [
        "<zqx>",
        "<p zqx>",
        "<p onclick=x>",
        "<p style=x>",
        "<svg><a xlink:href=x></a></svg>",
        "<textarea></textarea></form><form action=/api/checks/approve></form>",
        "<img src=//zqx.example/>",
        "<img src=/checks/1/evidence/zqx>",
        "<meta http-equiv=refresh content=x>",
        "<link rel=x href=/x>",
        "<script nonce=m></script>",
        "<!-- zqx -->",
        "<!--",
        "<plaintext>",
        "<title>",
        "<textarea>",
        "</main></body></html><main>",
        "<a href=javascript:zqx()>x</a>",
        "<a href=' javascript:zqx()'>x</a>",
        "<a href=//zqx.example/>x</a>",
        "<a href='/\t/zqx.example/'>x</a>",
        "<a href='/\\zqx.example/'>x</a>",
        "<a href=https://zqx.example/>x</a>",
        "<input type=image>",
        "<button formaction=//zqx.example/></button>",
        "<button form=zqx></button>",
        "<iframe></iframe>",
        "<base href=/>",
        "<template><zqx></zqx></template>",
    ] {
        assert!(!faults(bad).is_empty(), "{bad} passes");
    }
}
