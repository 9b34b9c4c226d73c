//! The first page's sections about Solaris: how to get in, scenarios and triggers, the latest
//! identifications with the customer's page and the hands of the provider, and the latest webhooks.

use crate::{
    basic::ODD_CLIENT,
    solaris::{
        Book, CASES, CLIENT, Delivery, ENUMS, FAILURE_CODES, Identification, TRIGGERS, Variant,
        WITH_ADDRESS,
    },
    text::{escape, moment_of},
    world::Shared,
};

const ROWS_MAX: usize = 50;

/// All of them.
pub(super) fn sections(world: &Shared) -> String {
    [
        introduction(world),
        scenarios(),
        triggers(),
        codes(),
        identifications(world),
        deliveries(world),
    ]
    .concat()
}

fn introduction(world: &Shared) -> String {
    let base = escape(&world.base_url);
    let (odd, odd_secret) = ODD_CLIENT;
    let words = |list: &[String]| escape(&list.join(", "));
    let with_address: Vec<&str> =
        WITH_ADDRESS.iter().map(|known| known.document.as_str()).collect();
    format!(
        "<section id=\"solaris\"><h2>Solaris</h2><dl><dt>Base URL</dt><dd><code>{base}/solaris</code></dd>\
         <dt>Less careful</dt><dd><code>{base}/solaris/lax</code>: ids without suffix, missing keys, bare errors, no pages, unsigned webhooks</dd>\
         <dt>Token URL</dt><dd><code>{base}/solaris/oauth2/token</code></dd>\
         <dt>Client</dt><dd><code>{CLIENT}</code> with the secret <code>{CLIENT}</code>; or <code>{odd}</code> with the secret \
         <code>{odd_secret}</code>, form-encoded before base64</dd>\
         <dt>Mobile number</dt><dd><code>+15550101</code>, or any that starts with 0</dd><dt>Ident code</dt><dd><code>123456</code></dd>\
         <dt>States</dt><dd>{}</dd><dt>Events</dt><dd>{}</dd>\
         <dt>Documents that need no proof of address</dt><dd>{}</dd></dl>\
         <p>Identifications of somebody whose name is no scenario wait for a customer on the page of their address.</p>\
         <p><a href=\"/control/solaris/persons\">Persons</a>, <a href=\"/control/solaris/identifications\">identifications</a>, \
         <a href=\"/control/solaris/webhooks\">webhooks</a> and <a href=\"/control/solaris/deliveries\">deliveries</a> as JSON.</p>\
         <form method=\"post\" action=\"/control/solaris/tokens/expire\"><button>Expire all tokens</button></form></section>",
        words(&ENUMS.identification_status_idnow),
        words(&ENUMS.webhook_events_kyc),
        with_address.join(", "),
    )
}

