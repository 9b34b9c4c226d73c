//! Documents of an identification and its person: the list, the pictures among them, adding one,
//! and handing one out.

use super::words::{choose, options};
use crate::{
    islands::size,
    pages::{
        AppError, Asked, Ctx, Page, Shown as PageShown,
        forms::encode,
        parts,
        pictures::{Named, none_yet, viewer_of},
    },
};
use casework::{
    checks::{self, review::Review},
    video::{self as work, Document, Phase},
};
use domain::{
    CheckId,
    checks::State,
    fields::Refused,
    journal::{Action, Subject},
    people::{Caller, Permission},
    video::{DocumentType, document_words},
};
use leptos::prelude::*;
use serde_json::json;

/// The bytes of a document as they were received: a download, whatever they are.
///
/// # Errors
/// Unknown, not kept, erased, damaged, or the database.
pub async fn document(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let (check, document) = (CheckId::from(asked.param("id")), asked.param("document").to_owned());
    let body = work::document(&ctx.work, &check, &document).await?;
    let details = json!({ "document": document, "name": body.name });
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::DocumentViewed,
        Subject::Check,
        check.as_str(),
        details,
    )
    .await?;
    if body.intact {
        return Ok(Page::Bytes {
            name: format!("{}.{}", &body.sha256[..16], ending(&body.content_type)),
            bytes: body.bytes,
        });
    }
    let view = move || {
        view! {
            <header class="page-head"><div><p class="meta"><a href=format!("/checks/{check}")>"‹ The check"</a></p><h1>"Document"</h1></div></header>
            {parts::notice("danger", "The bytes that are kept are not what was received, so they are not handed out. Tell an admin at once.")}
        }
        .into_any()
    };
    Ok(PageShown::new("Document", view).status(http::StatusCode::CONFLICT).into())
}

fn ending(content_type: &str) -> &'static str {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "application/pdf" => "pdf",
        "application/json" => "json",
        "application/zip" => "zip",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "text/xml" | "application/xml" => "xml",
        "video/mp4" => "mp4",
        "audio/wav" | "audio/x-wav" => "wav",
        "audio/mpeg" => "mp3",
        _ => "bin",
    }
}

/// The pictures among the documents, in the viewer.
pub fn viewer(review: &Review) -> Option<AnyView> {
    let video = review.video.as_ref()?;
    let pictures = video.documents.iter().filter_map(|document| {
        let evidence = document.evidence_id.as_deref().filter(|_| shows(document))?;
        let kind = words(document);
        let about = [
            document.size.and_then(|n| u64::try_from(n).ok()).map(size),
            Some(kind.clone()),
            Some(from(document).to_owned()),
        ];
        Some(Named {
            code: code(document),
            label: document.name.clone(),
            alt: format!("{kind}, {}", document.name),
            about: about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            href: format!("/checks/{}/pictures/{evidence}", review.check.id),
            original: address(review, document),
        })
    });
    viewer_of(pictures.collect()).or_else(|| Some(none_yet()))
}

/// Whether browsers are shown a picture of it.
fn shows(document: &Document) -> bool {
    document.is_picture == 1 && document.state == "kept" && document.evidence_id.is_some()
}

/// Tells a document's picture apart on its page.
fn code(document: &Document) -> String {
    document.provider_ref.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn address(review: &Review, document: &Document) -> String {
    format!("/checks/{}/documents/{}", review.check.id, encode(&document.provider_ref))
}

fn words(document: &Document) -> String {
    document.document_type.as_deref().map_or_else(
        || "Document of unknown type".to_owned(),
        |code| document_words(code).to_owned(),
    )
}

fn from(document: &Document) -> &'static str {
    if document.origin == "uploaded" { "added here" } else { "from Solaris" }
}

/// Whether there is a person to whom a document could be sent.
pub fn may_be_added(review: &Review) -> bool {
    let is_gone =
        matches!(State::parse(&review.check.state), Some(State::Failed | State::Withdrawn));
    !is_gone
        && review
            .video
            .as_ref()
            .is_some_and(|v| v.typed.is_some() && v.person_id.is_some() && v.phase != Phase::Person)
}

