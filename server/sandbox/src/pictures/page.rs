//! `/specimens`: the pictures as files, for whoever tries an upload by hand.

use axum::{
    Router,
    extract::Path,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};

use super::{BAD, SLOTS, SPECIMENS, Specimen, bad, specimen};
use crate::page::frame;

/// Everything under `/specimens`; the pages need no state.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/specimens", get(show))
        .route("/specimens/{file}", get(bad_file))
        .route("/specimens/{person}/{file}", get(file))
}

/// `GET /specimens`.
async fn show() -> Response {
    let people: String = SPECIMENS.iter().map(row).collect();
    let spoiled: String = BAD
        .iter()
        .map(|(name, wrong)| format!("<tr><th scope=\"row\"><a href=\"/specimens/{name}\" download>{name}</a></th><td>{wrong}</td></tr>"))
        .collect();
    let main = format!(
        "<p>Documents and faces to try an upload with. Nobody on them exists. Each file carries the words <code>{canary}</code> \
         in its metadata (Exif or tEXt), which nobody should see behind the upload.</p>\
         <section><h2>People</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Born</th>\
         <th scope=\"col\">Country</th><th scope=\"col\">Files</th></tr></thead><tbody>{people}</tbody></table></div></section>\
         <section><h2>Spoiled files</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">File</th>\
         <th scope=\"col\">What is wrong</th></tr></thead><tbody>{spoiled}</tbody></table></div></section>",
        canary = super::CANARY,
    );
    frame("Specimens", "<a href=\"/\">Sandbox</a>", &main)
}

fn row(person: &Specimen) -> String {
    let link = |(slot, ending): (&str, &str)| {
        format!(
            "<a href=\"/specimens/{}/{slot}.{ending}\" download=\"{}-{slot}.{ending}\">{slot}</a> ",
            person.slug, person.slug
        )
    };
    let files: String = SLOTS.map(link).concat();
    format!(
        "<tr><th scope=\"row\"><span dir=\"auto\">{}</span></th><td>{}</td><td>{}</td><td>{files}</td></tr>",
        person.name, person.birthday, person.country
    )
}

/// `GET /specimens/{person}/{slot}.{png|jpg}`.
async fn file(Path((person, file)): Path<(String, String)>) -> Response {
    let Some((slot, ending)) = file.rsplit_once('.') else { return missing() };
    if !SLOTS.contains(&(slot, ending)) {
        return missing();
    }
    let slot = slot.to_owned();
    drawn(tokio::task::spawn_blocking(move || specimen(&person, &slot)).await.ok().flatten())
}

/// `GET /specimens/too-small.png` and the other spoiled ones.
async fn bad_file(Path(file): Path<String>) -> Response {
    drawn(tokio::task::spawn_blocking(move || bad(&file)).await.ok().flatten())
}

fn drawn(picture: Option<(Vec<u8>, &'static str)>) -> Response {
    match picture {
        Some((bytes, kind)) => {
            ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes)
                .into_response()
        }
        None => missing(),
    }
}

fn missing() -> Response {
    (
        StatusCode::NOT_FOUND,
        Html("<!doctype html><title>Not found</title><p>There is no such file. <a href=\"/specimens\">Specimens</a></p>"),
    )
        .into_response()
}
