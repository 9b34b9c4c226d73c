//! Everything that may be shown to a person when something goes wrong. Nothing else leaves the
//! server.

use domain::{
    Refusal,
    fields::Refused,
    people::{Permission, Role},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// Why a page or a server function was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppError {
    /// A rule said no.
    Refused(Refusal),
    /// A form has fields that stand in the way.
    Form(Box<Refused>),
    NotFound,
    SignedOut,
    /// Their role takes a second factor, and they have none yet.
    FactorNeeded,
    Forbidden(Option<Permission>),
    /// The role of whoever asks is not confirmed yet.
    Waiting,
    /// Sent by a page of another site.
    Foreign,
    /// The form could not be read at all.
    Unreadable,
    /// Trying again later may help.
    Busy,
    /// A file of evidence that is missing or was altered; the words name it.
    Lost(String),
    /// A row that was changed behind the desk's back; the words name its table and itself.
    PastRecord(String),
    /// Files of evidence can be neither kept nor opened now.
    Files,
    /// It may have been done: the database did not confirm.
    Unsure,
    /// Nothing can be written until there is room.
    Full,
    /// Our fault; the log has it under the request's id.
    Internal,
}

impl AppError {
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Refused(Refusal::NotAllowed(_)) => StatusCode::FORBIDDEN,
            Self::Forbidden(_) | Self::Waiting | Self::Foreign | Self::FactorNeeded => {
                StatusCode::FORBIDDEN
            }
            Self::Refused(Refusal::Erased) => StatusCode::GONE,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Form(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Busy | Self::Unsure | Self::Files => StatusCode::SERVICE_UNAVAILABLE,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal | Self::Lost(_) | Self::PastRecord(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Form(_) => "form",
            Self::NotFound => "not_found",
            Self::SignedOut => "signed_out",
            Self::FactorNeeded => "factor_needed",
            Self::Forbidden(_) => "forbidden",
            Self::Waiting => "waiting",
            Self::Foreign => "foreign",
            Self::Unreadable => "unreadable",
            Self::Busy => "busy",
            Self::Lost(_) => "lost",
            Self::PastRecord(_) => "past_record",
            Self::Unsure => "unsure",
            Self::Files => "files",
            Self::Full => "full",
            Self::Internal => "internal",
        }
    }

