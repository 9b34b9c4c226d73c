//! The part of a connection's page that says which events Solaris tells us of.

use super::super::parts::{self, Field};
use casework::webhooks::{EVENTS, List, Listed, Refused, Standing};
use domain::{Moment, fields::Refused as Form};
use leptos::prelude::*;

/// What the section shows.
pub struct Section {
    pub connection: String,
    pub list: List,
    /// What was not believed, since the start.
    pub refused: Option<Refused>,
    /// What was typed and why it was refused.
    pub form: Form,
    pub now: Moment,
}

/// The keys under which a refusal belongs to this section.
pub const KEYS: [&str; 5] =
    ["webhooks", "event_type", "webhook", "webhook_event", "webhook_secret"];

/// Whether a refused form of the page is about this section.
#[must_use]
pub fn is_about(form: &Form) -> bool {
    KEYS.iter().any(|key| form.error(key).is_some())
}

impl Section {
    pub fn show(self) -> impl IntoView {
        let Self { connection, list, refused, form, now } = self;
        let rows: Vec<_> = list.all.iter().map(|webhook| row(&connection, webhook)).collect();
        let missing: Vec<_> = EVENTS
            .iter()
            .filter(|event| {
                !list.all.iter().any(|w| {
                    w.event_type == **event
                        && w.standing == Standing::Live
                        && w.leads_here != Some(false)
                })
            })
            .map(|event| add_known(&connection, event))
            .collect();
        let trouble = list.trouble.map(|why| {
            parts::notice("attention", format!("What Solaris lists is not known now. {why}"))
        });
        let wrong = form.error("webhooks").map(str::to_owned).map(parts::refusal);
        let empty = rows.is_empty();
        view! {
            <section class="panel" id="webhooks"><header><h2>"Webhooks"</h2>" "<span class="meta">"Events that Solaris tells us of as they happen, signed. Each only asks for a read; polling makes up for what does not come."</span></header>
                {wrong}
                {trouble}
                {refused.map(|r| counted(r, now))}
                {if empty { view! { <p class="hush">"Solaris tells us of nothing yet."</p> }.into_any() } else {
                    view! { <div class="table-wrap"><table class="rows stack"><caption class="sr">"Webhooks"</caption>
                        <thead><tr><th scope="col">"Event"</th><th scope="col">"Id"</th><th scope="col">"Since"</th><th scope="col">"By"</th><th scope="col">"State"</th><th scope="col" class="c-do">"Actions"</th></tr></thead>
                        <tbody>{rows}</tbody></table></div> }.into_any()
                }}
                {(!missing.is_empty()).then(|| view! { <div class="actions">{missing}</div> })}
                <form class="form" method="post" action="/api/admin/webhooks/subscribe" novalidate>
                    <input type="hidden" name="connection" value=connection.clone()/>
                    {Field::text("event_type", "Another event").hint("Its code as Solaris lists it, for example POSTBOX_ITEM_CREATED. It is kept and listed under Callbacks; nothing else follows from it.").width("medium").maxlength("60").show(&form)}
                    <div class="actions"><button class="btn">"Subscribe"</button></div>
                </form>
                {adopting(&connection, &form)}
            </section>
        }
    }
}

/// A button for an event that something follows from.
fn add_known(connection: &str, event: &'static str) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/api/admin/webhooks/subscribe">
            <input type="hidden" name="connection" value=connection.to_owned()/>
            <input type="hidden" name="event_type" value=event/>
            <button class="btn">{format!("Subscribe to {event}")}</button>
        </form>
    }
}