fn scenarios() -> String {
    let rows: String = CASES
        .iter()
        .map(|(_, name, does)| {
            format!("<tr><th scope=\"row\"><code>{name}</code></th><td>{}</td></tr>", escape(does))
        })
        .collect();
    format!(
        "<section id=\"solaris-scenarios\"><h2>Solaris: scenarios</h2><p>A first or last name <code>X-AUTOTEST-</code> and the case runs by \
         itself, <code>X-MANUALTEST-</code> and the case waits on the customer's page.</p><div class=\"wide\"><table><thead><tr>\
         <th scope=\"col\">Case</th><th scope=\"col\">What happens</th></tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

fn triggers() -> String {
    let rows: String = TRIGGERS
        .iter()
        .map(|(_, name, does)| {
            format!("<tr><th scope=\"row\"><code>{name}</code></th><td>{}</td></tr>", escape(does))
        })
        .collect();
    format!(
        "<section id=\"solaris-triggers\"><h2>Solaris: triggers</h2><p>A last name that is exactly one of these (in any case) asks for a \
         misbehaviour, whatever the first name is.</p><div class=\"wide\"><table><thead><tr><th scope=\"col\">Last name</th>\
         <th scope=\"col\">What happens</th></tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

fn codes() -> String {
    let word = |flag: Option<bool>| match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    let rows: String = FAILURE_CODES
        .iter()
        .map(|known| {
            let (permanent, user) = (word(Some(known.permanent)), word(known.caused_by_user));
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{permanent}</td><td>{user}</td></tr>",
                known.code, known.category
            )
        })
        .collect();
    format!(
        "<section id=\"solaris-codes\"><h2>Solaris: failure codes</h2><p>With ABORTIDENT and CANCELED the other name may be one of them, \
         in words: <code>Tech Lighting</code>.</p><details><summary>All {} codes</summary><div class=\"wide\"><table><thead><tr>\
         <th scope=\"col\">Code</th><th scope=\"col\">Category</th><th scope=\"col\">Permanent</th><th scope=\"col\">Caused by user</th></tr></thead>\
         <tbody>{rows}</tbody></table></div></details></section>",
        FAILURE_CODES.len(),
    )
}

/// The rows of both banks, each its latest.
fn both(world: &Shared, rows: impl Fn(&Book, Variant) -> String) -> String {
    Variant::ALL
        .into_iter()
        .map(|variant| world.solaris(variant, |book, _| rows(book, variant)))
        .collect()
}

fn identifications(world: &Shared) -> String {
    let rows = both(world, |book, _| {
        book.identifications.iter().rev().take(ROWS_MAX).map(|one| row(book, one)).collect()
    });
    if rows.is_empty() {
        return "<section id=\"solaris-identifications\"><h2>Solaris: identifications</h2><p>There are no identifications yet.</p></section>".into();
    }
    format!(
        "<section id=\"solaris-identifications\"><h2>Solaris: identifications</h2><div class=\"wide\"><table><thead><tr>\
         <th scope=\"col\">Identification</th><th scope=\"col\">Person</th><th scope=\"col\">State</th><th scope=\"col\">Customer and provider</th>\
         </tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

fn row(book: &Book, one: &Identification) -> String {
    let name = book
        .person(&one.person_id)
        .map(|person| format!("{} {}", person.first_name, person.last_name))
        .unwrap_or_default();
    let statuses: String = ENUMS
        .identification_status_idnow
        .iter()
        .map(|word| format!("<option>{word}</option>"))
        .collect();
    let page = match &one.url {
        Some(url) => format!("<a href=\"{}\">Customer's page</a>", escape(url)),
        None => "not requested".into(),
    };
    format!(
        "<tr id=\"identification-{id}\"><th scope=\"row\"><code>{id}</code></th><td><span dir=\"auto\">{name}</span></td>\
         <td>{status} {reason}<br><small><time>{created}</time></small></td><td>{page}\
         <form method=\"post\" action=\"/control/solaris/identifications/{id}/state\"><select name=\"status\" aria-label=\"New state of {id}\">{statuses}</select> \
         <button>Force</button></form>\
         <form method=\"post\" action=\"/control/solaris/identifications/{id}/reorder\"><button>Webhooks again, newest first</button></form>\
         <form method=\"post\" action=\"/control/solaris/persons/{person}/delete\"><button>Delete the person</button></form></td></tr>",
        id = one.id,
        person = one.person_id,
        name = escape(&name),
        status = escape(&one.status),
        reason = escape(one.failure_reason.as_deref().unwrap_or("")),
        created = moment_of(one.created_ms),
    )
}

fn deliveries(world: &Shared) -> String {
    let rows = both(world, |book, variant| {
        book.deliveries.all().rev().take(ROWS_MAX).map(|one| delivery(one, variant)).collect()
    });
    if rows.is_empty() {
        return "<section id=\"solaris-deliveries\"><h2>Solaris: webhooks sent</h2><p>Nothing was sent yet.</p></section>".into();
    }
    format!(
        "<section id=\"solaris-deliveries\"><h2>Solaris: webhooks sent</h2><div class=\"wide\"><table><thead><tr>\
         <th scope=\"col\">Number</th><th scope=\"col\">Event</th><th scope=\"col\">About</th><th scope=\"col\">State</th><th scope=\"col\">Send once more</th>\
         </tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

fn delivery(one: &Delivery, variant: Variant) -> String {
    let buttons: String = ["again", "twice", "late", "stale", "forged"]
        .iter()
        .map(|how| format!("<button name=\"how\" value=\"{how}\">{how}</button> "))
        .collect();
    let variant = if variant == Variant::Lax { "lax" } else { "bank" };
    format!(
        "<tr><th scope=\"row\">{number}</th><td>{event}<br><small><time>{at}</time></small></td><td><code>{entity}</code></td>\
         <td>{state:?} after {attempts} ({answered})</td><td><form method=\"post\" action=\"/control/solaris/deliveries/{number}/replay\">\
         <input type=\"hidden\" name=\"variant\" value=\"{variant}\">{buttons}</form></td></tr>",
        number = one.number,
        event = escape(&one.event_type),
        at = moment_of(one.event_ms),
        entity = escape(&one.entity_id),
        state = one.state,
        attempts = one.attempts,
        answered = one.answered.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
    )
}
