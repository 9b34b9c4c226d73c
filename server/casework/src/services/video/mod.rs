//! Video identification: a person at Solaris, an identification of theirs, a session with IDnow,
//! and what comes of it.
//!
//! A launch has three steps, and each is a promise of the outbox (`send`): what certainly was
//! refused goes back to the person who typed it, what may have happened is looked up before it is
//! sent again. `launch` takes the steps, `outcome` reads what the provider says, `documents`
//! fetches files, `persons` keeps whom we made there. What Solaris tells of itself comes in at
//! `work`. Deciding is the same as for every check; the provider takes no decision, so ours stays
//! here.

mod documents;
mod findings;
mod launch;
pub(crate) mod outcome;
mod persons;
pub(crate) mod send;
pub(super) mod service;
pub(crate) mod shown;
pub(crate) mod store;

pub use crate::providers::solaris::{hides_something, masked};
pub use documents::{Place, UPLOAD_MAX, document, upload};
pub(crate) use launch::{bears, person_of, target_of};
pub use launch::{form_of, identification_form_of, identify, request, start, wait};
pub use outcome::{Alarmed, alarms, settle_alarm};
pub use persons::{Known, Listed, change, known_of, person};
pub use shown::{Document, Link, Phase, Shown};

/// Evidence: the person as typed and sent.
pub const QUESTION: &str = "question";
/// Evidence: the identification as the provider shows it. It holds the reference, which not
/// everybody may see.
pub const IDENTIFICATION: &str = "identification";
/// Evidence: the sessions with IDnow.
pub const ATTEMPTS: &str = "idnow_attempts";
/// Evidence: the document's fields.
pub const LEGITIMATION: &str = "legitimation_data";
/// Evidence: the person as the provider shows them.
pub const PERSON: &str = "person";
/// Evidence: a document's file.
pub const DOCUMENT: &str = "document";

use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{checks, checks as check_store},
};
use domain::{
    CheckId,
    checks::Kind,
    journal::{Action, Subject},
    people::{Caller, Permission},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a check says of its person in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub customer_reference: String,
    pub name: String,
}

/// The IDnow reference of a session, for who may see it; recorded.
///
/// # Errors
/// Not allowed, no session was requested, the customer was erased, or the database.
pub async fn reveal(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
) -> Result<String, Error> {
    if !caller.may(Permission::RevealReferences) {
        return Err(domain::Refusal::NotAllowed(Permission::RevealReferences).into());
    }
    let check = checks::get(work, id).await?;
    let link = {
        let mut reader = work.db.read().await?;
        shown::link_of(work, &mut reader.conn(), &check).await?
    };
    let reference = link.and_then(|l| l.reference).ok_or(Error::NotFound)?;
    journal::record(
        &work.db,
        &[actor.entry(
            work.now(),
            Action::ReferenceRevealed,
            Subject::Check,
            id.as_str(),
            json!({}),
        )],
    )
    .await?;
    Ok(reference.reveal().to_owned())
}

/// Records that somebody copied the customer's address.
///
/// # Errors
/// No such check, or the database.
pub async fn copied(work: &Casework, actor: &Actor, id: &CheckId) -> Result<(), Error> {
    if !is_ours(&checks::get(work, id).await?) {
        return Err(Error::NotFound);
    }
    journal::record(
        &work.db,
        &[actor.entry(work.now(), Action::LinkCopied, Subject::Check, id.as_str(), json!({}))],
    )
    .await
}

/// Whether a check is a video identification.
fn is_ours(check: &check_store::Check) -> bool {
    check.kind().is_ok_and(|kind| kind == Kind::VideoIdent)
}

fn id_of(check: &check_store::Check) -> CheckId {
    check.id.as_str().into()
}
