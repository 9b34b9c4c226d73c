//! The sentence above a page that says what was just done.

use super::{Asked, Shown};

/// A sentence for what was just done, from the code in the address.
#[must_use]
pub fn flash(asked: &Asked) -> Option<String> {
    let number = || asked.query("n").parse::<u32>().unwrap_or(0);
    let words = match asked.query("done") {
        "launched" => "The check was launched; it is sent now.".into(),
        "launched-before" => "This check was launched already; nothing was sent twice.".into(),
        "launched-many" => match number() {
            0 => "This table was launched already; nothing was sent twice.".into(),
            1 => "One number match was launched; it is sent now.".into(),
            n => format!("{} number matches were launched; they are sent one after the other.", domain::fields::thousands(n as usize)),
        },
        "launched-lines" => match number() {
            0 => "This table was launched already; nothing was sent twice.".into(),
            1 => "One check was launched; it is sent now.".into(),
            n => format!("{} checks were launched; they are sent one after the other.", domain::fields::thousands(n as usize)),
        },
        "launched-table" => match number() {
            0 => "This table was launched already; nothing was sent twice.".into(),
            1 => "One check was launched; it is sent now.".into(),
            n => format!("{} checks were launched; they are sent in groups.", domain::fields::thousands(n as usize)),
        },
        "decided-many" => match number() {
            1 => "One check was decided.".into(),
            n => format!("{n} checks were decided, each by itself."),
        },
        "video-begun" => "The check was launched. What came of the first step stands below.".into(),
        "alarm-settled" => "The alarm was settled.".into(),
        "document-sent" => "The document is sent to Solaris; the list below says how far it is.".into(),
        "person-change" => "The change is sent to Solaris.".into(),
        "draft" => "The draft was saved.".into(),
        "linked" => "Recorded: both references are the same person.".into(),
        "parted" => "Recorded: this is not the same person.".into(),
        "withdrawn" => "The check was withdrawn.".into(),
        "read-same" => "KryptoGO was asked again: the analysis says the same.".into(),
        "read-changed" => "KryptoGO was asked again: the analysis says something else now. What it says stands below.".into(),
        "decided" => "Decided. The provider is being told.".into(),
        "decided-here" => "Decided. It is recorded here.".into(),
        "proposed" => "Proposed. A supervisor has to approve it.".into(),
        "approved" => "Approved. The provider is being told.".into(),
        "sent-back" => "Sent back for review.".into(),
        "overturned" => "The overturn was recorded.".into(),
        "repeated" => "This was recorded before; nothing was done twice.".into(),
        "assigned" => match number() {
            1 => "One check was assigned.".into(),
            n => format!("{n} checks were assigned."),
        },
        "none-left" => "No check is waiting for you: the queue is empty, or others hold what is left.".into(),
        "taken" => "You hold this check now; it stays yours while you work at it.".into(),
        "handed-over" => "The check was handed over; your colleague finds it with your note on their first page.".into(),
        "view-saved" => "The view was saved.".into(),
        "view-renamed" => "The view was renamed.".into(),
        "view-deleted" => "The view was deleted.".into(),
        "policy-proposed" => "The policy was proposed. Another supervisor has to confirm it.".into(),
        "policy-confirmed" => "The policy was confirmed. It is in force from now on.".into(),
        "policy-withdrawn" => "The proposed policy was withdrawn.".into(),
        "given-back" => "The check was given back to the queue.".into(),
        "comment" => "The comment was added.".into(),
        "metadata" => "The metadata was changed.".into(),
        "person-unchanged" => "Nothing was changed; no session ended.".into(),
        "role-confirmed" => "The role is confirmed.".into(),
        "session-ended" => "The session is over.".into(),
        "looked" => "Noted that you have seen what was changed.".into(),
        "joined" => "Your password is set. Sign in with it.".into(),
        "person-changed" => "The person was changed; their sessions ended.".into(),
        "factor-removed" => "Your second factor was removed. Until you set up another one, your password alone lets you in.".into(),
        "factor-reset" => {
            "The second factor was reset; the person's sessions ended. They sign in with their password and set up another one.".into()
        }
        "connection-saved" => "The connection was saved.".into(),
        "webhook-added" => "Solaris tells us of this event from now on.".into(),
        "webhook-ended" => "The subscription was ended.".into(),
        "retried" => "It is tried again now.".into(),
        "look" => "Your pages look as you chose.".into(),
        "password" => "Your password was changed. Sign in again.".into(),
        "setup" => "The first admin was made. Sign in.".into(),
        "signed-out" => "You are signed out.".into(),
        _ => return None,
    };
    Some(words)
}

/// Shorthand for pages that show a flash.
pub fn with_flash(page: Shown, asked: &Asked) -> Shown {
    page.flash(flash(asked))
}
