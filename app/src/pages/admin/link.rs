//! A one-time link as it is shown, once, to whoever made it.

use super::super::{Shown, parts};
use casework::people::Link;
use leptos::prelude::*;

/// The page with the link. It has no address of its own: reloading it shows no link again.
pub fn shown(link: Link) -> Shown {
    let title = if link.is_reset { "Link for a new password" } else { "Invitation" };
    let view = move || {
        let Link { name, account, address, until, is_reset, .. } = link;
        view! {
            <header class="page-head"><div><h1>{title}</h1><p class="meta"><bdi>{name}</bdi>" · "<span class="mono">{account}</span></p></div></header>
            <section class="panel">
                <p>"Give this link to the person and to nobody else. It is shown only now, and it works once, until "{parts::stamp(until)}". The person sets a password with it that you never learn."</p>
                <p>{parts::copyable(address)}</p>
                <p class="meta">{if is_reset { "The old password works until the link is used. Then all sessions of the person end, and somebody else has to confirm the role again." } else { "Another admin or a supervisor confirms the role once the person has set the password." }}</p>
                <div class="actions">{parts::link_button("/admin/people", "Back to people", true)}</div>
            </section>
        }
        .into_any()
    };
    Shown::new(title, view).class("narrow")
}
