//! The first page's section about wallet analysis: the addresses to pick from.

use crate::{
    kryptogo::kya::{Listed, listed},
    text::escape,
    world::Shared,
};

pub(super) fn addresses(world: &Shared) -> String {
    let listed = listed(world.options.seed);
    let rows: String = world.look(|book| {
        let row = |listed: &Listed| {
            let calls = book.kyas.calls_of(&listed.address.text);
            format!(
                "<tr><th scope=\"row\"><code>{address}</code></th><td>{chain}</td><td><code>{label}</code></td><td>{shows}</td><td>{calls}</td></tr>",
                address = escape(&listed.address.shown),
                chain = listed.chain.symbol(),
                label = listed.label,
                shows = escape(listed.shows),
            )
        };
        listed.iter().map(row).collect()
    });
    format!(
        "<section id=\"addresses\"><h2>Addresses of wallets</h2><p>They follow from the seed (<code>--seed</code>). Any other valid \
         address of the two main networks gets a past of its own, mostly clean, and the same each time. The list as JSON, with the \
         analyses that were made: <a href=\"/control/kya/addresses\">/control/kya/addresses</a>.</p><div class=\"wide\"><table><thead><tr>\
         <th scope=\"col\">Address</th><th scope=\"col\">Chain</th><th scope=\"col\">Label</th><th scope=\"col\">Shows</th>\
         <th scope=\"col\">Calls</th></tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}