    /// Heading and sentence of the page that says so.
    #[must_use]
    pub fn words(&self) -> (&'static str, String) {
        match self {
            Self::Refused(refusal @ Refusal::Erased) => ("This customer was erased", refusal.sentence()),
            Self::Refused(refusal) => ("This was not done", refusal.sentence()),
            Self::Form(refused) => ("This was not done", refused.errors.values().cloned().collect::<Vec<_>>().join(" ")),
            Self::NotFound => (
                "Nothing is here",
                "The address is wrong, or what stood here is gone. The queue and the search find every check and customer.".into(),
            ),
            Self::SignedOut => {
                ("You are signed out", "Sign in again to go on. Sessions end after 15 minutes without activity and after 12 hours.".into())
            }
            Self::FactorNeeded => (
                "You need a second factor",
                "People in your role sign in with a code from their telephone as well. Set it up first; it takes a minute. Nothing was changed.".into(),
            ),
            Self::Forbidden(None) => {
                ("This is not for your role", "Your role does not include this page. An admin can tell you who has it.".into())
            }
            Self::Forbidden(Some(permission)) => (
                "This is not for your role",
                format!(
                    "{} takes a person who is {}. Ask one of them, or ask an admin for another role.",
                    permission.label(),
                    Role::holders(*permission)
                ),
            ),
            Self::Waiting => (
                "Your role is not confirmed yet",
                "Until somebody else confirms it, you can see and decide nothing. The start page names who can. Nothing was changed.".into(),
            ),
            Self::Foreign => (
                "This did not come from the desk",
                "The form was sent by a page of another site, or your browser does not say where it came from. Nothing was changed. Open the page here and send it again.".into(),
            ),
            Self::Unreadable => {
                ("The form could not be read", "It was incomplete or not made by this page. Go back, reload the page and try again.".into())
            }
            Self::Busy => ("The desk is busy", "The database did not answer in time. Nothing was changed; try again in a moment.".into()),
            Self::Lost(words) => (
                "This evidence cannot be read",
                format!("{words}. The rest of the check is not touched by it. Tell an admin at once: the file may be in a backup."),
            ),
            Self::PastRecord(row) => (
                "The record does not know this",
                format!(
                    "This row was changed past the record ({row}), so the desk does not go on from it. Have the journal verified, and tell whoever runs the desk."
                ),
            ),
            Self::Files => (
                "Files cannot be reached",
                "Pictures and documents can be neither kept nor opened right now: their place is full or out of reach. Nothing was changed. Everything else works; try again in a moment, and tell an admin if it stays.".into(),
            ),
            Self::Unsure => (
                "The database did not confirm this",
                "It may have been saved, or not. Look at what you changed first, or send the same page again: a check or decision that was sent twice is kept once.".into(),
            ),
            Self::Full => (
                "The disk is full",
                "The database has no room left, so nothing was changed. Everything can still be read. Tell an admin; as soon as there is room, it works again.".into(),
            ),
            Self::Internal => (
                "Something went wrong here",
                "This is our fault, not yours. Nothing more is known on this page; tell an admin the request number below.".into(),
            ),
        }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for AppError {}

impl leptos::server_fn::error::FromServerFnError for AppError {
    type Encoder = leptos::server_fn::codec::JsonEncoding;

    fn from_server_fn_error(error: leptos::server_fn::error::ServerFnErrorErr) -> Self {
        use leptos::server_fn::error::ServerFnErrorErr as E;
        match error {
            E::Args(_) | E::MissingArg(_) | E::Deserialization(_) => Self::Unreadable,
            _ => Self::Internal,
        }
    }
}

impl From<casework::Error> for AppError {
    fn from(error: casework::Error) -> Self {
        match error {
            casework::Error::Refused(refusal) => Self::Refused(refusal),
            casework::Error::Form(refused) => Self::Form(refused),
            casework::Error::NotFound => Self::NotFound,
            casework::Error::Busy(why) => {
                tracing::warn!(%why, "the database is busy");
                Self::Busy
            }
            casework::Error::Unreadable { id, why } => {
                tracing::error!(evidence = %id, %why, "evidence cannot be read");
                Self::Lost(format!("Of the evidence {id}, {why}"))
            }
            casework::Error::PastRecord { table, row, why } => {
                tracing::error!(table, %row, %why, "a row was changed past the record");
                Self::PastRecord(format!("{table}, {row}"))
            }
            casework::Error::Files(why) => {
                tracing::error!(%why, "files of evidence are out of reach");
                Self::Files
            }
            casework::Error::Unsure(why) => {
                tracing::error!(%why, "the database did not confirm a transaction");
                Self::Unsure
            }
            casework::Error::Full(why) => {
                tracing::error!(%why, "the database has no room left; nothing can be written");
                Self::Full
            }
            other => {
                tracing::error!(error = %other, "an action failed");
                Self::Internal
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AppError;
    use http::StatusCode;

    #[test]
    fn who_meets_a_row_that_was_changed_past_the_record_reads_which_and_what_to_do() {
        let forged = casework::Error::PastRecord {
            table: "people",
            row: "p-1".into(),
            why: "this row differs".into(),
        };
        let error = AppError::from(forged);
        let (heading, words) = error.words();
        assert_eq!(
            (error.status(), heading),
            (StatusCode::INTERNAL_SERVER_ERROR, "The record does not know this")
        );
        assert!(
            words.contains("(people, p-1)") && words.contains("Have the journal verified"),
            "{words}"
        );
        assert!(!words.contains("our fault"), "{words}");
    }
}
