//! A proposal that waits for a second person.

use super::{Outcome, Reason, Standing};
use crate::{
    Moment, PersonId, Refusal,
    people::{Caller, Permission},
    policy::Policy,
};

/// A proposal as it waits.
#[derive(Debug, Clone)]
pub struct Proposal<'a> {
    pub by: &'a PersonId,
    pub outcome: Outcome,
    pub reason: Reason,
    /// What stands, if this is to overturn it.
    pub overturns: Option<Outcome>,
    /// Whom it is meant for: id and name.
    pub checker: Option<(&'a PersonId, &'a str)>,
    /// Its deadline. Afterwards whoever may approves, whomever it names.
    pub until: Moment,
    /// Evidence, findings and judgements are still what it was made on.
    pub is_bound: bool,
}

impl Proposal<'_> {
    /// Whether this person is the one it waits for.
    pub(super) fn is_for(&self, caller: &Caller, now: Moment) -> Result<(), Refusal> {
        match self.checker {
            Some((checker, name)) if checker != &caller.id && now < self.until => {
                Err(Refusal::NamedElse { name: name.to_owned(), until: self.until })
            }
            _ => Ok(()),
        }
    }
}

/// Whom a proposal names could approve it, as far as is known now.
pub(super) fn named_fits(
    check: &Standing<'_>,
    policy: &Policy,
    caller: &Caller,
) -> Result<(), Refusal> {
    let Some(named) = check.named else { return Ok(()) };
    let may = named.may(Permission::ApproveDecisions)
        && named.id != caller.id
        && check.makers.maker(&named.id, policy).is_none();
    // Who is asked about could never answer it.
    if may && !check.is_about(named) {
        Ok(())
    } else {
        Err(Refusal::CannotApprove(named.name.clone()))
    }
}