/// The list, and the form for another one.
pub fn documents(review: &Review, caller: &Caller, refused: Option<&Refused>) -> Option<AnyView> {
    let video = review.video.as_ref()?;
    let adds = may_be_added(review);
    if video.documents.is_empty()
        && video.uploading.is_empty()
        && !adds
        && video.documents_why.is_none()
    {
        return None;
    }
    let rows: Vec<_> = video.documents.iter().map(|document| row(review, document)).collect();
    let uploading: Vec<_> = video
        .uploading
        .iter()
        .map(|(name, trouble)| {
            let why = trouble.clone().map_or_else(
                || " is on its way to Solaris.".to_owned(),
                |t| format!(" is not confirmed yet. {t}"),
            );
            view! { <li><bdi>{name.clone()}</bdi>{why}</li> }
        })
        .collect();
    let count = rows.len();
    let why = video.documents_why.clone().map(|why| parts::notice("attention", why));
    let list = if count == 0 && why.is_some() {
        ().into_any()
    } else if count == 0 {
        view! { <p class="hush">"There are none yet. Solaris makes some of its own when a session has ended."</p> }.into_any()
    } else {
        view! {
            <div class="scroll" role="region" tabindex="0" aria-label="Documents"><table class="rows stack documents">
                <thead><tr><th scope="col">"Document"</th><th scope="col" class="num">"Size"</th><th scope="col">"Belongs to"</th><th scope="col">"From"</th><th scope="col">"State"</th><th scope="col" class="c-do">"Open"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any()
    };
    let add = (adds && caller.may(Permission::LaunchChecks)).then(|| add(review, refused));
    Some(
        view! {
            <section class="panel" id="documents"><header><h2>"Documents " <span class="n" data-live="video-document-count">{count}</span></h2></header>
                <div data-live="video-documents">{why}{list}{(!uploading.is_empty()).then(|| view! { <ul class="plain">{uploading}</ul> })}</div>
                {add}
            </section>
        }
        .into_any(),
    )
}

fn row(review: &Review, document: &Document) -> impl IntoView + use<> {
    let href = address(review, document);
    let (tone, state, why) = match document.state.as_str() {
        "kept" => (None, "kept here".to_owned(), None),
        "due" => (None, "being fetched".to_owned(), document.why.clone()),
        "gone" => (Some("attention"), "no longer at Solaris".to_owned(), None),
        "failed" => (Some("attention"), "could not be fetched".to_owned(), document.why.clone()),
        other => (None, other.to_owned(), None),
    };
    let name = document.name.clone();
    let view_label = format!("View {name}");
    let download_label = format!("Download {name}");
    let place =
        if document.place == "identification" { "the identification" } else { "the person" };
    let looks = shows(document).then(|| view! { <a href=format!("#picture-{}", code(document)) aria-label=view_label>"View"</a> });
    let download = (document.state == "kept")
        .then(|| view! { <a href=href download aria-label=download_label>"Download"</a> });
    view! {
        <tr>
            <th scope="row">{words(document)}" "<span class="meta"><bdi>{name}</bdi></span></th>
            <td data-label="Size" class="num">{document.size.and_then(|n| u64::try_from(n).ok()).map(size)}</td>
            <td data-label="Belongs to">{place}</td>
            <td data-label="From">{from(document)}" "<span class="meta">{parts::stamp(document.listed_at_ms)}</span></td>
            <td data-label="State"><span class="tag" data-tone=tone>{state}</span>{why.map(|w| view! { " "<span class="meta">{w}</span> })}</td>
            <td class="c-do"><div class="actions">{looks}{download}</div></td>
        </tr>
    }
}

const LABELS: &[(&str, &str)] =
    &[("file", "File"), ("document_type", "Type"), ("place", "Belongs to")];

fn add(review: &Review, refused: Option<&Refused>) -> impl IntoView + use<> {
    let form =
        refused.filter(|r| r.values.contains_key("document_type")).cloned().unwrap_or_default();
    let open = !form.is_clean();
    let types = options(Some("choose …"), DocumentType::ALL.iter().map(|t| (t.code(), t.label())));
    let has_identification = review.check.provider_ref.is_some();
    let places = [("identification", "the identification"), ("person", "the person")];
    let places = options(
        None,
        places.into_iter().filter(|(code, _)| has_identification || *code == "person"),
    );
    let wrong = form.error("file").is_some().then_some("true");
    let file = view! { <input id="file" name="file" type="file" aria-invalid=wrong aria-describedby=parts::described("file", true)/> };
    let hint = "A picture or a PDF, at most 15 MB. It is sent to Solaris and kept here.";
    view! {
        <details class="fold" open=open id="add-document"><summary><h2>"Add a document"</h2></summary>
            <form class="form" method="post" action="/api/video/upload" enctype="multipart/form-data" novalidate>
                <input type="hidden" name="check_id" value=review.check.id.clone()/>
                {parts::refusals(&form, LABELS)}
                {parts::field("file", "File", true, Some(hint), None, &form, file.into_any())}
                <div class="fields">
                    {choose("document_type", "Type", true, None, types, &form)}
                    {choose("place", "Belongs to", true, None, places, &form)}
                </div>
                <div class="actions"><button class="btn">"Send to Solaris"</button></div>
            </form>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_has_the_ending_of_what_it_is() {
        assert_eq!(
            (ending("application/pdf"), ending("image/jpeg; x=1"), ending("text/html")),
            ("pdf", "jpg", "bin")
        );
    }
}