/// The form for a subscription that somebody made elsewhere: its secret is typed in, since Solaris
/// shows it once only.
fn adopting(connection: &str, form: &Form) -> impl IntoView + use<> {
    let open = ["webhook", "webhook_event", "webhook_secret"]
        .iter()
        .any(|field| form.error(field).is_some());
    view! {
        <details class="fold" open=open><summary><h3>"Add a subscription that was made elsewhere"</h3></summary>
            <form class="form" method="post" action="/api/admin/webhooks/adopt" novalidate>
                <input type="hidden" name="connection" value=connection.to_owned()/>
                {Field::text("webhook", "Id of the subscription").required().hint("As Solaris lists it.").maxlength("200").show(form)}
                {Field::text("webhook_event", "Its event").required().hint("For example IDENTIFICATION.").width("medium").maxlength("60").show(form)}
                <div class="one-line-secret">{Field::secret("webhook_secret", "Its secret").required().hint("Solaris showed it when the subscription was made. It is kept sealed and never shown again.").autocomplete("new-password").maxlength("1000").show(form)}</div>
                <div class="actions"><button class="btn">"Add it"</button></div>
            </form>
        </details>
    }
}

/// Deliveries that were not believed. Nothing of them is kept but this.
fn counted(refused: Refused, now: Moment) -> impl IntoView {
    let many = if refused.count == 1 {
        "1 delivery was".to_owned()
    } else {
        format!("{} deliveries were", refused.count)
    };
    let (words, at) = (
        format!("{many} refused since the program started. The last one: {}; ", refused.last),
        refused.last_at,
    );
    view! { <div class="notice" data-tone="attention" role="status"><div><p>{words}{parts::ago(at, now)}"."</p></div></div> }
}

fn row(connection: &str, webhook: &Listed) -> impl IntoView + use<> {
    let (tone, state, needs) = match (webhook.standing, webhook.leads_here) {
        (Standing::Live, Some(false)) => {
            ("attention", "leads to another address: nothing comes here", Some("person"))
        }
        (Standing::Live, _) => ("good", "live", None),
        (Standing::Unsigned, _) => {
            ("danger", "without a secret: its deliveries are refused", Some("person"))
        }
        (Standing::Foreign, _) => {
            ("neutral", "made elsewhere: refused until its secret is added below", None)
        }
        (Standing::Gone, _) => {
            ("danger", "ended at Solaris: nothing comes any more", Some("person"))
        }
        (Standing::Unknown, _) => ("neutral", "not known now", None),
    };
    // What was made elsewhere and leads elsewhere is not ours to end.
    let ours = webhook.standing != Standing::Foreign || webhook.leads_here == Some(true);
    let (since, by) = match &webhook.made {
        Some((at, by)) => (Some(parts::stamp(*at)), by.clone()),
        None => (None, String::new()),
    };
    view! {
        <tr>
            <th scope="row"><code>{webhook.event_type.clone()}</code></th>
            <td data-label="Id"><span class="id"><bdi>{webhook.id.clone()}</bdi></span></td>
            <td data-label="Since">{since}</td>
            <td data-label="By"><bdi>{by}</bdi></td>
            <td data-label="State"><span class="tag" data-tone=tone data-needs=needs>{state}</span></td>
            <td class="c-do">{ours.then(|| end(connection, webhook))}</td>
        </tr>
    }
}

/// A first step that only opens; the second one says what happens and does it. Works without
/// script.
fn end(connection: &str, webhook: &Listed) -> impl IntoView + use<> {
    let words = match webhook.standing {
        Standing::Gone => {
            "Solaris does not have this subscription any more. Its secret is forgotten here."
                .to_owned()
        }
        _ => {
            format!(
                "Solaris stops telling us of {}, and the secret is forgotten. What is still on its way is refused.",
                webhook.event_type
            )
        }
    };
    let label = format!("End {} {}", webhook.event_type, webhook.id);
    view! {
        <details class="menu" data-side="end">
            <summary class="btn quiet" aria-label=label>"End"</summary>
            <form class="menu-items confirm" method="post" action="/api/admin/webhooks/unsubscribe">
                <p>{words}</p>
                <input type="hidden" name="connection" value=connection.to_owned()/>
                <input type="hidden" name="webhook" value=webhook.id.clone()/>
                <button class="btn danger">"End this subscription"</button>
            </form>
        </details>
    }
}
