//! Why a rule said no, in words that tell the reader what to do next.

use crate::{
    Moment, choices,
    decisions::{Maker, Reason},
    people::{Permission, Role},
    time,
};
use serde::{Deserialize, Serialize};

choices! {
    /// Where in a form a refusal belongs.
    pub enum Place {
        Page = "page", "";
        Outcome = "outcome", "Outcome";
        Reason = "reason", "Reason";
        Comment = "comment", "Comment";
        Checker = "checker", "Meant for";
    }
}

/// A rule said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotAllowed(Permission),
    NotReady,
    AlreadyDecided {
        by: String,
        outcome: String,
        at: Moment,
    },
    Changed,
    FourEyes,
    /// Who approves had a part in what is approved.
    MadeIt(Maker),
    /// The customer has the caller's name.
    Oneself,
    /// The proposal names somebody else, until then.
    NamedElse {
        name: String,
        until: Moment,
    },
    /// Whoever is named could not approve.
    CannotApprove(String),
    /// Something arrived after it was proposed.
    Voided,
    NoProposal,
    /// It is to be decided together with others, and its maker has not opened it.
    NotOpened,
    OutcomeMissing,
    ReasonMissing,
    ReasonContradicts(Reason),
    /// The reason speaks of all findings, and so many are not judged.
    ReasonUnjudged(usize),
    /// The reason speaks of something that was not found.
    ReasonUnfounded(Reason),
    CommentMissing,
    CommentTooLong(usize),
    UndecidedSanctions(usize),
    /// Findings of another kind that must be judged before an accept.
    UndecidedFindings(usize),
    /// So many findings of a decided check are not judged.
    OverturnUnjudged(usize),
    NotDecided,
    SameOutcome,
    AlreadyOverturned,
    CannotWithdraw,
    /// It is withdrawn with a reason and a comment.
    OutcomeIsHere,
    CannotRelaunch,
    CannotTake,
    Held,
    NotHeld,
    /// Whom it is about was erased.
    Erased,
}

