//! What the daily inspection found: told on the journal's page, and on the first page of who must
//! know when something is wrong.

use super::{AppError, Ctx, parts};
use casework::inspection::{self, Fault, Inspection};
use domain::{Moment, people::Permission};
use leptos::prelude::*;

/// The last inspection, for those who must know when it found something wrong.
///
/// # Errors
/// The database.
pub async fn alarming(ctx: &Ctx) -> Result<Option<Inspection>, AppError> {
    let caller = ctx.caller()?;
    if !caller.may(Permission::ViewJournal) && !caller.may(Permission::ManageConnections) {
        return Ok(None);
    }
    Ok(inspection::latest(&ctx.work).await?.filter(|last| last.found.faults > 0))
}

/// On a first page: that something is wrong, and where it is told.
pub fn alarm(last: Option<Inspection>, may_read: bool, now: Moment) -> Option<AnyView> {
    let last = last?;
    let whom = if may_read {
        view! { <a href="/journal#inspection">"The journal's page names what is damaged."</a> }
            .into_any()
    } else {
        view! { "On the server, " <code>"probity inspect"</code> " names what is damaged; supervisors read it on the journal's page." }
            .into_any()
    };
    let words = format!("The last inspection found {}", last.found.wrong());
    Some(
        view! { <div class="notice damage" data-tone="danger" role="alert"><div><p><strong>{words}</strong>" "{parts::ago(last.ended_at, now)}". "{whom}</p></div></div> }
            .into_any(),
    )
}

/// On the journal's page: when the last inspection ended, what it read, and what is wrong.
pub fn report(last: Option<Inspection>, now: Moment) -> AnyView {
    let Some(Inspection { ended_at, found, .. }) = last else {
        return view! { <p class="meta" id="inspection">"Once a day the journal, the evidence and the database are inspected for damage. No inspection has ended here yet."</p> }.into_any();
    };
    let read = found.words();
    let head = (!found.head.is_empty()).then(|| {
        let head = format!("{}:{}", found.entries, found.head);
        view! { <p class="meta">"Head of the journal then, to be noted elsewhere: "{parts::copyable(head)}</p> }
    });
    let line = view! { <p>"Inspected "{parts::ago(ended_at, now)}". "{read}</p> };
    if found.faults == 0 {
        return view! { <section class="damage" id="inspection" aria-label="Daily inspection">{line}{head}</section> }.into_any();
    }
    let more = usize::try_from(found.faults).unwrap_or(0).saturating_sub(found.named.len());
    let more = (more > 0).then(|| view! { <li>{format!("… and {more} more.")}</li> });
    let wrong = format!("The last inspection found {}", found.wrong());
    let items: Vec<_> = found.named.into_iter().map(item).collect();
    view! {
        <section class="notice damage" id="inspection" data-tone="danger" role="alert" aria-labelledby="inspection-head"><div>
            <h2 id="inspection-head">{wrong}</h2>
            <ul>{items}{more}</ul>
            <p>"Tell whoever runs the desk at once: what is damaged here may be whole in a backup. The inspection changed nothing."</p>
            {line}{head}
        </div></section>
    }
    .into_any()
}

fn item(fault: Fault) -> impl IntoView {
    let check =
        fault.check.map(|id| view! { " "<a href=format!("/checks/{id}")>"Open the check"</a> });
    view! { <li>{fault.words}{check}</li> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casework::inspection::Found;

    fn last(found: Found) -> Option<Inspection> {
        Some(Inspection { begun_at: 0, ended_at: 0, found })
    }

    #[test]
    fn what_is_damaged_is_named_and_leads_to_its_check() {
        let fault = |words: &str, check: Option<&str>| Fault {
            words: words.into(),
            check: check.map(str::to_owned),
        };
        let named = vec![
            fault("The evidence 7: it was altered.", Some("0190")),
            fault("Entry 3 of the journal: <it> was changed.", None),
        ];
        let html = report(last(Found { faults: 52, named, ..Found::default() }), 60_000).to_html();
        assert!(
            html.contains("52 faults") && html.contains("/checks/0190") && html.contains("50 more"),
            "{html}"
        );
        assert!(
            html.contains("&lt;it&gt; was changed") && html.contains("role=\"alert\""),
            "{html}"
        );
    }

    #[test]
    fn nothing_wrong_alarms_nobody_and_tells_the_head() {
        let html =
            report(last(Found { entries: 4, head: "ab12".into(), ..Found::default() }), 60_000)
                .to_html();
        assert!(html.contains("4:ab12") && !html.contains("alert"), "{html}");
        assert!(report(None, 0).to_html().contains("No inspection has ended here yet"));
        assert!(alarm(None, true, 0).is_none());
    }
}
