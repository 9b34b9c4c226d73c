//! The IDnow reference: masked on the check's page and in raw evidence, shown once to whoever may
//! see it.

use crate::pages::{AppError, Ctx, Shown as PageShown, parts};
use casework::{
    checks::{self, review::Review},
    video::{self as work, Link},
};
use domain::{
    CheckId,
    people::{Caller, Permission, Role},
    video::without_references,
};
use leptos::prelude::*;

/// The reference, masked; whoever may see it asks for it.
pub(super) fn masked(review: &Review, caller: &Caller, link: &Link) -> Option<AnyView> {
    let masked = link.reference.as_ref()?.masked();
    let reveal = if caller.may(Permission::RevealReferences) {
        view! { <form method="post" action="/api/video/reveal"><input type="hidden" name="check_id" value=review.check.id.clone()/><button class="btn">"Reveal"</button></form> }.into_any()
    } else {
        let words = format!(
            "Seeing it takes a person who is {}.",
            Role::holders(Permission::RevealReferences)
        );
        view! { <span class="why">{words}</span> }.into_any()
    };
    Some(
        view! {
            <div class="reference"><p><span class="label">"IDnow reference"</span>" "<code>{masked}</code></p>{reveal}
                <p class="meta">"It must never reach the customer. Who reveals it is recorded."</p></div>
        }
        .into_any(),
    )
}

/// The page that shows the reference. It has no address, so it is not in the history and cannot be
/// opened again.
pub fn revealed(check: &CheckId, reference: String) -> PageShown {
    let check = check.to_string();
    PageShown::new("IDnow reference", move || {
        let back = format!("/checks/{check}");
        view! {
            <header class="page-head"><div><p class="meta"><a href=back.clone()>"‹ The check"</a></p><h1>"IDnow reference"</h1></div></header>
            {parts::notice("danger", "Never give this to the customer, not by phone either: Solaris forbids it under all circumstances.")}
            <div class="handed">
                <div class="field"><span class="label">"Reference"</span><p class="secret">{parts::copyable(reference)}</p></div>
                <p>"It is for support at Solaris and IDnow. That you saw it is recorded."</p>
                <div class="actions"><a class="btn" href=back>"Done"</a></div>
            </div>
        }
        .into_any()
    })
    .class("narrow")
}

/// A body of evidence as it may be shown, if it holds the reference or the customer's address;
/// nothing for what anybody who sees the check may see whole.
///
/// # Errors
/// Unknown, or the database.
pub async fn secret(
    ctx: &Ctx,
    check: &CheckId,
    evidence: &str,
    body: &[u8],
) -> Result<Option<String>, AppError> {
    let review = checks::review::get(&ctx.work, check).await?;
    let Some(kept) = review.evidence.iter().find(|e| e.id == evidence) else {
        return Err(AppError::NotFound);
    };
    let link = review.video.as_ref().and_then(|v| v.link.as_ref());
    let known = link.into_iter().flat_map(|l| {
        [
            l.reference.as_ref().map(|r| (r.reveal(), r.masked())),
            l.url.as_deref().map(|u| (u, "•••••".to_owned())),
        ]
    });
    Ok(hidden(&kept.source, body, &known.flatten().collect::<Vec<_>>()))
}

/// `known`: texts that nobody may read in passing, with what stands in their place. IDnow repeats
/// them in other bodies.
fn hidden(source: &str, body: &[u8], known: &[(&str, String)]) -> Option<String> {
    // A picture or a PDF is only ever downloaded.
    if source == work::DOCUMENT {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let holds = |(secret, _): &&(&str, String)| !secret.is_empty() && text.contains(*secret);
    if source != work::IDENTIFICATION
        && known.iter().find(holds).is_none()
        && !work::hides_something(body)
    {
        return None;
    }
    let mut shown = work::masked(body).unwrap_or_else(|| without_references(&text).into_owned());
    for (secret, masked) in known.iter().filter(holds) {
        shown = shown.replace(*secret, masked);
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_body_shows_the_reference_in_passing() {
        let identification =
            br#"{"id":"i1","reference":"TST-KCCEY","url":"https://go.test.idnow.de/x/TST-KCCEY"}"#;
        let known = [("TST-KCCEY", "TST-•••••".to_owned())];
        let shown = hidden(work::IDENTIFICATION, identification, &known).expect("masked");
        assert!(shown.contains("i1") && !shown.contains("KCCEY"), "{shown}");
        assert!(
            hidden(work::IDENTIFICATION, identification, &[]).is_some_and(|s| !s.contains("KCCEY")),
            "even when no link is known"
        );
        let attempts = br#"[{"payload":{"identificationprocess":{"id":"TST-KCCEY"}}}]"#;
        let shown = hidden(work::ATTEMPTS, attempts, &known).expect("masked");
        assert!(shown.contains("TST-•••••") && !shown.contains("KCCEY"), "{shown}");
        assert_eq!(hidden(work::PERSON, br#"{"first_name":"Jane"}"#, &known), None);
        assert_eq!(hidden(work::DOCUMENT, b"\xff\xd8", &known), None);
        // Also what no answer of ours named: a member that this version does not know, and a page
        // of a gateway.
        let unknown = br#"{"first_name":"Jane","idnow":{"last":{"reference":"QWERT"}}}"#;
        assert!(
            hidden(work::PERSON, unknown, &known)
                .is_some_and(|s| s.contains("Jane") && !s.contains("QWERT"))
        );
        let page = b"<html>TST-QWERT is not known</html>";
        assert!(
            hidden("refusal", page, &known)
                .is_some_and(|s| s.contains("is not known") && !s.contains("QWERT"))
        );
    }

    #[test]
    fn the_reference_stands_on_its_page_with_the_warning() {
        let html = (revealed(&"0190".into(), "TST-KCCEY".into()).view)().to_html();
        assert!(
            html.contains("TST-KCCEY") && html.contains("Never give this to the customer"),
            "{html}"
        );
    }
}
