//! The first page: what this is, each provider's part, and the control; and the frame of the other
//! pages. Plain HTML, no script, nothing from outside.

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::header;

use crate::{provider::Part, text::escape, world::Shared};

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// For pages that show pictures. Their forms lead to the sandbox, which may redirect to any
/// address: Chromium applies `form-action` to that as well.
const FRAME_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action http: https:; frame-ancestors 'none'; base-uri 'none'";
const STYLE: &str = include_str!("page.css");

const INTRODUCTION: &str = "<p>This program stands in for the providers: it speaks their HTTP, invents what they would find, and misbehaves \
     when a name asks for it. Apart from the published sample 王又曾 nobody in here exists, and nothing leaves this machine except callbacks.</p>";

/// `GET /`.
pub(crate) async fn show(State(world): State<Shared>) -> Response {
    let parts: Vec<Part> = world.providers.iter().map(|provider| provider.page(&world)).collect();
    let nav: Vec<&str> = parts.iter().map(|part| part.nav).collect();
    let nav = format!(
        "{} <a href=\"/specimens\">Specimens</a> <a href=\"#control\">Control</a>",
        nav.join(" ")
    );
    let sections: String = parts.iter().map(|part| part.sections.as_str()).collect();
    page("Sandbox", &nav, &[INTRODUCTION, &sections, &control(&parts)].concat(), POLICY)
}

/// A page other than the first. `nav` and `main` are HTML; without links there is no navigation.
pub(crate) fn frame(title: &str, nav: &str, main: &str) -> Response {
    page(title, nav, main, FRAME_POLICY)
}

fn page(title: &str, nav: &str, main: &str, policy: &'static str) -> Response {
    let nav = if nav.is_empty() {
        String::new()
    } else {
        format!("<nav aria-label=\"Pages and sections\">{nav}</nav>")
    };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <style>{STYLE}</style></head><body><header><h1>{title}</h1>{nav}</header>\
         <main>{main}</main></body></html>\n",
        title = escape(title),
    );
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(html))
        .into_response()
}

fn control(parts: &[Part]) -> String {
    let links: String = parts.iter().map(|part| part.control_links).collect();
    let forms: String = parts.iter().map(|part| part.control_forms).collect();
    format!(
        "<section id=\"control\"><h2>Control</h2><p>{links}<a href=\"/control/requests\">the latest requests as JSON</a>.</p>{forms}\
         <form method=\"post\" action=\"/control/reset\"><button>Forget all tasks and verifications</button></form></section>"
    )
}