impl Refusal {
    /// The stable code for logs, the journal and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed(_) => "not_allowed",
            Self::NotReady => "not_ready",
            Self::AlreadyDecided { .. } => "already_decided",
            Self::Changed => "changed",
            Self::FourEyes => "four_eyes",
            Self::MadeIt(_) => "made_it",
            Self::Oneself => "oneself",
            Self::NamedElse { .. } => "named_else",
            Self::CannotApprove(_) => "cannot_approve",
            Self::Voided => "voided",
            Self::OverturnUnjudged(_) => "overturn_unjudged",
            Self::OutcomeIsHere => "outcome_is_here",
            Self::NoProposal => "no_proposal",
            Self::NotOpened => "not_opened",
            Self::OutcomeMissing => "outcome_missing",
            Self::ReasonMissing => "reason_missing",
            Self::ReasonContradicts(_) => "reason_contradicts",
            Self::ReasonUnjudged(_) => "reason_unjudged",
            Self::ReasonUnfounded(_) => "reason_unfounded",
            Self::CommentMissing => "comment_missing",
            Self::CommentTooLong(_) => "comment_too_long",
            Self::UndecidedSanctions(_) => "undecided_sanctions",
            Self::UndecidedFindings(_) => "undecided_findings",
            Self::NotDecided => "not_decided",
            Self::SameOutcome => "same_outcome",
            Self::AlreadyOverturned => "already_overturned",
            Self::CannotWithdraw => "cannot_withdraw",
            Self::CannotRelaunch => "cannot_relaunch",
            Self::CannotTake => "cannot_take",
            Self::Held => "held",
            Self::NotHeld => "not_held",
            Self::Erased => "erased",
        }
    }

    /// Which part of the decision panel the refusal stands beside.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::OutcomeMissing | Self::SameOutcome => Place::Outcome,
            Self::ReasonMissing
            | Self::ReasonContradicts(_)
            | Self::ReasonUnjudged(_)
            | Self::ReasonUnfounded(_) => Place::Reason,
            Self::CommentMissing | Self::CommentTooLong(_) => Place::Comment,
            Self::CannotApprove(_) => Place::Checker,
            _ => Place::Page,
        }
    }

    /// What the reviewer reads.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::NotAllowed(permission) => format!("Your role does not include this ({}). Ask a person who is {}.", permission.label().to_lowercase(), Role::holders(*permission)),
            Self::NotReady => "This check has no outcome yet, so there is nothing to decide. It will appear under To review when the provider has answered.".into(),
            Self::AlreadyDecided { by, outcome, at } => format!("{by} already {outcome} this check on {}. Your text is kept below; nothing of it was recorded.", time::utc_minute(*at)),
            Self::Changed => "The check changed after you opened it (a new outcome, or somebody judged a finding). Look at it again, then decide; your text is kept.".into(),
            Self::FourEyes => "You proposed this decision yourself. A second person has to approve it.".into(),
            Self::MadeIt(maker) => format!("{} Somebody who had no part in it has to approve.", maker.sentence()),
            Self::Oneself => "This customer has your name. Somebody else has to judge and decide here.".into(),
            Self::NamedElse { name, until } => format!("This proposal is meant for {name}. Others may approve it or send it back after {}.", time::utc_minute(*until)),
            Self::CannotApprove(name) => format!("{name} could not approve this: it takes an active supervisor who had no part in it and is not the customer. Choose another person, or “anybody who may approve”."),
            Self::Voided => "Something arrived after this was proposed, so the proposal is void. Look at what is new; then it can be decided anew.".into(),
            Self::OverturnUnjudged(n) => {
                let (findings, them) = if *n == 1 { ("One finding is".to_owned(), "it") } else { (format!("{n} findings are"), "them") };
                format!("{findings} not judged, and findings of a decided check can no longer be judged. Run the check again, judge {them} there and decide it.")
            }
            Self::OutcomeIsHere => "The outcome is here, so withdrawing takes a reason and a comment. Choose Withdraw in the decision panel; a proposal that waits has to be sent back first.".into(),
            Self::NoProposal => "There is no proposal to approve here any more. Reload to see what happened.".into(),
            Self::NotOpened => "You have not opened this check since the last of its evidence arrived, so it cannot be decided together with others. Open it, then decide it there or here; your text is kept.".into(),
            Self::OutcomeMissing => "Choose an outcome.".into(),
            Self::ReasonMissing => "Choose the reason that fits best.".into(),
            Self::ReasonContradicts(reason) => {
                let judged = match reason {
                    Reason::SanctionsHit => "Every sanction finding is judged a false positive",
                    Reason::Excluded => "What the register says is judged a false positive",
                    Reason::AdverseMedia => "Every article that was found is judged a false positive",
                    Reason::CourtVerdict => "Every verdict that was found is judged a false positive",
                    Reason::ExposedPerson => "Every exposed person that was found is judged a false positive",
                    Reason::ImmaterialFindings => "Every finding is judged a false positive",
                    _ => "A finding is judged relevant",
                };
                format!("{judged}, so this reason says the opposite. Choose another, or judge anew while the check is under review.")
            }
            Self::ReasonUnjudged(n) => {
                let (are, each) = if *n == 1 { ("One finding is".to_owned(), "it") } else { (format!("{n} findings are"), "each") };
                format!("{are} not judged, and this reason speaks of all of them. Judge {each} while the check is under review, or choose another reason.")
            }
            Self::ReasonUnfounded(reason) => match reason {
                Reason::FalsePositivesOnly => "Nothing was found here, so nothing is about somebody else. Choose “No adverse findings”.".into(),
                Reason::ImmaterialFindings => "Nothing was found here, so nothing is true but immaterial. Choose another reason.".into(),
                Reason::SanctionsHit => "There is no sanction finding here, so nothing bears this reason out. Choose another.".into(),
                _ => "Nothing of this kind was found here, so nothing bears this reason out. Choose another.".into(),
            },
            Self::CommentMissing => "Write a comment: it is recorded with the decision.".into(),
            Self::CommentTooLong(by) => {
                format!("The comment is {by} {} too long. The limit is 4,000.", if *by == 1 { "character" } else { "characters" })
            }
            Self::UndecidedSanctions(1) => "One sanction finding is not judged yet. Judge it as relevant or false positive before you accept.".into(),
            Self::UndecidedSanctions(n) => format!("{n} sanction findings are not judged yet. Judge each as relevant or false positive before you accept."),
            Self::UndecidedFindings(1) => "One finding is not judged yet. Judge it as relevant or false positive before you accept.".into(),
            Self::UndecidedFindings(n) => format!("{n} findings are not judged yet. Judge each as relevant or false positive before you accept."),
            Self::NotDecided => "Only a decided check can be overturned.".into(),
            Self::SameOutcome => "This is already the outcome of the check. An overturn records the opposite.".into(),
            Self::AlreadyOverturned => "This decision was overturned already; overturn the newer one instead.".into(),
            Self::CannotWithdraw => "Only a check that is not decided yet can be withdrawn.".into(),
            Self::CannotRelaunch => "Only a failed, withdrawn or decided check can be run again; this one is still under way.".into(),
            Self::CannotTake => "Only a check that waits for its review can be taken; this one does not, or not any more.".into(),
            Self::Held => "A colleague holds this check. Ask them to hand it over, or a supervisor to take it over.".into(),
            Self::NotHeld => "You do not hold this check, or your time with it is over. Take it, then hand it over.".into(),
            Self::Erased => "What was known of this customer was erased, so there is nothing to begin a check with. Begin a new one, under another reference.".into(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence())
    }
}
