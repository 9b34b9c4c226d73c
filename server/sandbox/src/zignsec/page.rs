//! The first page's section about ZignSec: how to get in, and the numbers to pick from.

use crate::{
    text::escape,
    world::Shared,
    zignsec::{KEY, MATCHING_CPR, MATCHING_PID, NUMBERS},
};

pub(super) fn section(world: &Shared) -> String {
    let rows: String = NUMBERS
        .iter()
        .map(|(_, number, does)| {
            format!(
                "<tr><th scope=\"row\"><code>{number}</code></th><td>{}</td></tr>",
                escape(does)
            )
        })
        .collect();
    format!(
        "<section id=\"zignsec\"><h2>ZignSec</h2><dl><dt>Base URL</dt><dd><code>{base}/zignsec</code></dd>\
         <dt>Key</dt><dd><code>Authorization: {KEY}</code></dd>\
         <dt>The pair that matches</dt><dd>PID <code>{MATCHING_PID}</code>, CPR <code>{MATCHING_CPR}</code></dd></dl>\
         <p>Every other pair of well-formed numbers does not match. <code>Environment: \"Mock\"</code> gives a status at random, the same \
         row of them for the same seed. These CPR numbers, which nobody has, ask for a status or a misbehaviour of both services; calls \
         are counted for each service and number: <a href=\"/control/zignsec\">/control/zignsec</a>.</p>\
         <div class=\"wide\"><table><thead><tr><th scope=\"col\">CPR number</th><th scope=\"col\">What happens</th></tr></thead>\
         <tbody>{rows}</tbody></table></div></section>",
        base = escape(&world.base_url),
    )
}
