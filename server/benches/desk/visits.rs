//! P-20 and P-21: how many bytes a visit to the queue takes, the first time and again, and beside
//! its rows as JSON.

use super::{
    board::{Board, Goal},
    http::Http,
    place::Place,
};

/// What a browser says about itself when somebody opens the page.
const BROWSER: &str = "Accept-Encoding: gzip, deflate, br, zstd\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
/// The same for what the page asks for.
const PART: &str = "Accept-Encoding: gzip, deflate, br, zstd\r\nSec-Fetch-Site: same-origin\r\n";
const QUEUE: &str = "/checks";

/// P-20: heads and bodies as they are sent; what may be kept is not asked for again.
pub fn again(place: &Place, board: &mut Board<'_>) {
    let mut http = place.signed_in();
    let (head, body) = http.get_bytes(QUEUE, BROWSER);
    let again = size(&head, &body);
    let (_, page) = http.get_bytes(QUEUE, "");
    let parts = parts(&String::from_utf8(page).expect("a page"));
    let has = |ending: &str| parts.iter().any(|part| part.ends_with(ending));
    if !["css", "js", "wasm"].into_iter().all(has) {
        println!(
            "P-20  not measured: what browsers download was not built; `cargo xtask site` does it\n"
        );
        return;
    }
    let (mut first, mut repeated) = (again, again);
    for part in &parts {
        let (head, body) = http.get_bytes(part, PART);
        first += size(&head, &body);
        if !is_kept(&head) {
            repeated += size(&head, &body);
        }
        board.note(format!(
            "{part}: {} bytes{}",
            size(&head, &body),
            if is_kept(&head) { ", kept" } else { "" }
        ));
    }
    board.note(format!(
        "first visit {first} bytes, repeat {repeated} bytes, of which the page's head takes {}",
        head.len() + 4
    ));
    board.row(
        "P-20",
        "bytes of a repeat visit to the queue / of the first, as sent",
        &[repeated as f64 / first as f64],
        Goal::AtMost(0.06),
    );
    board.close();
}

const fn size(head: &str, body: &[u8]) -> usize {
    head.len() + 4 + body.len()
}

/// Whether a browser takes it from its cache next time, without asking.
fn is_kept(head: &str) -> bool {
    head.lines()
        .filter_map(|line| line.strip_prefix("cache-control: "))
        .any(|rule| rule.contains("max-age=") && !rule.contains("no-store"))
}

/// The addresses of files that a page names.
fn parts(page: &str) -> Vec<String> {
    let mut parts: Vec<String> = page
        .split('"')
        .filter(|text| text.starts_with("/pkg/") || *text == "/favicon.svg")
        .map(str::to_owned)
        .collect();
    parts.sort();
    parts.dedup();
    parts
}

/// P-21: the page's HTML beside its rows as JSON, neither of them compressed.
pub fn html(place: &Place, board: &mut Board<'_>) {
    let html = place.signed_in().get_length(QUEUE);
    let json = Http::connect(place.json).get_length("/rows");
    board.row(
        "P-21",
        "HTML bytes of the queue page / JSON bytes of its rows, uncompressed",
        &[html as f64 / json as f64],
        Goal::AtMost(2.0),
    );
    board.note(format!("HTML {html} bytes, JSON {json} bytes"));
    board.close();
}
