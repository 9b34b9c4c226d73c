//! The first page's part about CAMARA: operators, some subscribers, trigger numbers of KYC Match,
//! and the well-known lines of the other services.

use crate::{
    camara::{
        CAMARA_TRIGGERS, CLIENT, LINES, MATCH_CLIENT, MOCK_CLIENT, MOCK_TOKEN, OPERATORS, Service,
        Subscriber,
    },
    text::escape,
    world::Shared,
};

const SUBSCRIBERS_MAX: usize = 9;

pub(super) fn section(world: &Shared) -> String {
    let operators: String = OPERATORS
        .iter()
        .map(|operator| {
            let path = if operator.name.is_empty() {
                "/camara".to_owned()
            } else {
                format!("/camara/op/{}", operator.name)
            };
            format!(
                "<tr><th scope=\"row\"><code>{path}</code></th><td>{}</td></tr>",
                escape(operator.does)
            )
        })
        .collect();
    let people: String =
        world.camara().register.all().iter().take(SUBSCRIBERS_MAX).map(row).collect();
    format!(
        "<section id=\"camara\"><h2>CAMARA KYC Match</h2><dl><dt>Base URL</dt><dd><code>{base}/camara</code></dd>\
         <dt>Match</dt><dd><code>POST /kyc-match/v0.2/match</code>, <code>POST /kyc-match/v0.4/match</code></dd>\
         <dt>Tokens</dt><dd><code>POST /bc-authorize</code>, <code>POST /token</code>: CIBA, client credentials, JWT bearer</dd>\
         <dt>Client</dt><dd><code>{id}</code> / <code>{secret}</code>, or a signed assertion: register its key with \
         <code>POST /control/camara/keys</code></dd>\
         <dt>Mock mode</dt><dd>client <code>{mock_id}</code> / <code>{mock_secret}</code>, ready token <code>{MOCK_TOKEN}</code>: \
         whatever the number, the persona is behind it</dd></dl>\
         <h3>Operators</h3><div class=\"wide\"><table><thead><tr><th scope=\"col\">Path</th><th scope=\"col\">Policy</th></tr></thead>\
         <tbody>{operators}</tbody></table></div>\
         <h3>Subscribers</h3><p>The published persona and {others} more, trigger numbers included; \
         <a href=\"/control/camara/subscribers\">all of them as JSON</a>, <a href=\"/control/camara/matches\">what was matched</a>.</p>\
         <div class=\"wide\"><table><thead><tr><th scope=\"col\">Number</th><th scope=\"col\">Name</th><th scope=\"col\">Born</th>\
         <th scope=\"col\">Document</th><th scope=\"col\">Address</th></tr></thead><tbody>{people}</tbody></table></div></section>",
        base = escape(&world.base_url),
        id = CLIENT.0,
        secret = CLIENT.1,
        mock_id = MOCK_CLIENT.0,
        mock_secret = MOCK_CLIENT.1,
        others = world.camara().register.all().len() - 1,
    )
}

fn row(subscriber: &Subscriber) -> String {
    let cell = |name: &str| match subscriber.on_file.get(name) {
        Some(value) => format!("<td dir=\"auto\">{}</td>", escape(value)),
        None => "<td>not available</td>".to_owned(),
    };
    let cells = ["name", "birthdate", "idDocument", "address"].map(cell).concat();
    format!("<tr><th scope=\"row\"><code>{}</code></th>{cells}</tr>", subscriber.number)
}

pub(super) fn triggers() -> String {
    let rows: String = CAMARA_TRIGGERS
        .iter()
        .map(|(_, number, does)| {
            format!(
                "<tr><th scope=\"row\"><code>{number}</code></th><td>{}</td></tr>",
                escape(does)
            )
        })
        .collect();
    format!(
        "<section id=\"camara-triggers\"><h2>Triggers of KYC Match</h2><p>These phone numbers ask for a misbehaviour, at each operator and \
         in mock mode too. Each one has a subscriber of its own. Tries are counted for each number at each operator; a reset starts over.</p>\
         <div class=\"wide\"><table><thead><tr><th scope=\"col\">Number</th><th scope=\"col\">What happens</th></tr></thead>\
         <tbody>{rows}</tbody></table></div></section>"
    )
}

/// Paths, scopes and well-known lines of the services beside KYC Match.
pub(super) fn lines() -> String {
    let paths: String = Service::ALL
        .into_iter()
        .map(|service| {
            let scopes: Vec<_> =
                service.scopes().iter().map(|scope| format!("<code>{scope}</code>")).collect();
            format!(
                "<dt><code>POST {}</code></dt><dd>scope {}</dd>",
                service.path(),
                scopes.join(" or ")
            )
        })
        .collect();
    let rows: String = LINES
        .iter()
        .map(|(number, _, does)| {
            format!(
                "<tr><th scope=\"row\"><code>{number}</code></th><td>{}</td></tr>",
                escape(does)
            )
        })
        .collect();
    format!(
        "<section id=\"camara-lines\"><h2>CAMARA: tenure, age verification, SIM swap</h2><dl>{paths}\
         <dt>Client without them</dt><dd><code>{id}</code> / <code>{secret}</code> may ask for KYC Match only</dd></dl>\
         <p>At each operator, about the same subscribers: <a href=\"/control/camara/lines\">what is known of their lines</a>, \
         <a href=\"/control/camara/calls\">what was asked</a>. The number stands in the token or in the body, never in both. The triggers of \
         KYC Match do here what they do there, and tries are counted for each service. The numbers below are lines of their own; what \
         is ago is counted from when the sandbox was started.</p>\
         <div class=\"wide\"><table><thead><tr><th scope=\"col\">Number</th><th scope=\"col\">What it is</th></tr></thead>\
         <tbody>{rows}</tbody></table></div></section>",
        id = MATCH_CLIENT.0,
        secret = MATCH_CLIENT.1,
    )
}
